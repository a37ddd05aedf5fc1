# SPDX-License-Identifier: Apache-2.0
"""Adds to a bank the entries that it lacks, on SQLite.

A run of entries that differ in the signal's value only is handed to SQLite as one packed value, and
SQLite takes it apart, looks each signal up and inserts it. That costs a third of a statement a row,
and other threads of the process go on meanwhile. Long runs are sorted first: signals are random,
and an index is filled twice as fast in its own order. Entries that have something of their own to
say are packed as well, their signals in one value and what they say as JSON: a statement for each
would be no slower by itself, but ask for its turn with the thread that reads the list each time.
"""

from collections.abc import Collection, Iterable, Iterator, Sequence
from itertools import groupby
from operator import itemgetter
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
"""Runs shorter than this are no runs, and fewer entries come one by one: taking a packed value
apart has a price of its own."""

_AT_ONCE: Final = 5_000
"""Entries that are held until they are handed to the driver."""

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
_OWN = [
    name for name in _COLUMNS if name not in {"bank_id", "signal_type", "signal_value", "added_us"}
]
"""What an entry has of its own, in the order in which it is packed."""
_PLACES = {name: at for at, name in enumerate(_COLUMNS)}
_THEIR_VALUE = f"substr(?3, 1 + {ROW_BYTES} * own.key, {ROW_BYTES})"
_THEIR_CELLS = ", ".join(
    {"bank_id": "?1", "signal_type": "?2", "signal_value": _THEIR_VALUE, "added_us": "?4"}.get(name)
    or f"json_extract(own.value, '$[{_OWN.index(name)}]')"
    for name in _COLUMNS
)
_INSERT_DIFFERENT = _insert(
    "SELECT", _THEIR_CELLS, "FROM json_each(?5) AS own", _LACKING.replace("?3", _THEIR_VALUE)
)
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
_Statement = tuple[str, Sequence[_Row], int]
"""A statement, its rows, and how many entries they stand for."""


def _statements(
    runs: Iterable[EntryRun], bank_id: int, added_us: int | None, indexed_types: Collection[str]
) -> Iterator[_Statement]:
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
                yield from _different(few)
                few = []
            continue
        yield from _different(few)
        few = []
        # Within one statement SQLite does not see what the statement itself has inserted, so what
        # a run holds twice is handed over once.
        parts: Iterator[bytes | str] = _packed(run.values) if is_indexed else _listed(run.values)
        rows = [to_row(run.like, part, bank_id=bank_id, added_us=added_us) for part in parts]
        yield _INSERT_ROWS if is_indexed else _INSERT_TEXTS, rows, len(run.values)
    yield from _different(few)


def _different(rows: Sequence[_Row]) -> Iterator[_Statement]:
    """Entries that have something of their own to say, in their order."""
    for are_packed, some in groupby(rows, key=_may_be_packed):
        part = list(some)
        if not are_packed or len(part) < _FEW:
            yield _INSERT_ONE, part, len(part)
            continue
        for _, alike in groupby(part, key=itemgetter(_PLACES["signal_type"])):
            same_type = list(alike)
            # As for runs: a statement does not see what it has inserted itself.
            once: dict[bytes, _Row] = {}
            for row in same_type:
                once.setdefault(row[_PLACES["signal_value"]], row)
            yield _INSERT_DIFFERENT, [_packed_rows([*once.values()])], len(same_type)


def _may_be_packed(row: _Row) -> bool:
    return isinstance(row[_PLACES["signal_value"]], bytes)


def _packed_rows(rows: Sequence[_Row]) -> _Row:
    own = itemgetter(*(_PLACES[name] for name in _OWN))
    bank_id, signal_type, *_, added_us = rows[0]
    values = b"".join(row[_PLACES["signal_value"]] for row in rows)
    return (
        bank_id,
        signal_type,
        values,
        added_us,
        msgspec.json.encode(list(map(own, rows))).decode(),
    )


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
