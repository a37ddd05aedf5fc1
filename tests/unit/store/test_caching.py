# SPDX-License-Identifier: Apache-2.0
"""What is remembered between two changes of the store, and forgotten at the next one."""

from collections.abc import Sequence
from datetime import UTC, datetime

import pytest

from nahmi.core.bank import Bank, Category, Entry, EntryDraft
from nahmi.core.signal import Signal
from nahmi.protect.ports import BankDraft
from nahmi.store import caching
from nahmi.store.caching import CachedReader
from nahmi.store.memory import MemoryBankStore

NOW = datetime(2026, 11, 24, tzinfo=UTC)


class Counting(MemoryBankStore):
    """A store that notes how often it is asked."""

    def __init__(self) -> None:
        super().__init__()
        self.asked: list[tuple[int, ...]] = []
        self.listed = 0
        self.revision = 0

    def entries_by_id(self, entry_ids: Sequence[int]) -> Sequence[Entry]:
        self.asked.append(tuple(entry_ids))
        return super().entries_by_id(entry_ids)

    def banks(
        self, *, include_deleted: bool = False, member_id: int | None = None
    ) -> Sequence[Bank]:
        self.listed += 1
        return super().banks(include_deleted=include_deleted, member_id=member_id)


@pytest.fixture
def store() -> Counting:
    store = Counting()
    bank = store.create_bank(BankDraft(name="A", category=Category.TEST), now=NOW)
    drafts = [EntryDraft(signal=Signal("pdq", f"{number:064x}")) for number in range(5)]
    store.add_entries(bank.bank_id, drafts, now=NOW)
    store.listed = 0
    return store


def test_the_store_is_asked_once_until_it_changes(store: Counting) -> None:
    reader = CachedReader(store, lambda: store.revision)
    assert [entry.entry_id for entry in reader.entries_by_id([2, 1])] == [2, 1]
    assert [entry.entry_id for entry in reader.entries_by_id([1, 3])] == [1, 3]
    assert reader.entries_by_id([99]) == reader.entries_by_id([99]) == []
    assert store.asked == [(2, 1), (3,), (99,)]
    assert reader.banks() == reader.banks()
    assert store.listed == 1
    store.delete_entries([1], now=NOW)
    store.revision += 1
    assert [entry.entry_id for entry in reader.entries_by_id([1, 2])] == [2]
    reader.banks()
    assert store.listed == 2


def test_a_type_that_is_banked_for_the_first_time_is_noticed(store: Counting) -> None:
    reader = CachedReader(store, lambda: store.revision)
    assert reader.types_held(["pdq", "md5"]) == {"pdq"}
    store.add_entries(1, [EntryDraft(signal=Signal("md5", "0" * 32))], now=NOW)
    assert reader.types_held(["pdq", "md5"]) == {"pdq"}
    store.revision += 1
    assert reader.types_held(["md5", "pdq"]) == {"pdq", "md5"}


def test_memory_is_bounded(store: Counting, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(caching, "MOST_ENTRIES", 2)
    reader = CachedReader(store, lambda: store.revision)
    for entry_id in (1, 2, 3, 1):
        assert [entry.entry_id for entry in reader.entries_by_id([entry_id])] == [entry_id]
    assert len(store.asked) == 4
