# SPDX-License-Identifier: Apache-2.0
"""Whatever notation it is written in, an address that is not public is not called."""

from ipaddress import IPv6Address, ip_address, ip_network
from random import Random

import pytest

from nahmi.errors import ErrorCode, InputError
from nahmi.wire.addresses import INTERNAL, Reach, reach
from nahmi.wire.target import parse_target

REFUSED = None
"""The spelling itself is refused; otherwise the reach of the address is the answer."""

# Host as it stands in a URL, and what becomes of it.
NOTATIONS = [
    # Loopback in the notations that inet_aton, browsers and getaddrinfo take.
    ("127.0.0.1", Reach.LOOPBACK),
    ("127.255.255.254", Reach.LOOPBACK),
    ("2130706433", REFUSED),
    ("0x7f000001", REFUSED),
    ("0x7F.0x0.0x0.0x1", REFUSED),
    ("017700000001", REFUSED),
    ("0177.0.0.1", REFUSED),
    ("0177.0.0.0x1", REFUSED),
    ("127.1", REFUSED),
    ("127.0.1", REFUSED),
    ("0x7f.1", REFUSED),
    ("127.0.0.01", REFUSED),
    ("0127.0.0.1", REFUSED),
    ("127.000.000.001", REFUSED),
    ("127.0.0.1.", REFUSED),
    ("1" * 400, REFUSED),
    ("127.0.0.256", REFUSED),
    ("1.2.3.4.5", REFUSED),
    ("0", REFUSED),
    ("0.0.0.0", Reach.UNSPECIFIED),  # noqa: S104 - the point of the test
    ("0.1.2.3", Reach.UNSPECIFIED),
    # Unicode that maps to digits and dots, percent-encoding.
    ("\uff11\uff12\uff17.0.0.1", REFUSED),
    ("127\u30020\u30020\u30021", REFUSED),
    ("127\uff0e0\uff0e0\uff0e1", REFUSED),
    ("\u2460\u2461\u2466.0.0.1", REFUSED),
    ("\U0001d7ef\U0001d7f0\U0001d7f5.0.0.1", REFUSED),
    ("%31%32%37.0.0.1", REFUSED),
    ("127%2e0%2e0%2e1", REFUSED),
    ("127.0.0.1%00", REFUSED),
    # User info, back slashes, blanks.
    ("allowed.example@127.0.0.1", REFUSED),
    ("allowed.example:80@127.0.0.1", REFUSED),
    ("127.0.0.1\\@allowed.example", REFUSED),
    ("allowed.example\\127.0.0.1", REFUSED),
    ("127.0.0.1\t", REFUSED),
    ("127.\t0.0.1", REFUSED),
    (" 127.0.0.1", REFUSED),
    ("127.0.0.1\u00a0", REFUSED),
    ("127.0.0.1\n", REFUSED),
    # IPv6 and what carries IPv4 in it.
    ("[::1]", Reach.LOOPBACK),
    ("[0:0:0:0:0:0:0:1]", Reach.LOOPBACK),
    ("[0000:0000::0001]", Reach.LOOPBACK),
    ("[::]", Reach.UNSPECIFIED),
    ("[::127.0.0.1]", Reach.TRANSITION),
    ("[::7f00:1]", Reach.TRANSITION),
    ("[::ffff:127.0.0.1]", Reach.TRANSITION),
    ("[::ffff:7f00:1]", Reach.TRANSITION),
    ("[::FFFF:7F00:0001]", Reach.TRANSITION),
    ("[::ffff:93.184.216.34]", Reach.TRANSITION),
    ("[::ffff:0:127.0.0.1]", Reach.TRANSITION),
    ("[64:ff9b::7f00:1]", Reach.TRANSITION),
    ("[64:ff9b::127.0.0.1]", Reach.TRANSITION),
    ("[64:ff9b::169.254.169.254]", Reach.TRANSITION),
    ("[64:ff9b:1::7f00:1]", Reach.TRANSITION),
    ("[64:ff9b:1:7f00:0:100::]", Reach.TRANSITION),
    ("[2002:7f00:1::]", Reach.TRANSITION),
    ("[2002:a9fe:a9fe::1]", Reach.TRANSITION),
    ("[2001:0:7f00:1:0:0:80ff:fffe]", Reach.TRANSITION),
    ("[2001::5601:5601]", Reach.TRANSITION),
    ("[2606:4700::5efe:127.0.0.1]", Reach.TRANSITION),
    ("[2606:4700::200:5efe:7f00:1]", Reach.TRANSITION),
    ("[fe80::1]", Reach.LINK_LOCAL),
    ("[fe80::1%eth0]", REFUSED),
    ("[fe80::1%25eth0]", REFUSED),
    ("[::1%lo]", REFUSED),
    ("[fc00::1]", Reach.PRIVATE),
    ("[fd00:ec2::254]", Reach.PRIVATE),
    ("[fec0::1]", Reach.PRIVATE),
    ("[ff02::1]", Reach.MULTICAST),
    ("[2001:db8::1]", Reach.DOCUMENTATION),
    ("[3fff::1]", Reach.DOCUMENTATION),
    ("[2001:2::1]", Reach.BENCHMARK),
    ("[2001:20::1]", Reach.RESERVED),
    ("[100::1]", Reach.RESERVED),
    ("[5f00::1]", Reach.RESERVED),
    ("[::1", REFUSED),
    ("::1", REFUSED),
    ("[127.0.0.1]", REFUSED),
    ("[v1.127.0.0.1]", REFUSED),
    ("[::1].allowed.example", REFUSED),
    # Networks that nobody outside may enter.
    ("10.0.0.1", Reach.PRIVATE),
    ("172.16.0.1", Reach.PRIVATE),
    ("172.31.255.255", Reach.PRIVATE),
    ("192.168.1.1", Reach.PRIVATE),
    ("100.64.0.1", Reach.SHARED),
    ("100.100.100.200", Reach.SHARED),
    ("100.127.255.255", Reach.SHARED),
    ("169.254.169.254", Reach.LINK_LOCAL),
    ("2852039166", REFUSED),
    ("0xa9fea9fe", REFUSED),
    ("0251.0376.0251.0376", REFUSED),
    ("169.254.43518", REFUSED),
    ("[::ffff:169.254.169.254]", Reach.TRANSITION),
    ("[::a9fe:a9fe]", Reach.TRANSITION),
    ("168.63.129.16", Reach.PLATFORM),
    ("192.0.0.192", Reach.RESERVED),
    ("192.0.2.1", Reach.DOCUMENTATION),
    ("198.51.100.1", Reach.DOCUMENTATION),
    ("203.0.113.1", Reach.DOCUMENTATION),
    ("198.18.0.1", Reach.BENCHMARK),
    ("198.19.255.255", Reach.BENCHMARK),
    ("192.88.99.1", Reach.TRANSITION),
    ("224.0.0.1", Reach.MULTICAST),
    ("239.255.255.255", Reach.MULTICAST),
    ("240.0.0.1", Reach.RESERVED),
    ("255.255.255.255", Reach.BROADCAST),
    # The public network begins right beside them.
    ("9.255.255.255", Reach.PUBLIC),
    ("11.0.0.0", Reach.PUBLIC),
    ("100.63.255.255", Reach.PUBLIC),
    ("100.128.0.0", Reach.PUBLIC),
    ("126.255.255.255", Reach.PUBLIC),
    ("128.0.0.0", Reach.PUBLIC),
    ("172.15.255.255", Reach.PUBLIC),
    ("172.32.0.0", Reach.PUBLIC),
    ("223.255.255.255", Reach.PUBLIC),
    ("[2606:4700::1111]", Reach.PUBLIC),
    ("[2001:200::1]", Reach.PUBLIC),
    ("[2003::1]", Reach.PUBLIC),
]


@pytest.mark.parametrize(("host", "expected"), NOTATIONS)
@pytest.mark.parametrize("form", ["http://{}/", "https://{}:8443/a?b"])
def test_every_notation_is_refused_or_judged(form: str, host: str, expected: Reach | None) -> None:
    url = form.format(host)
    if expected is REFUSED:
        with pytest.raises(InputError) as caught:
            parse_target(url)
        assert caught.value.code is ErrorCode.INPUT_INVALID
        assert len(host) < 3 or host not in caught.value.diagnostics()
        return
    address = parse_target(url).address
    assert address is not None, "taken for a name, which the system might read as a number"
    assert reach(address) is expected


def test_a_zone_is_refused_even_where_the_system_gives_it() -> None:
    assert reach(IPv6Address("2606:4700::1%2")) is Reach.ZONED


def test_what_an_operator_may_open_leaves_out_where_clouds_keep_credentials() -> None:
    for address in ("169.254.169.254", "168.63.129.16", "fe80::1", "::ffff:10.0.0.1"):
        assert reach(ip_address(address)) not in INTERNAL


def test_python_finds_no_address_global_less_strictly_than_we_do() -> None:
    """`is_global` errs on translated addresses only, so public for us is public for it."""
    chance = Random(5)  # noqa: S311 - for a test
    anywhere = [ip_address(chance.getrandbits(32)) for _ in range(20_000)]
    given_out = int(ip_network("2000::/3").network_address)
    anywhere += [IPv6Address(given_out | chance.getrandbits(125)) for _ in range(20_000)]
    public = [address for address in anywhere if reach(address) is Reach.PUBLIC]
    assert len(public) > 30_000
    assert all(address.is_global for address in public)
