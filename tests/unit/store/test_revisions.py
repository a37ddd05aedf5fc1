# SPDX-License-Identifier: Apache-2.0
from collections.abc import Callable

import pytest

from nahmi.access.api_keys import make_key
from nahmi.access.roles import Permission, Role
from nahmi.core.bank import Category, EntryDraft
from nahmi.errors import ErrorCode, NahmiError, StoreError
from nahmi.operate.changes import Topic
from nahmi.protect.ports import BankChanges, BankDraft, EntryChanges
from nahmi.store.sql import SqlBankStore
from nahmi.store.sql.access_keys import SqlKeyStore
from nahmi.store.sql.access_logins import SqlLoginStore
from nahmi.store.sql.access_people import SqlPeopleStore
from nahmi.store.sql.database import Database
from nahmi.store.sql.revisions import SqlRevisionReader
from nahmi.testing.bank_store import NOW, pdq

DRAFT = BankDraft(name="A", category=Category.TEST)


def changes(database: Database) -> list[tuple[Topic, Callable[[], object]]]:
    banks, people = SqlBankStore(database), SqlPeopleStore(database)
    keys, logins = SqlKeyStore(database), SqlLoginStore(database)
    key = make_key(bytes(37))
    return [
        (Topic.BANKS, lambda: banks.create_bank(DRAFT, now=NOW)),
        (Topic.BANKS, lambda: banks.add_entries(1, [EntryDraft(signal=pdq(1))], now=NOW)),
        (Topic.BANKS, lambda: banks.update_entry(1, EntryChanges(note="n"))),
        (Topic.BANKS, lambda: banks.delete_entries([1], now=NOW)),
        (Topic.BANKS, lambda: banks.restore_entries([1])),
        (Topic.BANKS, lambda: banks.update_bank("A", BankChanges(is_enabled=False))),
        (Topic.BANKS, lambda: banks.delete_bank("A", now=NOW)),
        (Topic.BANKS, lambda: banks.restore_bank(1)),
        (Topic.ACCESS, lambda: people.add_member("other", now=NOW)),
        (
            Topic.ACCESS,
            lambda: people.add_person(
                member_id=1, email="a@b", name="", role=Role.VIEWER, language="ar", now=NOW
            ),
        ),
        (Topic.ACCESS, lambda: people.set_role(1, Role.ADMIN, member_id=1)),
        (Topic.ACCESS, lambda: logins.set_password(1, "kept")),
        (Topic.ACCESS, lambda: logins.set_totp(1, None)),
        (Topic.ACCESS, lambda: people.disable_person(1, member_id=1)),
        (
            Topic.ACCESS,
            lambda: keys.add_key(
                key,
                member_id=1,
                label="",
                permissions=[Permission.PROTECT_BANK_READ],
                daily_budget=1,
                created_by="local",
                now=NOW,
                expires_at=NOW,
            ),
        ),
        (Topic.ACCESS, lambda: keys.revoke_key(1, member_id=1, at=NOW)),
        (Topic.ACCESS, lambda: people.disable_member(2)),
    ]


def test_each_change_raises_its_revision_and_no_other(database: Database) -> None:
    reader = SqlRevisionReader(database)
    expected = reader.revisions()
    assert set(expected) == set(Topic)
    for topic, change in changes(database):
        change()
        expected[topic] += 1
        assert reader.revisions() == expected


def test_what_is_refused_raises_nothing(database: Database) -> None:
    reader = SqlRevisionReader(database)
    banks = SqlBankStore(database)
    before = reader.revisions()
    draft = BankDraft(name="A", category=Category.TEST, member_id=9)
    for act in (lambda: banks.delete_bank("B", now=NOW), lambda: banks.create_bank(draft, now=NOW)):
        with pytest.raises(NahmiError):
            act()
    assert reader.revisions() == before


def test_changes_share_the_transaction_of_their_caller(database: Database) -> None:
    banks = SqlBankStore(database)

    def half_done() -> None:
        with database.writing() as connection:
            banks.create_bank(DRAFT, now=NOW, within=connection)
            banks.add_entries(1, [EntryDraft(signal=pdq(1))], now=NOW, within=connection)
            raise StoreError(ErrorCode.STORE_BUSY, "Something else failed.")

    with pytest.raises(StoreError):
        half_done()
    assert banks.banks() == []
    assert SqlRevisionReader(database).revisions()[Topic.BANKS] == 0
    with database.writing() as connection:
        bank_id = banks.create_bank(DRAFT, now=NOW, within=connection).bank_id
        banks.add_entries(bank_id, [EntryDraft(signal=pdq(1))], now=NOW, within=connection)
    assert banks.count_entries(bank_id) == 1
