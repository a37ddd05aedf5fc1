# SPDX-License-Identifier: Apache-2.0
"""Members, people, links and sessions in a real file."""

from datetime import UTC, datetime, timedelta

import pytest

from nahmi.access.identity import Person
from nahmi.access.roles import Role
from nahmi.access.sessions import IDLE_LIFE, LINK_LIFE, Session, make_token
from nahmi.errors import ErrorCode, NahmiError
from nahmi.store.sql.access_people import SqlPeopleStore
from nahmi.store.sql.access_sessions import SqlSessionStore
from nahmi.store.sql.database import Database

NOW = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
TOKEN = make_token(bytes(range(32)))


def add(database: Database, email: str = "Laila@Example.org", member_id: int = 1) -> Person:
    return SqlPeopleStore(database).add_person(
        member_id=member_id, email=email, name="Laila", role=Role.VIEWER, language="ar", now=NOW
    )


def signed_in(database: Database) -> Person:
    who = add(database)
    value = Session(person_id=who.person_id, created_at=NOW, last_used_at=NOW, is_complete=True)
    SqlSessionStore(database).add_session(TOKEN, value)
    return who


def test_members_and_people_are_listed(database: Database) -> None:
    store = SqlPeopleStore(database)
    made = store.add_member("Hotline", now=NOW)
    who = add(database, member_id=made.member_id)
    assert [item.member_id for item in store.members()] == [1, made.member_id]
    assert store.people(made.member_id) == [who]
    assert store.people(1) == []
    assert who.email == "laila@example.org"
    assert "laila" not in repr(who).lower()
    changed = store.set_role(who.person_id, Role.CURATOR, member_id=made.member_id)
    assert changed.role is Role.CURATOR


def test_what_is_taken_or_missing_is_refused(database: Database) -> None:
    store = SqlPeopleStore(database)
    who = add(database)
    store.add_member("Hotline", now=NOW)
    with pytest.raises(NahmiError) as refused:
        store.add_member("Hotline", now=NOW)
    assert refused.value.code is ErrorCode.ACCESS_EXISTS
    with pytest.raises(NahmiError):
        add(database, "LAILA@example.org")
    with pytest.raises(NahmiError):
        add(database, "other@example.org", member_id=9)
    with pytest.raises(NahmiError):
        store.disable_member(9)
    with pytest.raises(NahmiError):
        store.disable_person(who.person_id, member_id=2)


def test_a_link_works_once_and_not_for_long(database: Database) -> None:
    who, store = add(database), SqlSessionStore(database)
    store.add_link(TOKEN, who.person_id, now=NOW)
    assert store.use_link(TOKEN, now=NOW) == who
    with pytest.raises(NahmiError):
        store.use_link(TOKEN, now=NOW)
    store.add_link(TOKEN, who.person_id, now=NOW)
    with pytest.raises(NahmiError):
        store.use_link(TOKEN, now=NOW + LINK_LIFE)


def test_nobody_unknown_gets_a_link(database: Database) -> None:
    with pytest.raises(NahmiError) as refused:
        SqlSessionStore(database).add_link(TOKEN, 9, now=NOW)
    assert refused.value.code is ErrorCode.ACCESS_MISSING


def test_a_session_lasts_while_it_is_used(database: Database) -> None:
    who, store = signed_in(database), SqlSessionStore(database)
    later = NOW + IDLE_LIFE - timedelta(seconds=1)
    found = store.use_session(TOKEN, now=later)
    assert found is not None
    assert found[1] == who
    assert store.use_session(TOKEN, now=NOW + IDLE_LIFE) is not None
    assert store.use_session(TOKEN, now=NOW + 3 * IDLE_LIFE) is None
    assert store.use_session(TOKEN, now=later) is None


@pytest.mark.parametrize("whom", ["person", "member", "session"])
def test_who_is_disabled_or_signed_out_is_let_in_no_more(database: Database, whom: str) -> None:
    who, store = signed_in(database), SqlSessionStore(database)
    if whom == "person":
        SqlPeopleStore(database).disable_person(who.person_id, member_id=1)
    elif whom == "member":
        SqlPeopleStore(database).disable_member(1)
    else:
        store.end_session(TOKEN)
    assert store.use_session(TOKEN, now=NOW) is None
