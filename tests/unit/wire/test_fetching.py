# SPDX-License-Identifier: Apache-2.0
"""Fetching by URL: real servers on loopback that behave well, badly and with intent."""

import gzip
import logging
import os
import socket
import ssl
import threading
import traceback
from collections.abc import Callable
from io import BufferedIOBase
from ipaddress import ip_address

import pytest
import trustme

from nahmi.errors import ErrorCode, InputError, WireError
from nahmi.testing.loopback import Asked, Behaviour, LoopbackServer, reply
from nahmi.wire.call import Caller
from nahmi.wire.fetching import Fetcher, FetchLimits
from nahmi.wire.hosts import HostRule
from nahmi.wire.resolving import Address
from nahmi.wire.stream import dial

pytestmark = [pytest.mark.enable_socket, pytest.mark.allow_hosts(["127.0.0.1", "127.0.0.2", "::1"])]

BENIGN = bytes(range(256)) * 300


def fetcher(server: LoopbackServer, **limits: float) -> Fetcher:
    rule = HostRule.parse(f"http://127.0.0.1:{server.port} internal")
    return Fetcher([rule], limits=FetchLimits(**limits))  # type: ignore[arg-type]


def refusal(fetcher: Fetcher, url: str) -> WireError:
    with pytest.raises(WireError) as caught, fetcher.fetch(url):
        pass
    told = "".join(traceback.format_exception(caught.value)).partition("nahmi.errors.")[2]
    assert "127.0.0" not in told
    assert ".example" not in told
    assert "secret" not in told
    return caught.value


def test_content_arrives_and_leaves_nothing() -> None:
    with LoopbackServer(reply(200, BENIGN)) as server:
        with fetcher(server).fetch(server.url("/a?b=secret#c")) as file:
            assert file.read() == BENIGN
            assert os.fstat(file.fileno()).st_nlink == 0
        assert file.closed
    [asked] = server.asked
    assert (asked.method, asked.path) == ("GET", "/a?b=secret")
    assert asked.headers["host"] == f"127.0.0.1:{server.port}"
    assert asked.headers["accept-encoding"] == "identity"
    assert set(asked.headers) == {"host", "user-agent", "accept-encoding", "connection"}


def test_nothing_is_fetched_unless_a_host_is_named() -> None:
    with LoopbackServer(reply(200)) as server:
        error = refusal(Fetcher([]), server.url())
    assert error.code is ErrorCode.FETCH_DISABLED
    assert not server.asked


@pytest.mark.parametrize(
    "rule", ["http://127.0.0.1:1 internal", "127.0.0.1 internal", "http://a.example internal"]
)
def test_a_host_on_no_list_is_not_called(rule: str) -> None:
    with LoopbackServer(reply(200)) as server:
        error = refusal(Fetcher([HostRule.parse(rule)]), server.url())
    assert error.code is ErrorCode.FETCH_REFUSED
    assert not server.asked


def test_a_named_host_is_not_called_at_an_internal_address() -> None:
    with LoopbackServer(reply(200)) as server:
        rule = HostRule.parse(f"http://127.0.0.1:{server.port}")
        assert refusal(Fetcher([rule]), server.url()).code is ErrorCode.FETCH_REFUSED
    assert not server.asked


def test_a_malformed_url_is_the_callers_mistake() -> None:
    rule = HostRule.parse("a.example")
    with pytest.raises(InputError), Fetcher([rule]).fetch("https://u:secret@a.example/"):
        pass


@pytest.mark.parametrize(
    "addresses",
    [
        ["127.0.0.1"],
        ["::1"],
        ["::ffff:127.0.0.1"],
        ["10.0.0.1"],
        ["169.254.169.254"],
        ["64:ff9b::7f00:1"],
        ["2002:7f00:1::"],
        ["fe80::1%2"],
        ["0.0.0.0"],  # noqa: S104 - the point of the test
        ["93.184.216.34", "127.0.0.1"],
        ["127.0.0.1", "93.184.216.34"],
        ["2606:4700::1111", "fd00::1"],
    ],
)
def test_a_name_with_one_address_that_is_not_public_is_not_called(
    addresses: list[str], names: type
) -> None:
    called: list[Address] = []

    def never(address: Address, port: int, timeout_s: float) -> socket.socket:
        called.append(address)
        return dial(address, port, timeout_s)

    caller = Caller(resolver=names(a_example=[addresses]), connect=never)
    error = refusal(Fetcher([HostRule.parse("a.example")], caller=caller), "https://a.example/")
    assert error.code is ErrorCode.FETCH_REFUSED
    assert not called


def test_internal_rules_do_not_open_what_is_link_local(names: type) -> None:
    caller = Caller(resolver=names(a_example=[["169.254.169.254"]]))
    rule = HostRule.parse("http://a.example internal")
    error = refusal(Fetcher([rule], caller=caller), "http://a.example/latest/")
    assert error.code is ErrorCode.FETCH_REFUSED


def test_a_name_is_looked_up_once_and_its_answer_kept_over_redirects(names: type) -> None:
    """DNS rebinding: the second answer would lead elsewhere, so nobody asks a second time."""

    def behave(asked: Asked, answer: BufferedIOBase) -> None:
        moved = asked.path == "/1"
        (reply(302, location="/2") if moved else reply(200, b"first"))(asked, answer)

    resolver = names(a_example=[["127.0.0.1"], ["127.0.0.2"]])
    with LoopbackServer(behave) as server:
        rule = HostRule.parse(f"http://a.example:{server.port} internal")
        url = server.url("/1", host="a.example")
        with Fetcher([rule], caller=Caller(resolver=resolver)).fetch(url) as file:
            assert file.read() == b"first"
        assert server.asked[1].headers["host"] == f"a.example:{server.port}"
    assert resolver.asked == ["a.example"]


def test_the_socket_must_end_up_where_it_was_sent() -> None:
    with LoopbackServer(reply(200)) as server:
        unspecified = HostRule.parse(f"http://127.0.0.1:{server.port} internal")
        caller = Caller(connect=lambda _, port, wait: dial(ip_address(0), port, wait))
        error = refusal(Fetcher([unspecified], caller=caller), server.url())
    assert error.code is ErrorCode.FETCH_FAILED
    assert not server.asked


def test_the_next_address_is_tried_when_one_does_not_answer(names: type) -> None:
    resolver = names(a_example=[["127.0.0.2", "127.0.0.1"]])
    with LoopbackServer(reply(200, b"here")) as server:
        rule = HostRule.parse(f"http://a.example:{server.port} internal")
        url = server.url(host="a.example")
        with Fetcher([rule], caller=Caller(resolver=resolver)).fetch(url) as file:
            assert file.read() == b"here"


def test_proxies_in_the_environment_are_not_used(monkeypatch: pytest.MonkeyPatch) -> None:
    with LoopbackServer(reply(200, b"direct")) as server, LoopbackServer(reply(200)) as proxy:
        for name in ("http_proxy", "https_proxy", "all_proxy", "HTTP_PROXY", "ALL_PROXY"):
            monkeypatch.setenv(name, proxy.url())
        with fetcher(server).fetch(server.url()) as file:
            assert file.read() == b"direct"
    assert not proxy.asked


@pytest.mark.parametrize(
    "location",
    [
        "http://127.0.0.1:1/",
        "https://127.0.0.1/",
        "http://127.0.0.2/",
        "http://169.254.169.254/latest/meta-data/",
        "//a.example/",
        "file:///etc/passwd",
        "http://[::1",
        "",
    ],
)
@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_redirects_to_another_place_are_not_followed(status: int, location: str) -> None:
    with LoopbackServer(reply(status, location=location)) as server:
        code = refusal(fetcher(server), server.url("/0")).code
    # An empty location is this very place, so it leads round and round.
    assert code is (ErrorCode.FETCH_REFUSED if location else ErrorCode.FETCH_FAILED)


def test_three_redirects_are_followed_and_no_fourth() -> None:
    def count_down(asked: Asked, answer: BufferedIOBase) -> None:
        left = int(asked.path.removeprefix("/"))
        (reply(302, location=f"/{left - 1}") if left else reply(200, b"end"))(asked, answer)

    with LoopbackServer(count_down) as server:
        with fetcher(server).fetch(server.url("/3")) as file:
            assert file.read() == b"end"
        assert refusal(fetcher(server), server.url("/4")).code is ErrorCode.FETCH_FAILED
        assert len(server.asked) == 4 + 4


def endless(asked: Asked, answer: BufferedIOBase) -> None:
    del asked
    answer.write(b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n")
    while True:
        answer.write(b"1000\r\n" + bytes(0x1000) + b"\r\n")


def endless_unannounced(asked: Asked, answer: BufferedIOBase) -> None:
    del asked
    answer.write(b"HTTP/1.0 200 OK\r\n\r\n")
    while True:
        answer.write(bytes(0x1000))


def endless_headers(asked: Asked, answer: BufferedIOBase) -> None:
    del asked
    answer.write(b"HTTP/1.1 200 OK\r\n")
    while True:
        answer.write(b"x: " + b"y" * 1000 + b"\r\n")


def cut_off(asked: Asked, answer: BufferedIOBase) -> None:
    reply(200, b"only a part", content_length="1000")(asked, answer)


def silent(asked: Asked, answer: BufferedIOBase) -> None:
    """Close without a word."""


def garbage(asked: Asked, answer: BufferedIOBase) -> None:
    del asked
    answer.write(b"SSH-2.0-server\r\n\r\n")


@pytest.mark.parametrize(
    ("behaviour", "code"),
    [
        (reply(200, bytes(10_001)), ErrorCode.FETCH_TOO_LARGE),
        (reply(200, b"", content_length="99999999999"), ErrorCode.FETCH_TOO_LARGE),
        (endless, ErrorCode.FETCH_TOO_LARGE),
        (endless_unannounced, ErrorCode.FETCH_TOO_LARGE),
        (endless_headers, ErrorCode.FETCH_FAILED),
        (cut_off, ErrorCode.FETCH_FAILED),
        (silent, ErrorCode.FETCH_FAILED),
        (garbage, ErrorCode.FETCH_FAILED),
        (reply(200, gzip.compress(BENIGN), content_encoding="gzip"), ErrorCode.FETCH_FAILED),
        (reply(200, b"x", content_encoding="identity, br"), ErrorCode.FETCH_FAILED),
        (reply(200, b"xy", content_length="2, 3"), ErrorCode.FETCH_FAILED),
        (reply(204), ErrorCode.FETCH_FAILED),
        (reply(206, b"part"), ErrorCode.FETCH_FAILED),
        (reply(404, b"secret"), ErrorCode.FETCH_FAILED),
        (reply(500), ErrorCode.FETCH_FAILED),
    ],
)
def test_bad_answers_are_told_apart(behaviour: Behaviour, code: ErrorCode) -> None:
    with LoopbackServer(behaviour) as server:
        assert refusal(fetcher(server, size_bytes=10_000), server.url("/secret")).code is code


@pytest.mark.parametrize("length", [0, 10_000])
def test_what_just_fits_is_taken(length: int) -> None:
    with LoopbackServer(reply(200, bytes(length), content_encoding="identity")) as server:
        fetching = fetcher(server, size_bytes=10_000)
        with fetching.fetch(server.url()) as file:
            assert file.read() == bytes(length)


@pytest.mark.parametrize("head", [b"", b"HTTP/1.1 200 OK\r\ncontent-length: 100000\r\n\r\n"])
def test_a_host_that_trickles_does_not_stretch_the_time(head: bytes) -> None:
    over = threading.Event()

    def trickle(asked: Asked, answer: BufferedIOBase) -> None:
        del asked
        answer.write(head)
        while not over.wait(0.02):
            answer.write(b"x")

    with LoopbackServer(trickle) as server:
        error = refusal(fetcher(server, seconds=0.3), server.url())
        over.set()
    assert error.code is ErrorCode.FETCH_TIMEOUT


def test_a_look_up_that_hangs_does_not_stretch_the_time(monkeypatch: pytest.MonkeyPatch) -> None:
    over = threading.Event()
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: over.wait() and [])
    fetching = Fetcher([HostRule.parse("a.example")], limits=FetchLimits(seconds=0.2))
    assert refusal(fetching, "https://a.example/").code is ErrorCode.FETCH_TIMEOUT
    over.set()


def test_names_without_an_address_and_closed_ports_are_told() -> None:
    missing = Fetcher([HostRule.parse("http://missing.invalid internal")])
    assert refusal(missing, "http://missing.invalid/").code is ErrorCode.FETCH_FAILED
    with LoopbackServer(reply(200)) as server:
        closed = fetcher(server)
    assert refusal(closed, server.url()).code is ErrorCode.FETCH_FAILED


@pytest.fixture
def tls_for(authority: trustme.CA) -> Callable[[str], ssl.SSLContext]:
    def make(name: str) -> ssl.SSLContext:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        authority.issue_cert(name).configure_cert(context)
        return context

    return make


def test_certificates_are_checked_against_the_name(
    names: type, client_tls: ssl.SSLContext, tls_for: Callable[[str], ssl.SSLContext]
) -> None:
    asked_for: list[str | None] = []
    server_tls = tls_for("a.example")
    server_tls.sni_callback = lambda _, name, __: asked_for.append(name)
    resolver = names(a_example=[["127.0.0.1"]], b_example=[["127.0.0.1"]])
    caller = Caller(resolver=resolver, tls=client_tls)
    with LoopbackServer(reply(200, b"safe"), tls=server_tls) as server:
        rules = [HostRule.parse(f"{name}.example:{server.port} internal") for name in "ab"]
        with Fetcher(rules, caller=caller).fetch(server.url(host="a.example")) as file:
            assert file.read() == b"safe"
        other = refusal(Fetcher(rules, caller=caller), server.url(host="b.example"))
        strangers = Fetcher(rules, caller=Caller(resolver=resolver))
        unknown = refusal(strangers, server.url(host="a.example"))
    assert "certificate" in other.detail
    assert "certificate" in unknown.detail
    assert asked_for[:2] == ["a.example", "b.example"]
    assert len(server.asked) == 1


def test_an_answer_that_is_cut_short_under_tls_is_no_answer(
    names: type, client_tls: ssl.SSLContext, tls_for: Callable[[str], ssl.SSLContext]
) -> None:
    def cut(asked: Asked, answer: BufferedIOBase) -> None:
        del asked
        answer.write(b"HTTP/1.0 200 OK\r\n\r\nonly a part")

    caller = Caller(resolver=names(a_example=[["127.0.0.1"]]), tls=client_tls)
    with LoopbackServer(cut, tls=tls_for("a.example")) as server:
        rule = HostRule.parse(f"a.example:{server.port} internal")
        error = refusal(Fetcher([rule], caller=caller), server.url(host="a.example"))
    assert error.code is ErrorCode.FETCH_FAILED


def test_a_host_that_speaks_no_tls_is_told(names: type) -> None:
    caller = Caller(resolver=names(a_example=[["127.0.0.1"]]))
    with LoopbackServer(reply(200)) as server:
        rule = HostRule.parse(f"a.example:{server.port} internal")
        url = server.url(host="a.example").replace("http:", "https:")
        assert "TLS" in refusal(Fetcher([rule], caller=caller), url).detail


def test_ipv6_hosts_are_called_in_brackets() -> None:
    try:
        server = LoopbackServer(reply(200, b"six"), host="::1")
    except OSError:
        pytest.fail("this system has no IPv6 loopback")
    with server:
        rule = HostRule.parse(f"http://[::1]:{server.port} internal")
        with Fetcher([rule]).fetch(server.url(host="[::1]")) as file:
            assert file.read() == b"six"
        assert server.asked[0].headers["host"] == f"[::1]:{server.port}"


def test_no_log_holds_what_was_fetched(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    with LoopbackServer(reply(200, BENIGN)) as server, fetcher(server).fetch(server.url()) as file:
        assert file.read() == BENIGN
    assert not caplog.records
