# SPDX-License-Identifier: Apache-2.0
"""The canonical form of an http or https URL."""

import re

import msgspec

from nahmi.protect.signal_type import invalid_signal
from nahmi.protect.signals.addresses.host import canonical_host
from nahmi.protect.signals.addresses.percent import normalise
from nahmi.protect.signals.addresses.tracking import is_tracking

MAX_LENGTH = 8192
"""Longest URL that is taken, in characters; the longest that common servers accept."""

_TYPE = "url"
_DEFAULT_PORT = {"http": 80, "https": 443}
_MAX_PORT = 0xFFFF
_MARGIN = "".join(map(chr, range(0x21))) + (
    "\x85\xa0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a"
    "\u2028\u2029\u202f\u205f\u3000\ufeff"
)
_SCHEME = re.compile(r"([A-Za-z][A-Za-z0-9+.-]*):")
_PORT = re.compile(r":([0-9]*)\Z")
_SURROGATE = re.compile(r"[\ud800-\udfff]")


class Address(msgspec.Struct, frozen=True):
    """The parts of a canonical URL.

    Attributes:
        scheme: `http` or `https`.
        host: As `canonical_host` writes it.
        port: 0..65535, None for the scheme's own.
        path: Starts with `/`.
        query: Without `?`; empty for none.
    """

    scheme: str
    host: str
    port: int | None
    path: str
    query: str

    def text(self) -> str:
        """The URL."""
        port = "" if self.port is None else f":{self.port}"
        query = f"?{self.query}" if self.query else ""
        return f"{self.scheme}://{self.host}{port}{self.path}{query}"

    def __repr__(self) -> str:
        return "Address(<withheld>)"


def canonical_address(text: str) -> Address:
    """Take a URL apart as browsers do and put each part into its one spelling.

    1. White space around it goes, tabs and line breaks inside it too.
    2. The scheme is lower-cased; only http and https are web addresses.
    3. Back slashes before the query count as slashes.
    4. User and password go: they do not change what is shown, and may be personal data.
    5. The host becomes canonical, the scheme's own port goes.
    6. The path loses its dot segments; an empty one is `/`.
    7. Tracking parameters and empty ones go. The rest keeps its order: servers may give order and
       repetition a meaning, and one signal for two pages is worse than two for one.
    8. The fragment goes: it never reaches the server.

    Args:
        text: Any text.

    Raises:
        InputError: SIGNAL_INVALID.
    """
    trimmed = text.strip(_MARGIN)
    _check_text(trimmed)
    scheme, rest = _split_scheme(re.sub(r"[\t\n\r]", "", trimmed))
    front, _, query = rest.partition("#")[0].partition("?")
    authority, slash, path = front.replace("\\", "/").lstrip("/").partition("/")
    host, port = _split_port(authority.rpartition("@")[2], scheme)
    return Address(
        scheme=scheme,
        host=canonical_host(_TYPE, host),
        port=port,
        path=_path(slash + path),
        query=_query(query),
    )


def _check_text(text: str) -> None:
    if len(text) > MAX_LENGTH:
        raise invalid_signal(_TYPE, f"longer than {MAX_LENGTH} characters")
    stranger = _SURROGATE.search(text)
    if stranger is not None:
        raise invalid_signal(_TYPE, "half of a surrogate pair", stranger.start())


def _split_scheme(text: str) -> tuple[str, str]:
    found = _SCHEME.match(text)
    if found is None:
        raise invalid_signal(_TYPE, "no scheme such as https://", 0)
    scheme = found[1].lower()
    if scheme not in _DEFAULT_PORT:
        raise invalid_signal(_TYPE, "a scheme other than http and https", 0)
    return scheme, text[found.end() :]


def _split_port(authority: str, scheme: str) -> tuple[str, int | None]:
    found = _PORT.search(authority)
    if found is None:
        return authority, None
    host, digits = authority[: found.start()], found[1].lstrip("0")
    if len(digits) > len(str(_MAX_PORT)) or int(digits or "0") > _MAX_PORT:
        raise invalid_signal(_TYPE, f"a port above {_MAX_PORT}")
    port = int(digits or "0") if found[1] else None
    return host, None if port == _DEFAULT_PORT[scheme] else port


def _path(text: str) -> str:
    kept: list[str] = []
    segments = normalise(text).split("/")[1:]
    for segment in segments:
        if segment == "..":
            del kept[-1:]
        elif segment != ".":
            kept.append(segment)
    if segments and segments[-1] in {".", ".."}:
        kept.append("")
    return "/" + "/".join(kept)


def _query(text: str) -> str:
    parameters = normalise(text).split("&")
    return "&".join(item for item in parameters if item and not is_tracking(item))
