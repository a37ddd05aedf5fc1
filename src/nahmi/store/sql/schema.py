# SPDX-License-Identifier: Apache-2.0
"""Which version the schema of a store has, and how it gets to the newest one.

Alembic notes the version in the table `alembic_version`. A SQLite file carries it in
`user_version` too: files from before Alembic have only that, and a nahmi from before Alembic
refuses newer files by it.
"""

from sqlalchemy import Connection, inspect

from nahmi.errors import ErrorCode, StoreError
from nahmi.store.sql.migrations import newest_version, stamp, upgrade

APPLICATION_ID = 0x6E61686D
"""Marks a SQLite file as a nahmi store ("nahm" in ASCII)."""

_VERSION_TABLE = "alembic_version"


def check_version(connection: Connection) -> None:
    """Make sure that the schema is the one that this nahmi works with.

    Raises:
        StoreError: STORE_CORRUPT: this is no store of nahmi. STORE_MISSING: the database is blank.
            STORE_VERSION: it is older or newer.
    """
    found, newest = version(connection), newest_version()
    if found < newest:
        raise StoreError(
            ErrorCode.STORE_VERSION,
            f"The store has the older schema {found}; this nahmi needs {newest}.",
            hint="Back it up and run `nahmi migrate`.",
        )
    refuse_newer(found)


def refuse_newer(found: int) -> None:
    """Refuse a schema that this nahmi does not know.

    Raises:
        StoreError: STORE_VERSION.
    """
    if found > newest_version():
        raise StoreError(
            ErrorCode.STORE_VERSION,
            f"The store has schema {found}; this nahmi knows up to {newest_version()}.",
            hint="Install a newer nahmi.",
        )


def version(connection: Connection) -> int:
    """The version of a store's schema, 1 or more.

    Raises:
        StoreError: STORE_CORRUPT: this is no store of nahmi. STORE_MISSING: the database is blank.
    """
    if not _is_sqlite(connection) and _is_blank(connection):
        raise StoreError(
            ErrorCode.STORE_MISSING,
            "There is no store in this database.",
            hint="Check its name; make a store in it with `nahmi init`.",
        )
    found = _noted_version(connection) or 0
    is_ours = True
    if _is_sqlite(connection):
        found = max(found, _pragma(connection, "user_version"))
        is_ours = _pragma(connection, "application_id") == APPLICATION_ID
    if not found or not is_ours:
        raise StoreError(
            ErrorCode.STORE_CORRUPT,
            "This is not a store of nahmi.",
            hint="Choose another folder or database and run `nahmi init` there.",
        )
    return found


def make_or_upgrade(connection: Connection) -> tuple[int, int]:
    """Bring the schema to the newest version, from whatever it is, in one transaction.

    Args:
        connection: A writing transaction.

    Returns:
        The version before, 0 for a blank database, and the one now.

    Raises:
        StoreError: STORE_CORRUPT: there is something else in it. STORE_VERSION: it is newer.
    """
    before = 0 if _is_blank(connection) else version(connection)
    refuse_newer(before)
    if before and _noted_version(connection) is None:
        stamp(connection, before)
    if before < newest_version():
        upgrade(connection)
    if _is_sqlite(connection):
        connection.exec_driver_sql(f"PRAGMA application_id = {APPLICATION_ID}")
        connection.exec_driver_sql(f"PRAGMA user_version = {newest_version()}")
    return before, newest_version()


def _noted_version(connection: Connection) -> int | None:
    if not inspect(connection).has_table(_VERSION_TABLE):
        return None
    found = connection.exec_driver_sql(f"SELECT version_num FROM {_VERSION_TABLE}").scalar()  # noqa: S608 - our own name
    return int(found) if isinstance(found, str) and found.isdigit() else None


def _is_blank(connection: Connection) -> bool:
    """Whether nothing was ever made in it."""
    if _is_sqlite(connection):
        names = ("application_id", "schema_version", "user_version")
        return not any(_pragma(connection, name) for name in names)
    return not inspect(connection).get_table_names()


def _is_sqlite(connection: Connection) -> bool:
    return connection.dialect.name == "sqlite"


def _pragma(connection: Connection, name: str) -> int:
    return int(connection.exec_driver_sql(f"PRAGMA {name}").scalar_one())
