# SPDX-License-Identifier: Apache-2.0
"""A SQLite file beside which nothing may be written: on read-only media, or in another's folder.

In WAL mode SQLite needs two files beside the store, `-wal` and `-shm`, and makes them when it opens
the store. Where it may not, there are three cases:

1. Both are there: a writer is at work, or one was killed. SQLite reads them.
2. There is no `-wal`, or an empty one: the store is whole, and is read as a file that does not
   change (`immutable`). SQLite then takes no locks, so it is checked here, before and after each
   transaction, that nobody has changed the file.
3. There is a `-wal` alone. It holds changes that the store lacks and that cannot be read without
   writing: refused, since an answer without them could be a wrong "no match".
"""

import os
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy import Connection

from nahmi.errors import ErrorCode, StoreError
from nahmi.store.sql.sqlite import SqliteDatabase

_Stamp = tuple[int, ...]


def open_for_reading(path: Path, *, busy_timeout_s: float) -> SqliteDatabase:
    """Open a SQLite file so that it can be read, in whatever way its folder allows.

    Raises:
        StoreError: STORAGE_DENIED: it holds changes that cannot be read without writing.
    """
    if os.access(path.parent, os.W_OK):
        return SqliteDatabase(path, read_only=True, busy_timeout_s=busy_timeout_s)
    wal, shm = _beside(path, "-wal"), _beside(path, "-shm")
    if not _size(wal):
        return FrozenSqliteDatabase(path, busy_timeout_s=busy_timeout_s)
    if not shm.exists():
        raise StoreError(
            ErrorCode.STORAGE_DENIED,
            "The store holds changes that cannot be read where nothing may be written.",
            hint="Open the node once where it may be written, such as with `nahmi bank list`.",
        )
    return SqliteDatabase(path, read_only=True, busy_timeout_s=busy_timeout_s)


class FrozenSqliteDatabase(SqliteDatabase):
    """A SQLite file that is read as one that does not change.

    Args:
        path: The file, which is there.
        busy_timeout_s: As in `SqliteDatabase`; there are no locks to wait for.
    """

    def __init__(self, path: Path, *, busy_timeout_s: float) -> None:
        self._path = path
        self._stamp = _stamp(path)
        super().__init__(path, read_only=True, busy_timeout_s=busy_timeout_s, is_frozen=True)

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """See `Database.reading`.

        Raises:
            StoreError: STORE_BUSY: the file has changed.
        """
        with self._unchanged(), super().reading() as connection:
            yield connection

    @contextmanager
    def looking_up(self) -> Iterator[sqlite3.Cursor]:
        """See `Database.looking_up`.

        Raises:
            StoreError: STORE_BUSY: the file has changed.
        """
        with self._unchanged(), super().looking_up() as cursor:
            yield cursor

    @contextmanager
    def _unchanged(self) -> Iterator[None]:
        self._check()
        try:
            yield
        finally:
            self._check()

    def _check(self) -> None:
        """An error that the block met may come from a change as well, so this one replaces it."""
        if _stamp(self._path) != self._stamp:
            raise StoreError(
                ErrorCode.STORE_BUSY,
                "The store was changed by another process while it was open for reading only.",
                hint="Run the same command again.",
            )


def _beside(path: Path, ending: str) -> Path:
    return path.with_name(path.name + ending)


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except OSError:
        return 0


def _stamp(path: Path) -> _Stamp:
    """What changes whenever a writer has been at the file."""
    try:
        found = path.stat()
    except OSError:
        return ()
    return (found.st_ino, found.st_size, found.st_mtime_ns, _size(_beside(path, "-wal")))
