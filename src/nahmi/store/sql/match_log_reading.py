# SPDX-License-Identifier: Apache-2.0
"""Reads the match log and the counters beside it.

A page is found in one index, whatever it is filtered by: each ends with time and number, in which
the log is ordered.
"""

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from itertools import groupby
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, Select, Table, func, select, tuple_

from nahmi.core.bank import Action, Category
from nahmi.core.match import Verdict
from nahmi.errors import ErrorCode, InputError, StoreError
from nahmi.protect.match_log import (
    PAGE,
    LoggedHit,
    LoggedMatch,
    MatchesInStep,
    MatchEvent,
    MatchFilter,
    QueriesInStep,
    SightingCount,
    Step,
)
from nahmi.store.sql.access_rows import to_time
from nahmi.store.sql.database import Database
from nahmi.store.sql.match_log_writing import DAY_US, HOUR_US
from nahmi.store.sql.match_tables import match_count, match_hit, match_log, query_count, sighting
from nahmi.store.sql.rows import to_us

_FIRST_DAY = date(1970, 1, 1)
_WIDTH_US = {Step.HOUR: HOUR_US, Step.DAY: DAY_US}


class SqlMatchLogReader:
    """`MatchLogReader` in a database.

    Args:
        database: An opened store.
    """

    def __init__(self, database: Database) -> None:
        self._database = database

    def matches(
        self,
        member_id: int,
        wanted: MatchFilter,
        *,
        before: int | None = None,
        limit: int = PAGE,
    ) -> Sequence[LoggedMatch]:
        """See `MatchLogReader.matches`."""
        with self._database.reading() as connection:
            last = None if before is None else _place(connection, member_id, before)
            found = connection.execute(_page(member_id, wanted, last).limit(limit))
            return _load(connection, [row.match_id for row in found])

    def match(self, match_id: int, *, member_id: int) -> LoggedMatch:
        """See `MatchLogReader.match`."""
        with self._database.reading() as connection:
            found = _load(connection, [match_id])
        if not found or found[0].event.member_id != member_id:
            raise StoreError(
                ErrorCode.MATCH_MISSING, "There is no such match.", hint="List the match log."
            )
        return found[0]

    def queries(
        self, member_id: int, *, since: datetime, until: datetime, step: Step
    ) -> Sequence[QueriesInStep]:
        """See `MatchLogReader.queries`."""
        query = _in_steps(query_count, member_id, since, until, step, query_count.c.verdict)
        with self._database.reading() as connection:
            return [
                QueriesInStep(start=to_time(start), verdict=Verdict(verdict), count=int(count))
                for start, verdict, count in connection.execute(query)
            ]

    def matches_in_banks(
        self, member_id: int, *, since: datetime, until: datetime, step: Step
    ) -> Sequence[MatchesInStep]:
        """See `MatchLogReader.matches_in_banks`."""
        by = (match_count.c.bank_id, match_count.c.category, match_count.c.action)
        query = _in_steps(match_count, member_id, since, until, step, *by)
        with self._database.reading() as connection:
            return [
                MatchesInStep(
                    start=to_time(start),
                    bank_id=bank_id,
                    category=Category(category),
                    action=Action(action),
                    count=int(count),
                )
                for start, bank_id, category, action, count in connection.execute(query)
            ]

    def sightings(self, entry_id: int, *, since: date, until: date) -> Sequence[SightingCount]:
        """See `MatchLogReader.sightings`."""
        first, end = ((day - _FIRST_DAY).days for day in (since, until))
        query = (
            select(sighting.c.day, sighting.c.member_id, sighting.c["count"])
            .where(sighting.c.entry_id == entry_id, sighting.c.day.between(first, end - 1))
            .order_by(sighting.c.day, sighting.c.member_id)
        )
        with self._database.reading() as connection:
            return [
                SightingCount(day=_FIRST_DAY + timedelta(days=day), member_id=member, count=count)
                for day, member, count in connection.execute(query)
            ]


def _place(connection: Connection, member_id: int, match_id: int) -> tuple[int, int]:
    """Where in the order of the log a match stands."""
    query = select(match_log.c.at_us).where(
        match_log.c.match_id == match_id, match_log.c.member_id == member_id
    )
    at_us = connection.execute(query).scalar()
    if at_us is None:
        raise InputError(ErrorCode.INPUT_INVALID, "The page to go on from is not in the match log.")
    return at_us, match_id


def _page(
    member_id: int, wanted: MatchFilter, last: tuple[int, int] | None
) -> Select[tuple[int, int]]:
    of_hits = _equal(match_hit, wanted, "bank_id", "category")
    if not of_hits or wanted.reference is not None:  # few matches have the same reference
        query = select(match_log.c.at_us, match_log.c.match_id)
        if of_hits:
            hits = select(match_hit.c.match_id).where(match_hit.c.match_id == match_log.c.match_id)
            query = query.where(hits.where(*of_hits).exists())
        of_log = _equal(match_log, wanted, "action", "principal", "reference", "channel")
        return _newest_first(query.where(*of_log), match_log, member_id, wanted, last)
    query = select(match_hit.c.at_us, match_hit.c.match_id).distinct()  # several hits in one bank
    query = query.where(*of_hits, *_equal(match_hit, wanted, "action"))
    if of_log := _equal(match_log, wanted, "principal", "channel"):
        query = query.join(match_log, match_log.c.match_id == match_hit.c.match_id).where(*of_log)
    return _newest_first(query, match_hit, member_id, wanted, last)


def _equal(table: Table, wanted: MatchFilter, *names: str) -> list[ColumnElement[bool]]:
    return [
        table.c[name] == value for name in names if (value := getattr(wanted, name)) is not None
    ]


def _newest_first(
    query: Select[Any],
    table: Table,
    member_id: int,
    wanted: MatchFilter,
    last: tuple[int, int] | None,
) -> Select[Any]:
    query = query.where(table.c.member_id == member_id)
    if wanted.since is not None:
        query = query.where(table.c.at_us >= to_us(wanted.since))
    if wanted.until is not None:
        query = query.where(table.c.at_us < to_us(wanted.until))
    if last is not None:
        query = query.where(tuple_(table.c.at_us, table.c.match_id) < tuple_(*last))
    return query.order_by(table.c.at_us.desc(), table.c.match_id.desc())


def _load(connection: Connection, match_ids: Sequence[int]) -> list[LoggedMatch]:
    """Matches with their hits, newest first."""
    if not match_ids:
        return []
    logged = select(match_log).where(match_log.c.match_id.in_(match_ids))
    hits = (
        select(match_hit)
        .where(match_hit.c.match_id.in_(match_ids))
        .order_by(match_hit.c.match_id, match_hit.c.place)
    )
    by_match = {
        match_id: tuple(map(_to_hit, group))
        for match_id, group in groupby(connection.execute(hits), key=lambda row: row.match_id)
    }
    rows = {row.match_id: row for row in connection.execute(logged)}
    return [_to_match(rows[key], by_match.get(key, ())) for key in match_ids if key in rows]


def _in_steps(
    table: Table,
    member_id: int,
    since: datetime,
    until: datetime,
    step: Step,
    *by: ColumnElement[Any],
) -> Select[Any]:
    width_us = _WIDTH_US[step]
    first_us = to_us(since) or 0
    start = (table.c.hour_us - table.c.hour_us % width_us).label("start")
    return (
        select(start, *by, func.sum(table.c["count"]))
        .where(
            table.c.member_id == member_id,
            table.c.hour_us >= first_us - first_us % width_us,
            table.c.hour_us < to_us(until),
        )
        .group_by(start, *by)
        .order_by(start, *by)
    )


def _to_match(row: Row[Any], hits: tuple[LoggedHit, ...]) -> LoggedMatch:
    event = MatchEvent(
        at=to_time(row.at_us),
        member_id=row.member_id,
        principal=row.principal,
        reference=row.reference,
        channel=row.channel,
        action=Action(row.action),
        hits=hits,
    )
    return LoggedMatch(match_id=row.match_id, event=event)


def _to_hit(row: Row[Any]) -> LoggedHit:
    return LoggedHit(
        bank_id=row.bank_id,
        category=Category(row.category),
        entry_id=row.entry_id,
        signal_type=row.signal_type,
        distance=row.distance,
        limit_bits=row.limit_bits,
        variant=row.variant,
        frame=row.frame,
    )
