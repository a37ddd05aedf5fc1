# SPDX-License-Identifier: Apache-2.0
"""People come in, prove who they are, and go out again, on a real node."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from pyotp import TOTP

from nahmi.access.identity import Person
from nahmi.access.roles import Role
from nahmi.access.sessions import token_digest
from nahmi.bootstrap import init_node, open_access
from nahmi.bootstrap.access import Access
from nahmi.bootstrap.secret import open_node_key
from nahmi.core.member import OWN_MEMBER
from nahmi.errors import AccessError, InputError
from nahmi.flows.account import OwnAccount
from nahmi.flows.ledger import Ledger
from nahmi.flows.signing_in import RECOVERY_CODES, SignedIn, SigningIn

EMAIL = "laila@example.org"
PASSWORD = "a few words of my own"  # noqa: S105 - of nobody
OTHER = "some other words of mine"


class Clock:
    def __init__(self) -> None:
        self.now = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.now

    def pass_(self, seconds: int) -> None:
        self.now += timedelta(seconds=seconds)


class House:
    """A node's door, with one person who has a password."""

    def __init__(self, folder: Path, access: Access) -> None:
        self.clock = Clock()
        self.access = access
        counter = iter(range(1, 10_000))
        ledger = Ledger(begin=access.writing, audit=access.audit, clock=self.clock)
        parts = {
            "logins": access.logins,
            "sessions": access.sessions,
            "ledger": ledger,
            "node_key": open_node_key(folder),
            "clock": self.clock,
            "random": lambda size: next(counter).to_bytes(size),
        }
        self.door = SigningIn(**parts)
        self.account = OwnAccount(people=access.people, **parts)
        self.person: Person = access.people.add_person(
            member_id=OWN_MEMBER,
            email=EMAIL,
            name="Laila",
            role=Role.ADMIN,
            language="ar",
            now=self.clock(),
        )

    def came_by_link(self) -> SignedIn:
        token = f"link {self.clock()}"
        self.access.sessions.add_link(token, self.person.person_id, now=self.clock())
        return self.door.with_link(token)

    def with_password(self) -> SignedIn:
        self.account.set_password(self.came_by_link(), current="", new=PASSWORD)
        return self.door.with_password(EMAIL, PASSWORD)

    def with_totp(self) -> tuple[TOTP, list[str]]:
        who = self.with_password()
        secret = TOTP(self.account.begin_totp(who).secret)
        codes = self.account.set_totp(who, secret.at(self.clock()))
        self.clock.pass_(60)
        return secret, list(codes)


@contextmanager
def opened(folder: Path) -> Iterator[House]:
    init_node(folder).close()
    with open_access(folder) as access:
        yield House(folder, access)


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    with opened(tmp_path / "node") as house:
        yield house


def test_a_link_lets_in_once_and_asks_for_a_password_first(house: House) -> None:
    house.access.sessions.add_link("link", house.person.person_id, now=house.clock())
    who = house.door.with_link("link")
    assert who.session.is_complete
    assert who.person.must_change_password
    assert who.principal.permissions == frozenset()
    with pytest.raises(AccessError):
        house.door.with_link("link")
    house.account.set_password(who, current="", new=PASSWORD)
    again = house.door.session(who.token)
    assert again is not None
    assert again.principal.permissions


def test_a_password_lets_in_and_a_wrong_one_does_not(house: House) -> None:
    who = house.with_password()
    assert who.session.is_complete
    assert who.principal.name == "person:1"
    for email, password in [(EMAIL, OTHER), ("nobody@example.org", PASSWORD), (EMAIL, "")]:
        with pytest.raises(AccessError):
            house.door.with_password(email, password)
    assert house.door.with_password(EMAIL.upper(), PASSWORD).session.is_complete


def test_whoever_fails_often_must_wait_even_with_the_right_password(house: House) -> None:
    house.with_password()
    for _ in range(6):
        with pytest.raises(AccessError):
            house.door.with_password(EMAIL, OTHER)
    with pytest.raises(AccessError):
        house.door.with_password(EMAIL, PASSWORD)
    house.clock.pass_(3600)
    assert house.door.with_password(EMAIL, PASSWORD)


def test_with_a_second_factor_a_password_alone_opens_nothing(house: House) -> None:
    secret, _ = house.with_totp()
    begun = house.door.with_password(EMAIL, PASSWORD)
    assert not begun.session.is_complete
    assert begun.principal.permissions == frozenset()
    with pytest.raises(AccessError):
        house.door.with_code(begun, "000000")
    code = secret.at(house.clock())
    done = house.door.with_code(begun, code)
    assert done.session.is_complete
    assert done.principal.permissions
    assert done.token != begun.token
    assert house.door.session(begun.token) is None
    with pytest.raises(AccessError):
        house.door.with_code(house.door.with_password(EMAIL, PASSWORD), code)


def test_the_code_that_set_a_second_factor_up_is_used(house: House) -> None:
    who = house.with_password()
    code = TOTP(house.account.begin_totp(who).secret).at(house.clock())
    house.account.set_totp(who, code)
    with pytest.raises(AccessError):
        house.door.with_code(house.door.with_password(EMAIL, PASSWORD), code)


def test_each_recovery_code_stands_in_once(house: House) -> None:
    _, codes = house.with_totp()
    assert len(set(codes)) == RECOVERY_CODES
    for code in (codes[3], codes[0].upper().replace("-", " ")):
        done = house.door.with_code(house.door.with_password(EMAIL, PASSWORD), code)
        assert done.session.is_complete
    assert house.account.recovery_left(done) == RECOVERY_CODES - 2
    with pytest.raises(AccessError):
        house.door.with_code(house.door.with_password(EMAIL, PASSWORD), codes[3])


def test_a_new_second_factor_ends_the_old_one_and_its_codes(house: House) -> None:
    secret, codes = house.with_totp()
    who = house.door.with_code(house.door.with_password(EMAIL, PASSWORD), secret.at(house.clock()))
    house.clock.pass_(60)
    fresh = TOTP(house.account.begin_totp(who).secret)
    assert fresh.secret != secret.secret
    house.account.set_totp(who, fresh.at(house.clock()))
    house.clock.pass_(60)
    for old in (secret.at(house.clock()), codes[1]):
        with pytest.raises(AccessError):
            house.door.with_code(house.door.with_password(EMAIL, PASSWORD), old)
    house.clock.pass_(60)
    begun = house.door.with_password(EMAIL, PASSWORD)
    house.clock.pass_(60)
    assert house.door.with_code(begun, fresh.at(house.clock()))


def test_a_wrong_code_sets_nothing_up(house: House) -> None:
    who = house.with_password()
    with pytest.raises(AccessError):
        house.account.set_totp(who, "000000")
    assert house.door.with_password(EMAIL, PASSWORD).session.is_complete
    assert house.account.recovery_left(who) == 0


def test_a_new_password_needs_the_old_one_and_ends_other_sessions(house: House) -> None:
    first = house.with_password()
    second = house.door.with_password(EMAIL, PASSWORD)
    assert house.account.has_password(second)
    with pytest.raises(AccessError):
        house.account.set_password(second, current=OTHER, new=OTHER)
    with pytest.raises(InputError):
        house.account.set_password(second, current=PASSWORD, new="short")
    house.account.set_password(second, current=PASSWORD, new=OTHER)
    assert house.door.session(first.token) is None
    assert house.door.session(second.token) is not None
    with pytest.raises(AccessError):
        house.door.with_password(EMAIL, PASSWORD)


def test_sessions_are_listed_and_ended_one_by_one(house: House) -> None:
    first = house.with_password()
    house.clock.pass_(5)
    second = house.door.with_password(EMAIL, PASSWORD)
    listed = house.account.sessions(second)
    assert [value.created_at for _, value in listed][:2] == [
        second.session.created_at,
        first.session.created_at,
    ]
    digest = token_digest(first.token)
    assert digest in dict(listed)
    assert house.account.end_session(second, digest) == 1
    assert house.account.end_session(second, digest) == 0
    assert house.door.session(first.token) is None
    house.door.sign_out(second.token)
    assert house.door.session(second.token) is None


def test_a_name_and_a_language_are_kept(house: House) -> None:
    who = house.with_password()
    house.account.set_profile(who, name="ليلى", language="en")
    again = house.door.session(who.token)
    assert again is not None
    assert (again.person.name, again.person.language) == ("ليلى", "en")


def test_what_was_done_is_on_record_and_holds_no_secrets(house: House) -> None:
    secret, codes = house.with_totp()
    who = house.door.with_password(EMAIL, PASSWORD)
    events = [record.event for record in house.access.audit.records()]
    assert [one.event for one in events if one.event.startswith(("person", "session"))] == [
        "session:begin",
        "person:password",
        "session:begin",
        "person:totp",
    ]
    for text in (repr(events), repr(who), repr(house.account.begin_totp(who))):
        for hidden in (EMAIL, PASSWORD, secret.secret, codes[0], who.token):
            assert hidden not in text
