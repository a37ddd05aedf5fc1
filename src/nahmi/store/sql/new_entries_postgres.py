# SPDX-License-Identifier: Apache-2.0
"""Adds to a bank the entries that it lacks, on PostgreSQL: copied aside, then compared there."""

from collections.abc import Iterable
from typing import Any, Final

from sqlalchemy import Connection, text

from nahmi.store.sql.loading import copy_rows, move_sequence
from nahmi.store.sql.tables import entry

_MAKE: Final = "CREATE TEMPORARY TABLE arriving (LIKE entry) ON COMMIT DROP"
_DROP: Final = "DROP TABLE arriving"

_OTHERS = ", ".join(column.name for column in entry.columns if column.name != "entry_id")
_INSERT = text(
    f"""
    INSERT INTO entry (entry_id, {_OTHERS})
    SELECT :first_id - 1 + row_number() OVER (ORDER BY entry_id), {_OTHERS} FROM (
        SELECT DISTINCT ON (signal_type, signal_value) * FROM arriving
        ORDER BY signal_type, signal_value, entry_id
    ) AS new
    WHERE NOT EXISTS (
        SELECT 1 FROM entry AS known WHERE known.signal_value = new.signal_value
        AND known.signal_type = new.signal_type AND known.bank_id = new.bank_id
        AND known.deleted_us IS NULL
    )
    """  # noqa: S608 - names from our own table
)


def insert_new_copied(
    connection: Connection, rows: Iterable[tuple[Any, ...]], *, first_id: int
) -> tuple[int, int]:
    """Insert what the bank lacks; as `nahmi.store.sql.new_entries.insert_new`.

    Args:
        connection: A writing transaction whose turn it is.
        rows: In the table's order, numbered from `first_id` in the order of arrival.
        first_id: From `next_entry_id`.
    """
    connection.exec_driver_sql(_MAKE)
    handed = copy_rows(connection, "arriving", rows)
    inserted = connection.execute(_INSERT, {"first_id": first_id}).rowcount if handed else 0
    connection.exec_driver_sql(_DROP)
    if inserted:
        move_sequence(connection)
    return inserted, handed - inserted
