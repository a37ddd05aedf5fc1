# SPDX-License-Identifier: Apache-2.0
"""Loads entries in bulk, in each database's own quickest way."""

from collections.abc import Iterable
from typing import Any

from sqlalchemy import Connection, text

from nahmi.store.sql.tables import entry
from nahmi.store.sql.types import pack_value

_COLUMNS = [column.name for column in entry.columns if column.name != "deleted_us"]
_VALUE = _COLUMNS.index("signal_value")
_INSERT = (
    f"INSERT INTO entry ({', '.join(_COLUMNS)}) "  # noqa: S608 - names from our own table
    f"VALUES ({', '.join('?' * len(_COLUMNS))})"
)
_SEQUENCE = "pg_get_serial_sequence('entry', 'entry_id')"

_Row = tuple[Any, ...]


def next_entry_id(connection: Connection) -> int:
    """The id of the next entry, as long as it is this transaction's turn to change banks."""
    if connection.dialect.name == "sqlite":
        query = text("SELECT seq FROM sqlite_sequence WHERE name = 'entry'")
        return int(connection.execute(query).scalar() or 0) + 1
    query = text(f"SELECT coalesce(pg_sequence_last_value({_SEQUENCE}), 0)")
    return int(connection.execute(query).scalar_one()) + 1


def load_entries(connection: Connection, rows: Iterable[_Row]) -> int:
    """Insert rows in the table's order, with ids that go on from `next_entry_id`; how many.

    Args:
        connection: A writing transaction whose turn it is.
        rows: Taken as they come, never held all at once.
    """
    if connection.dialect.name == "sqlite":
        return _insert(connection, rows)
    count = copy_rows(connection, "entry", rows)
    if count:
        move_sequence(connection)
    return count


def _insert(connection: Connection, rows: Iterable[_Row]) -> int:
    # The driver's own executemany pulls rows one by one; SQLAlchemy's would hold and rewrite them.
    cursor: Any = connection.connection.cursor()
    try:
        cursor.executemany(_INSERT, rows)
        count: int = max(cursor.rowcount, 0)
        return count
    finally:
        cursor.close()


def move_sequence(connection: Connection) -> None:
    """Let PostgreSQL count on from the largest id."""
    moved = text(f"SELECT setval({_SEQUENCE}, max(entry_id)) FROM entry")  # noqa: S608 - ours
    connection.execute(moved)


def copy_rows(connection: Connection, table: str, rows: Iterable[_Row]) -> int:
    """Copy rows to PostgreSQL, into a table with the columns of `entry`; how many."""
    driver: Any = connection.connection.driver_connection
    count = 0
    statement = f"COPY {table} ({', '.join(_COLUMNS)}) FROM STDIN"
    with driver.cursor() as cursor, cursor.copy(statement) as copy:
        for row in rows:
            copy.write_row((*row[:_VALUE], pack_value(row[_VALUE]), *row[_VALUE + 1 :]))
            count += 1
    return count
