# SPDX-License-Identifier: Apache-2.0
"""Adds to a bank the entries that it lacks, on SQLite.

A run of entries that differ in the signal's value only is handed to SQLite as one packed value, and
SQLite takes it apart, looks each signal up and inserts it. That costs a third of a statement a row,
and other threads of the process go on meanwhile. Long runs are sorted first: signals are random,
and an index is filled twice as fast in its own order. Entries that have something of their own to
say come one by one, through a statement that is prepared once.
"""

from collections.abc import Collection, Iterable, Iterator, Sequence
from typing import Any, Final

import msgspec
import numpy as np
from numpy.typing import NDArray
from sqlalchemy import Connection

from nahmi.core.bank import EntryDraft, EntryRun
from nahmi.core.signal import Signal
from nahmi.errors import ErrorCode, InputError
from nahmi.store.sql.rows import ROW_BYTES, check_value, to_row, to_value
from nahmi.store.sql.tables import entry

_FEW: Final = 16
"""Runs shorter than this come row by row: taking a packed value apart has a price of its own."""

_AT_ONCE: Final = 5_000
"""Rows that are held until they are handed to the driver."""

_SORTED_FROM: Final = 4_096
"""Runs of so many indexed signals are sorted; shorter ones stay in their order."""

_LONGEST: Final = 200_000
"""Entries at most that are joined to one run: what is held in memory at a time."""

_PACKED: Final = 10_000
"""Signals in one packed value."""

_COLUMNS = [c.name for c in entry.columns if c.name not in ("entry_id", "deleted_us")]
_CELLS = ", ".join(f"?{number}" for number in range(1, len(_COLUMNS) + 1))

# Parameter n is column n: ?1 the bank, ?2 the signal's type, ?3 its value or many of them packed.
# The plus sign keeps SQLite from walking through the whole bank instead of looking a signal up.
_LACKING = """WHERE NOT EXISTS (
    SELECT 1 FROM entry AS known WHERE known.signal_value = ?3 AND known.signal_type = ?2
    AND +known.bank_id = ?1 AND known.deleted_us IS NULL)"""
_ROWS_OF_32 = """WITH RECURSIVE
    place(at) AS (SELECT 1 UNION ALL SELECT at + 32 FROM place WHERE at + 32 < length(?3)),
    new(value) AS (SELECT substr(?3, at, 32) FROM place)
    SELECT"""


def _insert(select: str, cells: str, source: str, lacking: str) -> str:
    return f"INSERT INTO entry ({', '.join(_COLUMNS)}) {select} {cells} {source} {lacking}"


_EACH = (_CELLS.replace("?3", "new.value"), _LACKING.replace("?3", "new.value"))
_INSERT_ONE = _insert("SELECT", _CELLS, "", _LACKING)
_INSERT_ROWS = _insert(_ROWS_OF_32, _EACH[0], "FROM new", _EACH[1])
_INSERT_TEXTS = _insert("SELECT", _EACH[0], "FROM json_each(?3) AS new", _EACH[1])


def insert_new_packed(
    connection: Connection,
    runs: Iterable[EntryRun],
    *,
    bank_id: int,
    added_us: int | None,
    indexed_types: Collection[str],
) -> tuple[int, int]:
    """As `nahmi.store.sql.new_entries.insert_new`."""
    cursor: Any = connection.connection.cursor()
    handed = inserted = 0
    try:
        for statement, rows, count in _statements(runs, bank_id, added_us, indexed_types):
            cursor.executemany(statement, rows)
            inserted += max(cursor.rowcount, 0)
            handed += count
    finally:
        cursor.close()
    return inserted, handed - inserted


_Row = tuple[Any, ...]


def _statements(
    runs: Iterable[EntryRun], bank_id: int, added_us: int | None, indexed_types: Collection[str]
) -> Iterator[tuple[str, Sequence[_Row], int]]:
    """Statements with their rows, and how many entries each stands for."""
    few: list[_Row] = []
    for run in _joined(runs):
        signal_type = run.like.signal.signal_type
        is_indexed = signal_type in indexed_types
        if len(run.values) < _FEW:
            few += (
                to_row(
                    run.like,
                    to_value(Signal(signal_type, value), indexed_types),
                    bank_id=bank_id,
                    added_us=added_us,
                )
                for value in run.values
            )
            if len(few) >= _AT_ONCE:
                yield _INSERT_ONE, few, len(few)
                few = []
            continue
        if few:
            yield _INSERT_ONE, few, len(few)
            few = []
        # Within one statement SQLite does not see what the statement itself has inserted, so what
        # a run holds twice is handed over once.
        parts: Iterator[bytes | str] = _packed(run.values) if is_indexed else _listed(run.values)
        rows = [to_row(run.like, part, bank_id=bank_id, added_us=added_us) for part in parts]
        yield _INSERT_ROWS if is_indexed else _INSERT_TEXTS, rows, len(run.values)
    if few:
        yield _INSERT_ONE, few, len(few)


def _joined(runs: Iterable[EntryRun]) -> Iterator[EntryRun]:
    """Runs that follow one another and say the same, as one."""
    like: EntryDraft | None = None
    values: list[str] = []
    for run in runs:
        if like is not None and (run.like != like or len(values) >= _LONGEST):
            yield EntryRun(like, tuple(values))
            values = []
        like = run.like
        values += run.values
    if like is not None:
        yield EntryRun(like, tuple(values))


def _listed(values: Sequence[str]) -> Iterator[str]:
    check_value("".join(values))
    once = list(dict.fromkeys(values))
    for at in range(0, len(once), _PACKED):
        yield msgspec.json.encode(once[at : at + _PACKED]).decode()


def _packed(values: Sequence[str]) -> Iterator[bytes]:
    try:
        packed = bytes.fromhex("".join(values))
    except ValueError:
        packed = b""
    if set(map(len, values)) != {2 * ROW_BYTES} or len(packed) != ROW_BYTES * len(values):
        raise InputError(ErrorCode.SIGNAL_INVALID, "An indexed signal is 64 hexadecimal digits.")
    rows = np.frombuffer(packed, f"S{ROW_BYTES}")
    once = np.unique(rows) if len(rows) >= _SORTED_FROM else _first_of_each(rows)
    for at in range(0, len(once), _PACKED):
        yield once[at : at + _PACKED].tobytes()


def _first_of_each(rows: NDArray[np.bytes_]) -> NDArray[np.bytes_]:
    _, places = np.unique(rows, return_index=True)
    return rows[np.sort(places)]
