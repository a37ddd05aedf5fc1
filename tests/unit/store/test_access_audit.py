# SPDX-License-Identifier: Apache-2.0
"""The audit chain in a real file."""

from datetime import UTC, datetime

import pytest

from nahmi.access.audit import AuditEvent
from nahmi.errors import NahmiError
from nahmi.store.sql.access_audit import SqlAuditStore
from nahmi.store.sql.database import Database

EVENT = AuditEvent(
    at=datetime(2026, 1, 2, 3, 4, 5, 678901, tzinfo=UTC),
    member_id=1,
    actor="local",
    event="key:create",
    detail={"zeta": 1, "alpha": True, "key": "key:1"},
)


def tamper(database: Database, *statements: str) -> None:
    """Change what the store refuses to change, as somebody with the database's password can."""
    with database.writing() as connection:
        if database.dialect == "sqlite":
            connection.exec_driver_sql("DROP TRIGGER audit_no_update")
            connection.exec_driver_sql("DROP TRIGGER audit_no_delete")
        else:
            connection.exec_driver_sql("DROP TRIGGER audit_no_change ON audit")
        for statement in statements:
            connection.exec_driver_sql(statement)


def test_records_are_read_back_in_order(database: Database) -> None:
    store = SqlAuditStore(database)
    made = [store.append(EVENT) for _ in range(5)]
    assert store.records() == made
    assert [record.sequence for record in store.records(after=2, limit=2)] == [3, 4]
    assert store.first_broken() is None


def test_a_record_dies_with_the_transaction_that_made_it(database: Database) -> None:
    store = SqlAuditStore(database)

    def half_done() -> None:
        with database.writing() as connection:
            store.append(EVENT, within=connection)
            connection.exec_driver_sql("DELETE FROM audit")

    with pytest.raises(NahmiError):
        half_done()
    assert store.records() == []
    assert store.append(EVENT).sequence == 1


@pytest.mark.parametrize(
    ("statement", "broken"),
    [
        ("UPDATE audit SET event = replace(event, 'local', 'other') WHERE sequence = 3", 3),
        ("UPDATE audit SET event = '{}' WHERE sequence = 2", 2),
        ("UPDATE audit SET hash = previous_hash WHERE sequence = 4", 4),
        ("DELETE FROM audit WHERE sequence = 1", 1),
        ("DELETE FROM audit WHERE sequence = 5", 5),
        ("DELETE FROM audit", 1),
        ("DELETE FROM audit_head", 1),
    ],
)
def test_the_first_broken_record_is_named(database: Database, statement: str, broken: int) -> None:
    store = SqlAuditStore(database)
    for _ in range(5):
        store.append(EVENT)
    tamper(database, statement)
    assert store.first_broken() == broken


def test_without_its_head_the_chain_takes_nothing(database: Database) -> None:
    tamper(database, "DELETE FROM audit_head")
    with pytest.raises(NahmiError):
        SqlAuditStore(database).append(EVENT)


@pytest.mark.parametrize(
    "statement", ["UPDATE audit SET event = ''", "DELETE FROM audit WHERE sequence > 0"]
)
def test_the_store_refuses_to_change_records(database: Database, statement: str) -> None:
    SqlAuditStore(database).append(EVENT)
    with pytest.raises(NahmiError), database.writing() as connection:
        connection.exec_driver_sql(statement)
    assert SqlAuditStore(database).first_broken() is None
