# SPDX-License-Identifier: Apache-2.0
"""Entries behind hits: the one question of every match, asked without SQLAlchemy's overhead."""

from collections.abc import Sequence
from itertools import chain
from typing import Any

from nahmi.core.bank import Entry
from nahmi.store.sql.database import Database
from nahmi.store.sql.reading import chunks
from nahmi.store.sql.rows import to_entry
from nahmi.store.sql.tables import entry
from nahmi.store.sql.types import unpack_value

_VALUE = [column.name for column in entry.columns].index("signal_value")
_SELECT = (
    f"SELECT {', '.join(column.name for column in entry.columns)} FROM entry "  # noqa: S608 - names from our own table
    "WHERE deleted_us IS NULL AND entry_id "
)


def live_entries_by_id(database: Database, entry_ids: Sequence[int]) -> list[Entry]:
    """Entries that exist among these and are not deleted, in no set order.

    Raises:
        StoreError: The store cannot be read.
    """
    if not entry_ids:
        return []
    with database.watch("look_up"), database.looking_up() as cursor:
        if database.dialect == "postgresql":
            cursor.execute(f"{_SELECT} = ANY(%s)", (list(entry_ids),))
            return [to_entry(_unpacked(row)) for row in cursor.fetchall()]
        rows = (
            cursor.execute(f"{_SELECT} IN ({', '.join('?' * len(chunk))})", chunk).fetchall()
            for chunk in chunks(sorted(set(entry_ids)))
        )
        return [to_entry(row) for row in chain.from_iterable(rows)]


def _unpacked(row: tuple[Any, ...]) -> tuple[Any, ...]:
    return (*row[:_VALUE], unpack_value(row[_VALUE]), *row[_VALUE + 1 :])
