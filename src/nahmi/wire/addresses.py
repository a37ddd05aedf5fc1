# SPDX-License-Identifier: Apache-2.0
"""Which IP addresses may be connected to; everything that is not plainly public is refused."""

import ipaddress
from enum import StrEnum
from ipaddress import IPv4Address, IPv6Address
from typing import Final


class Reach(StrEnum):
    """How far an address reaches, and so who may be met there."""

    PUBLIC = "public"
    LOOPBACK = "loopback"
    PRIVATE = "private"
    SHARED = "shared"
    LINK_LOCAL = "link_local"
    PLATFORM = "platform"
    MULTICAST = "multicast"
    BROADCAST = "broadcast"
    UNSPECIFIED = "unspecified"
    DOCUMENTATION = "documentation"
    BENCHMARK = "benchmark"
    TRANSITION = "transition"
    ZONED = "zoned"
    RESERVED = "reserved"


INTERNAL: Final = frozenset({Reach.LOOPBACK, Reach.PRIVATE, Reach.SHARED})
"""What an operator may open for one host by name. Link-local is not among them: there the
platforms of clouds hand out credentials."""

# The first row that holds an address counts.
# Source: IANA IPv4 Special-Purpose Address Registry. Azure's platform address is not in it.
_IPV4: Final = tuple(
    (ipaddress.IPv4Network(network), reach)
    for network, reach in (
        ("255.255.255.255/32", Reach.BROADCAST),
        ("0.0.0.0/8", Reach.UNSPECIFIED),
        ("10.0.0.0/8", Reach.PRIVATE),
        ("100.64.0.0/10", Reach.SHARED),
        ("127.0.0.0/8", Reach.LOOPBACK),
        ("168.63.129.16/32", Reach.PLATFORM),
        ("169.254.0.0/16", Reach.LINK_LOCAL),
        ("172.16.0.0/12", Reach.PRIVATE),
        ("192.0.0.0/24", Reach.RESERVED),
        ("192.0.2.0/24", Reach.DOCUMENTATION),
        ("192.88.99.0/24", Reach.TRANSITION),
        ("192.168.0.0/16", Reach.PRIVATE),
        ("198.18.0.0/15", Reach.BENCHMARK),
        ("198.51.100.0/24", Reach.DOCUMENTATION),
        ("203.0.113.0/24", Reach.DOCUMENTATION),
        ("224.0.0.0/4", Reach.MULTICAST),
        ("240.0.0.0/4", Reach.RESERVED),
        ("0.0.0.0/0", Reach.PUBLIC),
    )
)

# Only 2000::/3 has been given out for the public network, so what no row names is reserved.
# An address that carries an IPv4 address is refused whatever it carries: the machine that
# translates decides where such a packet ends, and `::ffff:127.0.0.1` is this machine.
# Source: IANA IPv6 Special-Purpose Address Registry; RFC 4291 2.5.5 (compatible, mapped), RFC 2765
# (translated), RFC 6052 and 8215 (NAT64), RFC 4380 (Teredo), RFC 3056 (6to4).
_IPV6: Final = tuple(
    (ipaddress.IPv6Network(network), reach)
    for network, reach in (
        ("::/128", Reach.UNSPECIFIED),
        ("::1/128", Reach.LOOPBACK),
        ("::/96", Reach.TRANSITION),
        ("::ffff:0:0/96", Reach.TRANSITION),
        ("::ffff:0:0:0/96", Reach.TRANSITION),
        ("64:ff9b::/96", Reach.TRANSITION),
        ("64:ff9b:1::/48", Reach.TRANSITION),
        ("2001::/32", Reach.TRANSITION),
        ("2001:2::/48", Reach.BENCHMARK),
        ("2001::/23", Reach.RESERVED),
        ("2001:db8::/32", Reach.DOCUMENTATION),
        ("2002::/16", Reach.TRANSITION),
        ("3fff::/20", Reach.DOCUMENTATION),
        ("fc00::/7", Reach.PRIVATE),
        ("fe80::/10", Reach.LINK_LOCAL),
        ("fec0::/10", Reach.PRIVATE),
        ("ff00::/8", Reach.MULTICAST),
        ("2000::/3", Reach.PUBLIC),
        ("::/0", Reach.RESERVED),
    )
)

_ISATAP: Final = (0x00005EFE, 0x02005EFE)  # RFC 5214: what precedes the IPv4 address
_32_BITS: Final = 0xFFFFFFFF


def reach(address: IPv4Address | IPv6Address) -> Reach:
    """How far an address reaches.

    Args:
        address: The address that a socket would be connected to, not the text of a name.
    """
    if isinstance(address, IPv4Address):
        return next(reached for network, reached in _IPV4 if address in network)
    if address.scope_id is not None:
        return Reach.ZONED
    own = next(reached for network, reached in _IPV6 if address in network)
    is_isatap = int(address) >> 32 & _32_BITS in _ISATAP
    return Reach.TRANSITION if own is Reach.PUBLIC and is_isatap else own
