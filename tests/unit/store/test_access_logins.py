# SPDX-License-Identifier: Apache-2.0
"""Passwords, second factors and failed tries in a real file."""

from datetime import UTC, datetime

import pytest

from nahmi.access.roles import Role
from nahmi.access.throttling import FREE_FAILURES, LONGEST_WAIT
from nahmi.errors import AccessError
from nahmi.store.sql.access_logins import SqlLoginStore
from nahmi.store.sql.access_people import SqlPeopleStore
from nahmi.store.sql.database import Database

NOW = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
EMAIL = "laila@example.org"


@pytest.fixture(autouse=True)
def laila(database: Database) -> None:
    SqlPeopleStore(database).add_person(
        member_id=1, email=EMAIL, name="Laila", role=Role.ADMIN, language="en", now=NOW
    )


def test_what_was_set_is_what_is_checked(database: Database) -> None:
    store = SqlLoginStore(database)
    store.set_password(1, "$argon2id$x")
    store.set_totp(1, 1)
    login = store.begin(" Laila@example.org ", now=NOW)
    assert login is not None
    assert (login.password, login.totp_version, login.totp_step) == ("$argon2id$x", 1, -1)
    assert "argon" not in repr(login)
    person = SqlPeopleStore(database).people(1)[0]
    assert person.has_totp
    assert not person.must_change_password


def test_a_second_factor_never_comes_back(database: Database) -> None:
    store, people = SqlLoginStore(database), SqlPeopleStore(database)
    assert people.people(1)[0].totp_version == 0
    store.set_totp(1, 1)
    store.use_step(1, 7)
    store.set_totp(1, None)
    login = store.begin(EMAIL, now=NOW)
    assert login is not None
    assert (login.totp_version, login.totp_step) == (None, -1)
    person = people.people(1)[0]
    assert (person.has_totp, person.totp_version) == (False, 1)
    for wrong in ((1, 1), (1, 0), (9, 2)):
        with pytest.raises(AccessError):
            store.set_totp(*wrong)
    store.set_totp(1, 2)
    assert people.people(1)[0].totp_version == 2


def test_failed_tries_must_wait_until_one_succeeds(database: Database) -> None:
    store = SqlLoginStore(database)
    tries = [store.begin(EMAIL, now=NOW) is not None for _ in range(FREE_FAILURES + 3)]
    assert tries == [True] * FREE_FAILURES + [False] * 3
    assert store.begin(EMAIL, now=NOW + LONGEST_WAIT) is not None
    assert store.begin(EMAIL, now=NOW + LONGEST_WAIT) is None
    store.succeed(1)
    assert store.begin(EMAIL, now=NOW + LONGEST_WAIT) is not None


def test_a_time_step_is_used_once(database: Database) -> None:
    store = SqlLoginStore(database)
    assert [store.use_step(1, step) for step in (7, 7, 6, 8)] == [True, False, False, True]
    assert not store.use_step(9, 7)


def test_strangers_and_disabled_people_get_the_same_answer(database: Database) -> None:
    store = SqlLoginStore(database)
    assert store.begin("nobody@example.org", now=NOW) is None
    SqlPeopleStore(database).disable_person(1, member_id=1)
    assert store.begin(EMAIL, now=NOW) is None


def test_a_recovery_code_is_used_once_and_comes_back_with_a_new_second_factor(
    database: Database,
) -> None:
    store = SqlLoginStore(database)
    store.set_totp(1, 1)
    assert [store.use_recovery(1, number) for number in (0, 7, 0)] == [True, True, False]
    assert store.login(1).recovery_used == 0b1000_0001
    store.set_totp(1, 2)
    assert store.login(1).recovery_used == 0
    assert not store.use_recovery(9, 0)
    with pytest.raises(AccessError):
        store.login(9)
