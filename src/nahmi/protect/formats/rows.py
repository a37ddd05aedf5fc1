# SPDX-License-Identifier: Apache-2.0
"""Entries as rows of named text cells, and cells that spreadsheets do not run."""

from collections.abc import Callable, Mapping
from datetime import datetime

from nahmi.core.bank import EntryDraft
from nahmi.core.signal import ORIGINAL, Signal
from nahmi.errors import ErrorCode, InputError
from nahmi.protect.bank_rules import check_quality, in_utc

Validate = Callable[[str, str], Signal]
"""Signal type and text to a valid signal; raises InputError."""

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


def from_cells(cells: Mapping[str, str], validate: Validate) -> EntryDraft:
    """A draft from text cells; missing columns are empty.

    Raises:
        InputError: The signal, the quality or a time is not valid.
    """
    quality = cells.get("quality", "")
    return EntryDraft(
        signal=validate(cells.get("signal_type", ""), cells.get("value", "")),
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
