# SPDX-License-Identifier: Apache-2.0
"""What banks and entries must satisfy, whichever store keeps them."""

import re
from collections.abc import Iterable
from datetime import UTC, datetime
from string import ascii_lowercase, ascii_uppercase

from nahmi.core.bank import MAX_LIMIT_BITS, Action, Entry
from nahmi.core.taxonomy import UCS_PREFIX, UcsLabel, UcsSection
from nahmi.errors import ErrorCode, InputError
from nahmi.protect.ports import BankChanges

MAX_NAME_LENGTH = 64
"""Longest name of a bank, in characters."""

MAX_QUALITY = 100
"""Highest quality of a fingerprint."""

_NAME = re.compile(r"[A-Z_][A-Z0-9_]*", re.ASCII)
_ASCII_LOWER = str.maketrans(ascii_uppercase, ascii_lowercase)
_SEVERITY = {action: rank for rank, action in enumerate(Action)}


def check_bank_name(name: str) -> str:
    """The name, when it is 1..64 characters of `[A-Z_][A-Z0-9_]*`.

    Raises:
        InputError: NAME_INVALID.
    """
    if len(name) > MAX_NAME_LENGTH or _NAME.fullmatch(name) is None:
        raise InputError(
            ErrorCode.NAME_INVALID,
            "A bank's name is 1 to 64 capital letters, digits and underscores.",
            hint="It starts with a letter or an underscore, such as HOTLINE_2026.",
        )
    return name


def bank_name_of(words: str) -> str:
    """A bank's name out of any words: their ASCII letters and digits, joined by underscores.

    The end is kept when they are too long, for it tells similar names apart.
    """
    name = "_".join(re.findall(r"[A-Z0-9]+", words.upper(), re.ASCII))[-MAX_NAME_LENGTH + 1 :]
    return name if name[:1].isalpha() else f"_{name}"


def check_limit_bits(limit_bits: int) -> int:
    """The limit, when it is 0..63.

    Raises:
        InputError: LIMIT_INVALID.
    """
    if not 0 <= limit_bits <= MAX_LIMIT_BITS:
        raise InputError(ErrorCode.LIMIT_INVALID, f"A limit is 0 to {MAX_LIMIT_BITS} bits.")
    return limit_bits


def tidy_actions(actions: Iterable[Action]) -> tuple[Action, ...]:
    """Each action once, mildest first.

    Raises:
        InputError: INPUT_INVALID: there is none.
    """
    tidy = tuple(sorted(set(actions), key=_SEVERITY.__getitem__))
    if not tidy:
        raise InputError(ErrorCode.INPUT_INVALID, "A bank needs at least one action.")
    return tidy


def tidy_labels(labels: Iterable[str]) -> tuple[str, ...]:
    """Each label once, without blanks around it, sorted; empty ones dropped.

    Raises:
        InputError: INPUT_INVALID: one claims to be of the Universal Classification Schema and
            is not.
    """
    return tuple(sorted({_tidy_label(label.strip()) for label in labels} - {""}))


def _tidy_label(label: str) -> str:
    if not label.lower().startswith(UCS_PREFIX):
        return label
    parsed = UcsLabel.parse(label)
    if parsed is None:
        raise InputError(
            ErrorCode.INPUT_INVALID,
            "A label of the Universal Classification Schema is written as ucs:3.1:SECTION:CODE.",
            hint=f"The sections are {', '.join(UcsSection)}; blanks of the code become _.",
        )
    return str(parsed)


def ucs_labels(labels: Iterable[str]) -> tuple[UcsLabel, ...]:
    """The labels of the Universal Classification Schema among a bank's labels."""
    return tuple(parsed for label in labels if (parsed := UcsLabel.parse(label)) is not None)


def tidy_changes(changes: BankChanges) -> BankChanges:
    """The changes in canonical form.

    Raises:
        InputError: NAME_INVALID, LIMIT_INVALID or INPUT_INVALID.
    """
    return BankChanges(
        name=None if changes.name is None else check_bank_name(changes.name),
        category=changes.category,
        actions=None if changes.actions is None else tidy_actions(changes.actions),
        limit_bits=None if changes.limit_bits is None else check_limit_bits(changes.limit_bits),
        is_enabled=changes.is_enabled,
        crops=changes.crops,
        labels=None if changes.labels is None else tidy_labels(changes.labels),
        is_shared=changes.is_shared,
    )


def check_quality(quality: int | None) -> int | None:
    """The quality, when it is 0..100 or None.

    Raises:
        InputError: INPUT_INVALID.
    """
    if quality is not None and not 0 <= quality <= MAX_QUALITY:
        raise InputError(ErrorCode.INPUT_INVALID, f"A quality is 0 to {MAX_QUALITY}.")
    return quality


def in_utc(moment: datetime) -> datetime:
    """The moment in UTC.

    Raises:
        InputError: INPUT_INVALID: it does not say its offset.
    """
    if moment.utcoffset() is None:
        raise InputError(ErrorCode.INPUT_INVALID, "A time must state its offset from UTC.")
    return moment.astimezone(UTC)


def mentions(entry: Entry, text: str) -> bool:
    """Whether a search for `text` finds the entry; case of ASCII letters does not count."""
    wanted = ascii_lower(text)
    draft = entry.draft
    fields = (draft.source, draft.provenance, draft.note, draft.content_ref)
    return ascii_lower(draft.signal.value).startswith(wanted) or any(
        wanted in ascii_lower(field) for field in fields
    )


def ascii_lower(text: str) -> str:
    """The text with small ASCII letters; all others stay, as databases do it."""
    return text.translate(_ASCII_LOWER)
