# SPDX-License-Identifier: Apache-2.0
"""Imports in batches: what landed is told, whatever happens to the rest."""

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from nahmi.core.bank import Category, EntryDraft, EntryRun
from nahmi.core.signal import Signal
from nahmi.errors import ErrorCode, InputError, StoreError
from nahmi.flows.importing import FIRST_BATCH, LARGEST_BATCH, import_runs
from nahmi.protect.ports import Added, BankDraft
from nahmi.store.sql import SqlBankStore

NOW = datetime(2026, 1, 2, tzinfo=UTC)
RUN = 5_000


@pytest.fixture
def store(tmp_path: Path) -> Iterator[SqlBankStore]:
    SqlBankStore.create(tmp_path / "nahmi.sqlite3")
    with SqlBankStore.open(tmp_path / "nahmi.sqlite3") as opened:
        opened.create_bank(BankDraft(name="B", category=Category.TEST), now=NOW)
        yield opened


def runs(count: int) -> Iterator[EntryRun]:
    like = EntryDraft(signal=Signal("pdq", ""))
    for start in range(0, count, RUN):
        yield EntryRun(like, tuple(f"{n:064x}" for n in range(start, start + RUN)))


class Import:
    """One import, and what it told."""

    def __init__(self, store: SqlBankStore) -> None:
        self.store = store
        self.batches: list[Added] = []
        self.followed: list[int] = []

    def run(self, source: Iterator[EntryRun]) -> None:
        import_runs(
            source,
            1,
            writer=self.store,
            catch_up=lambda: self.followed.append(self.landed),
            clock=lambda: NOW,
            on_batch=self.batches.append,
        )

    @property
    def landed(self) -> int:
        return sum(len(batch.entry_ids) for batch in self.batches)


def test_batches_grow_and_the_index_follows(store: SqlBankStore) -> None:
    job = Import(store)
    total = 15 * FIRST_BATCH + LARGEST_BATCH + RUN
    job.run(runs(total))
    sizes = [len(batch.entry_ids) for batch in job.batches]
    growing = [FIRST_BATCH, 2 * FIRST_BATCH, 4 * FIRST_BATCH, 8 * FIRST_BATCH]
    assert sizes == [*growing, LARGEST_BATCH, RUN]
    assert job.followed[-1] == total == store.count_entries(1)
    assert len(job.followed) > 1


def test_what_was_written_is_told_when_reading_fails(store: SqlBankStore) -> None:
    def broken() -> Iterator[EntryRun]:
        yield from runs(FIRST_BATCH)
        raise InputError(ErrorCode.FILE_UNREADABLE, "The file broke off.")

    job = Import(store)
    with pytest.raises(InputError):
        job.run(broken())
    assert job.landed == FIRST_BATCH == store.count_entries(1)


def test_an_interrupted_import_lets_the_batch_under_way_land(store: SqlBankStore) -> None:
    def interrupted() -> Iterator[EntryRun]:
        yield from runs(FIRST_BATCH)
        raise KeyboardInterrupt

    job = Import(store)
    with pytest.raises(KeyboardInterrupt):
        job.run(interrupted())
    assert job.landed == FIRST_BATCH == store.count_entries(1)


def test_a_batch_that_does_not_fit_leaves_those_before_it(store: SqlBankStore) -> None:
    with store._database.reading() as connection:
        connection.exec_driver_sql("PRAGMA max_page_count = 800")
    job = Import(store)
    with pytest.raises(StoreError) as caught:
        job.run(runs(20 * FIRST_BATCH))
    assert caught.value.code is ErrorCode.STORAGE_FULL
    assert 0 < job.landed == store.count_entries(1) < 20 * FIRST_BATCH
