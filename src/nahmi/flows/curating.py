# SPDX-License-Identifier: Apache-2.0
"""Curators look after the banks of their member; each change and each look at entries is recorded.

What belongs to another member is missing, in the same words as what never was.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import datetime
from typing import Protocol

import msgspec

from nahmi.access.identity import Principal
from nahmi.core.bank import Bank, Entry, EntryDraft, EntryRun
from nahmi.errors import ErrorCode, StoreError
from nahmi.flows.enrol import Enrolled, runs_of
from nahmi.flows.ledger import Ledger, Transaction, any_state
from nahmi.protect.formats import Format, write_entries
from nahmi.protect.ports import Added, BankChanges, BankDraft, BankReader, EntryChanges


class Curated(BankReader, Protocol):
    """Banks and entries whose changes take part in a transaction; see `BankWriter`."""

    def create_bank(self, bank: BankDraft, *, now: datetime, within: Transaction = None) -> Bank:
        """See `BankWriter.create_bank`."""
        ...

    def update_bank(
        self, name: str, changes: BankChanges, *, member_id: int, within: Transaction = None
    ) -> Bank:
        """See `BankWriter.update_bank`."""
        ...

    def delete_bank(
        self, name: str, *, now: datetime, member_id: int, within: Transaction = None
    ) -> Bank:
        """See `BankWriter.delete_bank`."""
        ...

    def restore_bank(
        self, bank_id: int, *, member_id: int | None = None, within: Transaction = None
    ) -> Bank:
        """See `BankWriter.restore_bank`."""
        ...

    def add_new_entries(
        self,
        bank_id: int,
        runs: Iterable[EntryRun],
        *,
        now: datetime,
        within: Transaction = None,
    ) -> Added:
        """See `BankWriter.add_new_entries`."""
        ...

    def update_entry(
        self,
        entry_id: int,
        changes: EntryChanges,
        *,
        member_id: int | None = None,
        within: Transaction = None,
    ) -> Entry:
        """See `BankWriter.update_entry`."""
        ...

    def delete_entries(
        self,
        entry_ids: Sequence[int],
        *,
        now: datetime,
        member_id: int | None = None,
        within: Transaction = None,
    ) -> int:
        """See `BankWriter.delete_entries`."""
        ...

    def restore_entries(
        self,
        entry_ids: Sequence[int],
        *,
        member_id: int | None = None,
        within: Transaction = None,
    ) -> int:
        """See `BankWriter.restore_entries`."""
        ...


class EntryFilter(msgspec.Struct, frozen=True, kw_only=True):
    """Which entries of a bank to look at; None admits all.

    Attributes:
        signal_type: Of this type.
        text: That mention this, or whose signal begins with it.
        content_ref: Of this item of content.
        include_deleted: Deleted ones too.
    """

    signal_type: str | None = None
    text: str | None = None
    content_ref: str | None = None
    include_deleted: bool = False


class Curating:
    """Banks and entries of a principal's member. Safe to share between threads.

    Args:
        store: Banks and entries.
        ledger: Makes the changes.
        follow: Brings this process to where the store is.
    """

    def __init__(self, *, store: Curated, ledger: Ledger, follow: Callable[[], object]) -> None:
        self._store = store
        self._ledger = ledger
        self._follow = follow

    def banks(self, principal: Principal, *, include_deleted: bool = False) -> Sequence[Bank]:
        """The member's banks, by their numbers.

        Raises:
            StoreError: The store could not be read.
        """
        found = self._store.banks(include_deleted=include_deleted, member_id=principal.member_id)
        return sorted(found, key=lambda bank: bank.bank_id)

    def bank(self, principal: Principal, bank_id: int) -> Bank:
        """One of the member's banks, deleted or not.

        Raises:
            StoreError: BANK_MISSING.
        """
        for bank in self.banks(principal, include_deleted=True):
            if bank.bank_id == bank_id:
                return bank
        raise StoreError(ErrorCode.BANK_MISSING, "There is no such bank.")

    def live_bank(self, principal: Principal, bank_id: int) -> Bank:
        """One of the member's banks that is not deleted.

        Raises:
            StoreError: BANK_MISSING.
        """
        bank = self.bank(principal, bank_id)
        if bank.deleted_at is not None:
            raise StoreError(
                ErrorCode.BANK_MISSING,
                "The bank is deleted.",
                hint="Deleting can be undone.",
            )
        return bank

    def count(self, principal: Principal, bank_id: int) -> int:
        """How many entries of a bank are not deleted.

        Raises:
            StoreError: BANK_MISSING.
        """
        return self._store.count_entries(self.bank(principal, bank_id).bank_id)

    def create_bank(self, principal: Principal, draft: BankDraft) -> Bank:
        """Make a bank of the principal's member.

        Raises:
            StoreError: BANK_EXISTS.
            InputError: NAME_INVALID, LIMIT_INVALID or INPUT_INVALID.
        """
        own = msgspec.structs.replace(draft, member_id=principal.member_id)
        with self._ledger.change(principal, "bank:create") as change:
            made = self._store.create_bank(own, now=change.now, within=change.transaction)
            change.object = f"bank:{made.bank_id}"
        self._follow()
        return made

    def change_bank(
        self,
        principal: Principal,
        bank_id: int,
        changes: BankChanges,
        *,
        check: Callable[[Bank], None] = any_state,
    ) -> Bank:
        """Change a bank.

        Args:
            principal: Who does it.
            bank_id: Which bank.
            changes: What to change.
            check: Refuses by raising, having seen the bank as it is.

        Raises:
            StoreError: BANK_MISSING or BANK_EXISTS.
            InputError: NAME_INVALID, LIMIT_INVALID or INPUT_INVALID.
        """
        with self._ledger.change(principal, "bank:update", f"bank:{bank_id}") as change:
            bank = self.live_bank(principal, bank_id)
            check(bank)
            changed = self._store.update_bank(
                bank.name, changes, member_id=principal.member_id, within=change.transaction
            )
        self._follow()
        return changed

    def delete_bank(
        self, principal: Principal, bank_id: int, *, check: Callable[[Bank], None] = any_state
    ) -> Bank:
        """Delete a bank: its entries stop matching at once, and it can be undone.

        Raises:
            StoreError: BANK_MISSING.
        """
        with self._ledger.change(principal, "bank:delete", f"bank:{bank_id}") as change:
            bank = self.live_bank(principal, bank_id)
            check(bank)
            gone = self._store.delete_bank(
                bank.name,
                now=change.now,
                member_id=principal.member_id,
                within=change.transaction,
            )
        self._follow()
        return gone

    def restore_bank(self, principal: Principal, bank_id: int) -> Bank:
        """Undo `delete_bank`; a bank that is not deleted is left as it is.

        Raises:
            StoreError: BANK_MISSING, or BANK_EXISTS: another has its name by now.
        """
        with self._ledger.change(principal, "bank:restore", f"bank:{bank_id}") as change:
            self.bank(principal, bank_id)
            back = self._store.restore_bank(
                bank_id, member_id=principal.member_id, within=change.transaction
            )
        self._follow()
        return back

    def entries(
        self, principal: Principal, bank_id: int, wanted: EntryFilter, *, after: int, limit: int
    ) -> Sequence[Entry]:
        """A page of a bank's entries by number; that they were read is recorded.

        Args:
            principal: Who looks.
            bank_id: Which bank.
            wanted: Which entries.
            after: The number of the last entry of the page before, or 0.
            limit: Entries at most.

        Raises:
            StoreError: BANK_MISSING.
        """
        bank = self.bank(principal, bank_id)
        found = self._store.entries(
            bank.bank_id,
            after=after,
            limit=limit,
            signal_type=wanted.signal_type,
            text=wanted.text,
            content_ref=wanted.content_ref,
            include_deleted=wanted.include_deleted,
        )
        self._ledger.note(principal, "entry:list", f"bank:{bank_id}", count=len(found))
        return found

    def entry(self, principal: Principal, entry_id: int) -> Entry:
        """One entry, deleted or not; that it was read is recorded.

        Raises:
            StoreError: ENTRY_MISSING.
        """
        found = self._store.entry(entry_id, member_id=principal.member_id)
        self._ledger.note(principal, "entry:read", f"entry:{entry_id}")
        return found

    def export(self, principal: Principal, bank_id: int, form: Format) -> Iterator[str]:
        """All entries of a bank that are not deleted, as lines of text; it is recorded first.

        Raises:
            StoreError: BANK_MISSING.
        """
        bank = self.bank(principal, bank_id)
        self._ledger.note(principal, "entry:export", f"bank:{bank_id}", format=form.value)
        drafts = (entry.draft for entry in self._store.stream_entries(bank.bank_id))
        return write_entries(drafts, form)

    def add(self, principal: Principal, bank_id: int, prepared: Sequence[EntryDraft]) -> Enrolled:
        """Add entries, those left out whose signal the bank has already.

        Args:
            principal: Who does it.
            bank_id: Which bank.
            prepared: Valid drafts.

        Raises:
            StoreError: BANK_MISSING.
        """
        with self._ledger.change(principal, "entry:create", f"bank:{bank_id}") as change:
            bank = self.live_bank(principal, bank_id)
            added = self._store.add_new_entries(
                bank.bank_id, runs_of(prepared), now=change.now, within=change.transaction
            )
            if added.entry_ids:
                change.detail["first"] = added.entry_ids[0]
            change.detail["count"] = len(added.entry_ids)
        self._follow()
        return Enrolled(entry_ids=tuple(added.entry_ids), known=added.known)

    def change_entry(
        self,
        principal: Principal,
        entry_id: int,
        changes: EntryChanges,
        *,
        check: Callable[[Entry], None] = any_state,
    ) -> Entry:
        """Change what is said of an entry.

        Raises:
            StoreError: ENTRY_MISSING.
        """
        with self._ledger.change(principal, "entry:update", f"entry:{entry_id}") as change:
            check(self._store.entry(entry_id, member_id=principal.member_id))
            changed = self._store.update_entry(
                entry_id, changes, member_id=principal.member_id, within=change.transaction
            )
        self._follow()
        return changed

    def delete_entry(
        self, principal: Principal, entry_id: int, *, check: Callable[[Entry], None] = any_state
    ) -> int:
        """Delete one entry; 0 when it was deleted before. It can be undone.

        Raises:
            StoreError: ENTRY_MISSING.
        """
        with self._ledger.change(principal, "entry:delete", f"entry:{entry_id}") as change:
            check(self._store.entry(entry_id, member_id=principal.member_id))
            count = self._store.delete_entries(
                [entry_id],
                now=change.now,
                member_id=principal.member_id,
                within=change.transaction,
            )
        self._follow()
        return count

    def delete_entries(self, principal: Principal, entry_ids: Sequence[int]) -> int:
        """Delete entries; how many were not deleted before. Others than the member's are skipped.

        Raises:
            StoreError: The store could not be changed.
        """
        with self._ledger.change(principal, "entry:delete") as change:
            count = self._store.delete_entries(
                entry_ids,
                now=change.now,
                member_id=principal.member_id,
                within=change.transaction,
            )
            change.detail["count"] = count
        self._follow()
        return count

    def restore_entries(self, principal: Principal, entry_ids: Sequence[int]) -> int:
        """Undo deletions; how many were deleted before.

        Raises:
            StoreError: The store could not be changed.
        """
        with self._ledger.change(principal, "entry:restore") as change:
            count = self._store.restore_entries(
                entry_ids, member_id=principal.member_id, within=change.transaction
            )
            change.detail["count"] = count
        self._follow()
        return count
