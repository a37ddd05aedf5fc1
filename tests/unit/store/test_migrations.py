# SPDX-License-Identifier: Apache-2.0
"""Files from before Alembic are adopted, and every file ends with the same schema."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Inspector, inspect

from nahmi.errors import ErrorCode, StoreError
from nahmi.store.sql import (
    SqlBankStore,
    access_tables,
    circle_object_tables,
    circle_tables,
    exchange_tables,
    match_tables,
    migrations,
    operate_tables,
    request_nonces,
)
from nahmi.store.sql.database import Database
from nahmi.store.sql.migrations import newest_version
from nahmi.store.sql.opening import (
    SchemaVersion,
    create_database,
    migrate_database,
    open_database,
    schema_version,
)
from nahmi.store.sql.tables import metadata

FIRST = (
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

SECOND = (
    """
    CREATE TABLE member (
        member_id INTEGER PRIMARY KEY AUTOINCREMENT,
        name TEXT NOT NULL UNIQUE,
        is_enabled INTEGER NOT NULL,
        created_us INTEGER NOT NULL
    ) STRICT
    """,
    """
    INSERT INTO member (member_id, name, is_enabled, created_us)
    VALUES (1, 'own', 1, CAST(strftime('%s', 'now') AS INTEGER) * 1000000)
    """,
    """
    CREATE TABLE person (
        person_id INTEGER PRIMARY KEY AUTOINCREMENT,
        member_id INTEGER NOT NULL REFERENCES member (member_id),
        email TEXT NOT NULL UNIQUE,
        name TEXT NOT NULL,
        role TEXT NOT NULL,
        language TEXT NOT NULL,
        is_enabled INTEGER NOT NULL,
        must_change_password INTEGER NOT NULL,
        password TEXT NOT NULL DEFAULT '',
        totp_secret TEXT,
        totp_step INTEGER NOT NULL DEFAULT -1,
        failures INTEGER NOT NULL DEFAULT 0,
        failed_us INTEGER,
        created_us INTEGER NOT NULL
    ) STRICT
    """,
    """
    CREATE TABLE api_key (
        key_id INTEGER PRIMARY KEY AUTOINCREMENT,
        member_id INTEGER NOT NULL REFERENCES member (member_id),
        label TEXT NOT NULL,
        prefix TEXT NOT NULL UNIQUE,
        digest BLOB NOT NULL,
        permissions TEXT NOT NULL,
        daily_budget INTEGER NOT NULL,
        created_by TEXT NOT NULL,
        created_us INTEGER NOT NULL,
        expires_us INTEGER NOT NULL,
        revoked_us INTEGER,
        last_used_us INTEGER
    ) STRICT
    """,
    """
    CREATE TABLE session (
        digest BLOB PRIMARY KEY,
        person_id INTEGER NOT NULL REFERENCES person (person_id),
        is_complete INTEGER NOT NULL,
        created_us INTEGER NOT NULL,
        last_used_us INTEGER NOT NULL
    ) STRICT
    """,
    """
    CREATE TABLE login_link (
        digest BLOB PRIMARY KEY,
        person_id INTEGER NOT NULL REFERENCES person (person_id),
        expires_us INTEGER NOT NULL
    ) STRICT
    """,
    """
    CREATE TABLE key_budget (
        key_id INTEGER NOT NULL REFERENCES api_key (key_id),
        day TEXT NOT NULL,
        used INTEGER NOT NULL,
        PRIMARY KEY (key_id, day)
    ) STRICT
    """,
    """
    CREATE TABLE audit (
        sequence INTEGER PRIMARY KEY,
        event TEXT NOT NULL,
        previous_hash BLOB NOT NULL,
        hash BLOB NOT NULL
    ) STRICT
    """,
    "CREATE TABLE audit_head (id INTEGER PRIMARY KEY, sequence INTEGER, hash BLOB) STRICT",
    "INSERT INTO audit_head VALUES (1, 0, zeroblob(32))",
    """
    CREATE TRIGGER audit_no_update BEFORE UPDATE ON audit
    BEGIN SELECT RAISE(ABORT, 'audit records are never changed'); END
    """,
    """
    CREATE TRIGGER audit_no_delete BEFORE DELETE ON audit
    BEGIN SELECT RAISE(ABORT, 'audit records are never deleted'); END
    """,
)


@pytest.fixture
def old(tmp_path: Path) -> Path:
    return make_old(tmp_path / "old.sqlite3", 1)


def make_old(path: Path, version: int) -> Path:
    """A file as nahmi made it before Alembic."""
    with closing(sqlite3.connect(path)) as connection:
        for statement in (FIRST + SECOND) if version == 2 else FIRST:
            connection.execute(statement)
        connection.execute(
            "INSERT INTO bank (name, category, actions, limit_bits, is_enabled, crops, labels,"
            " created_us) VALUES ('A', 'test', 'review', 31, 1, 'none', '[]', 0)"
        )
        connection.execute("PRAGMA application_id = 0x6E61686D")
        connection.execute(f"PRAGMA user_version = {version}")
        connection.commit()
    return path


def shape(path: Path) -> dict[str, object]:
    """Tables, columns, indexes and triggers, whatever words made them."""
    with closing(sqlite3.connect(path)) as connection:
        return {
            "tables": {table: list(_columns(connection, table)) for table in _tables(connection)},
            "strict": connection.execute(
                "SELECT name, strict FROM pragma_table_list WHERE schema = 'main' ORDER BY name"
            ).fetchall(),
            "rest": connection.execute(
                "SELECT type, name, replace(replace(sql, '\n', ''), ' ', '') FROM sqlite_schema"
                " WHERE type IN ('index', 'trigger') AND sql IS NOT NULL ORDER BY name"
            ).fetchall(),
            "unique": sorted(
                (table, row[2], connection.execute(f"PRAGMA index_info({row[1]})").fetchall())
                for table in _tables(connection)
                for row in connection.execute(f"PRAGMA index_list({table})")
            ),
            "counted": connection.execute("SELECT count(*) FROM sqlite_schema").fetchall(),
            "references": [
                (table, row[2:])
                for table in _tables(connection)
                for row in connection.execute(f"PRAGMA foreign_key_list({table})")
            ],
        }


def _tables(connection: sqlite3.Connection) -> list[str]:
    rows = connection.execute("SELECT name FROM sqlite_schema WHERE type = 'table' ORDER BY name")
    return [row[0] for row in rows]


def _columns(connection: sqlite3.Connection, table: str) -> Iterator[tuple[object, ...]]:
    for _, name, kind, not_null, default, key in connection.execute(f"PRAGMA table_info({table})"):
        yield name, kind, bool(not_null or key), default, key


@pytest.mark.parametrize("version", [1, 2])
def test_an_old_file_ends_like_a_new_one(tmp_path: Path, version: int) -> None:
    old = make_old(tmp_path / "old.sqlite3", version)
    new = tmp_path / "new.sqlite3"
    create_database(new)
    assert schema_version(old).before == version
    assert migrate_database(old) == SchemaVersion(before=version, newest=newest_version())
    assert shape(old) == shape(new)
    with SqlBankStore.open(old) as store:
        assert [bank.name for bank in store.banks()] == ["A"]
    assert migrate_database(old).before == newest_version()


def test_an_old_file_is_not_opened_but_told_of(old: Path) -> None:
    for read_only in (False, True):
        with pytest.raises(StoreError) as refused:
            open_database(old, read_only=read_only)
        assert refused.value.code is ErrorCode.STORE_VERSION
        assert "nahmi migrate" in refused.value.hint
    assert schema_version(old).is_behind


def test_making_a_node_again_brings_its_file_up_to_date(old: Path) -> None:
    create_database(old)
    assert not schema_version(old).is_behind


def test_a_step_that_fails_leaves_the_old_state(old: Path) -> None:
    with closing(sqlite3.connect(old)) as connection:
        connection.execute("CREATE TABLE audit_head (x TEXT) STRICT")
    before = shape(old)
    with pytest.raises(StoreError):
        migrate_database(old)
    assert shape(old) == before
    assert schema_version(old).before == 1


@pytest.mark.parametrize("statement", ["CREATE TABLE other (x)", "PRAGMA user_version = 2"])
def test_a_foreign_file_is_left_alone(tmp_path: Path, statement: str) -> None:
    path = tmp_path / "other.sqlite3"
    with closing(sqlite3.connect(path)) as connection:
        connection.execute(statement)
    before = shape(path)
    for act in (create_database, migrate_database, schema_version, open_database):
        with pytest.raises(StoreError) as refused:
            act(path)
        assert refused.value.code is ErrorCode.STORE_CORRUPT
    assert shape(path) == before


def test_versions_are_numbered_without_a_gap() -> None:
    folder = Path(migrations.__file__).parent / "versions"
    names = sorted(path.name for path in folder.glob("v*.py"))
    assert [int(name[1:5]) for name in names] == list(range(1, newest_version() + 1))


def test_the_statements_know_the_tables_as_they_are(database: Database) -> None:
    with database.reading() as connection:
        found = inspect(connection)
        names = set(found.get_table_names()) - {"alembic_version"}
        made = {name: {c["name"]: c["type"] for c in found.get_columns(name)} for name in names}
        dialect = connection.dialect
    for module in (
        access_tables,
        circle_object_tables,
        circle_tables,
        exchange_tables,
        match_tables,
        operate_tables,
        request_nonces,
    ):
        assert module.metadata is metadata
    assert set(made) == set(metadata.tables)
    for name, table in metadata.tables.items():
        known = {c.name: c.type.compile(dialect=dialect) for c in table.columns}
        there = {column: kind.compile(dialect=dialect) for column, kind in made[name].items()}
        assert known.keys() == there.keys(), name
        for column, kind in there.items():
            # SQLite's ANY is read back as a type without a name.
            assert kind in (known[column], "NUMERIC"), (name, column)


def constraints(where: str | Path) -> dict[str, Any]:
    """Keys, indexes, references and what may be empty, table by table."""
    database = open_database(where)
    with database.reading() as connection:
        found = inspect(connection)
        tables = {name: _constraints(found, name) for name in found.get_table_names()}
    database.close()
    return tables


def _constraints(found: Inspector, name: str) -> dict[str, Any]:
    key = found.get_pk_constraint(name)["constrained_columns"]
    columns = [column for column in found.get_columns(name) if column["name"] not in key]
    return {
        "key": key,
        "may be empty": {column["name"]: column["nullable"] for column in columns},
        "unique": sorted(item["column_names"] for item in found.get_unique_constraints(name)),
        "indexes": sorted(
            (str(item["name"]), bool(item["unique"]))
            for item in found.get_indexes(name)
            if "duplicates_constraint" not in item
        ),
        "refers to": sorted(item["referred_table"] for item in found.get_foreign_keys(name)),
    }


def test_both_databases_have_the_same_constraints(postgres_url: str, tmp_path: Path) -> None:
    create_database(tmp_path / "nahmi.sqlite3")
    assert constraints(postgres_url) == constraints(tmp_path / "nahmi.sqlite3")
