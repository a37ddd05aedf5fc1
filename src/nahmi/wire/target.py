# SPDX-License-Identifier: Apache-2.0
"""A URL that we were asked to call, read strictly: what is written oddly is refused, not guessed.

`nahmi.protect.signals.addresses` reads URLs as kindly as browsers do, because people hide pages
behind odd spellings. Here a kind reader would be a way past the allow-list.
"""

import ipaddress
import re
from ipaddress import IPv4Address, IPv6Address
from typing import Final
from urllib.parse import quote, urljoin

import msgspec

from nahmi.errors import ErrorCode, InputError
from nahmi.protect.signals.addresses.canonical import MAX_LENGTH
from nahmi.protect.signals.addresses.host import canonical_host
from nahmi.protect.signals.addresses.ip import ends_in_number

DEFAULT_PORTS: Final = {"http": 80, "https": 443}
_MAX_PORT: Final = 0xFFFF
_STRANGER = re.compile(r"[\x00-\x20\x7f-\xa0\\\u2028\u2029\ud800-\udfff]")
_PARTS = re.compile(r"(https?)://([^/?#]*)([^#]*)(?:#.*)?\Z", re.IGNORECASE)
_AUTHORITY = re.compile(r"(\[[0-9A-Fa-f:.]+\]|[^\[\]@:%]+)(?::([0-9]{1,5}))?\Z")
_KEPT = "!$%&'()*+,/:;=?@~"  # besides letters, digits and -._, which `quote` never touches


class Target(msgspec.Struct, frozen=True, kw_only=True):
    """Where to connect and what to ask for.

    Attributes:
        scheme: `http` or `https`.
        host: A name in its ASCII form, an IPv4 address, or an IPv6 address in brackets.
        port: 1..65535.
        path: Path and query as they are sent, ASCII, from the first `/`.
    """

    scheme: str
    host: str
    port: int
    path: str

    def __repr__(self) -> str:
        return "Target(<withheld>)"

    @property
    def origin(self) -> tuple[str, str, int]:
        """Scheme, host and port."""
        return self.scheme, self.host, self.port

    @property
    def authority(self) -> str:
        """What the Host header says: the port only where it is not the scheme's own."""
        is_own = self.port == DEFAULT_PORTS[self.scheme]
        return self.host if is_own else f"{self.host}:{self.port}"

    @property
    def address(self) -> IPv4Address | IPv6Address | None:
        """The address, where the host is one."""
        bare = self.host.removeprefix("[").removesuffix("]")
        if bare == self.host and not ends_in_number(self.host):
            return None
        return ipaddress.ip_address(bare)


def parse_target(url: str) -> Target:
    """Read a URL strictly.

    Refused: schemes other than http and https, user and password, white space, control characters
    and back slashes anywhere, percent-encoding or a zone in the host, an IPv4 address that is not
    in plain dotted decimal, an empty port. The fragment goes: it is never sent.

    Raises:
        InputError: INPUT_INVALID; the text says why and never quotes the URL.
    """
    if len(url) > MAX_LENGTH:
        raise _refused(f"it is longer than {MAX_LENGTH} characters")
    if _STRANGER.search(url):
        raise _refused("it holds blanks, control characters or back slashes")
    parts = _PARTS.match(url)
    if parts is None:
        raise _refused("it does not start with https:// or http://")
    scheme = parts[1].lower()
    authority = _AUTHORITY.match(parts[2])
    if authority is None:
        raise _refused("its host or port is written in an unusual way")
    return Target(
        scheme=scheme,
        host=plain_host(authority[1]),
        port=_port(authority[2], scheme),
        path=_path(parts[3]),
    )


def follow(target: Target, location: str) -> Target:
    """Where a redirect leads, which may be written relative to where it was met.

    Raises:
        InputError: INPUT_INVALID.
    """
    if _STRANGER.search(location):
        raise _refused("it holds blanks, control characters or back slashes")
    base = f"{target.scheme}://{target.authority}{target.path}"
    try:
        return parse_target(urljoin(base, location))
    except ValueError:  # urllib's own, which quotes the host
        raise _refused("its host or port is written in an unusual way") from None


def plain_host(text: str) -> str:
    """A host in its one spelling.

    Raises:
        InputError: INPUT_INVALID: it is no host, or an IPv4 address in other notation than dotted
            decimal, such as `0x7f.1` or full-width digits.
    """
    try:
        host = canonical_host("url", text)
    except InputError:
        raise _refused("its host is malformed") from None
    if ends_in_number(host) and host != text:
        raise _refused("its host is an IPv4 address in an unusual notation")
    return host


def _port(digits: str | None, scheme: str) -> int:
    if digits is None:
        return DEFAULT_PORTS[scheme]
    port = int(digits)
    if not 0 < port <= _MAX_PORT:
        raise _refused("its port is outside 1..65535")
    return port


def _path(text: str) -> str:
    sent = quote(text, safe=_KEPT)
    return sent if sent.startswith("/") else f"/{sent}"


def _refused(why: str) -> InputError:
    return InputError(ErrorCode.INPUT_INVALID, f"The URL cannot be used: {why}.")
