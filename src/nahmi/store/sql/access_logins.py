# SPDX-License-Identifier: Apache-2.0
"""What people prove who they are with, in SQL: passwords, second factors, failed tries."""

from datetime import datetime

import msgspec
from sqlalchemy import Connection, RowMapping, select, update

from nahmi.access.throttling import may_try
from nahmi.errors import AccessError, ErrorCode
from nahmi.operate.changes import Topic
from nahmi.store.sql.access_rows import to_time
from nahmi.store.sql.access_tables import member, person
from nahmi.store.sql.database import Database
from nahmi.store.sql.revisions import note_change
from nahmi.store.sql.rows import to_us


class Login(msgspec.Struct, frozen=True, kw_only=True):
    """What is kept to check a sign-in with.

    Attributes:
        person_id: Who.
        password: Argon2id text; empty when none was set.
        totp_version: From which the second factor's secret is derived (see
            `nahmi.operate.node_key.totp_secret`); None without one.
        totp_step: The last time step used, -1 when none was.
        recovery_used: Which recovery codes were used, a bit for each, the first one lowest.
    """

    person_id: int
    password: str
    totp_version: int | None
    totp_step: int
    recovery_used: int = 0

    def __repr__(self) -> str:
        """Without secrets."""
        return f"Login(person_id={self.person_id})"


class SqlLoginStore:
    """Keeps passwords and second factors.

    Args:
        database: An opened store.
    """

    def __init__(self, database: Database) -> None:
        self._database = database

    def begin(self, email: str, *, now: datetime) -> Login | None:
        """Begin a try, counted as failed until `succeed`, so that tries at once count too.

        Args:
            email: As typed.
            now: The moment.

        Returns:
            What to check with; None when the person is unknown, disabled, or must wait.
        """
        query = (
            select(person)
            .join(member, member.c.member_id == person.c.member_id)
            .where(
                person.c.email == email.strip().lower(),
                person.c.is_enabled == 1,
                member.c.is_enabled == 1,
            )
        )
        with self._database.writing() as connection:
            row = connection.execute(query.with_for_update(of=person)).mappings().first()
            if row is None:
                return None
            failed_us = row["failed_us"]
            last = None if failed_us is None else to_time(failed_us)
            if not may_try(row["failures"], last, now):
                return None
            tried = update(person).where(person.c.person_id == row["person_id"])
            connection.execute(tried.values(failures=row["failures"] + 1, failed_us=to_us(now)))
        return _to_login(row)

    def login(self, person_id: int) -> Login:
        """What is kept of someone who is signed in; no try is counted.

        Raises:
            AccessError: CREDENTIAL_INVALID: there is no such person.
        """
        query = select(person).where(person.c.person_id == person_id)
        with self._database.reading() as connection:
            row = connection.execute(query).mappings().first()
        if row is None:
            raise AccessError(ErrorCode.CREDENTIAL_INVALID, "There is no such person.")
        return _to_login(row)

    def succeed(self, person_id: int) -> None:
        """Forget the failed tries: password and second factor were right."""
        done = update(person).where(person.c.person_id == person_id)
        with self._database.writing() as connection:
            connection.execute(done.values(failures=0, failed_us=None))

    def set_password(self, person_id: int, kept: str, *, within: Connection | None = None) -> None:
        """Keep a new password, from `nahmi.access.passwords.hash_password`."""
        change = update(person).where(person.c.person_id == person_id)
        with self._database.joining(within) as connection:
            connection.execute(change.values(password=kept, must_change_password=0))
            note_change(connection, Topic.ACCESS)

    def set_totp(
        self, person_id: int, version: int | None, *, within: Connection | None = None
    ) -> None:
        """Set up a second factor, or None to take it away.

        Args:
            person_id: Whose.
            version: The person's `totp_version` + 1, once a code of its secret was right.
            within: A writing transaction to take part in.

        Raises:
            AccessError: CREDENTIAL_INVALID: this version was set up before, or there is no such
                person.
        """
        mine = update(person).where(person.c.person_id == person_id)
        if version is None:
            change = mine.values(has_totp=0, totp_step=-1, recovery_used=0)
        else:
            new = mine.where(person.c.totp_version < version)
            change = new.values(has_totp=1, totp_version=version, totp_step=-1, recovery_used=0)
        with self._database.joining(within) as connection:
            if connection.execute(change.returning(person.c.person_id)).first() is None:
                raise AccessError(
                    ErrorCode.CREDENTIAL_INVALID,
                    "This second factor cannot be set up.",
                    hint="Begin again with a new one.",
                )
            note_change(connection, Topic.ACCESS)

    def use_step(self, person_id: int, step: int) -> bool:
        """Use up a time step; False when it, or a later one, was used already."""
        change = update(person).where(person.c.person_id == person_id, person.c.totp_step < step)
        with self._database.writing() as connection:
            changed = connection.execute(
                change.values(totp_step=step).returning(person.c.person_id)
            )
            return changed.first() is not None

    def use_recovery(self, person_id: int, number: int) -> bool:
        """Use up a recovery code; False when it was used already.

        Args:
            person_id: Whose.
            number: Which, from 0 to 30.
        """
        bit = 1 << number
        mine = person.c.person_id == person_id
        with self._database.writing() as connection:
            locked = select(person.c.recovery_used).where(mine).with_for_update()
            used = connection.execute(locked).scalar()
            if used is None or used & bit:
                return False
            connection.execute(update(person).where(mine).values(recovery_used=used | bit))
            return True


def _to_login(row: RowMapping) -> Login:
    return Login(
        person_id=row["person_id"],
        password=row["password"],
        totp_version=row["totp_version"] if row["has_totp"] else None,
        totp_step=row["totp_step"],
        recovery_used=row["recovery_used"],
    )
