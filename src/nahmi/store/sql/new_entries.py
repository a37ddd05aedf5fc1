# SPDX-License-Identifier: Apache-2.0
"""Adds to a bank the entries that it lacks, many in one statement, in each database's own way."""

from collections.abc import Collection, Iterable

from sqlalchemy import Connection

from nahmi.core.bank import EntryRun
from nahmi.store.sql.new_entries_postgres import insert_new_copied
from nahmi.store.sql.new_entries_sqlite import insert_new_packed
from nahmi.store.sql.rows import from_drafts


def insert_new(  # noqa: PLR0913 - each is a part of its own
    connection: Connection,
    runs: Iterable[EntryRun],
    *,
    first_id: int,
    bank_id: int,
    added_us: int | None,
    indexed_types: Collection[str],
) -> tuple[int, int]:
    """Insert what the bank lacks, in the order of the runs; inside long runs, in the values'.

    Args:
        connection: A writing transaction whose turn it is.
        runs: Taken as they come.
        first_id: From `next_entry_id`.
        bank_id: A bank that is there.
        added_us: When, microseconds since 1970.
        indexed_types: Signal types that are kept as 32 bytes.

    Returns:
        How many were inserted and how many the bank had.

    Raises:
        InputError: SIGNAL_INVALID or INPUT_INVALID: a draft was not validated.
    """
    if connection.dialect.name == "sqlite":
        return insert_new_packed(
            connection, runs, bank_id=bank_id, added_us=added_us, indexed_types=indexed_types
        )
    rows = from_drafts(
        (draft for run in runs for draft in run.drafts()),
        first_id=first_id,
        bank_id=bank_id,
        added_us=added_us,
        indexed_types=indexed_types,
    )
    return insert_new_copied(connection, rows, first_id=first_id)
