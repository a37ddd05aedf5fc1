# SPDX-License-Identifier: Apache-2.0
"""Insertions that meet a row that is there already; both databases write them alike."""

from typing import Any

from sqlalchemy import Connection, Table
from sqlalchemy.dialects import postgresql, sqlite


def insertion(connection: Connection, table: Table) -> "sqlite.Insert | postgresql.Insert":
    """An INSERT of the connection's database, which knows `on_conflict_…`."""
    if connection.dialect.name == "sqlite":
        return sqlite.insert(table)
    return postgresql.insert(table)


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
    statement = insertion(connection, table)
    raised = statement.on_conflict_do_update(
        index_elements=keys, set_={"count": table.c.count + statement.excluded["count"]}
    )
    rows = [dict(zip(keys, key, strict=True), count=counts[key]) for key in sorted(counts)]
    connection.execute(raised, rows)
