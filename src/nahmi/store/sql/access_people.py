# SPDX-License-Identifier: Apache-2.0
"""Members and people in SQL."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Literal

from sqlalchemy import Connection, delete, insert, select, update

from nahmi.access.identity import Member, Person
from nahmi.access.roles import Role
from nahmi.errors import AccessError, ErrorCode
from nahmi.operate.changes import Topic
from nahmi.store.sql.access_rows import to_member, to_person
from nahmi.store.sql.access_tables import member, person, session
from nahmi.store.sql.database import Database
from nahmi.store.sql.revisions import note_change
from nahmi.store.sql.rows import to_us


class SqlPeopleStore:
    """Keeps members and their people.

    Args:
        database: An opened store.
    """

    def __init__(self, database: Database) -> None:
        self._database = database

    def add_member(self, name: str, *, now: datetime, within: Connection | None = None) -> Member:
        """A new member.

        Raises:
            AccessError: ACCESS_EXISTS: there is one of this name.
        """
        values = {"name": name, "is_enabled": 1, "created_us": to_us(now)}
        with self._database.joining(within) as connection:
            if connection.execute(select(member).where(member.c.name == name)).first():
                raise _exists("member of that name")
            made = insert(member).values(values).returning(*member.c)
            new = to_member(connection.execute(made).mappings().one())
            note_change(connection, Topic.ACCESS)
        return new

    def members(self) -> Sequence[Member]:
        """All members, oldest first."""
        query = select(member).order_by(member.c.member_id)
        with self._database.reading() as connection:
            return [to_member(row) for row in connection.execute(query).mappings()]

    def disable_member(self, member_id: int, *, within: Connection | None = None) -> Member:
        """Let nobody of a member in any more.

        Raises:
            AccessError: ACCESS_MISSING.
        """
        return self._switch_member(member_id, within, is_enabled=False)

    def enable_member(self, member_id: int, *, within: Connection | None = None) -> Member:
        """Undo `disable_member`.

        Raises:
            AccessError: ACCESS_MISSING.
        """
        return self._switch_member(member_id, within, is_enabled=True)

    def _switch_member(
        self, member_id: int, within: Connection | None, *, is_enabled: bool
    ) -> Member:
        mine = update(member).where(member.c.member_id == member_id)
        change = mine.values(is_enabled=int(is_enabled))
        with self._database.joining(within) as connection:
            row = connection.execute(change.returning(*member.c)).mappings().first()
            note_change(connection, Topic.ACCESS)
        if row is None:
            raise _missing("member")
        return to_member(row)

    def add_person(  # noqa: PLR0913 - each is a fact of its own
        self,
        *,
        member_id: int,
        email: str,
        name: str,
        role: Role,
        language: Literal["en", "ar"],
        now: datetime,
        within: Connection | None = None,
    ) -> Person:
        """A new person, who has no password yet and signs in with a login link first.

        Raises:
            AccessError: ACCESS_MISSING: no such member. ACCESS_EXISTS: the address is taken.
        """
        values = {
            "member_id": member_id,
            "email": email.strip().lower(),
            "name": name,
            "role": role.value,
            "language": language,
            "is_enabled": 1,
            "must_change_password": 1,
            "created_us": to_us(now),
        }
        is_there = select(member.c.member_id).where(member.c.member_id == member_id)
        is_taken = select(person.c.person_id).where(person.c.email == values["email"])
        with self._database.joining(within) as connection:
            if connection.execute(is_there).first() is None:
                raise _missing("member")
            if connection.execute(is_taken).first() is not None:
                raise _exists("person with that address")
            made = insert(person).values(values).returning(*person.c)
            new = to_person(connection.execute(made).mappings().one())
            note_change(connection, Topic.ACCESS)
        return new

    def people(self, member_id: int) -> Sequence[Person]:
        """The people of a member, oldest first."""
        query = select(person).where(person.c.member_id == member_id).order_by(person.c.person_id)
        with self._database.reading() as connection:
            return [to_person(row) for row in connection.execute(query).mappings()]

    def disable_person(
        self, person_id: int, *, member_id: int, within: Connection | None = None
    ) -> Person:
        """Let a person in no more, and end their sessions.

        Raises:
            AccessError: ACCESS_MISSING: the member has no such person.
        """
        with self._database.joining(within) as connection:
            changed = _change(connection, person_id, member_id, {"is_enabled": 0})
            connection.execute(delete(session).where(session.c.person_id == person_id))
            note_change(connection, Topic.ACCESS)
        return changed

    def enable_person(
        self, person_id: int, *, member_id: int, within: Connection | None = None
    ) -> Person:
        """Undo `disable_person`; they sign in anew.

        Raises:
            AccessError: ACCESS_MISSING: the member has no such person.
        """
        with self._database.joining(within) as connection:
            changed = _change(connection, person_id, member_id, {"is_enabled": 1})
            note_change(connection, Topic.ACCESS)
        return changed

    def set_profile(
        self,
        person_id: int,
        *,
        name: str,
        language: Literal["en", "ar"],
        within: Connection | None = None,
    ) -> None:
        """Keep what a person is called, and the language of their pages."""
        change = update(person).where(person.c.person_id == person_id)
        with self._database.joining(within) as connection:
            connection.execute(change.values(name=name, language=language))
            note_change(connection, Topic.ACCESS)

    def set_role(
        self, person_id: int, role: Role, *, member_id: int, within: Connection | None = None
    ) -> Person:
        """Give a person another role, from their next request on.

        Raises:
            AccessError: ACCESS_MISSING: the member has no such person.
        """
        with self._database.joining(within) as connection:
            changed = _change(connection, person_id, member_id, {"role": role.value})
            note_change(connection, Topic.ACCESS)
        return changed


def _change(
    connection: Connection, person_id: int, member_id: int, values: dict[str, Any]
) -> Person:
    mine = (person.c.person_id == person_id, person.c.member_id == member_id)
    change = update(person).where(*mine).values(values).returning(*person.c)
    row = connection.execute(change).mappings().first()
    if row is None:
        raise _missing("person")
    return to_person(row)


def _missing(kind: str) -> AccessError:
    return AccessError(
        ErrorCode.ACCESS_MISSING, f"There is no such {kind}.", hint="List those that there are."
    )


def _exists(kind: str) -> AccessError:
    return AccessError(
        ErrorCode.ACCESS_EXISTS, f"There is a {kind} already.", hint="Choose another one."
    )
