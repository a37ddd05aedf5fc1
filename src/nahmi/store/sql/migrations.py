# SPDX-License-Identifier: Apache-2.0
"""The schema, one numbered step at a time.

Each step runs in one transaction with the record that it ran (`user_version`), so a crash leaves
the schema before the step or after it.
"""

from collections.abc import Callable

from sqlalchemy import Connection

from nahmi.errors import ErrorCode, StoreError
from nahmi.store.sql.access_schema import make_access_schema

APPLICATION_ID = 0x6E61686D
"""Marks a SQLite file as a nahmi store ("nahm" in ASCII)."""

_FIRST_SCHEMA = (
    """
    CREATE TABLE bank (
        bank_id INTEGER PRIMARY KEY AUTOINCREMENT,
        name TEXT NOT NULL,
        category TEXT NOT NULL,
        actions TEXT NOT NULL,
        limit_bits INTEGER NOT NULL,
        is_enabled INTEGER NOT NULL,
        crops TEXT NOT NULL,
        labels TEXT NOT NULL,
        created_us INTEGER NOT NULL,
        deleted_us INTEGER
    ) STRICT
    """,
    "CREATE UNIQUE INDEX bank_live_name ON bank (name) WHERE deleted_us IS NULL",
    """
    CREATE TABLE entry (
        entry_id INTEGER PRIMARY KEY AUTOINCREMENT,
        bank_id INTEGER NOT NULL REFERENCES bank (bank_id),
        signal_type TEXT NOT NULL,
        signal_value ANY NOT NULL,
        content_ref TEXT NOT NULL,
        variant TEXT NOT NULL,
        quality INTEGER,
        canon TEXT,
        source TEXT NOT NULL,
        provenance TEXT NOT NULL,
        note TEXT NOT NULL,
        expires_us INTEGER,
        disabled_until_us INTEGER,
        added_us INTEGER NOT NULL,
        deleted_us INTEGER
    ) STRICT
    """,
    "CREATE INDEX entry_live_bank ON entry (bank_id) WHERE deleted_us IS NULL",
    "CREATE INDEX entry_signal ON entry (signal_value, signal_type)",
    """
    CREATE TABLE change (
        first_seq INTEGER PRIMARY KEY,
        is_addition INTEGER NOT NULL,
        bank_id INTEGER NOT NULL,
        first_entry_id INTEGER NOT NULL,
        last_entry_id INTEGER NOT NULL
    ) STRICT
    """,
)


def _first_schema(connection: Connection) -> None:
    connection.exec_driver_sql(f"PRAGMA application_id = {APPLICATION_ID}")
    for statement in _FIRST_SCHEMA:
        connection.exec_driver_sql(statement)


MIGRATIONS: tuple[tuple[str, Callable[[Connection], None]], ...] = (
    ("banks, entries and changes", _first_schema),
    ("who may do what, and the audit chain", make_access_schema),
)
"""Name and function of each step; step n leads to version n, counted from 1."""


def pragma(connection: Connection, name: str) -> int:
    """The value of a numeric PRAGMA."""
    return int(connection.exec_driver_sql(f"PRAGMA {name}").scalar_one())


def check_version(connection: Connection) -> int:
    """The schema's version, at most the newest one.

    Raises:
        StoreError: STORE_CORRUPT: the file is no store of nahmi; STORE_VERSION: it is newer.
    """
    version = pragma(connection, "user_version")
    if pragma(connection, "application_id") != APPLICATION_ID or version < 1:
        raise StoreError(
            ErrorCode.STORE_CORRUPT,
            "The file is not a store of nahmi.",
            hint="Choose another folder and run `nahmi init` there.",
        )
    if version > len(MIGRATIONS):
        raise StoreError(
            ErrorCode.STORE_VERSION,
            f"The store has schema {version}; this nahmi knows up to {len(MIGRATIONS)}.",
            hint="Install a newer nahmi.",
        )
    return version


def is_blank(connection: Connection) -> bool:
    """Whether nothing was ever made in the file."""
    return (
        pragma(connection, "application_id") == 0
        and pragma(connection, "schema_version") == 0
        and pragma(connection, "user_version") == 0
    )


def run_step(connection: Connection, version: int) -> None:
    """Run the step that leads to `version`, and note it, in the connection's transaction."""
    _, step = MIGRATIONS[version - 1]
    step(connection)
    connection.exec_driver_sql(f"PRAGMA user_version = {version}")
