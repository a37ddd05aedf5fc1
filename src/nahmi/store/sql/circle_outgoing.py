# SPDX-License-Identifier: Apache-2.0
"""Statements that wait for the homes of their circles, in SQL."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import Connection, Row, delete, func, insert, select, update

from nahmi.partner.ports.outgoing import Pending
from nahmi.store.sql.circle_tables import outgoing
from nahmi.store.sql.database import Database
from nahmi.store.sql.reading import chunks
from nahmi.store.sql.rows import to_us


class _State(StrEnum):
    WAITING = "waiting"
    REFUSED = "refused"


class SqlOutgoingStore:
    """`OutgoingStore` on SQLite or PostgreSQL.

    Args:
        database: An opened store.
    """

    def __init__(self, database: Database) -> None:
        self._database = database

    def put(
        self, number: int, said: Sequence[Pending], *, now: datetime, within: Connection
    ) -> None:
        """See `OutgoingStore.put`."""
        rows = [
            {
                "circle_no": number,
                "about": one.about,
                "rev": one.rev,
                "kind": one.kind,
                "statement": one.statement,
                "proof": one.proof,
                "state": _State.WAITING.value,
                "error": "",
                "made_us": to_us(now),
            }
            for one in said
        ]
        if rows:
            within.execute(insert(outgoing), rows)

    def waiting(self, number: int, *, limit: int) -> Sequence[Pending]:
        """See `OutgoingStore.waiting`."""
        query = (
            select(outgoing)
            .where(outgoing.c.circle_no == number, outgoing.c.state == _State.WAITING.value)
            .order_by(outgoing.c.outgoing_id)
            .limit(limit)
        )
        with self._database.reading() as connection:
            return [_to_pending(row) for row in connection.execute(query)]

    def newest(
        self, number: int, about: Collection[bytes], *, within: Connection
    ) -> dict[bytes, Pending]:
        """See `OutgoingStore.newest`."""
        found: dict[bytes, Pending] = {}
        for some in chunks(sorted(about)):
            query = select(outgoing).where(
                outgoing.c.circle_no == number,
                outgoing.c.about.in_(some),
                outgoing.c.state == _State.WAITING.value,
            )
            for row in within.execute(query.order_by(outgoing.c.outgoing_id)):
                found[bytes(row.about)] = _to_pending(row)
        return found

    def settle(self, number: int, outcomes: Mapping[int, str]) -> None:
        """See `OutgoingStore.settle`."""
        if not outcomes:
            return
        with self._database.writing() as connection:
            self._database.take_turn(connection)
            for some in chunks([place for place, error in outcomes.items() if not error]):
                taken = delete(outgoing).where(
                    outgoing.c.circle_no == number, outgoing.c.outgoing_id.in_(some)
                )
                connection.execute(taken)
            for place, error in outcomes.items():
                if error:
                    mine = update(outgoing).where(
                        outgoing.c.circle_no == number, outgoing.c.outgoing_id == place
                    )
                    connection.execute(mine.values(state=_State.REFUSED.value, error=error))

    def refused(self, number: int, *, limit: int) -> Sequence[Pending]:
        """See `OutgoingStore.refused`."""
        query = (
            select(outgoing)
            .where(outgoing.c.circle_no == number, outgoing.c.state == _State.REFUSED.value)
            .order_by(outgoing.c.outgoing_id.desc())
            .limit(limit)
        )
        with self._database.reading() as connection:
            return [_to_pending(row) for row in connection.execute(query)]

    def depth(self, number: int) -> tuple[int, int]:
        """See `OutgoingStore.depth`."""
        query = (
            select(outgoing.c.state, func.count())
            .where(outgoing.c.circle_no == number)
            .group_by(outgoing.c.state)
        )
        with self._database.reading() as connection:
            counts = dict(map(tuple, connection.execute(query)))
        return counts.get(_State.WAITING.value, 0), counts.get(_State.REFUSED.value, 0)


def _to_pending(row: Row[Any]) -> Pending:
    return Pending(
        number=row.outgoing_id,
        about=bytes(row.about),
        rev=row.rev,
        kind=row.kind,
        statement=bytes(row.statement),
        proof=bytes(row.proof),
        error=row.error,
    )
