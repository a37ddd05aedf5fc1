# SPDX-License-Identifier: Apache-2.0
"""Signals written as hexadecimal text of a fixed length."""

import re
from collections.abc import Sequence

from nahmi.protect.signal_type import invalid_signal

_ALL_HEX = re.compile(r"[0-9a-f]*").fullmatch
_NOT_HEX = re.compile(r"[^0-9a-f]")
_UPPER = str.maketrans("ABCDEF", "abcdef")


def hex_signal(name: str, text: str, *, digits: int) -> str:
    """Lower-case hexadecimal text of exactly `digits` digits, white space around it dropped.

    Upper case is accepted because half of the field writes it; refusing it loses signals.

    Args:
        name: The signal type's name, for the error.
        text: Any text.
        digits: How many digits the type has.

    Raises:
        InputError: SIGNAL_INVALID.
    """
    # lower() would make letters of signs such as Kelvin; plain ASCII has none, and is quicker.
    canonical = text.strip().lower() if text.isascii() else text.strip().translate(_UPPER)
    if len(canonical) == digits and _ALL_HEX(canonical):
        return canonical
    stranger = _NOT_HEX.search(canonical)
    if stranger is not None:
        raise invalid_signal(name, "a character that is no hexadecimal digit", stranger.start())
    raise invalid_signal(name, f"{len(canonical)} hexadecimal digits instead of {digits}")


def all_hex_signals(texts: Sequence[str], *, digits: int) -> list[str] | None:
    """Many texts at once in the form of `hex_signal`; None when one of them needs a closer look.

    Args:
        texts: Any texts.
        digits: How many digits the type has.
    """
    joined = "".join(texts)
    if not joined.isascii() or set(map(len, texts)) - {digits}:
        return None
    canonical = joined.lower()
    if not _ALL_HEX(canonical):
        return None
    if canonical == joined:
        return list(texts)
    return [canonical[at : at + digits] for at in range(0, len(canonical), digits)]


def all_hex_rows(texts: Sequence[str], *, digits: int) -> list[bytes] | None:
    """What many texts stand for, as bytes; None when one of them needs a closer look.

    Args:
        texts: Any texts.
        digits: How many digits the type has, an even number.
    """
    if set(map(len, texts)) - {digits}:
        return None
    try:
        packed = bytes.fromhex("".join(texts))
    except ValueError:
        return None
    size = digits // 2
    if len(packed) != len(texts) * size:  # white space counts for nothing there
        return None
    return [packed[at : at + size] for at in range(0, len(packed), size)]
