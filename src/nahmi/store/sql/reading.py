# SPDX-License-Identifier: Apache-2.0
"""Queries for banks and entries."""

from collections import defaultdict
from collections.abc import Collection, Iterator, Sequence
from typing import TypeVar

from sqlalchemy import ColumnElement, Connection, func, or_, select

from nahmi.core.bank import Bank, Entry
from nahmi.core.signal import Signal
from nahmi.errors import ErrorCode, StoreError
from nahmi.protect.bank_rules import ascii_lower
from nahmi.store.sql.functions import ValueText, position
from nahmi.store.sql.rows import to_bank, to_entry, to_value
from nahmi.store.sql.tables import IS_EXACT, IS_OF_CONTENT, bank, entry, store

T = TypeVar("T")

CHUNK = 500
"""Values in one IN list; older SQLite builds allow 999 parameters."""


def missing_bank() -> StoreError:
    """The error for a bank that is not there."""
    return StoreError(
        ErrorCode.BANK_MISSING, "There is no such bank.", hint="`nahmi bank list` shows them all."
    )


def store_id(connection: Connection) -> str:
    """Which store this is.

    Raises:
        StoreError: STORE_CORRUPT: it does not say.
    """
    found = connection.execute(select(store.c.store_id).where(store.c.id == 1)).scalar()
    if not found:
        raise StoreError(ErrorCode.STORE_CORRUPT, "The store does not say which one it is.")
    return str(found)


def bank_by_name(connection: Connection, name: str, member_id: int) -> Bank:
    """A member's bank that is not deleted."""
    found = select(bank).where(
        bank.c.member_id == member_id, bank.c.name == name, bank.c.deleted_us.is_(None)
    )
    row = connection.execute(found).mappings().first()
    if row is None:
        raise missing_bank()
    return to_bank(dict(row))


def bank_by_id(connection: Connection, bank_id: int, member_id: int | None = None) -> Bank:
    """A bank of a member, of any by default, deleted or not."""
    found = select(bank).where(bank.c.bank_id == bank_id)
    if member_id is not None:
        found = found.where(bank.c.member_id == member_id)
    row = connection.execute(found).mappings().first()
    if row is None:
        raise missing_bank()
    return to_bank(dict(row))


def all_banks(
    connection: Connection, *, include_deleted: bool, member_id: int | None
) -> list[Bank]:
    """Banks by name, then by id."""
    query = select(bank).order_by(bank.c.name, bank.c.bank_id)
    if not include_deleted:
        query = query.where(bank.c.deleted_us.is_(None))
    if member_id is not None:
        query = query.where(bank.c.member_id == member_id)
    return [to_bank(dict(row)) for row in connection.execute(query).mappings()]


def entry_by_id(connection: Connection, entry_id: int, member_id: int | None = None) -> Entry:
    """An entry of a member, of any by default, deleted or not."""
    query = select(entry).where(entry.c.entry_id == entry_id, *belongs(member_id))
    row = connection.execute(query).first()
    if row is None:
        raise StoreError(ErrorCode.ENTRY_MISSING, "There is no entry with this id.")
    return to_entry(tuple(row))


def belongs(member_id: int | None) -> tuple[ColumnElement[bool], ...]:
    """The condition that an entry is a member's; none without a member."""
    if member_id is None:
        return ()
    own = select(bank.c.bank_id).where(
        bank.c.bank_id == entry.c.bank_id, bank.c.member_id == member_id
    )
    return (own.exists(),)


def entry_page(  # noqa: PLR0913 - each is a filter of its own
    connection: Connection,
    bank_id: int,
    *,
    after: int,
    limit: int,
    signal_type: str | None,
    text: str | None,
    content_ref: str | None,
    include_deleted: bool,
) -> list[Entry]:
    """A page of a bank's entries by id."""
    query = select(entry).where(entry.c.bank_id == bank_id, entry.c.entry_id > after)
    if not include_deleted:
        query = query.where(entry.c.deleted_us.is_(None))
    if signal_type is not None:
        query = query.where(entry.c.signal_type == signal_type)
    if text is not None:
        query = query.where(_mentions(text))
    if content_ref:
        query = query.where(entry.c.content_ref == content_ref, IS_OF_CONTENT)
    elif content_ref is not None:
        query = query.where(entry.c.content_ref == "")
    rows = connection.execute(query.order_by(entry.c.entry_id).limit(limit))
    return [to_entry(tuple(row)) for row in rows]


def _mentions(text: str) -> ColumnElement[bool]:
    wanted = ascii_lower(text)
    fields = (entry.c.source, entry.c.provenance, entry.c.note, entry.c.content_ref)
    return or_(
        position(ValueText(entry.c.signal_value), wanted) == 1,
        *(position(func.lower(field), wanted) > 0 for field in fields),
    )


def live_entries_by_signal(
    connection: Connection, signals: Sequence[Signal], indexed_types: Collection[str]
) -> list[Entry]:
    """Entries with exactly one of these signals that are not deleted."""
    by_type = defaultdict(set)
    for signal in signals:
        by_type[signal.signal_type].add(to_value(signal, indexed_types))
    found: list[Entry] = []
    for signal_type, values in by_type.items():
        for chunk in chunks(list(values)):
            query = select(entry).where(
                entry.c.signal_type == signal_type,
                entry.c.signal_value.in_(chunk),
                entry.c.deleted_us.is_(None),
            )
            found += [to_entry(tuple(row)) for row in connection.execute(query)]
    return found


def signals_after(
    connection: Connection, signal_type: str, entry_id: int, limit: int
) -> list[tuple[int, str]]:
    """Signals of a type, deleted ones included, by the ids of their entries."""
    query = (
        select(entry.c.entry_id, entry.c.signal_value)
        .where(entry.c.signal_type == signal_type, IS_EXACT, entry.c.entry_id > entry_id)
        .order_by(entry.c.entry_id)
        .limit(limit)
    )
    return [(row.entry_id, row.signal_value) for row in connection.execute(query)]


def chunks(values: Sequence[T]) -> Iterator[Sequence[T]]:
    """The values in runs that fit one query."""
    for start in range(0, len(values), CHUNK):
        yield values[start : start + CHUNK]


def live_count(connection: Connection, bank_id: int) -> int:
    """How many entries of the bank are not deleted."""
    query = select(func.count()).where(entry.c.bank_id == bank_id, entry.c.deleted_us.is_(None))
    return int(connection.execute(query.select_from(entry)).scalar_one())


def types_held(connection: Connection, names: Collection[str]) -> frozenset[str]:
    """Which of these types any entry has, deleted ones included."""
    asked = sorted(names)
    if not asked:
        return frozenset()
    held = [
        select(entry.c.entry_id).where(entry.c.signal_type == name, IS_EXACT).exists()
        for name in asked
    ]
    answers = connection.execute(select(*held)).one()
    return frozenset(name for name, is_held in zip(asked, answers, strict=True) if is_held)
