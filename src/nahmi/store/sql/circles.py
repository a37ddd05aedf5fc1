# SPDX-License-Identifier: Apache-2.0
"""Circles and their logs, in SQL.

Every writing transaction takes the turn of banks and entries first: entries change in the same one,
and the places of a log are given out in the order in which they are committed.
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime
from typing import Any, Final

import msgspec
from sqlalchemy import Connection, RowMapping, delete, insert, select, update

from nahmi.errors import ErrorCode, PartnerError
from nahmi.operate.changes import Topic
from nahmi.partner.circles.missing import circle_missing
from nahmi.partner.circles.roster import SignedRoster
from nahmi.partner.merkle.frontier import Frontier
from nahmi.partner.merkle.hashing import HASH_BYTES
from nahmi.partner.ports.circle import Circle, Standing
from nahmi.partner.ports.log import Logged
from nahmi.store.sql.bulk import put_rows, rows_after
from nahmi.store.sql.circle_tables import circle, gap, signal, statement, tile
from nahmi.store.sql.database import Database
from nahmi.store.sql.reading import chunks
from nahmi.store.sql.revisions import note_change
from nahmi.store.sql.rows import from_us, to_us

WITHDRAWALS: Final = ("redact", "retract")
_FOLD_BYTES: Final = 32


class SqlCircleStore:
    """`CircleStore` on SQLite or PostgreSQL.

    Args:
        database: An opened store.
    """

    def __init__(self, database: Database) -> None:
        self._database = database

    def circles(self, *, member_id: int | None = None) -> Sequence[Circle]:
        """See `CircleStore.circles`."""
        query = select(circle).order_by(circle.c.circle_no)
        if member_id is not None:
            query = query.where(circle.c.member_id == member_id)
        with self._database.reading() as connection:
            return [_to_circle(row) for row in connection.execute(query).mappings()]

    def circle(self, circle_id: str, *, within: Connection | None = None) -> Circle:
        """See `CircleStore.circle`."""
        query = select(circle).where(circle.c.circle_id == circle_id)
        with self._looking(within) as connection:
            row = connection.execute(query).mappings().first()
        if row is None:
            raise missing_circle()
        return _to_circle(row)

    def take(self, circle_id: str, *, within: Connection) -> Circle:
        """See `CircleStore.take`."""
        self._database.take_turn(within)
        return self.circle(circle_id, within=within)

    def add(self, new: Circle, *, now: datetime, within: Connection | None = None) -> Circle:
        """See `CircleStore.add`."""
        values = _values(new) | {
            "circle_id": new.circle_id,
            "member_id": new.member_id,
            "made_us": to_us(now),
            "genesis": msgspec.json.encode(new.roster),
            "lease_token": "",
            "lease_us": 0,
        }
        with self._changing(within) as connection:
            known = select(circle.c.circle_no).where(circle.c.circle_id == new.circle_id)
            if connection.execute(known).first() is not None:
                raise PartnerError(ErrorCode.CIRCLE_EXISTS, "The circle is on this node already.")
            made = connection.execute(insert(circle).values(values).returning(*circle.c))
            row = made.mappings().one()
            note_change(connection, Topic.CIRCLES)
            return _to_circle(row)

    def genesis(self, number: int) -> SignedRoster:
        """See `CircleStore.genesis`."""
        query = select(circle.c.genesis).where(circle.c.circle_no == number)
        with self._database.reading() as connection:
            return SignedRoster.read(bytes(connection.execute(query).scalar_one()))

    def put(self, circle_: Circle, *, within: Connection | None = None) -> None:
        """See `CircleStore.put`."""
        mine = update(circle).where(circle.c.circle_no == circle_.number)
        with self._changing(within) as connection:
            connection.execute(mine.values(_values(circle_)))
            note_change(connection, Topic.CIRCLES)

    def lease(self, number: int, token: str, *, now: datetime, until: datetime) -> bool:
        """See `CircleStore.lease`."""
        mine = update(circle).where(
            circle.c.circle_no == number,
            (circle.c.lease_token == token) | (circle.c.lease_us < to_us(now)),
        )
        held = mine.values(lease_token=token, lease_us=to_us(until))
        with self._database.writing() as connection:
            return connection.execute(held.returning(circle.c.circle_no)).first() is not None

    def is_due(self, number: int, now_s: int) -> bool:
        """See `CircleStore.is_due`."""
        query = select(signal.c.signal).where(
            signal.c.circle_no == number, signal.c.due_s.is_not(None), signal.c.due_s <= now_s
        )
        with self._database.reading() as connection:
            return connection.execute(query.limit(1)).first() is not None

    def tile(
        self, number: int, level: int, tile_: int, *, within: Connection | None = None
    ) -> bytes:
        """See `CircleStore.tile`."""
        query = select(tile.c.hashes).where(
            tile.c.circle_no == number, tile.c.level == level, tile.c.number == tile_
        )
        with self._looking(within) as connection:
            return bytes(connection.execute(query).scalar() or b"")

    def append(
        self,
        number: int,
        logged: Sequence[Logged],
        tiles: Mapping[tuple[int, int], bytes],
        *,
        within: Connection,
    ) -> None:
        """See `CircleStore.append`."""
        put_rows(
            within,
            statement,
            (
                (
                    number,
                    one.seq,
                    one.kind,
                    one.about,
                    one.before_seq,
                    one.logged_us,
                    one.statement,
                    one.proof,
                )
                for one in logged
            ),
        )
        put_rows(
            within,
            tile,
            ((number, level, place, hashes) for (level, place), hashes in sorted(tiles.items())),
            replaces=True,
        )

    def statements(
        self, number: int, *, after: int, limit: int, within: Connection | None = None
    ) -> Sequence[Logged]:
        """See `CircleStore.statements`."""
        with self._looking(within) as connection:
            return [Logged(*row) for row in rows_after(connection, statement, number, after, limit)]

    def withdrawals(self, number: int, *, after: int, limit: int) -> Sequence[Logged]:
        """See `CircleStore.withdrawals`."""
        query = select(statement).where(
            statement.c.circle_no == number,
            statement.c.seq >= after,
            statement.c.kind.in_(WITHDRAWALS),
            statement.c.statement.is_not(None),
        )
        with self._database.reading() as connection:
            found = connection.execute(query.order_by(statement.c.seq).limit(limit))
            return [to_logged(row) for row in found]

    def at(self, number: int, seqs: Collection[int], *, within: Connection) -> dict[int, Logged]:
        """See `CircleStore.at`."""
        found: dict[int, Logged] = {}
        for some in chunks(sorted(seqs)):
            query = select(statement).where(
                statement.c.circle_no == number, statement.c.seq.in_(some)
            )
            found |= {row.seq: to_logged(row) for row in within.execute(query)}
        return found

    def gaps(self, number: int, *, within: Connection) -> set[int]:
        """See `CircleStore.gaps`."""
        query = select(gap.c.seq).where(gap.c.circle_no == number)
        return set(within.execute(query).scalars())

    def open_gap(self, number: int, seq: int, *, within: Connection) -> None:
        """See `CircleStore.open_gap`."""
        within.execute(insert(gap).values(circle_no=number, seq=seq))

    def close_gaps(self, number: int, seqs: Collection[int], *, within: Connection) -> None:
        """See `CircleStore.close_gaps`."""
        for some in chunks(sorted(seqs)):
            mine = delete(gap).where(gap.c.circle_no == number, gap.c.seq.in_(some))
            within.execute(mine)

    def destroy(self, number: int, seqs: Collection[int], *, within: Connection) -> None:
        """See `CircleStore.destroy`."""
        for some in chunks(sorted(seqs)):
            mine = update(statement).where(
                statement.c.circle_no == number, statement.c.seq.in_(some)
            )
            within.execute(mine.values(statement=None, proof=None))

    @contextmanager
    def _looking(self, within: Connection | None) -> Iterator[Connection]:
        if within is None:
            with self._database.reading() as connection:
                yield connection
        else:
            yield within

    @contextmanager
    def _changing(self, within: Connection | None) -> Iterator[Connection]:
        with self._database.joining(within) as connection:
            self._database.take_turn(connection)
            yield connection


def missing_circle() -> PartnerError:
    """The error for a circle that is not there, and for one that whoever asks must not know of."""
    return circle_missing()


def _to_circle(row: RowMapping) -> Circle:
    return Circle(
        number=row["circle_no"],
        circle_id=row["circle_id"],
        member_id=row["member_id"],
        own_org=row["own_org"],
        upstream=row["upstream"],
        standing=Standing(row["state"]),
        tree=_to_frontier(row["size"], bytes(row["frontier"])),
        fold=int.from_bytes(row["fold"], "big"),
        roster=SignedRoster.read(bytes(row["roster"])),
        checkpoint=row["checkpoint"],
        believed=row["believed"],
        withdrawn_to=row["withdrawn_to"],
        last_us=row["last_us"],
        polled_at=from_us(row["polled_us"]),
        heard_at=from_us(row["heard_us"]),
        error=row["error"],
        evidence=row["evidence"],
    )


def _to_frontier(size: int, joined: bytes) -> Frontier:
    starts = range(0, len(joined), HASH_BYTES)
    return Frontier(size, tuple(joined[start : start + HASH_BYTES] for start in starts))


def _values(one: Circle) -> dict[str, Any]:
    return {
        "own_org": one.own_org,
        "upstream": one.upstream,
        "state": one.standing.value,
        "size": one.tree.size,
        "frontier": b"".join(one.tree.hashes),
        "fold": one.fold.to_bytes(_FOLD_BYTES, "big"),
        "roster": msgspec.json.encode(one.roster),
        "roster_version": one.roster.roster.version,
        "checkpoint": one.checkpoint,
        "believed": one.believed,
        "withdrawn_to": one.withdrawn_to,
        "last_us": one.last_us,
        "polled_us": to_us(one.polled_at),
        "heard_us": to_us(one.heard_at),
        "error": one.error,
        "evidence": one.evidence,
    }


def to_logged(row: Any) -> Logged:  # noqa: ANN401 - a row of SQLAlchemy
    """A statement from its row."""
    return Logged(
        seq=row.seq,
        kind=row.kind,
        about=bytes(row.about),
        before_seq=row.before_seq,
        logged_us=row.logged_us,
        statement=None if row.statement is None else bytes(row.statement),
        proof=None if row.proof is None else bytes(row.proof),
    )
