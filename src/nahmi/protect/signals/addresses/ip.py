# SPDX-License-Identifier: Apache-2.0
"""IP addresses in the notations that browsers accept, written in one."""

import ipaddress
import re

_NUMBER = re.compile(r"(?:0[xX][0-9A-Fa-f]*|[0-9]+)\Z")
_MAX_PARTS = 4
_GROUPS = 8
_LONGEST_PART = 64  # digits; beyond it the value is too large anyway, and int() would crawl


def ends_in_number(host: str) -> bool:
    """Whether a host must be read as an IPv4 address: its last label is a number."""
    return _NUMBER.match(host.rpartition(".")[2]) is not None


def ipv4(host: str) -> str | None:
    """The dotted decimal form of an IPv4 address; None when it is not one.

    Accepts one to four parts, each decimal, octal (leading 0) or hexadecimal (leading 0x), the
    last one filling the remaining bytes, as browsers do: `http://2130706433/` is 127.0.0.1.

    Source: WHATWG URL standard, "IPv4 parser".
    """
    parts = host.split(".")
    if len(parts) > _MAX_PARTS:
        return None
    numbers = [_number(part) for part in parts]
    total = 0
    for number in numbers[:-1]:
        if number is None or number > 0xFF:  # noqa: PLR2004 - the largest byte
            return None
        total = total << 8 | number
    last, free_bits = numbers[-1], 8 * (_MAX_PARTS + 1 - len(parts))
    if last is None or last >> free_bits:
        return None
    return str(ipaddress.IPv4Address(total << free_bits | last))


def ipv6(text: str) -> str | None:
    """The shortest form of an IPv6 address, without brackets; None when it is not one.

    Hexadecimal groups throughout, the longest run of zero groups (the first of equals, two or
    more) as `::`. Zone identifiers are refused: they mean something on one machine only.

    Source: RFC 5952, without its exception for addresses that embed IPv4.
    """
    if "%" in text:
        return None
    try:
        value = int(ipaddress.IPv6Address(text))
    except ValueError:
        return None
    groups = [f"{value >> shift & 0xFFFF:x}" for shift in range(112, -1, -16)]
    start, length = _longest_zero_run(groups)
    if length < 2:  # noqa: PLR2004 - a single zero group is written out
        return ":".join(groups)
    return ":".join(groups[:start]) + "::" + ":".join(groups[start + length :])


def _number(part: str) -> int | None:
    if _NUMBER.match(part) is None or len(part) > _LONGEST_PART:
        return None
    if part[:2] in {"0x", "0X"}:
        return int(part[2:] or "0", 16)
    if part[0] == "0" and len(part) > 1:
        return int(part, 8) if set(part) <= set("01234567") else None
    return int(part)


def _longest_zero_run(groups: list[str]) -> tuple[int, int]:
    best = (0, 0)
    start = 0
    while start < _GROUPS:
        end = start
        while end < _GROUPS and groups[end] == "0":
            end += 1
        if end - start > best[1]:
            best = (start, end - start)
        start = end + 1
    return best
