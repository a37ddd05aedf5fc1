# SPDX-License-Identifier: Apache-2.0
"""What became of objects that were handed in, in SQL."""

from collections.abc import Collection
from datetime import datetime
from typing import Final

from sqlalchemy import delete, insert, select

from nahmi.store.sql.circle_object_tables import status
from nahmi.store.sql.circle_tables import outgoing
from nahmi.store.sql.database import Database
from nahmi.store.sql.reading import chunks
from nahmi.store.sql.rows import to_us

WAITING: Final = "waiting"
"""The state of what the home of its circle has not taken so far."""


class SqlStatusStore:
    """`StatusStore` on SQLite or PostgreSQL.

    Args:
        database: An opened store.
    """

    def __init__(self, database: Database) -> None:
        self._database = database

    def put(
        self, member_id: int, circle_id: str, status_id: str, body: bytes, *, now: datetime
    ) -> None:
        """See `StatusStore.put`."""
        new = insert(status).values(
            status_id=status_id,
            member_id=member_id,
            circle_id=circle_id,
            body=body,
            made_us=to_us(now),
        )
        with self._database.writing() as connection:
            connection.execute(new)

    def status(self, member_id: int, circle_id: str, status_id: str) -> bytes | None:
        """See `StatusStore.status`."""
        query = select(status.c.body).where(
            status.c.status_id == status_id,
            status.c.member_id == member_id,
            status.c.circle_id == circle_id,
        )
        with self._database.reading() as connection:
            body = connection.execute(query).scalar()
        return None if body is None else bytes(body)

    def outcomes(
        self, number: int, about: Collection[bytes], *, since_us: int
    ) -> dict[bytes, str | None]:
        """See `StatusStore.outcomes`."""
        found: dict[bytes, str | None] = {}
        with self._database.reading() as connection:
            for some in chunks(sorted(about)):
                query = select(outgoing.c.about, outgoing.c.state, outgoing.c.error).where(
                    outgoing.c.circle_no == number,
                    outgoing.c.about.in_(some),
                    outgoing.c.made_us >= since_us,
                )
                for row in connection.execute(query.order_by(outgoing.c.outgoing_id)):
                    found[bytes(row.about)] = None if row.state == WAITING else row.error
        return found

    def forget(self, *, before: datetime) -> int:
        """See `StatusStore.forget`."""
        old = delete(status).where(status.c.made_us < to_us(before))
        with self._database.writing() as connection:
            return connection.execute(old).rowcount
