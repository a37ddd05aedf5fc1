# SPDX-License-Identifier: Apache-2.0
"""A list goes into a bank: read in one thread while another writes, and found as it lands.

Batches are written one after the other, each wholly or not at all. What a bank has already is
passed over, so a list that broke off is simply imported again.
"""

from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from datetime import datetime
from functools import partial
from typing import Final

from nahmi.core.bank import EntryRun
from nahmi.protect.ports import Added, BankWriter

FIRST_BATCH: Final = 10_000
"""Entries of the first batch; each further one is twice as long, so that writing begins at once."""

LARGEST_BATCH: Final = 160_000
"""Entries in one transaction at most. Up to three batches are in memory, 120 bytes an entry."""


def import_runs(  # noqa: PLR0913 - each is a part of its own
    runs: Iterable[EntryRun],
    bank_id: int,
    *,
    writer: BankWriter,
    catch_up: Callable[[], object],
    clock: Callable[[], datetime],
    on_batch: Callable[[Added], None],
) -> None:
    """Add the entries that a bank lacks.

    Args:
        runs: Read while earlier ones are written.
        bank_id: The bank.
        writer: Changes banks; safe to use in another thread.
        catch_up: Brings the index to where the store is.
        clock: The current moment, UTC.
        on_batch: Told of each batch once it is on disk, also when the next one fails.

    Raises:
        StoreError: A batch could not be written; those before it stay.
        SignalIndexError: The index could not be changed; it catches up later.
        InputError: From `runs`; what was read before the last full batch stays.
    """
    with ThreadPoolExecutor(1, thread_name_prefix="nahmi-import") as pool:
        under_way: Future[Added] | None = None
        waiting = 0
        try:
            for batch in _batches(runs):
                landed = None if under_way is None else under_way.result()
                under_way = pool.submit(
                    partial(writer.add_new_entries, bank_id, batch, now=clock())
                )
                if landed is not None:
                    on_batch(landed)
                    waiting += len(landed.entry_ids)
                if waiting >= LARGEST_BATCH:
                    catch_up()
                    waiting = 0
        finally:
            if under_way is not None:
                on_batch(under_way.result())
    catch_up()


def _batches(runs: Iterable[EntryRun]) -> Iterator[list[EntryRun]]:
    batch: list[EntryRun] = []
    held, wanted = 0, FIRST_BATCH
    for run in runs:
        batch.append(run)
        held += len(run.values)
        if held >= wanted:
            yield batch
            batch, held, wanted = [], 0, min(2 * wanted, LARGEST_BATCH)
    if batch:
        yield batch
