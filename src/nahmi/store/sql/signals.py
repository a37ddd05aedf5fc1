# SPDX-License-Identifier: Apache-2.0
"""Wakes up whoever waits for a change in the database, whichever process makes it."""

import sqlite3
import threading
import time
from pathlib import Path
from typing import TYPE_CHECKING, Final
from urllib.parse import quote

from sqlalchemy import URL

from nahmi.store.sql.errors import wrapped
from nahmi.store.sql.revisions import CHANNEL

if TYPE_CHECKING:
    import psycopg

_EVERY_S: Final = 0.05
"""How often SQLite is asked, in seconds; it answers from shared memory in microseconds."""

_CONNECT_TIMEOUT_S: Final = 10


class SqliteChangeSignal:
    """`nahmi.operate.changes.ChangeSignal` on a SQLite file, by its count of commits.

    Args:
        path: The file.
    """

    def __init__(self, path: Path) -> None:
        self._uri = f"file:{quote(str(path.absolute()))}?mode=ro"
        self._connection: sqlite3.Connection | None = None
        self._closed = threading.Event()
        self._seen: int | None = None

    def wait(self, timeout_s: float) -> bool:
        """See `ChangeSignal.wait`."""
        end = time.monotonic() + timeout_s
        with wrapped():
            while True:
                version = self._version()
                if version != self._seen:
                    self._seen = version
                    return True
                pause = min(_EVERY_S, end - time.monotonic())
                if pause <= 0 or self._closed.wait(pause):
                    return False

    def _version(self) -> int:
        if self._connection is None:
            self._connection = sqlite3.connect(
                self._uri, uri=True, isolation_level=None, check_same_thread=False
            )
        return int(self._connection.execute("PRAGMA data_version").fetchone()[0])

    def close(self) -> None:
        """See `ChangeSignal.close`; a wait in another thread ends."""
        self._closed.set()
        if self._connection is not None:
            self._connection.close()


class PostgresChangeSignal:
    """`nahmi.operate.changes.ChangeSignal` on PostgreSQL, by its notifications.

    Args:
        url: The database's address.
    """

    def __init__(self, url: URL) -> None:
        self._url = url
        self._connection: psycopg.Connection | None = None

    def wait(self, timeout_s: float) -> bool:
        """See `ChangeSignal.wait`."""
        import psycopg  # noqa: PLC0415 - slow to import, and of no use to SQLite

        with wrapped():
            try:
                if self._connection is None:
                    self._connection = self._listening()
                    return True
                return bool(list(self._connection.notifies(timeout=timeout_s, stop_after=1)))
            except psycopg.Error:
                self.close()
                raise

    def _listening(self) -> "psycopg.Connection":
        import psycopg  # noqa: PLC0415 - as above

        address = self._url.set(drivername="postgresql").render_as_string(hide_password=False)
        connection = psycopg.connect(
            address,
            autocommit=True,
            connect_timeout=_CONNECT_TIMEOUT_S,
            application_name="nahmi listens",
        )
        connection.execute(f"LISTEN {CHANNEL}")
        return connection

    def close(self) -> None:
        """See `ChangeSignal.close`."""
        connection, self._connection = self._connection, None
        if connection is not None:
            connection.close()
