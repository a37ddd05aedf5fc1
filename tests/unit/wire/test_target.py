# SPDX-License-Identifier: Apache-2.0
"""URLs are read strictly, and in one way only."""

import pytest

from nahmi.errors import ErrorCode, InputError
from nahmi.protect.signals.addresses.canonical import MAX_LENGTH
from nahmi.wire.target import Target, follow, parse_target

PLACE = parse_target("https://a.example/b/c?d=e")


@pytest.mark.parametrize(
    ("url", "host", "port", "path"),
    [
        ("https://a.example", "a.example", 443, "/"),
        ("HTTPS://A.Example:443/x#part", "a.example", 443, "/x"),
        ("http://a.example?q=1", "a.example", 80, "/?q=1"),
        ("https://a.example:8443/a/../b", "a.example", 8443, "/a/../b"),
        ("https://a.example/%7e%2F?x=%zz", "a.example", 443, "/%7e%2F?x=%zz"),
        ("https://a.example/\u00fc|{}", "a.example", 443, "/%C3%BC%7C%7B%7D"),
        ("https://\u0645\u062b\u0627\u0644.example/", "xn--mgbh0fb.example", 443, "/"),
        ("https://[2001:DB8::1]:8080/", "[2001:db8::1]", 8080, "/"),
    ],
)
def test_ordinary_urls(url: str, host: str, port: int, path: str) -> None:
    target = parse_target(url)
    assert (target.host, target.port, target.path) == (host, port, path)
    assert target.scheme == url.partition(":")[0].lower()


@pytest.mark.parametrize(
    "url",
    [
        "",
        "a.example",
        "//a.example/",
        "https:/a.example/",
        "https:a.example",
        "https:///a.example/",
        "https://",
        "ftp://a.example/",
        "file:///etc/passwd",
        "gopher://a.example/",
        "https://a.example:/",
        "https://a.example:0/",
        "https://a.example:65536/",
        "https://a.example:+80/",
        "https://a.example:\u0661/",
        "https://a.example:80:80/",
        "https://user@a.example/",
        "https://:@a.example/",
        "https://a.example\\b/",
        "https://a.example/\\b",
        "https://a.example/ b",
        "https://a.example/\r\nHost: b.example",
        "https://a.example/\ud800",
        " https://a.example/",
        "https://a..example/",
        "https://a%2eexample/",
        "https://a.example/" + "b" * MAX_LENGTH,
    ],
)
def test_odd_urls_are_refused(url: str) -> None:
    with pytest.raises(InputError) as caught:
        parse_target(url)
    assert caught.value.code is ErrorCode.INPUT_INVALID
    assert "example" not in str(caught.value)
    assert caught.value.__cause__ is None


@pytest.mark.parametrize(
    ("location", "expected"),
    [
        ("/x", "/x"),
        ("x?y", "/b/x?y"),
        ("?z", "/b/c?z"),
        ("https://a.example/far", "/far"),
        ("//a.example/near", "/near"),
    ],
)
def test_redirects_may_be_relative(location: str, expected: str) -> None:
    assert follow(PLACE, location) == Target(
        scheme="https", host="a.example", port=443, path=expected
    )


@pytest.mark.parametrize(
    "location", ["https://[::1", "javascript:0", "/a b", "\\\\b.example", "https://u@a.example/"]
)
def test_odd_redirects_are_refused(location: str) -> None:
    with pytest.raises(InputError):
        follow(PLACE, location)


def test_a_target_does_not_show_where_it_leads() -> None:
    assert "example" not in repr(PLACE)


def test_the_host_header_names_a_port_that_is_not_the_schemes_own() -> None:
    assert PLACE.authority == "a.example"
    assert parse_target("https://a.example:80/").authority == "a.example:80"
