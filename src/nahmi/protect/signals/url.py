# SPDX-License-Identifier: Apache-2.0
"""Web addresses: one page (`url`), or a whole host with its subdomains (`url_host`)."""

from nahmi.core.signal import Signal
from nahmi.protect.signal_type import (
    ContentType,
    Examples,
    HashesText,
    SignalType,
    invalid_signal,
)
from nahmi.protect.signals.addresses.canonical import Address, canonical_address
from nahmi.protect.signals.addresses.host import canonical_host, parent_domains
from nahmi.protect.signals.addresses.ip import ipv6

_OTHER_SCHEME = {"http": "https", "https": "http"}


def url_lookups(url: str) -> tuple[Signal, ...]:
    """The signals to look up exactly for a URL: the page, its host and each parent domain.

    Args:
        url: Any spelling of an http or https URL.

    Returns:
        The canonical URL; the same under the other scheme, since lists mix the two; then
        `url_host` signals from the full host upwards, top-level domains excepted.

    Raises:
        InputError: SIGNAL_INVALID.
    """
    address = canonical_address(url)
    twin = canonical_address(_twin(address)).text()
    hosts = (Signal(UrlHost.name, host) for host in parent_domains(address.host))
    return (Signal(Url.name, address.text()), Signal(Url.name, twin), *hosts)


class Url(SignalType, HashesText):
    """One page, in the canonical form of `canonical_address`; matches exactly.

    Through `lookups` a page also matches the same page under the other of http and https, and
    `url_host` signals of its host and of the domains above it.
    """

    name = "url"
    content_types = (ContentType.URL,)

    def validate(self, text: str) -> str:
        """The canonical URL.

        Raises:
            InputError: SIGNAL_INVALID.
        """
        return canonical_address(text).text()

    def hash_text(self, text: str) -> str:
        """The canonical URL: an address is its own fingerprint.

        Raises:
            InputError: SIGNAL_INVALID.
        """
        return self.validate(text)

    def lookups(self, canonical: str) -> tuple[Signal, ...]:
        """As `url_lookups`."""
        return url_lookups(canonical)

    def examples(self) -> Examples:
        """One example for each step of the canonical form."""
        plain = "https://example.org/"
        idn = "http://xn--mgbh0fb.xn--kgbechtv/"
        return Examples(
            valid=(
                ("https://example.org", plain),
                (" HTTPS://user:word@Example.ORG.:0443/a/./../?utm_source=x#top\n", plain),
                ("https:\\\\example.org", plain),
                ("http://مثال.إختبار/", idn),
                ("http://XN--MGBH0FB.xn--kgbechtv", idn),
                ("http://0x7f.1:8080/", "http://127.0.0.1:8080/"),
                ("http://[2001:DB8:0:0::1]/", "http://[2001:db8::1]/"),
                ("http://a.example/%7e%2f%e9?b=2&a=1&fbclid=3", "http://a.example/~%2F%E9?b=2&a=1"),
                ("http://a.example/ü x", "http://a.example/%C3%BC%20x"),
            ),
            invalid=(
                "",
                "example.org",
                "ftp://example.org/",
                "https://",
                "https://exa mple.org/",
                "https://example.org:65536/",
                "https://example.org:port/",
                "https://1.2.3.256/",
                "https://[::1/",
                "https://a..example/",
                "https://\ud800.example/",
            ),
            similar=((plain, plain),),
            different=(
                (plain, "http://example.org/"),
                (plain, "https://example.org/?a"),
                ("https://example.org/?a&b", "https://example.org/?b&a"),
            ),
            hashed_text=(("https://EXAMPLE.org#x", plain),),
        )


class UrlHost(SignalType):
    """A whole host: every page on it and on its subdomains, whatever the scheme and port.

    Top-level domains are refused. Registries of second-level names such as `co.uk` are not known
    here, so who banks one bans them all.
    """

    name = "url_host"
    content_types = (ContentType.URL,)

    def validate(self, text: str) -> str:
        """The canonical host.

        Raises:
            InputError: SIGNAL_INVALID.
        """
        host = text.strip()
        if ":" in host and ipv6(host) is not None:
            host = f"[{host}]"
        canonical = canonical_host(self.name, host)
        if not canonical.startswith("[") and "." not in canonical:
            raise invalid_signal(self.name, "a top-level domain is too wide")
        return canonical

    def examples(self) -> Examples:
        """Names and addresses."""
        return Examples(
            valid=(
                ("Example.ORG.", "example.org"),
                ("مثال.إختبار", "xn--mgbh0fb.xn--kgbechtv"),
                ("a_b.bücher.example", "a_b.xn--bcher-kva.example"),
                ("0177.0.0.1", "127.0.0.1"),
                ("::FFFF", "[::ffff]"),
                ("[::ffff]", "[::ffff]"),
            ),
            invalid=("", "org", "https://example.org", "example.org/a", "a..example", "[::1"),
            similar=(("example.org", "example.org"),),
            different=(("example.org", "sub.example.org"), ("example.org", "example.com")),
        )


def _twin(address: Address) -> str:
    other = _OTHER_SCHEME[address.scheme]
    text = address.text()
    return other + text[len(address.scheme) :]
