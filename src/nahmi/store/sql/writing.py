# SPDX-License-Identifier: Apache-2.0
"""Statements that change banks and entries; each runs in its caller's transaction."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from datetime import datetime
from typing import Any

import msgspec
from sqlalchemy import ColumnElement, Connection, exists, insert, select, update

from nahmi.core.bank import Bank, Entry, EntryDraft, EntryRun
from nahmi.errors import AccessError, ErrorCode, StoreError
from nahmi.protect.bank_rules import check_bank_name, tidy_changes
from nahmi.protect.ports import Added, BankChanges, BankDraft, EntryChanges
from nahmi.store.sql.access_tables import member
from nahmi.store.sql.changes import ChangeLog
from nahmi.store.sql.loading import load_entries, next_entry_id
from nahmi.store.sql.new_entries import insert_new
from nahmi.store.sql.reading import (
    bank_by_id,
    bank_by_name,
    belongs,
    chunks,
    entry_by_id,
    missing_bank,
)
from nahmi.store.sql.rows import from_drafts, to_us
from nahmi.store.sql.tables import bank, entry


def create_bank(connection: Connection, draft: BankDraft, now: datetime) -> Bank:
    """A new bank."""
    changes = BankChanges(
        name=draft.name,
        category=draft.category,
        actions=draft.actions,
        limit_bits=draft.limit_bits,
        is_enabled=draft.is_enabled,
        crops=draft.crops,
        labels=draft.labels,
        is_shared=draft.is_shared,
    )
    _refuse_missing_member(connection, draft.member_id)
    _refuse_taken(connection, draft.name, draft.member_id)
    values = _bank_values(changes) | {"created_us": to_us(now), "member_id": draft.member_id}
    made = connection.execute(insert(bank).values(values).returning(bank.c.bank_id)).scalar_one()
    return bank_by_id(connection, made)


def update_bank(connection: Connection, name: str, changes: BankChanges, member_id: int) -> Bank:
    """Change what is not None."""
    current = bank_by_name(connection, name, member_id)
    if changes.name is not None and changes.name != name:
        _refuse_taken(connection, changes.name, member_id)
    if values := _bank_values(changes):
        connection.execute(update(bank).where(bank.c.bank_id == current.bank_id).values(values))
    return bank_by_id(connection, current.bank_id)


def delete_bank(
    connection: Connection, log: ChangeLog, name: str, now: datetime, member_id: int
) -> Bank:
    """Mark a bank deleted and take its entries out of the index."""
    current = bank_by_name(connection, name, member_id)
    gone = update(bank).where(bank.c.bank_id == current.bank_id).values(deleted_us=to_us(now))
    connection.execute(gone)
    log.note_bank(connection, current.bank_id, is_return=False)
    return bank_by_id(connection, current.bank_id)


def restore_bank(
    connection: Connection, log: ChangeLog, bank_id: int, member_id: int | None
) -> Bank:
    """Undo a deletion; a bank that is not deleted is left as it is."""
    current = bank_by_id(connection, bank_id, member_id)
    if current.deleted_at is None:
        return current
    _refuse_taken(connection, current.name, current.member_id)
    connection.execute(update(bank).where(bank.c.bank_id == bank_id).values(deleted_us=None))
    log.note_bank(connection, bank_id, is_return=True)
    return bank_by_id(connection, bank_id)


def add_entries(
    connection: Connection,
    bank_id: int,
    drafts: Iterable[EntryDraft],
    now: datetime,
    indexed_types: Collection[str],
) -> range:
    """Append entries; the turn makes their ids consecutive."""
    first = _next_entry_id(connection, bank_id)
    rows = from_drafts(
        drafts,
        first_id=first,
        bank_id=bank_id,
        added_us=to_us(now),
        indexed_types=indexed_types,
    )
    return range(first, first + load_entries(connection, rows))


def add_new_entries(
    connection: Connection,
    bank_id: int,
    runs: Iterable[EntryRun],
    now: datetime,
    indexed_types: Collection[str],
) -> Added:
    """Append the entries whose signal the bank lacks."""
    first = _next_entry_id(connection, bank_id)
    inserted, known = insert_new(
        connection,
        runs,
        first_id=first,
        bank_id=bank_id,
        added_us=to_us(now),
        indexed_types=indexed_types,
    )
    return Added(range(first, first + inserted), known)


def _next_entry_id(connection: Connection, bank_id: int) -> int:
    """The id of the next entry, of a bank that may be added to."""
    if bank_by_id(connection, bank_id).deleted_at is not None:
        raise missing_bank()
    return next_entry_id(connection)


def update_entry(
    connection: Connection, entry_id: int, changes: EntryChanges, member_id: int | None
) -> Entry:
    """Change what is set."""
    entry_by_id(connection, entry_id, member_id)
    values: dict[str, Any] = {
        field: value
        for field in ("source", "provenance", "note")
        if (value := getattr(changes, field)) is not msgspec.UNSET
    }
    if changes.expires_at is not msgspec.UNSET:
        values["expires_us"] = to_us(changes.expires_at)
    if changes.disabled_until is not msgspec.UNSET:
        values["disabled_until_us"] = to_us(changes.disabled_until)
    if values:
        connection.execute(update(entry).where(entry.c.entry_id == entry_id).values(values))
    return entry_by_id(connection, entry_id)


def delete_entries(
    connection: Connection,
    log: ChangeLog,
    entry_ids: Sequence[int],
    now: datetime,
    member_id: int | None,
) -> int:
    """Mark entries deleted; how many were not."""
    is_live = (entry.c.deleted_us.is_(None), *belongs(member_id))
    by_bank = _mark(connection, entry_ids, is_live, to_us(now))
    for bank_id, ids in by_bank.items():
        log.note_removal(connection, bank_id, sorted(ids))
    return sum(map(len, by_bank.values()))


def restore_entries(
    connection: Connection, log: ChangeLog, entry_ids: Sequence[int], member_id: int | None
) -> int:
    """Undo deletions; how many were deleted."""
    is_gone = (entry.c.deleted_us.is_not(None), *belongs(member_id))
    by_bank = _mark(connection, entry_ids, is_gone, None)
    for bank_id, ids in by_bank.items():
        log.note_return(connection, bank_id, sorted(ids))
    return sum(map(len, by_bank.values()))


def _mark(
    connection: Connection,
    entry_ids: Sequence[int],
    conditions: Iterable[ColumnElement[bool]],
    deleted_us: int | None,
) -> dict[int, list[int]]:
    """Set the mark where the conditions hold; the changed ids of each bank."""
    by_bank = defaultdict(list)
    for chunk in chunks(sorted(set(entry_ids))):
        marked = (
            update(entry)
            .where(entry.c.entry_id.in_(chunk), *conditions)
            .values(deleted_us=deleted_us)
            .returning(entry.c.bank_id, entry.c.entry_id)
        )
        for bank_id, entry_id in connection.execute(marked):
            by_bank[bank_id].append(entry_id)
    return by_bank


def _refuse_missing_member(connection: Connection, member_id: int) -> None:
    if not connection.execute(select(exists().where(member.c.member_id == member_id))).scalar_one():
        raise AccessError(ErrorCode.ACCESS_MISSING, "There is no such member.")


def _refuse_taken(connection: Connection, name: str, member_id: int) -> None:
    check_bank_name(name)
    taken = exists().where(
        bank.c.member_id == member_id, bank.c.name == name, bank.c.deleted_us.is_(None)
    )
    if connection.execute(select(taken)).scalar_one():
        raise StoreError(
            ErrorCode.BANK_EXISTS, f"There is a bank {name} already.", hint="Choose another name."
        )


def _bank_values(changes: BankChanges) -> dict[str, Any]:
    tidy = tidy_changes(changes)
    values: dict[str, Any] = {
        "name": tidy.name,
        "category": tidy.category,
        "actions": None if tidy.actions is None else " ".join(tidy.actions),
        "limit_bits": tidy.limit_bits,
        "is_shared": None if tidy.is_shared is None else int(tidy.is_shared),
        "is_enabled": None if tidy.is_enabled is None else int(tidy.is_enabled),
        "crops": tidy.crops,
        "labels": None if tidy.labels is None else msgspec.json.encode(tidy.labels).decode(),
    }
    return {column: value for column, value in values.items() if value is not None}
