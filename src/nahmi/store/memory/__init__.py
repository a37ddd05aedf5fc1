# SPDX-License-Identifier: Apache-2.0
"""Banks and entries in memory, for tests and demonstrations; nothing survives the process."""

import re
import threading
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from datetime import datetime
from secrets import token_hex

import msgspec
import numpy as np

from nahmi.core.bank import Bank, Entry, EntryDraft, EntryRun
from nahmi.core.member import OWN_MEMBER
from nahmi.core.signal import Signal
from nahmi.errors import ErrorCode, InputError, StoreError
from nahmi.protect.bank_rules import (
    check_bank_name,
    check_quality,
    in_utc,
    mentions,
    tidy_changes,
)
from nahmi.protect.ports import (
    Added,
    BankChanges,
    BankDraft,
    EntryChanges,
    IndexChanges,
    StoreIdentity,
)


class MemoryBankStore:
    """`BankReader`, `BankWriter` and `IndexChangeReader` in memory; safe between threads.

    Args:
        indexed_types: Signal types that the search index holds.
    """

    def __init__(self, indexed_types: Collection[str] = ("pdq",)) -> None:
        self._indexed = frozenset(indexed_types)
        self._store_id = token_hex(16)
        self._lock = threading.RLock()
        self._banks: dict[int, Bank] = {}
        self._entries: dict[int, Entry] = {}
        self._changes: list[IndexChanges] = []

    def bank(self, name: str, *, member_id: int = OWN_MEMBER) -> Bank:
        """See `BankReader.bank`."""
        found = self._live_bank(name, member_id)
        if found is None:
            raise StoreError(ErrorCode.BANK_MISSING, "There is no such bank.")
        return found

    def banks(
        self, *, include_deleted: bool = False, member_id: int | None = None
    ) -> Sequence[Bank]:
        """See `BankReader.banks`."""
        with self._lock:
            found = [
                bank
                for bank in self._banks.values()
                if (include_deleted or bank.deleted_at is None)
                and member_id in (None, bank.member_id)
            ]
        return sorted(found, key=lambda bank: (bank.name, bank.bank_id))

    def entry(self, entry_id: int, *, member_id: int | None = None) -> Entry:
        """See `BankReader.entry`."""
        found = self._entries.get(entry_id)
        if found is None or not self._belongs(found.bank_id, member_id):
            raise StoreError(ErrorCode.ENTRY_MISSING, "There is no entry with this id.")
        return found

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
        found = self._select(lambda e: e.bank_id == bank_id and e.entry_id > after)
        return [
            entry
            for entry in found
            if (include_deleted or entry.deleted_at is None)
            and signal_type in (None, entry.draft.signal.signal_type)
            and (text is None or mentions(entry, text))
            and content_ref in (None, entry.draft.content_ref)
        ][:limit]

    def stream_entries(self, bank_id: int) -> Iterator[Entry]:
        """See `BankReader.stream_entries`."""
        yield from self._select(lambda e: e.bank_id == bank_id and e.deleted_at is None)

    def entries_by_id(self, entry_ids: Sequence[int]) -> Sequence[Entry]:
        """See `BankReader.entries_by_id`."""
        wanted = set(entry_ids)
        return self._select(lambda e: e.entry_id in wanted and e.deleted_at is None)

    def entries_by_signal(self, signals: Sequence[Signal]) -> Sequence[Entry]:
        """See `BankReader.entries_by_signal`."""
        wanted = set(signals)
        return self._select(lambda e: e.draft.signal in wanted and e.deleted_at is None)

    def signals_after(
        self, signal_type: str, entry_id: int, *, limit: int = 1000
    ) -> Sequence[tuple[int, str]]:
        """See `BankReader.signals_after`."""
        found = self._select(
            lambda e: e.draft.signal.signal_type == signal_type and e.entry_id > entry_id
        )
        return [(entry.entry_id, entry.draft.signal.value) for entry in found[:limit]]

    def count_entries(self, bank_id: int) -> int:
        """See `BankReader.count_entries`."""
        return sum(1 for _ in self.stream_entries(bank_id))

    def types_held(self, names: Collection[str]) -> frozenset[str]:
        """See `BankReader.types_held`."""
        return frozenset(e.draft.signal.signal_type for e in self._select(lambda _: True)) & {
            *names
        }

    def identity(self) -> StoreIdentity:
        """See `IndexChangeReader.identity`."""
        return StoreIdentity(store_id=self._store_id, last_change=len(self._changes))

    def index_changes(self, after_seq: int, limit: int) -> Sequence[IndexChanges]:
        """See `IndexChangeReader.index_changes`."""
        with self._lock:
            return self._changes[after_seq : after_seq + limit]

    def create_bank(self, bank: BankDraft, *, now: datetime) -> Bank:
        """See `BankWriter.create_bank`."""
        values = msgspec.structs.asdict(bank)
        member_id = values.pop("member_id")
        tidy = msgspec.structs.asdict(tidy_changes(BankChanges(**values)))
        with self._lock:
            self._refuse_taken(bank.name, member_id)
            made = Bank(
                bank_id=len(self._banks) + 1,
                created_at=in_utc(now),
                member_id=member_id,
                **tidy,
            )
            return self._keep_bank(made)

    def update_bank(self, name: str, changes: BankChanges, *, member_id: int = OWN_MEMBER) -> Bank:
        """See `BankWriter.update_bank`."""
        tidy = msgspec.structs.asdict(tidy_changes(changes))
        with self._lock:
            current = self.bank(name, member_id=member_id)
            if changes.name is not None and changes.name != name:
                self._refuse_taken(changes.name, member_id)
            values = {field: value for field, value in tidy.items() if value is not None}
            return self._keep_bank(msgspec.structs.replace(current, **values))

    def delete_bank(self, name: str, *, now: datetime, member_id: int = OWN_MEMBER) -> Bank:
        """See `BankWriter.delete_bank`."""
        with self._lock:
            current = self.bank(name, member_id=member_id)
            self._note(self.stream_entries(current.bank_id), is_addition=False)
            return self._keep_bank(msgspec.structs.replace(current, deleted_at=in_utc(now)))

    def restore_bank(self, bank_id: int, *, member_id: int | None = None) -> Bank:
        """See `BankWriter.restore_bank`."""
        with self._lock:
            current = self._banks.get(bank_id)
            if current is None or not self._belongs(bank_id, member_id):
                raise StoreError(ErrorCode.BANK_MISSING, "There is no such bank.")
            if current.deleted_at is None:
                return current
            self._refuse_taken(current.name, current.member_id)
            restored = self._keep_bank(msgspec.structs.replace(current, deleted_at=None))
            self._note(self.stream_entries(bank_id), is_addition=True)
            return restored

    def add_entries(self, bank_id: int, drafts: Iterable[EntryDraft], *, now: datetime) -> range:
        """See `BankWriter.add_entries`."""
        new = [_tidy_draft(draft) for draft in drafts]
        self._check_indexed(new)
        with self._lock:
            if not self._is_live(bank_id):
                raise StoreError(ErrorCode.BANK_MISSING, "There is no such bank.")
            first = len(self._entries) + 1
            added = [
                Entry(entry_id=entry_id, bank_id=bank_id, draft=draft, added_at=in_utc(now))
                for entry_id, draft in enumerate(new, first)
            ]
            self._entries.update({entry.entry_id: entry for entry in added})
            self._note(added, is_addition=True)
        return range(first, first + len(added))

    def add_new_entries(self, bank_id: int, runs: Iterable[EntryRun], *, now: datetime) -> Added:
        """See `BankWriter.add_new_entries`."""
        handed = [draft for run in runs for draft in run.drafts()]
        with self._lock:
            known = {entry.draft.signal for entry in self.stream_entries(bank_id)}
            lacking: dict[Signal, EntryDraft] = {}
            for draft in handed:
                if draft.signal not in known:
                    lacking.setdefault(draft.signal, draft)
            added = self.add_entries(bank_id, lacking.values(), now=now)
        return Added(added, len(handed) - len(added))

    def update_entry(
        self, entry_id: int, changes: EntryChanges, *, member_id: int | None = None
    ) -> Entry:
        """See `BankWriter.update_entry`."""
        values = {
            field: value
            for field in changes.__struct_fields__
            if (value := getattr(changes, field)) is not msgspec.UNSET
        }
        with self._lock:
            current = self.entry(entry_id, member_id=member_id)
            draft = _tidy_draft(msgspec.structs.replace(current.draft, **values))
            return self._keep_entry(msgspec.structs.replace(current, draft=draft))

    def delete_entries(
        self, entry_ids: Sequence[int], *, now: datetime, member_id: int | None = None
    ) -> int:
        """See `BankWriter.delete_entries`."""
        moment = in_utc(now)
        with self._lock:
            marked = [
                entry
                for entry in self.entries_by_id(entry_ids)
                if self._belongs(entry.bank_id, member_id)
            ]
            for entry in marked:
                self._keep_entry(msgspec.structs.replace(entry, deleted_at=moment))
            self._note(marked, is_addition=False)
        return len(marked)

    def restore_entries(self, entry_ids: Sequence[int], *, member_id: int | None = None) -> int:
        """See `BankWriter.restore_entries`."""
        wanted = set(entry_ids)
        with self._lock:
            marked = self._select(
                lambda e: (
                    e.entry_id in wanted
                    and e.deleted_at is not None
                    and self._belongs(e.bank_id, member_id)
                )
            )
            for entry in marked:
                self._keep_entry(msgspec.structs.replace(entry, deleted_at=None))
            self._note([e for e in marked if self._is_live(e.bank_id)], is_addition=True)
        return len(marked)

    def _live_bank(self, name: str, member_id: int) -> Bank | None:
        own = self.banks(member_id=member_id)
        return next((bank for bank in own if bank.name == name), None)

    def _belongs(self, bank_id: int, member_id: int | None) -> bool:
        return member_id in (None, self._banks[bank_id].member_id)

    def _is_live(self, bank_id: int) -> bool:
        bank = self._banks.get(bank_id)
        return bank is not None and bank.deleted_at is None

    def _refuse_taken(self, name: str, member_id: int) -> None:
        check_bank_name(name)
        if self._live_bank(name, member_id) is not None:
            raise StoreError(ErrorCode.BANK_EXISTS, f"There is a bank {name} already.")

    def _select(self, is_wanted: Callable[[Entry], bool]) -> list[Entry]:
        with self._lock:
            return [entry for entry in self._entries.values() if is_wanted(entry)]

    def _keep_bank(self, bank: Bank) -> Bank:
        self._banks[bank.bank_id] = bank
        return bank

    def _keep_entry(self, entry: Entry) -> Entry:
        self._entries[entry.entry_id] = entry
        return entry

    def _check_indexed(self, drafts: Iterable[EntryDraft]) -> None:
        for draft in drafts:
            if draft.signal.signal_type in self._indexed and not _is_row(draft.signal.value):
                raise InputError(
                    ErrorCode.SIGNAL_INVALID, "An indexed signal is 64 hexadecimal digits."
                )
            if "\0" in draft.signal.value:
                raise InputError(ErrorCode.INPUT_INVALID, "A value is no valid text.")

    def _note(self, entries: Iterable[Entry], *, is_addition: bool) -> None:
        for entry in entries:
            signal = entry.draft.signal
            if signal.signal_type in self._indexed:
                row = np.array([list(bytes.fromhex(signal.value))], np.uint8)
                key = np.array([entry.entry_id], np.uint64)
                sequence = len(self._changes) + 1
                self._changes.append(IndexChanges(sequence, key, row if is_addition else None))


_is_row = re.compile(r"[0-9a-f]{64}").fullmatch


def _tidy_draft(draft: EntryDraft) -> EntryDraft:
    return msgspec.structs.replace(
        draft,
        quality=check_quality(draft.quality),
        expires_at=None if draft.expires_at is None else in_utc(draft.expires_at),
        disabled_until=None if draft.disabled_until is None else in_utc(draft.disabled_until),
    )
