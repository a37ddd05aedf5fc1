# SPDX-License-Identifier: Apache-2.0
"""The bank store on SQLite or PostgreSQL."""

from collections.abc import Collection, Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Self

from sqlalchemy import Connection

from nahmi.core.bank import Bank, Entry, EntryDraft, EntryRun
from nahmi.core.member import OWN_MEMBER
from nahmi.core.signal import Signal
from nahmi.operate.changes import Topic
from nahmi.protect.ports import (
    Added,
    BankChanges,
    BankDraft,
    EntryChanges,
    IndexChanges,
    StoreIdentity,
)
from nahmi.store.sql import reading, writing
from nahmi.store.sql.changes import ChangeLog
from nahmi.store.sql.database import Database
from nahmi.store.sql.lookups import live_entries_by_id
from nahmi.store.sql.opening import BUSY_TIMEOUT_S, create_database, open_database
from nahmi.store.sql.revisions import note_change

INDEXED_TYPES = frozenset({"pdq"})
"""Signal types that the search index holds unless the store is opened with others."""

_PAGE = 5_000


class SqlBankStore:
    """`BankReader`, `BankWriter` and `IndexChangeReader` in SQL; safe between threads.

    Writers of all processes take turns; readers never wait for them. A change that is made `within`
    a writing transaction of the same database lives and dies with it.

    Args:
        database: An opened database.
        indexed_types: Signal types that the search index holds.
    """

    def __init__(self, database: Database, indexed_types: Collection[str] = INDEXED_TYPES) -> None:
        self._database = database
        self._indexed = frozenset(indexed_types)
        self._log = ChangeLog(self._indexed)

    @classmethod
    def create(cls, path: str | Path) -> None:
        """Make an empty store; see `nahmi.store.sql.opening.create_database`."""
        create_database(path)

    @classmethod
    def open(
        cls,
        path: str | Path,
        *,
        read_only: bool = False,
        busy_timeout_s: float = BUSY_TIMEOUT_S,
        indexed_types: Collection[str] = INDEXED_TYPES,
    ) -> Self:
        """Open a store that `create` made; see `nahmi.store.sql.opening.open_database`.

        Args:
            path: The SQLite file.
            read_only: Refuse every write.
            busy_timeout_s: How long a write waits for another process's, in seconds.
            indexed_types: Signal types that the search index holds.

        Raises:
            StoreError: STORE_MISSING, STORE_CORRUPT, STORE_VERSION, STORAGE_DENIED.
        """
        database = open_database(path, read_only=read_only, busy_timeout_s=busy_timeout_s)
        return cls(database, indexed_types)

    @property
    def database(self) -> Database:
        """What it is kept in, for stores that share a transaction with it."""
        return self._database

    def identity(self) -> StoreIdentity:
        """See `IndexChangeReader.identity`."""
        with self._database.reading() as connection:
            return StoreIdentity(
                store_id=reading.store_id(connection), last_change=self._log.last(connection)
            )

    def close(self) -> None:
        """Close the database."""
        self._database.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def bank(self, name: str, *, member_id: int = OWN_MEMBER) -> Bank:
        """See `BankReader.bank`."""
        with self._database.reading() as connection:
            return reading.bank_by_name(connection, name, member_id)

    def banks(
        self, *, include_deleted: bool = False, member_id: int | None = None
    ) -> Sequence[Bank]:
        """See `BankReader.banks`."""
        with self._database.reading() as connection:
            return reading.all_banks(
                connection, include_deleted=include_deleted, member_id=member_id
            )

    def entry(self, entry_id: int, *, member_id: int | None = None) -> Entry:
        """See `BankReader.entry`."""
        with self._database.reading() as connection:
            return reading.entry_by_id(connection, entry_id, member_id)

    def entries(  # noqa: PLR0913 - each is a filter of its own
        self,
        bank_id: int,
        *,
        after: int = 0,
        limit: int = 1000,
        signal_type: str | None = None,
        text: str | None = None,
        content_ref: str | None = None,
        include_deleted: bool = False,
    ) -> Sequence[Entry]:
        """See `BankReader.entries`."""
        with self._database.reading() as connection:
            return reading.entry_page(
                connection,
                bank_id,
                after=after,
                limit=limit,
                signal_type=signal_type,
                text=text,
                content_ref=content_ref,
                include_deleted=include_deleted,
            )

    def stream_entries(self, bank_id: int) -> Iterator[Entry]:
        """See `BankReader.stream_entries`; each page is a transaction of its own."""
        after = 0
        while page := self.entries(bank_id, after=after, limit=_PAGE):
            yield from page
            after = page[-1].entry_id

    def entries_by_id(self, entry_ids: Sequence[int]) -> Sequence[Entry]:
        """See `BankReader.entries_by_id`."""
        return live_entries_by_id(self._database, entry_ids)

    def entries_by_signal(self, signals: Sequence[Signal]) -> Sequence[Entry]:
        """See `BankReader.entries_by_signal`."""
        with self._database.reading() as connection:
            return reading.live_entries_by_signal(connection, signals, self._indexed)

    def signals_after(
        self, signal_type: str, entry_id: int, *, limit: int = 1000
    ) -> Sequence[tuple[int, str]]:
        """See `BankReader.signals_after`; not for types that the search index holds."""
        with self._database.reading() as connection:
            return reading.signals_after(connection, signal_type, entry_id, limit)

    def count_entries(self, bank_id: int) -> int:
        """See `BankReader.count_entries`."""
        with self._database.reading() as connection:
            return reading.live_count(connection, bank_id)

    def types_held(self, names: Collection[str]) -> frozenset[str]:
        """See `BankReader.types_held`."""
        with self._database.reading() as connection:
            return reading.types_held(connection, names)

    def index_changes(self, after_seq: int, limit: int) -> Sequence[IndexChanges]:
        """See `IndexChangeReader.index_changes`."""
        with self._database.reading() as connection:
            return self._log.read(connection, after_seq, limit)

    def create_bank(
        self, bank: BankDraft, *, now: datetime, within: Connection | None = None
    ) -> Bank:
        """See `BankWriter.create_bank`.

        Raises:
            AccessError: ACCESS_MISSING: there is no such member.
        """
        with self._changing(within) as connection:
            return writing.create_bank(connection, bank, now)

    def update_bank(
        self,
        name: str,
        changes: BankChanges,
        *,
        member_id: int = OWN_MEMBER,
        within: Connection | None = None,
    ) -> Bank:
        """See `BankWriter.update_bank`."""
        with self._changing(within) as connection:
            return writing.update_bank(connection, name, changes, member_id)

    def delete_bank(
        self,
        name: str,
        *,
        now: datetime,
        member_id: int = OWN_MEMBER,
        within: Connection | None = None,
    ) -> Bank:
        """See `BankWriter.delete_bank`."""
        with self._changing(within) as connection:
            return writing.delete_bank(connection, self._log, name, now, member_id)

    def restore_bank(
        self, bank_id: int, *, member_id: int | None = None, within: Connection | None = None
    ) -> Bank:
        """See `BankWriter.restore_bank`."""
        with self._changing(within) as connection:
            return writing.restore_bank(connection, self._log, bank_id, member_id)

    def add_entries(
        self,
        bank_id: int,
        drafts: Iterable[EntryDraft],
        *,
        now: datetime,
        within: Connection | None = None,
    ) -> range:
        """See `BankWriter.add_entries`; drafts are taken as they come, never held all at once."""
        with self._changing(within) as connection:
            new = writing.add_entries(connection, bank_id, drafts, now, self._indexed)
            if new:
                self._log.note_addition(connection, bank_id, new)
            return new

    def add_new_entries(
        self,
        bank_id: int,
        runs: Iterable[EntryRun],
        *,
        now: datetime,
        within: Connection | None = None,
    ) -> Added:
        """See `BankWriter.add_new_entries`; runs are taken as they come, never held all at once."""
        with self._changing(within) as connection:
            added = writing.add_new_entries(connection, bank_id, runs, now, self._indexed)
            if added.entry_ids:
                self._log.note_addition(connection, bank_id, added.entry_ids)
            return added

    def update_entry(
        self,
        entry_id: int,
        changes: EntryChanges,
        *,
        member_id: int | None = None,
        within: Connection | None = None,
    ) -> Entry:
        """See `BankWriter.update_entry`."""
        with self._changing(within) as connection:
            return writing.update_entry(connection, entry_id, changes, member_id)

    def delete_entries(
        self,
        entry_ids: Sequence[int],
        *,
        now: datetime,
        member_id: int | None = None,
        within: Connection | None = None,
    ) -> int:
        """See `BankWriter.delete_entries`."""
        with self._changing(within) as connection:
            return writing.delete_entries(connection, self._log, entry_ids, now, member_id)

    def restore_entries(
        self,
        entry_ids: Sequence[int],
        *,
        member_id: int | None = None,
        within: Connection | None = None,
    ) -> int:
        """See `BankWriter.restore_entries`."""
        with self._changing(within) as connection:
            return writing.restore_entries(connection, self._log, entry_ids, member_id)

    @contextmanager
    def _changing(self, within: Connection | None) -> Iterator[Connection]:
        """The caller's transaction, or one of its own, in which banks change."""
        with self._database.joining(within) as connection:
            self._database.take_turn(connection)
            yield connection
            note_change(connection, Topic.BANKS)
