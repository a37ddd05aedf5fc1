# SPDX-License-Identifier: Apache-2.0
"""A SQLite file in WAL mode: writers of all processes take turns, readers never wait for them."""

import sqlite3
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import quote

from sqlalchemy import Connection, create_engine, event
from sqlalchemy.pool import ConnectionPoolEntry, QueuePool

from nahmi.store.sql.database import Database
from nahmi.store.sql.errors import wrapped
from nahmi.store.sql.signals import SqliteChangeSignal

_CACHE_KIB = 64 * 1024
_WRITES = "nahmi_writes"


class SqliteDatabase(Database):
    """A SQLite file; its transactions read a snapshot or hold the one write lock.

    Args:
        path: The file, which is there.
        read_only: Refuse every write.
        busy_timeout_s: How long a writer waits for another, in seconds.
        is_frozen: Nobody changes the file as long as it is open, so SQLite takes no locks.
    """

    def __init__(
        self, path: Path, *, read_only: bool, busy_timeout_s: float, is_frozen: bool = False
    ) -> None:
        mode = ("ro" if read_only else "rw") + ("&immutable=1" if is_frozen else "")
        uri = f"file:{quote(str(path.absolute()))}?mode={mode}"

        def connect() -> sqlite3.Connection:
            return sqlite3.connect(
                uri,
                timeout=busy_timeout_s,
                uri=True,
                isolation_level=None,  # transactions are begun below, in the mode that is needed
                check_same_thread=False,
            )

        self._connect = connect
        self._own = threading.local()
        engine = create_engine("sqlite://", creator=connect, poolclass=QueuePool)
        super().__init__(engine, read_only=read_only)
        self._path = path
        event.listen(engine, "connect", self._prepare)
        event.listen(engine, "begin", _begin)

    def _prepare(self, connection: sqlite3.Connection, _: ConnectionPoolEntry) -> None:
        if not self.read_only:
            connection.execute("PRAGMA journal_mode = WAL")
        # In WAL mode a power cut may lose the last commits but never tears the file; FULL keeps
        # them too, at one fsync a transaction, which imports do not feel.
        connection.execute("PRAGMA synchronous = FULL")
        connection.execute("PRAGMA foreign_keys = ON")
        connection.execute(f"PRAGMA cache_size = -{_CACHE_KIB}")

    def take_turn(self, connection: Connection) -> None:
        """See `Database.take_turn`: a writing transaction of SQLite has the only turn anyway."""

    @contextmanager
    def looking_up(self) -> Iterator[sqlite3.Cursor]:
        """See `Database.looking_up`: each thread keeps a connection of its own for it.

        A statement outside a transaction holds no snapshot once its rows are fetched.
        """
        with wrapped():
            connection: sqlite3.Connection | None = getattr(self._own, "connection", None)
            if connection is None:
                connection = self._own.connection = self._connect()
                connection.execute(f"PRAGMA cache_size = -{_CACHE_KIB}")
            with closing(connection.cursor()) as cursor:
                yield cursor

    def close(self) -> None:
        """Close every connection."""
        self._own = threading.local()  # the last reference to a thread's connection closes it
        super().close()

    def change_signal(self) -> SqliteChangeSignal:
        """See `Database.change_signal`."""
        return SqliteChangeSignal(self._path)

    def _for_reading(self) -> dict[str, Any]:
        return {}

    def _for_writing(self) -> dict[str, Any]:
        return {_WRITES: True}


def _begin(connection: Connection) -> None:
    writes = connection.get_execution_options().get(_WRITES, False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")
