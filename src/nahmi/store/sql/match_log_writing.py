# SPDX-License-Identifier: Apache-2.0
"""Writes the match log: a handful of statements a transaction, however many matches it holds."""

from collections import Counter
from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final

from sqlalchemy import Connection, Select, delete, insert, select

from nahmi.core.match import Verdict
from nahmi.operate.outbox import NewMessage
from nahmi.protect.match_log import MatchEvent, QueryCount
from nahmi.store.sql.access_tables import member
from nahmi.store.sql.database import Database
from nahmi.store.sql.match_tables import match_count, match_hit, match_log, query_count, sighting
from nahmi.store.sql.numbering import take_numbers
from nahmi.store.sql.operate_outbox import put_messages
from nahmi.store.sql.rows import to_us
from nahmi.store.sql.upserts import add_up

_ADD_MATCHES: Final = insert(match_log)
_ADD_HITS: Final = insert(match_hit)
HOUR_US: Final = 3_600_000_000
DAY_US: Final = 24 * HOUR_US


class SqlMatchLogWriter:
    """`nahmi.flows.record.MatchLogWriter` in a database.

    Args:
        database: An opened store.
    """

    def __init__(self, database: Database) -> None:
        self._database = database

    def record(
        self,
        events: Sequence[MatchEvent],
        counts: Sequence[QueryCount],
        messages: Sequence[NewMessage],
        *,
        now: datetime,
    ) -> None:
        """See `MatchLogWriter.record`.

        Counters come last: processes that raise the same one wait for each other from there on.
        """
        with self._database.writing() as connection:
            if events:
                _log(connection, events)
            put_messages(connection, messages, now)
            _count(connection, events, counts)

    def forget(self, *, until: datetime, limit: int) -> int:
        """See `nahmi.flows.retaining.ForgetfulLog.forget`."""
        with self._database.writing() as connection:
            match_ids: list[int] = []
            for member_id in connection.execute(select(member.c.member_id)).scalars().all():
                old = _old(member_id, until).limit(limit - len(match_ids))
                match_ids += connection.execute(old).scalars()
                if len(match_ids) == limit:
                    break
            for table in (match_hit, match_log):
                connection.execute(delete(table).where(table.c.match_id.in_(match_ids)))
        return len(match_ids)


def _old(member_id: int, until: datetime) -> Select[int]:
    """A member's old matches; what another process forgets just now is left to it."""
    return (
        select(match_log.c.match_id)
        .where(match_log.c.member_id == member_id, match_log.c.at_us < to_us(until))
        .order_by(match_log.c.at_us, match_log.c.match_id)
        .with_for_update(skip_locked=True)
    )


def _log(connection: Connection, events: Sequence[MatchEvent]) -> None:
    moments = [to_us(event.at) for event in events]
    match_ids = take_numbers(connection, match_log.c.match_id, len(events))
    rows = [
        {
            "match_id": match_id,
            "member_id": event.member_id,
            "at_us": at_us,
            "principal": event.principal,
            "reference": event.reference,
            "channel": event.channel,
            "action": event.action.value,
        }
        for match_id, event, at_us in zip(match_ids, events, moments, strict=True)
    ]
    connection.execute(_ADD_MATCHES, rows)
    hits = [
        {
            "match_id": match_id,
            "place": place,
            "member_id": event.member_id,
            "at_us": at_us,
            "action": event.action.value,
            "bank_id": hit.bank_id,
            "category": hit.category.value,
            "entry_id": hit.entry_id,
            "signal_type": hit.signal_type,
            "distance": hit.distance,
            "limit_bits": hit.limit_bits,
            "variant": hit.variant,
            "frame": hit.frame,
        }
        for match_id, event, at_us in zip(match_ids, events, moments, strict=True)
        for place, hit in enumerate(event.hits)
    ]
    connection.execute(_ADD_HITS, hits)


def _count(
    connection: Connection, events: Sequence[MatchEvent], counts: Sequence[QueryCount]
) -> None:
    queries: Counter[tuple[Any, ...]] = Counter()
    banks: Counter[tuple[Any, ...]] = Counter()
    entries: Counter[tuple[Any, ...]] = Counter()
    for count in counts:
        key = (count.member_id, to_us(count.hour), count.principal, count.verdict.value)
        queries[key] += count.count
    for event in events:
        at_us = to_us(event.at) or 0
        hour, day = at_us - at_us % HOUR_US, at_us // DAY_US
        queries[event.member_id, hour, event.principal, Verdict.MATCH.value] += 1
        for bank_id, category in {(hit.bank_id, hit.category.value) for hit in event.hits}:
            banks[event.member_id, hour, bank_id, category, event.action.value] += 1
        for hit in event.hits:
            entries[hit.entry_id, day, event.member_id] += 1
    add_up(connection, query_count, queries)
    add_up(connection, match_count, banks)
    add_up(connection, sighting, entries)
