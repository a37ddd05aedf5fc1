# SPDX-License-Identifier: Apache-2.0
"""Numbers for rows that are about to be added: known before, they save asking for each row's."""

from collections.abc import Sequence

from sqlalchemy import Column, Connection, Integer, String, bindparam, text

_FROM_SQLITE = text("SELECT seq FROM sqlite_sequence WHERE name = :name")
_FROM_POSTGRESQL = text(
    "SELECT nextval(pg_get_serial_sequence(:name, :column)) FROM generate_series(1, :count)"
).bindparams(
    bindparam("name", type_=String),
    bindparam("column", type_=String),
    bindparam("count", type_=Integer),
)


def take_numbers(connection: Connection, identity: Column[int], count: int) -> Sequence[int]:
    """Numbers that no other row of the table has or will have, ascending.

    SQLite's are free because a writing transaction keeps all others out; PostgreSQL's sequence
    gives each out once.

    Args:
        connection: A writing transaction.
        identity: The table's own number.
        count: How many, 1 or more.
    """
    name = identity.table.name
    if connection.dialect.name == "sqlite":
        last: int = connection.execute(_FROM_SQLITE, {"name": name}).scalar() or 0
        return range(last + 1, last + 1 + count)
    asked = {"name": name, "column": identity.name, "count": count}
    return sorted(connection.execute(_FROM_POSTGRESQL, asked).scalars())
