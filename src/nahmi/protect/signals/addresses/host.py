# SPDX-License-Identifier: Apache-2.0
"""Hosts: internationalised names in their ASCII form, IP addresses in their shortest."""

import re
from urllib.parse import unquote_to_bytes

import idna

from nahmi.protect.signal_type import invalid_signal
from nahmi.protect.signals.addresses.ip import ends_in_number, ipv4, ipv6

_LABEL = re.compile(r"[a-z0-9_-]{1,63}\Z")
_MAX_LABEL = 63
_MAX_NAME = 253
_MAX_SPELLING = 12 * _MAX_NAME  # each character may be four octets, each octet three characters
_ACE = "xn--"


def canonical_host(name: str, text: str) -> str:
    """The one spelling of a host.

    Names: percent-decoded, mapped by UTS #46 (non-transitional, so that `ß` and the joiners of
    Arabic and Persian words keep their meaning), encoded label by label as IDNA2008 says, without
    the final dot. Underscores, hyphens anywhere and emoji are let through, because such hosts
    resolve and are used. IPv4 in dotted decimal, IPv6 compressed in brackets.

    Args:
        name: The signal type's name, for the error.
        text: The host alone, without port or user.

    Raises:
        InputError: SIGNAL_INVALID.
    """
    if len(text) > _MAX_SPELLING:
        raise invalid_signal(name, f"the host is longer than {_MAX_SPELLING} characters")
    if text.startswith("["):
        address = ipv6(text[1:-1]) if text.endswith("]") else None
        if address is None:
            raise invalid_signal(name, "the IPv6 address is malformed")
        return f"[{address}]"
    mapped = _mapped(name, text).removesuffix(".")
    if ends_in_number(mapped):
        address = ipv4(mapped)
        if address is None:
            raise invalid_signal(name, "the host ends in a number but is no IPv4 address")
        return address
    host = ".".join(_label(name, label) for label in mapped.split("."))
    if len(host) > _MAX_NAME:
        raise invalid_signal(name, f"the host is longer than {_MAX_NAME} characters")
    return host


def parent_domains(host: str) -> tuple[str, ...]:
    """The host itself and the domains above it, longest first, without the top-level one.

    Args:
        host: Canonical host; an IP address has no parents, a name of one label gives nothing.
    """
    if host.startswith("[") or ends_in_number(host):
        return (host,)
    labels = host.split(".")
    return tuple(".".join(labels[start:]) for start in range(len(labels) - 1))


def _mapped(name: str, text: str) -> str:
    try:
        decoded = unquote_to_bytes(text).decode()
        if decoded.isascii():
            return decoded.lower()
        return idna.uts46_remap(decoded, std3_rules=False, transitional=False)
    except UnicodeError:  # idna's own errors are among them, and they quote the text
        raise invalid_signal(name, "the host holds characters that no host may hold") from None


def _label(name: str, label: str) -> str:
    if len(label) > _MAX_LABEL:  # encoding never shortens it, and is slow on long texts
        raise invalid_signal(name, f"a part of the host is longer than {_MAX_LABEL} characters")
    if not label.isascii():
        label = _encoded(label)
    elif label.startswith(_ACE):
        _check_ace(name, label)
    if _LABEL.match(label) is None:
        raise invalid_signal(name, "a part of the host is empty, too long or malformed")
    return label


def _encoded(label: str) -> str:
    try:
        return idna.alabel(label).decode("ascii")
    except UnicodeError:
        # Not IDNA2008, such as emoji, yet registered and resolved: plain Punycode. Over-long
        # results are caught by the caller.
        return _ACE + label.encode("punycode").decode("ascii")


def _check_ace(name: str, label: str) -> None:
    """Refuse an `xn--` label that is not what its own decoding encodes to.

    Otherwise one host would have two spellings.
    """
    try:
        decoded = label.removeprefix(_ACE).encode("ascii").decode("punycode")
        mapped = idna.uts46_remap(decoded, std3_rules=False, transitional=False)
    except (ValueError, OverflowError):  # UnicodeError is a ValueError, and quotes the text
        raise invalid_signal(name, "a part of the host is malformed Punycode") from None
    if mapped != decoded or decoded.isascii() or _encoded(decoded) != label:
        raise invalid_signal(name, "a part of the host is not the canonical Punycode")
