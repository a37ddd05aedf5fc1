# SPDX-License-Identifier: Apache-2.0
"""Entries as rows of named text cells, and cells that spreadsheets do not run."""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime

from nahmi.core.bank import EntryDraft
from nahmi.core.signal import ORIGINAL, Signal
from nahmi.errors import ErrorCode, InputError
from nahmi.protect.bank_rules import check_quality, in_utc

Validate = Callable[[str, Sequence[str]], Sequence[str | InputError]]
"""Signal type and texts to their canonical forms, or why each has none; raises InputError."""

COLUMNS = (
    "signal_type",
    "value",
    "quality",
    "source",
    "provenance",
    "note",
    "expires_at",
    "disabled_until",
    "content_ref",
    "variant",
    "canon",
)
"""The columns of the CSV form and the keys of the JSONL form."""

GUARD = "'"
"""What stands before a cell that a spreadsheet would otherwise run."""

_RISKY = frozenset("=+-@\t\r")
_GUARDED = _RISKY | {GUARD}


def guard(cell: str) -> str:
    """The cell, with an apostrophe before what a spreadsheet would run as a formula."""
    is_risky = cell[:1] in _RISKY or (cell[:1] == GUARD and cell[1:2] in _GUARDED)
    return GUARD + cell if is_risky else cell


def unguard(cell: str) -> str:
    """What `guard` was given."""
    return cell[1:] if cell[:1] == GUARD and cell[1:2] in _GUARDED else cell


def to_cells(draft: EntryDraft) -> dict[str, str]:
    """A draft as text cells by column; absent values are empty."""
    return {
        "signal_type": draft.signal.signal_type,
        "value": draft.signal.value,
        "quality": "" if draft.quality is None else str(draft.quality),
        "source": draft.source,
        "provenance": draft.provenance,
        "note": draft.note,
        "expires_at": _from_time(draft.expires_at),
        "disabled_until": _from_time(draft.disabled_until),
        "content_ref": draft.content_ref,
        "variant": draft.variant,
        "canon": draft.canon or "",
    }


def from_cells(cells: Mapping[str, str]) -> EntryDraft:
    """A draft from text cells, its signal as it stands there; missing columns are empty.

    Raises:
        InputError: The quality or a time is not valid, or a cell is no text that can be stored.
    """
    _check_text("".join(cells.values()))
    quality = cells.get("quality", "")
    return EntryDraft(
        signal=Signal(cells.get("signal_type", ""), cells.get("value", "")),
        quality=_to_quality(quality) if quality else None,
        source=cells.get("source", ""),
        provenance=cells.get("provenance", ""),
        note=cells.get("note", ""),
        expires_at=_to_time(cells.get("expires_at", "")),
        disabled_until=_to_time(cells.get("disabled_until", "")),
        content_ref=cells.get("content_ref", ""),
        variant=cells.get("variant", "") or ORIGINAL,
        canon=cells.get("canon", "") or None,
    )


def _check_text(text: str) -> None:
    """Bytes that are no UTF-8 arrive as surrogates, and no database keeps those or NUL."""
    if (text.isascii() or _is_unicode(text)) and "\0" not in text:
        return
    raise InputError(ErrorCode.INPUT_INVALID, "A cell is not valid text in UTF-8.")


def _is_unicode(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def _to_quality(text: str) -> int | None:
    try:
        return check_quality(int(text))
    except ValueError:
        raise InputError(ErrorCode.INPUT_INVALID, "The quality is no whole number.") from None


def _from_time(moment: datetime | None) -> str:
    return "" if moment is None else in_utc(moment).isoformat()


def _to_time(text: str) -> datetime | None:
    if not text:
        return None
    try:
        return in_utc(datetime.fromisoformat(text))
    except (ValueError, OverflowError):
        raise InputError(ErrorCode.INPUT_INVALID, "A time is not in ISO 8601 form.") from None
