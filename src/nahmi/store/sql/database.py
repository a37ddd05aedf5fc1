# SPDX-License-Identifier: Apache-2.0
"""One SQLite file: opening, transactions, schema."""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import quote

from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.pool import ConnectionPoolEntry, QueuePool

from nahmi.errors import ErrorCode, StoreError
from nahmi.store.sql import migrations
from nahmi.store.sql.errors import wrapped

_CACHE_KIB = 64 * 1024
_WRITES = "nahmi_writes"


class Database:
    """A SQLite file in WAL mode; its transactions read a snapshot or hold the one write lock.

    Args:
        path: The file.
        read_only: Refuse every write.
        busy_timeout_s: How long a writer waits for another, in seconds.
    """

    def __init__(self, path: Path, *, read_only: bool, busy_timeout_s: float) -> None:
        mode = "ro" if read_only else "rw"
        uri = f"file:{quote(str(path.absolute()))}?mode={mode}"
        self._read_only = read_only

        def connect() -> sqlite3.Connection:
            return sqlite3.connect(
                uri,
                timeout=busy_timeout_s,
                uri=True,
                isolation_level=None,  # transactions are begun below, in the mode that is needed
                check_same_thread=False,
            )

        self._engine: Engine = create_engine("sqlite://", creator=connect, poolclass=QueuePool)
        event.listen(self._engine, "connect", self._prepare)
        event.listen(self._engine, "begin", _begin)

    def _prepare(self, connection: sqlite3.Connection, _: ConnectionPoolEntry) -> None:
        if not self._read_only:
            connection.execute("PRAGMA journal_mode = WAL")
        # In WAL mode a power cut may lose the last commits but never tears the file; FULL keeps
        # them too, at one fsync a transaction, which imports do not feel.
        connection.execute("PRAGMA synchronous = FULL")
        connection.execute("PRAGMA foreign_keys = ON")
        connection.execute(f"PRAGMA cache_size = -{_CACHE_KIB}")

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """A transaction that sees one state of the store."""
        with wrapped(), self._engine.connect() as connection, connection.begin():
            yield connection

    @contextmanager
    def writing(self) -> Iterator[Connection]:
        """A transaction with the write lock from its start; an exception rolls it back."""
        with wrapped(), self._engine.connect() as connection:
            writer = connection.execution_options(**{_WRITES: True})
            with writer.begin():
                yield writer

    def make_schema(self) -> None:
        """Make the tables in a blank file; a file with tables is left as it is."""
        with self.writing() as connection:
            if migrations.is_blank(connection):
                migrations.run_step(connection, 1)

    def migrate(self) -> None:
        """Bring the schema to the newest version.

        Raises:
            StoreError: STORE_CORRUPT or STORE_VERSION, or writing failed.
        """
        with self.reading() as connection:
            version = migrations.check_version(connection)
        newest = len(migrations.MIGRATIONS)
        if version < newest and self._read_only:
            raise StoreError(
                ErrorCode.STORE_VERSION,
                f"The store has the older schema {version} and was opened read-only.",
                hint="Open it once for writing.",
            )
        for target in range(version + 1, newest + 1):
            with self.writing() as connection:
                if migrations.check_version(connection) < target:
                    migrations.run_step(connection, target)

    def close(self) -> None:
        """Close every connection."""
        self._engine.dispose()


def _begin(connection: Connection) -> None:
    writes = connection.get_execution_options().get(_WRITES, False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")
