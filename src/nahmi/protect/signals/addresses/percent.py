# SPDX-License-Identifier: Apache-2.0
"""Percent-encoding: one spelling for each octet of a path or query."""

import re

_PART = re.compile(r"%([0-9A-Fa-f]{2})|([^!$&'()*+,\-./0-9:;=?@A-Z_a-z~])")
_UNRESERVED = frozenset(b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~")


def normalise(text: str) -> str:
    """Encode what must be encoded, decode what need not be, and write the rest in upper case.

    A `%` that starts no octet becomes `%25`, so that doing it twice changes nothing. Encoded
    delimiters such as `%2F` stay: servers tell them from bare ones (RFC 3986, section 2.2).

    Args:
        text: Any text without lone surrogates.
    """
    return _PART.sub(_one, text)


def _one(found: re.Match[str]) -> str:
    octet, stranger = found.groups()
    if octet is None:
        return "".join(f"%{byte:02X}" for byte in stranger.encode())
    value = int(octet, 16)
    return chr(value) if value in _UNRESERVED else f"%{value:02X}"
