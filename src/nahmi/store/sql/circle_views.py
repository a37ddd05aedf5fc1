# SPDX-License-Identifier: Apache-2.0
"""Views of what circles' logs leave, in SQL."""

from collections.abc import Collection, Mapping, Sequence

from sqlalchemy import func, select

from nahmi.partner.fold.tiers import Tier
from nahmi.partner.ports.fold import HeldSignal
from nahmi.partner.ports.log import Logged
from nahmi.store.sql.circle_folds import to_held_signal
from nahmi.store.sql.circle_tables import circle_bank, signal, statement
from nahmi.store.sql.circles import to_logged
from nahmi.store.sql.database import Database
from nahmi.store.sql.reading import chunks


class SqlCircleViews:
    """`CircleViews` on SQLite or PostgreSQL.

    Args:
        database: An opened store.
    """

    def __init__(self, database: Database) -> None:
        self._database = database

    def tiers(self, number: int) -> Mapping[Tier, int]:
        """See `CircleViews.tiers`."""
        query = (
            select(signal.c.tier, func.count())
            .where(signal.c.circle_no == number)
            .group_by(signal.c.tier)
        )
        with self._database.reading() as connection:
            return {Tier(tier): count for tier, count in connection.execute(query)}

    def listed(
        self, number: int, tiers: Sequence[Tier], *, after: bytes, limit: int
    ) -> Sequence[tuple[bytes, HeldSignal]]:
        """See `CircleViews.listed`."""
        query = select(signal).where(
            signal.c.circle_no == number,
            signal.c.tier.in_([tier.value for tier in tiers]),
            signal.c.signal > after,
        )
        with self._database.reading() as connection:
            found = connection.execute(query.order_by(signal.c.signal).limit(limit))
            return [(bytes(row.signal), to_held_signal(row, row.signal_value)) for row in found]

    def of_entry(self, entry_id: int) -> tuple[int, bytes] | None:
        """See `CircleViews.of_entry`."""
        query = select(signal.c.circle_no, signal.c.signal).where(signal.c.entry_id == entry_id)
        with self._database.reading() as connection:
            row = connection.execute(query).first()
        return None if row is None else (row.circle_no, bytes(row.signal))

    def of_bank(self, bank_id: int) -> int | None:
        """See `CircleViews.of_bank`."""
        query = select(circle_bank.c.circle_no).where(circle_bank.c.bank_id == bank_id)
        with self._database.reading() as connection:
            return connection.execute(query).scalar()

    def newest(
        self, number: int, kinds: Sequence[str], *, before: int | None = None, limit: int
    ) -> Sequence[Logged]:
        """See `CircleViews.newest`."""
        query = (
            select(statement)
            .where(statement.c.circle_no == number, statement.c.kind.in_(kinds))
            .order_by(statement.c.seq.desc())
            .limit(limit)
        )
        if before is not None:
            query = query.where(statement.c.seq < before)
        with self._database.reading() as connection:
            return [to_logged(row) for row in connection.execute(query)]

    def at(self, number: int, seqs: Collection[int]) -> Mapping[int, Logged]:
        """See `CircleViews.at`."""
        found: dict[int, Logged] = {}
        with self._database.reading() as connection:
            for some in chunks(sorted(set(seqs))):
                query = select(statement).where(
                    statement.c.circle_no == number, statement.c.seq.in_(some)
                )
                found |= {row.seq: to_logged(row) for row in connection.execute(query)}
        return found
