# SPDX-License-Identifier: Apache-2.0
"""Invitations to circles, in SQL."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import msgspec
from sqlalchemy import Connection, Row, insert, select, update

from nahmi.partner.circles.members import CircleRole
from nahmi.partner.invitations import Application, Invited, invalid
from nahmi.store.sql.circle_tables import invitation
from nahmi.store.sql.database import Database
from nahmi.store.sql.rows import to_us

OPEN, APPLIED = "open", "applied"


class SqlInvitationStore:
    """`InvitationStore` on SQLite or PostgreSQL.

    Args:
        database: An opened store.
    """

    def __init__(self, database: Database) -> None:
        self._database = database

    def add(  # noqa: PLR0913 - each is a fact of its own
        self,
        number: int,
        token_digest: bytes,
        *,
        roles: Sequence[CircleRole],
        note: str,
        now: datetime,
        expires_at: datetime,
        within: Connection | None = None,
    ) -> Invited:
        """See `InvitationStore.add`."""
        values = {
            "circle_no": number,
            "token_digest": token_digest,
            "roles": " ".join(roles),
            "note": note,
            "made_us": to_us(now),
            "expires_us": to_us(expires_at),
            "state": OPEN,
        }
        with self._database.joining(within) as connection:
            made = connection.execute(insert(invitation).values(values).returning(*invitation.c))
            return _to_invited(made.one())

    def invitations(self, number: int) -> Sequence[Invited]:
        """See `InvitationStore.invitations`."""
        query = select(invitation).where(invitation.c.circle_no == number)
        with self._database.reading() as connection:
            found = connection.execute(query.order_by(invitation.c.invitation_id.desc()))
            return [_to_invited(row) for row in found]

    def invitation(self, invitation_: int, *, within: Connection | None = None) -> Invited:
        """See `InvitationStore.invitation`."""
        query = select(invitation).where(invitation.c.invitation_id == invitation_)
        with self._database.joining(within) as connection:
            row = connection.execute(query).first()
        if row is None:
            raise invalid("There is none of this number.")
        return _to_invited(row)

    def open(self, number: int, token_digest: bytes, *, now: datetime) -> Invited:
        """See `InvitationStore.open`."""
        query = select(invitation).where(
            invitation.c.circle_no == number,
            invitation.c.token_digest == token_digest,
            invitation.c.state == OPEN,
            invitation.c.expires_us > to_us(now),
        )
        with self._database.reading() as connection:
            row = connection.execute(query).first()
        if row is None:
            raise invalid("It is unknown, used or expired.")
        return _to_invited(row)

    def apply(
        self, invitation_: int, application: Application, *, within: Connection | None = None
    ) -> None:
        """See `InvitationStore.apply`."""
        answered = (
            update(invitation)
            .where(invitation.c.invitation_id == invitation_, invitation.c.state == OPEN)
            .values(state=APPLIED, application=msgspec.json.encode(application))
        )
        with self._database.joining(within) as connection:
            done = connection.execute(answered.returning(invitation.c.invitation_id)).first()
        if done is None:
            raise invalid("It has been answered.")

    def settle(self, invitation_: int, state: str, *, within: Connection | None = None) -> None:
        """See `InvitationStore.settle`."""
        mine = update(invitation).where(invitation.c.invitation_id == invitation_)
        with self._database.joining(within) as connection:
            connection.execute(mine.values(state=state))


def _to_invited(row: Row[Any]) -> Invited:
    return Invited(
        number=row.invitation_id,
        circle=row.circle_no,
        roles=tuple(CircleRole(role) for role in row.roles.split()),
        note=row.note,
        made_at_us=row.made_us,
        expires_us=row.expires_us,
        state=row.state,
        application=None
        if row.application is None
        else msgspec.json.decode(row.application, type=Application),
    )
