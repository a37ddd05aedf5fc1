# SPDX-License-Identifier: Apache-2.0
"""The numbered changes that the search index follows.

One row of `change` covers a range of entry ids, so a million imported entries cost one row. Entry
`e` of a row has the number `first_seq + (e - first_entry_id)`; the next row starts after the last
number of this one. Which entries of the range count is decided when the row is read: those of its
bank that have an indexed type and, for an addition, are not deleted now. Leaving out what is
deleted now is right because a later row, or an earlier one, removes it; making an entry live again
writes a removal and an addition, so reading never adds an entry twice.
"""

from collections.abc import Collection, Sequence
from typing import Any

import numpy as np
from sqlalchemy import Connection, Select, func, insert, select

from nahmi.protect.ports import IndexChanges
from nahmi.store.sql.reading import chunks
from nahmi.store.sql.rows import ROW_BYTES
from nahmi.store.sql.tables import bank, change, entry

_Span = tuple[int, int]


class ChangeLog:
    """Writes and reads the changes of the indexed types.

    Args:
        indexed_types: Signal types that the search index holds.
    """

    def __init__(self, indexed_types: Collection[str]) -> None:
        self._types = sorted(indexed_types)

    def note_addition(self, connection: Connection, bank_id: int, new: range) -> None:
        """New entries with these ids."""
        spans = self._spans(connection, bank_id, new.start, new.stop - 1)
        _append(connection, bank_id, spans, is_addition=True)

    def note_removal(self, connection: Connection, bank_id: int, ids: Sequence[int]) -> None:
        """Entries, ascending, that are found no more."""
        _append(connection, bank_id, _runs(self._indexed(connection, ids)), is_addition=False)

    def note_return(self, connection: Connection, bank_id: int, ids: Sequence[int]) -> None:
        """Entries, ascending, that are found again."""
        spans = _runs(self._indexed(connection, ids))
        _append(connection, bank_id, spans, is_addition=False)
        _append(connection, bank_id, spans, is_addition=True)

    def note_bank(self, connection: Connection, bank_id: int, *, is_return: bool) -> None:
        """All entries of a bank are found no more, or again."""
        spans = self._spans(connection, bank_id)
        _append(connection, bank_id, spans, is_addition=False)
        if is_return:
            _append(connection, bank_id, spans, is_addition=True)

    def _spans(
        self, connection: Connection, bank_id: int, first: int = 0, last: int = 2**62
    ) -> list[_Span]:
        """The smallest range with all indexed entries of the bank between two ids."""
        query = select(func.min(entry.c.entry_id), func.max(entry.c.entry_id)).where(
            entry.c.bank_id == bank_id,
            entry.c.entry_id.between(first, last),
            entry.c.signal_type.in_(self._types),
        )
        row = connection.execute(query).one()
        return [] if row[0] is None else [(row[0], row[1])]

    def _indexed(self, connection: Connection, ids: Sequence[int]) -> list[int]:
        found: list[int] = []
        for chunk in chunks(ids):
            query = select(entry.c.entry_id).where(
                entry.c.entry_id.in_(chunk), entry.c.signal_type.in_(self._types)
            )
            found += connection.execute(query).scalars()
        return sorted(found)

    def last(self, connection: Connection) -> int:
        """The number of the last change, 0 when there was none."""
        return _next_seq(connection) - 1

    def read(self, connection: Connection, after: int, limit: int) -> list[IndexChanges]:
        """Changes numbered above `after`, ascending, at most `limit` in all."""
        changes: list[IndexChanges] = []
        last_seq = change.c.first_seq + change.c.last_entry_id - change.c.first_entry_id
        started = select(func.max(change.c.first_seq)).where(change.c.first_seq <= after + 1)
        first = connection.execute(started).scalar() or 0
        rows = connection.execute(
            select(change)
            .where(change.c.first_seq >= first, last_seq > after)
            .order_by(change.c.first_seq)
        )
        for row in rows:
            first_seq, is_addition, bank_id, low, high = map(int, row)
            if limit <= 0:
                break
            start = max(low, low + after + 1 - first_seq)
            query = self._entries(bank_id, start, high, is_addition=bool(is_addition))
            if found := _fetched(connection, query.limit(limit)):
                ids, values = zip(*found, strict=True)
                packed = np.frombuffer(b"".join(values), np.uint8).reshape(len(ids), -1)
                signals = packed[:, -ROW_BYTES:]  # PostgreSQL's values begin with their kind
                keys = np.array(ids, np.uint64)
                sequence = first_seq + ids[-1] - low
                changes.append(IndexChanges(sequence, keys, signals if is_addition else None))
                limit -= len(ids)
        return changes

    def _entries(
        self, bank_id: int, first: int, last: int, *, is_addition: bool
    ) -> Select[int, bytes]:
        query = select(entry.c.entry_id, entry.c.signal_value).where(
            entry.c.bank_id == bank_id,
            entry.c.entry_id.between(first, last),
            entry.c.signal_type.in_(self._types),
        )
        if is_addition:
            is_live = select(bank.c.bank_id).where(
                bank.c.bank_id == bank_id, bank.c.deleted_us.is_(None)
            )
            query = query.where(entry.c.deleted_us.is_(None), is_live.exists())
        return query.order_by(entry.c.entry_id)


def _fetched(connection: Connection, query: Select[int, bytes]) -> list[tuple[int, bytes]]:
    """As the driver gives them: SQLAlchemy's rows take three times as long, and there are many."""
    result = connection.execute(query)
    cursor: Any = result.cursor
    try:
        rows: list[tuple[int, bytes]] = cursor.fetchall()
        return rows
    finally:
        result.close()


def _append(
    connection: Connection, bank_id: int, spans: Sequence[_Span], *, is_addition: bool
) -> None:
    if not spans:
        return
    seq = _next_seq(connection)
    rows = []
    for first, last in spans:
        rows.append(
            {
                "first_seq": seq,
                "is_addition": int(is_addition),
                "bank_id": bank_id,
                "first_entry_id": first,
                "last_entry_id": last,
            }
        )
        seq += last - first + 1
    connection.execute(insert(change), rows)


def _next_seq(connection: Connection) -> int:
    next_seq = select(
        change.c.first_seq + change.c.last_entry_id - change.c.first_entry_id + 1
    ).order_by(change.c.first_seq.desc())
    return int(connection.execute(next_seq.limit(1)).scalar() or 1)


def _runs(ids: Sequence[int]) -> list[_Span]:
    """Ascending ids as ranges of consecutive ones."""
    runs: list[_Span] = []
    for entry_id in ids:
        if runs and runs[-1][1] + 1 == entry_id:
            runs[-1] = (runs[-1][0], entry_id)
        else:
            runs.append((entry_id, entry_id))
    return runs
