# SPDX-License-Identifier: Apache-2.0
"""Keys and budgets in a real file."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import pytest

from nahmi.access.api_keys import KeyText, make_key
from nahmi.access.identity import ApiKey
from nahmi.access.roles import Permission
from nahmi.errors import ErrorCode, NahmiError
from nahmi.store.sql.access_keys import SqlKeyStore
from nahmi.store.sql.database import Database

NOW = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
TEXT = make_key(bytes(range(37)))


def add(store: SqlKeyStore, text: KeyText = TEXT, *, member_id: int = 1) -> ApiKey:
    return store.add_key(
        text,
        member_id=member_id,
        label="upload path",
        permissions=[Permission.PROTECT_CONTENT_MATCH, Permission.PROTECT_BANK_READ],
        daily_budget=100,
        created_by="local",
        now=NOW,
        expires_at=NOW + timedelta(days=365),
    )


def test_a_key_is_let_in_until_it_ends(database: Database) -> None:
    store = SqlKeyStore(database)
    key = add(store)
    assert store.authenticate(TEXT, now=NOW) == key
    assert store.keys(1) == [key]
    assert store.keys(2) == []
    assert store.authenticate(KeyText(TEXT.prefix, "A" * 43), now=NOW) is None
    assert store.authenticate(KeyText("aaaaaaaa", TEXT.secret), now=NOW) is None
    assert store.authenticate(TEXT, now=NOW + timedelta(days=365)) is None


def test_a_revoked_key_never_comes_back(database: Database) -> None:
    store = SqlKeyStore(database)
    key = add(store)
    store.revoke_key(key.key_id, member_id=1, at=NOW + timedelta(days=1))
    assert store.authenticate(TEXT, now=NOW) is not None
    store.revoke_key(key.key_id, member_id=1, at=NOW)
    late = store.revoke_key(key.key_id, member_id=1, at=NOW + timedelta(days=9))
    assert late.revoked_at == NOW
    assert store.authenticate(TEXT, now=NOW) is None


def test_a_foreign_key_is_as_missing_as_an_unknown_one(database: Database) -> None:
    store = SqlKeyStore(database)
    key = add(store)
    for key_id, member_id in ((key.key_id, 2), (99, 1)):
        with pytest.raises(NahmiError) as refused:
            store.revoke_key(key_id, member_id=member_id, at=NOW)
        assert refused.value.code is ErrorCode.ACCESS_MISSING
    with pytest.raises(NahmiError):
        add(store, make_key(bytes(37)), member_id=2)


def test_a_disabled_member_has_no_keys_that_work(database: Database) -> None:
    store = SqlKeyStore(database)
    add(store)
    with database.writing() as connection:
        connection.exec_driver_sql("UPDATE member SET is_enabled = 0")
    assert store.authenticate(TEXT, now=NOW) is None


def test_use_is_noted_to_the_minute(database: Database) -> None:
    store = SqlKeyStore(database)
    store.note_use(add(store).key_id, at=NOW)
    assert store.keys(1)[0].last_used_at == NOW.replace(second=0)


def test_a_budget_is_shared_out_once_among_many(database: Database) -> None:
    store = SqlKeyStore(database)
    key_id = add(store).key_id

    def all_of_it(_: int) -> int:
        total = 0
        while granted := store.take_budget(key_id, NOW.date(), 50):
            total += granted
        return total

    with ThreadPoolExecutor(4) as pool:
        assert sum(pool.map(all_of_it, range(4))) == 100
    assert store.take_budget(key_id, NOW.date() + timedelta(days=1), 5) == 5
    assert store.take_budget(99, NOW.date(), 5) == 0
