# SPDX-License-Identifier: Apache-2.0
"""Each rule of the canonical URL, by example."""

import pytest

from nahmi.core.signal import Signal
from nahmi.errors import InputError
from nahmi.protect.signals.url import Url, UrlHost, url_lookups


@pytest.mark.parametrize(
    ("text", "canonical"),
    [
        ("http:example.org", "http://example.org/"),
        ("http:////example.org", "http://example.org/"),
        ("ht\ttp://exam\nple.org", "http://example.org/"),
        ("http://a@b:c@example.org/@", "http://example.org/@"),
        ("http://example.org:443/", "http://example.org:443/"),
        ("http://example.org:00080", "http://example.org/"),
        ("http://example.org:0/", "http://example.org:0/"),
        ("http://ex%61mple.org/", "http://example.org/"),
        ("http://example。org/", "http://example.org/"),
        ("http://\uff45\uff38ample.org/", "http://example.org/"),
        ("http://r3---sn.example.org/", "http://r3---sn.example.org/"),
        ("http://faß.example/", "http://xn--fa-hia.example/"),
        ("http://☃.example/", "http://xn--n3h.example/"),
        ("http://2130706433/", "http://127.0.0.1/"),
        ("http://017700000001", "http://127.0.0.1/"),
        ("http://1.2.3./", "http://1.2.0.3/"),
        ("http://[::FFFF:1.2.3.4]/", "http://[::ffff:102:304]/"),
        ("http://[1:0:0:2:0:0:0:3]/", "http://[1:0:0:2::3]/"),
        ("http://[1:0:2:3:4:5:6:7]/", "http://[1:0:2:3:4:5:6:7]/"),
        ("http://[0:0:0:0:0:0:0:0]/", "http://[::]/"),
        ("http://a.example/b/../../c/./d/%2E%2e", "http://a.example/c/"),
        ("http://a.example//b//", "http://a.example//b//"),
        ("http://a.example/%zz%", "http://a.example/%25zz%25"),
        ("http://a.example/%C3%a9%2f%41", "http://a.example/%C3%A9%2FA"),
        ("http://a.example/<\x01>", "http://a.example/%3C%01%3E"),
        ("http://a.example?", "http://a.example/"),
        ("http://a.example?q=a+b&q=a b", "http://a.example/?q=a+b&q=a%20b"),
        ("http://a.example/?gclid=1", "http://a.example/"),
        ("http://a.example/?my_utm_source=1", "http://a.example/?my_utm_source=1"),
        ("\ufeff\u3000http://a.example\u2003\x00 ", "http://a.example/"),
        ("http://a.example/#!/page", "http://a.example/"),
    ],
)
def test_canonical_form(text: str, canonical: str) -> None:
    assert Url().validate(text) == canonical


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("example.org/a", "no scheme such as https:// at position 0"),
        ("javascript:alert(1)", "a scheme other than http and https"),
        ("http://" + "a" * 8192, "longer than 8192 characters"),
        ("http://x.example/\ud800", "half of a surrogate pair at position 17"),
        ("http://x.example:99999", "a port above 65535"),
        ("http://a<b.example", "a part of the host is empty, too long or malformed"),
        ("http://" + "a" * 64 + ".example", "a part of the host is longer than 63 characters"),
        ("http://" + "a" * 4000, "the host is longer than 3036 characters"),
        ("http://" + "a." * 128, "the host is longer than 253 characters"),
        ("http://%ff.example", "characters that no host may hold"),
        ("http://xn--.example", "not the canonical Punycode"),
        ("http://xn--BCHER-KVA1.example", "Punycode"),
        ("http://09.1/", "ends in a number but is no IPv4 address"),
        ("http://1.2.3.4.5/", "ends in a number but is no IPv4 address"),
        ("http://256.1/", "ends in a number but is no IPv4 address"),
        ("http://1.16777216/", "ends in a number but is no IPv4 address"),
        ("http://[::1%25eth0]/", "the IPv6 address is malformed"),
    ],
)
def test_refusals_say_why(text: str, reason: str) -> None:
    with pytest.raises(InputError) as caught:
        Url().validate(text)
    assert reason in caught.value.detail


def test_lookups() -> None:
    assert url_lookups("https://www.example.org:8443/a#b") == (
        Signal("url", "https://www.example.org:8443/a"),
        Signal("url", "http://www.example.org:8443/a"),
        Signal("url_host", "www.example.org"),
        Signal("url_host", "example.org"),
    )
    assert url_lookups("http://localhost/")[2:] == ()
    assert [item.value for item in url_lookups("http://10.1/")[2:]] == ["10.0.0.1"]
    assert Url().lookups("http://[::1]/")[2:] == (Signal("url_host", "[::1]"),)


def test_a_top_level_domain_is_no_signal() -> None:
    with pytest.raises(InputError, match="top-level domain"):
        UrlHost().validate("مصر")
