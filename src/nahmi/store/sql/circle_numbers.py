# SPDX-License-Identifier: Apache-2.0
"""Numbers for changes of where the signals of circles stand.

Whoever judges signals of a circle holds its row (`CircleStore.take`), so numbers are given out in
the order in which transactions are committed: a reader never finds a lower one later.
"""

from collections.abc import Collection
from typing import Final

from sqlalchemy import ColumnElement, Connection, delete, func, select

from nahmi.store.sql.bulk import put_rows
from nahmi.store.sql.circle_tables import signal, signal_gone
from nahmi.store.sql.reading import chunks

_KEPT: Final = (signal, signal_gone)


def next_change(connection: Connection, number: int) -> int:
    """The number of a circle's next change, from 1."""
    newest = [
        connection.execute(
            select(func.max(table.c.change_no)).where(table.c.circle_no == number)
        ).scalar()
        for table in _KEPT
    ]
    return max(one or 0 for one in newest) + 1


def drop_changed(
    connection: Connection, number: int, signals: Collection[bytes], left: ColumnElement[bool]
) -> None:
    """Delete rows of signals, and keep that they are gone.

    Args:
        connection: A writing transaction.
        number: The circle's.
        signals: What stands for them.
        left: Holds for those that stay.
    """
    for some in chunks(sorted(signals)):
        is_gone = (signal.c.circle_no == number) & signal.c.signal.in_(some) & ~left
        records = connection.execute(select(signal.c.record_no).where(is_gone)).scalars().all()
        if not records:
            continue
        first = next_change(connection, number)
        connection.execute(delete(signal).where(is_gone))
        rows = ((number, change, record) for change, record in enumerate(records, first))
        put_rows(connection, signal_gone, rows)
