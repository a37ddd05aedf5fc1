# SPDX-License-Identifier: Apache-2.0
"""Many short rows at once, written and looked up through the driver itself.

SQLAlchemy's own work for a row takes several times as long as the database's. What is written here
in bulk has columns of plain numbers, texts and bytes, which need no conversion.
"""

from collections.abc import Collection, Iterable, Iterator
from functools import cache
from typing import Any

from sqlalchemy import Connection, Table

from nahmi.store.sql.reading import chunks


def put_rows(
    connection: Connection,
    table: Table,
    rows: Iterable[tuple[Any, ...]],
    *,
    replaces: bool = False,
) -> None:
    """Insert rows.

    Args:
        connection: A writing transaction.
        table: Where to.
        rows: Values in the order of the table's columns.
        replaces: Let a row take the place of the one that has its key.
    """
    statement = _insertion(table, connection.dialect.name, replaces)
    with _cursor(connection) as cursor:
        cursor.executemany(statement, rows)


def rows_where(
    connection: Connection, table: Table, column: str, number: int, keys: Collection[bytes]
) -> Iterator[tuple[Any, ...]]:
    """Rows of one circle whose column is one of some keys.

    Args:
        connection: A transaction.
        table: Of which; its first column is the circle's number.
        column: Its name.
        number: The circle's.
        keys: What the column may be.

    Returns:
        Values in the order of the table's columns; bytes as the driver has them.
    """
    if not keys:
        return
    with _cursor(connection) as cursor:
        if connection.dialect.name == "postgresql":
            cursor.execute(_query(table, column, "= ANY(%s)", "%s"), (number, list(keys)))
            yield from cursor.fetchall()
            return
        for some in chunks(list(keys)):
            holders = ", ".join("?" * len(some))
            found = cursor.execute(_query(table, column, f"IN ({holders})", "?"), (number, *some))
            yield from found.fetchall()


def rows_after(
    connection: Connection, table: Table, number: int, after: int, limit: int
) -> list[tuple[Any, ...]]:
    """Rows of one circle from a place in its log on, in their order.

    Args:
        connection: A transaction.
        table: Its first two columns are the circle's number and the place.
        number: The circle's.
        after: The first place.
        limit: How many at most.

    Returns:
        Values in the order of the table's columns, without the circle's number.
    """
    holder = "?" if connection.dialect.name == "sqlite" else "%s"
    with _cursor(connection) as cursor:
        cursor.execute(_page(table, holder), (number, after, limit))
        found: list[tuple[Any, ...]] = cursor.fetchall()
        return found


class _cursor:  # noqa: N801 - it is used like a function
    """The driver's cursor, inside SQLAlchemy's transaction."""

    def __init__(self, connection: Connection) -> None:
        self._cursor: Any = connection.connection.cursor()

    def __enter__(self) -> Any:  # noqa: ANN401 - either driver's
        return self._cursor

    def __exit__(self, *_: object) -> None:
        self._cursor.close()


@cache
def _insertion(table: Table, dialect: str, replaces: bool) -> str:  # noqa: FBT001
    names = [column.name for column in table.columns]
    holder = "?" if dialect == "sqlite" else "%s"
    holders = ", ".join([holder] * len(names))
    statement = f"INSERT INTO {table.name} ({_listed(names)}) VALUES ({holders})"  # noqa: S608 - names from our own table
    if not replaces:
        return statement
    keys = [column.name for column in table.primary_key]
    rest = ", ".join(f'"{name}" = excluded."{name}"' for name in names if name not in keys)
    return f"{statement} ON CONFLICT ({_listed(keys)}) DO UPDATE SET {rest}"


@cache
def _query(table: Table, column: str, condition: str, holder: str) -> str:
    names = [one.name for one in table.columns]
    return (
        f"SELECT {_listed(names)} FROM {table.name} "  # noqa: S608 - names from our own table
        f'WHERE "{names[0]}" = {holder} AND "{column}" {condition}'
    )


@cache
def _page(table: Table, holder: str) -> str:
    number, place, *rest = [one.name for one in table.columns]
    return (
        f"SELECT {_listed([place, *rest])} FROM {table.name} "  # noqa: S608 - names from our own table
        f'WHERE "{number}" = {holder} AND "{place}" >= {holder} '
        f'ORDER BY "{place}" LIMIT {holder}'
    )


def _listed(names: Iterable[str]) -> str:
    return ", ".join(f'"{name}"' for name in names)
