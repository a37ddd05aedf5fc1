# SPDX-License-Identifier: Apache-2.0
"""Values of the domain as rows and back.

Times are microseconds since 1970 in UTC; signals of indexed types are kept as 32 bytes.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec

from nahmi.core.bank import Action, Bank, Category, CropPolicy, Entry, EntryDraft
from nahmi.core.signal import Signal
from nahmi.errors import ErrorCode, InputError
from nahmi.protect.bank_rules import check_quality, in_utc

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)
ROW_BYTES = 32
"""Length of a signal of an indexed type."""


def to_us(moment: datetime | None) -> int | None:
    """Microseconds since 1970."""
    return None if moment is None else (in_utc(moment) - _EPOCH) // _MICROSECOND


def from_us(moment: int | None) -> datetime | None:
    """The moment in UTC."""
    return None if moment is None else _EPOCH + moment * _MICROSECOND


def to_value(signal: Signal, indexed_types: Collection[str]) -> str | bytes:
    """What is stored for the signal's value.

    Raises:
        InputError: SIGNAL_INVALID: a signal of an indexed type is not 64 hexadecimal digits.
            INPUT_INVALID: another holds a zero byte.
    """
    if signal.signal_type not in indexed_types:
        check_value(signal.value)
        return signal.value
    try:
        row = bytes.fromhex(signal.value)
    except ValueError:
        row = b""
    if len(row) != ROW_BYTES:
        raise InputError(ErrorCode.SIGNAL_INVALID, "An indexed signal is 64 hexadecimal digits.")
    return row


def check_value(value: str) -> None:
    """Refuse what PostgreSQL cannot keep and SQLite's functions cut off.

    Raises:
        InputError: INPUT_INVALID: the text holds a zero byte.
    """
    if "\0" in value:
        raise InputError(ErrorCode.INPUT_INVALID, "A value is no valid text.")


def to_bank(row: Mapping[str, Any]) -> Bank:
    """A bank from its row."""
    return Bank(
        bank_id=row["bank_id"],
        name=row["name"],
        category=Category(row["category"]),
        actions=tuple(Action(action) for action in row["actions"].split()),
        limit_bits=row["limit_bits"],
        is_enabled=bool(row["is_enabled"]),
        crops=CropPolicy(row["crops"]),
        labels=msgspec.json.decode(row["labels"], type=tuple[str, ...]),
        created_at=_EPOCH + row["created_us"] * _MICROSECOND,
        deleted_at=from_us(row["deleted_us"]),
        member_id=row["member_id"],
        is_shared=bool(row["is_shared"]),
    )


def to_entry(row: tuple[Any, ...]) -> Entry:
    """An entry from its columns in the table's order."""
    value = row[3]
    return Entry(
        entry_id=row[0],
        bank_id=row[1],
        draft=EntryDraft(
            signal=Signal(row[2], value.hex() if isinstance(value, bytes) else value),
            content_ref=row[4],
            variant=row[5],
            quality=row[6],
            canon=row[7],
            source=row[8],
            provenance=row[9],
            note=row[10],
            expires_at=from_us(row[11]),
            disabled_until=from_us(row[12]),
        ),
        added_at=_EPOCH + row[13] * _MICROSECOND,
        deleted_at=from_us(row[14]),
    )


def from_drafts(
    drafts: Iterable[EntryDraft],
    *,
    first_id: int,
    bank_id: int,
    added_us: int | None,
    indexed_types: Collection[str],
) -> Iterator[tuple[Any, ...]]:
    """The rows of new entries, numbered from `first_id`, in the table's order."""
    for entry_id, draft in enumerate(drafts, first_id):
        value = to_value(draft.signal, indexed_types)
        yield (entry_id, *to_row(draft, value, bank_id=bank_id, added_us=added_us))


def to_row(
    draft: EntryDraft, value: str | bytes, *, bank_id: int, added_us: int | None
) -> tuple[Any, ...]:
    """A draft in the table's order from `bank_id` to `added_us`, with `value` for its signal's."""
    return (
        bank_id,
        draft.signal.signal_type,
        value,
        draft.content_ref,
        draft.variant,
        check_quality(draft.quality),
        draft.canon,
        draft.source,
        draft.provenance,
        draft.note,
        to_us(draft.expires_at),
        to_us(draft.disabled_until),
        added_us,
    )
