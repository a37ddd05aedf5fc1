# SPDX-License-Identifier: Apache-2.0
"""Makes the tables of access in SQLite. Audit rows can be added, never changed or deleted."""

from sqlalchemy import Connection

_SCHEMA = (
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


def make_access_schema(connection: Connection) -> None:
    """The second step of the schema."""
    for statement in _SCHEMA:
        connection.exec_driver_sql(statement)
