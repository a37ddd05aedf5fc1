# SPDX-License-Identifier: Apache-2.0
"""Insertions that meet a row that is there already; both databases write them alike."""

from functools import cache
from typing import Any

from sqlalchemy import Connection, Table
from sqlalchemy.dialects import postgresql, sqlite


def insertion(connection: Connection, table: Table) -> "sqlite.Insert | postgresql.Insert":
    """An INSERT of the connection's database, which knows `on_conflict_…`."""
    return _insertion(connection.dialect.name, table)


def _insertion(dialect: str, table: Table) -> "sqlite.Insert | postgresql.Insert":
    return sqlite.insert(table) if dialect == "sqlite" else postgresql.insert(table)


def add_up(connection: Connection, table: Table, counts: dict[tuple[Any, ...], int]) -> None:
    """Raise counters, made when they are not there.

    Rows are taken in the order of their keys: transactions that raise the same counters then wait
    for one another, and never in a circle.

    Args:
        connection: A writing transaction.
        table: Its primary key, and a column `count`.
        counts: By how much, for each primary key.
    """
    if not counts:
        return
    keys = [column.name for column in table.primary_key]
    rows = [dict(zip(keys, key, strict=True), count=counts[key]) for key in sorted(counts)]
    connection.execute(_raising(connection.dialect.name, table), rows)


@cache
def _raising(dialect: str, table: Table) -> "sqlite.Insert | postgresql.Insert":
    # One object for ever: SQLAlchemy would take longer to see that two are alike than to run one.
    statement = _insertion(dialect, table)
    return statement.on_conflict_do_update(
        index_elements=[column.name for column in table.primary_key],
        set_={"count": table.c.count + statement.excluded["count"]},
    )
