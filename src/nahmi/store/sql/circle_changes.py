# SPDX-License-Identifier: Apache-2.0
"""What changed of where the signals of circles stand, in SQL."""

from collections.abc import Sequence

from sqlalchemy import select

from nahmi.partner.ports.fold import ChangedSignal
from nahmi.store.sql.circle_folds import to_held_signal
from nahmi.store.sql.circle_numbers import next_change
from nahmi.store.sql.circle_tables import signal, signal_gone
from nahmi.store.sql.database import Database


class SqlCircleChanges:
    """`CircleChanges` on SQLite or PostgreSQL.

    Args:
        database: An opened store.
    """

    def __init__(self, database: Database) -> None:
        self._database = database

    def changed(self, number: int, *, after: int, limit: int) -> Sequence[ChangedSignal]:
        """See `CircleChanges.changed`."""
        with self._database.reading() as connection:
            # What is judged between these queries has higher numbers, and is read the next time.
            before = next_change(connection, number)
            held, gone = (
                select(table)
                .where(table.c.circle_no == number, table.c.change_no > after)
                .where(table.c.change_no < before)
                .order_by(table.c.change_no)
                .limit(limit)
                for table in (signal, signal_gone)
            )
            found = [
                ChangedSignal(
                    change=row.change_no,
                    record=row.record_no,
                    held=to_held_signal(row, row.signal_value),
                )
                for row in connection.execute(held)
            ]
            found += [
                ChangedSignal(change=row.change_no, record=row.record_no, held=None)
                for row in connection.execute(gone)
            ]
        return sorted(found, key=lambda one: one.change)[:limit]
