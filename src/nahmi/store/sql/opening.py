# SPDX-License-Identifier: Apache-2.0
"""Opens, makes and upgrades databases, wherever they are."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import msgspec

from nahmi.errors import ErrorCode, StoreError
from nahmi.store.sql import schema
from nahmi.store.sql.database import Database
from nahmi.store.sql.migrations import newest_version
from nahmi.store.sql.postgres import PostgresDatabase, is_url, parse_url
from nahmi.store.sql.sqlite import SqliteDatabase
from nahmi.store.sql.sqlite_frozen import open_for_reading

BUSY_TIMEOUT_S = 10.0
"""How long a write waits for another process's unless told otherwise, in seconds."""


class SchemaVersion(msgspec.Struct, frozen=True, kw_only=True):
    """Which schema a store has.

    Attributes:
        before: Its version, 0 for a database that was blank.
        newest: The version that this nahmi works with.
    """

    before: int
    newest: int

    @property
    def is_behind(self) -> bool:
        """Whether the store must be upgraded before it can be opened."""
        return self.before < self.newest


def open_database(
    where: str | Path, *, read_only: bool = False, busy_timeout_s: float = BUSY_TIMEOUT_S
) -> Database:
    """Open a store's database, whose schema must be the newest.

    Args:
        where: The path of a SQLite file, or the address of a PostgreSQL database.
        read_only: Refuse every write.
        busy_timeout_s: How long a write waits for another process's, in seconds.

    Raises:
        StoreError: STORE_MISSING, STORE_CORRUPT, STORE_VERSION (with how to upgrade it),
            STORE_BUSY or STORAGE_DENIED.
    """
    database = _connect(where, read_only=read_only, busy_timeout_s=busy_timeout_s)
    try:
        with database.reading() as connection:
            schema.check_version(connection)
    except BaseException:
        database.close()
        raise
    return database


def create_database(where: str | Path) -> None:
    """Make an empty store, or bring one that is there to the newest schema.

    Raises:
        StoreError: STORAGE_DENIED, STORAGE_FULL, STORE_BUSY; STORE_CORRUPT: there is something
            else; STORE_VERSION: it is newer.
    """
    if is_url(where):
        _upgrade(where, may_be_blank=True)
        return
    file = Path(where)
    try:
        file.touch(mode=0o600)
    except OSError as error:
        raise StoreError(
            ErrorCode.STORAGE_DENIED,
            f"The store's file could not be made: {error.strerror}.",
            hint="Check the path and who may write there.",
        ) from None
    _upgrade(file, may_be_blank=True)


def migrate_database(where: str | Path) -> SchemaVersion:
    """Bring a store's schema to the newest version: in one transaction, so wholly or not at all.

    Raises:
        StoreError: As `open_database`, or writing failed; the store is as before.
    """
    return _upgrade(where, may_be_blank=False)


def schema_version(where: str | Path) -> SchemaVersion:
    """Which schema a store has; changes nothing.

    Raises:
        StoreError: STORE_MISSING, STORE_CORRUPT, STORE_VERSION (it is newer), STORAGE_DENIED.
    """
    with _connected(where, read_only=True) as database, database.reading() as connection:
        found = schema.version(connection)
        schema.refuse_newer(found)
    return SchemaVersion(before=found, newest=newest_version())


def _upgrade(where: str | Path, *, may_be_blank: bool) -> SchemaVersion:
    with _connected(where, read_only=False) as database, database.writing() as connection:
        database.take_turn(connection)
        if not may_be_blank:
            schema.version(connection)
        before, newest = schema.make_or_upgrade(connection)
    return SchemaVersion(before=before, newest=newest)


@contextmanager
def _connected(where: str | Path, *, read_only: bool) -> Iterator[Database]:
    database = _connect(where, read_only=read_only, busy_timeout_s=BUSY_TIMEOUT_S)
    try:
        yield database
    finally:
        database.close()


def _connect(where: str | Path, *, read_only: bool, busy_timeout_s: float) -> Database:
    if is_url(where):
        url = parse_url(str(where))
        return PostgresDatabase(url, read_only=read_only, busy_timeout_s=busy_timeout_s)
    file = Path(where)
    if not file.is_file():
        raise StoreError(
            ErrorCode.STORE_MISSING,
            "There is no store here.",
            hint="Make one with `nahmi init`, or name the node's database with --database.",
        )
    if read_only:
        return open_for_reading(file, busy_timeout_s=busy_timeout_s)
    return SqliteDatabase(file, read_only=False, busy_timeout_s=busy_timeout_s)
