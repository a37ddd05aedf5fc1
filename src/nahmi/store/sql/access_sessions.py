# SPDX-License-Identifier: Apache-2.0
"""Sessions and one-time login links in SQL, by the digest of their token."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import Connection, RowMapping, delete, insert, select, update

from nahmi.access.identity import Person
from nahmi.access.sessions import LINK_LIFE, Session, token_digest
from nahmi.errors import AccessError, ErrorCode
from nahmi.store.sql.access_rows import to_person, to_time
from nahmi.store.sql.access_tables import login_link, member, person, session
from nahmi.store.sql.database import Database
from nahmi.store.sql.rows import to_us

_IS_LET_IN = (
    person.c.is_enabled == 1,
    member.c.is_enabled == 1,
    member.c.member_id == person.c.member_id,
)


class SqlSessionStore:
    """Keeps who is signed in.

    Args:
        database: An opened store.
    """

    def __init__(self, database: Database) -> None:
        self._database = database

    def add_link(
        self, token: str, person_id: int, *, now: datetime, within: Connection | None = None
    ) -> None:
        """Keep a one-time login link, good for 15 minutes; older ones of the person end.

        Raises:
            AccessError: ACCESS_MISSING: there is no such person, or they are disabled.
        """
        values = {
            "digest": token_digest(token),
            "person_id": person_id,
            "expires_us": to_us(now + LINK_LIFE),
        }
        let_in = select(person.c.person_id).where(person.c.person_id == person_id, *_IS_LET_IN)
        with self._database.joining(within) as connection:
            if connection.execute(let_in).first() is None:
                raise AccessError(
                    ErrorCode.ACCESS_MISSING,
                    "There is no such person, or they are disabled.",
                    hint="List those that there are.",
                )
            connection.execute(delete(login_link).where(login_link.c.person_id == person_id))
            connection.execute(insert(login_link).values(values))

    def use_link(self, token: str, *, now: datetime) -> Person:
        """The person of a link, which is used up by this.

        Raises:
            AccessError: CREDENTIAL_INVALID: unknown, used, expired, or the person is disabled.
        """
        gone = delete(login_link).where(login_link.c.digest == token_digest(token))
        with self._database.writing() as connection:
            link = connection.execute(
                gone.returning(login_link.c.person_id, login_link.c.expires_us)
            ).first()
            found = None
            if link is not None and to_time(link[1]) > now:
                query = select(person).where(person.c.person_id == link[0], *_IS_LET_IN)
                found = connection.execute(query).mappings().first()
        if found is None:
            raise AccessError(
                ErrorCode.CREDENTIAL_INVALID,
                "The login link is used, expired or unknown.",
                hint="Make another one.",
            )
        return to_person(found)

    def add_session(self, token: str, value: Session) -> None:
        """Keep a session."""
        values = {
            "digest": token_digest(token),
            "person_id": value.person_id,
            "is_complete": int(value.is_complete),
            "created_us": to_us(value.created_at),
            "last_used_us": to_us(value.last_used_at),
        }
        with self._database.writing() as connection:
            connection.execute(insert(session).values(values))

    def use_session(self, token: str, *, now: datetime) -> tuple[Session, Person] | None:
        """The session and its person, noted as used now; None when it is over or unknown."""
        mine = session.c.digest == token_digest(token)
        query = select(session).where(mine)
        with self._database.writing() as connection:
            row = connection.execute(query).mappings().first()
            if row is None:
                return None
            value = _to_session(row)
            let_in = select(person).where(person.c.person_id == value.person_id, *_IS_LET_IN)
            who = connection.execute(let_in).mappings().first()
            if who is None or not value.is_valid(now):
                connection.execute(delete(session).where(mine))
                return None
            connection.execute(update(session).where(mine).values(last_used_us=to_us(now)))
            return value, to_person(who)

    def sessions(self, person_id: int, *, now: datetime) -> Sequence[tuple[bytes, Session]]:
        """A person's sessions that are not over, with their digests, newest first."""
        query = select(session).where(session.c.person_id == person_id)
        with self._database.reading() as connection:
            rows = connection.execute(query.order_by(session.c.created_us.desc())).mappings()
            found = [(row["digest"], _to_session(row)) for row in rows]
        return [(digest, value) for digest, value in found if value.is_valid(now)]

    def end_sessions(
        self,
        person_id: int,
        *,
        digest: bytes | None = None,
        but: bytes | None = None,
        within: Connection | None = None,
    ) -> int:
        """End a person's sessions; how many there were.

        Args:
            person_id: Whose.
            digest: Only the one of this digest.
            but: All except the one of this digest.
            within: A writing transaction to take part in.
        """
        gone = delete(session).where(session.c.person_id == person_id)
        if digest is not None:
            gone = gone.where(session.c.digest == digest)
        if but is not None:
            gone = gone.where(session.c.digest != but)
        with self._database.joining(within) as connection:
            return len(connection.execute(gone.returning(session.c.digest)).all())

    def end_session(self, token: str) -> None:
        """Sign out; an unknown session is left as it is."""
        with self._database.writing() as connection:
            connection.execute(delete(session).where(session.c.digest == token_digest(token)))


def _to_session(row: RowMapping) -> Session:
    return Session(
        person_id=row["person_id"],
        created_at=to_time(row["created_us"]),
        last_used_at=to_time(row["last_used_us"]),
        is_complete=bool(row["is_complete"]),
    )
