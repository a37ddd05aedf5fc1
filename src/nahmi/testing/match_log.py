# SPDX-License-Identifier: Apache-2.0
# ruff: noqa: S101 - assert is how a test kit speaks
"""The contract of match logs as a test class that adapters subclass."""

from abc import abstractmethod
from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Protocol

import msgspec

from nahmi.core.bank import Action, Category
from nahmi.core.match import Verdict
from nahmi.errors import ErrorCode
from nahmi.operate.outbox import NewMessage, OutboxStore
from nahmi.protect.match_log import (
    LoggedHit,
    MatchEvent,
    MatchFilter,
    MatchLogReader,
    QueryCount,
    Step,
)
from nahmi.testing.refusals import refusal_of

NOW = datetime(2026, 1, 2, 3, 4, 5, 678901, tzinfo=UTC)
HOUR = NOW.replace(minute=0, second=0, microsecond=0)


class MatchLog(MatchLogReader, Protocol):
    """Everything that an adapter offers."""

    def record(
        self,
        events: Sequence[MatchEvent],
        counts: Sequence[QueryCount],
        messages: Sequence[NewMessage],
        *,
        now: datetime,
    ) -> None:
        """See `nahmi.flows.record.MatchLogWriter`."""
        ...

    def forget(self, *, until: datetime, limit: int) -> int:
        """See `nahmi.flows.retaining.ForgetfulLog`."""
        ...


def hit(entry_id: int = 1, bank_id: int = 1, category: Category = Category.TEST) -> LoggedHit:
    """A hit with everything set."""
    return LoggedHit(
        bank_id=bank_id,
        category=category,
        entry_id=entry_id,
        signal_type="pdq",
        distance=7,
        limit_bits=31,
        variant="rotate90",
        frame=2,
    )


def event(**changes: object) -> MatchEvent:
    """A match with everything set."""
    plain = MatchEvent(
        at=NOW,
        member_id=1,
        principal="key:1",
        reference="مرجع-1",
        channel="api",
        action=Action.REVIEW,
        hits=(hit(),),
    )
    return msgspec.structs.replace(plain, **changes)


class MatchLogContract:
    """What every match log must do; subclass it and say how to make an empty one."""

    @abstractmethod
    def new_log(self) -> MatchLog:
        """An empty log of a store with the members 1 and 2."""

    @abstractmethod
    def outbox_of(self, log: MatchLog) -> OutboxStore:
        """The outbox beside a log that `new_log` made."""

    @staticmethod
    def _all(log: MatchLog, wanted: MatchFilter, *, page: int = 100) -> list[MatchEvent]:
        found: list[MatchEvent] = []
        before = None
        while matches := log.matches(1, wanted, before=before, limit=page):
            assert len(matches) <= page
            found += [match.event for match in matches]
            before = matches[-1].match_id
        return found

    def test_a_match_is_read_back_whole(self) -> None:
        """With its hits in their order, and to its member only."""
        log = self.new_log()
        many = event(hits=(hit(9), hit(2, 5, Category.NCII), hit(7)))
        log.record([event(), many], [], [], now=NOW)
        first, second = log.matches(1, MatchFilter())
        assert (first.event, second.event) == (many, event())
        assert first.match_id > second.match_id
        assert log.match(first.match_id, member_id=1) == first
        assert refusal_of(lambda: log.match(first.match_id, member_id=2)) is ErrorCode.MATCH_MISSING
        assert list(log.matches(2, MatchFilter())) == []
        assert refusal_of(lambda: log.match(10**6, member_id=1)) is ErrorCode.MATCH_MISSING

    def test_pages_survive_what_is_logged_meanwhile(self) -> None:
        """Nothing twice, nothing left out, even when a late writer's time is earlier."""
        log = self.new_log()
        old = [event(at=NOW + timedelta(seconds=n // 2), reference=f"{n}") for n in range(10)]
        log.record(old, [], [], now=NOW)
        seen: list[str] = []
        before = None
        while page := log.matches(1, MatchFilter(), before=before, limit=3):
            seen += [match.event.reference for match in page]
            before = page[-1].match_id
            log.record([event(at=NOW + timedelta(days=1), reference="new")], [], [], now=NOW)
        assert seen == [f"{n}" for n in range(9, -1, -1)]
        assert (
            refusal_of(lambda: log.matches(1, MatchFilter(), before=10**6))
            is ErrorCode.INPUT_INVALID
        )
        others = log.matches(1, MatchFilter(), limit=1)[0].match_id
        assert refusal_of(lambda: log.matches(2, MatchFilter(), before=others)) is (
            ErrorCode.INPUT_INVALID
        )

    def test_each_filter_alone_and_together(self) -> None:
        """As a plain loop over all matches would choose."""
        log = self.new_log()
        kinds = (Category.TEST, Category.NCII, Category.CSAM_A1)
        events = [
            event(
                at=NOW + timedelta(minutes=n),
                principal=f"key:{n % 2}",
                reference=f"r{n % 5}",
                channel=("api", "scan", "web")[n % 3],
                action=list(Action)[n % 4],
                hits=tuple(
                    hit(entry, 1 + entry % 3, kinds[entry % 3]) for entry in range(n % 4, n % 4 + 4)
                ),
            )
            for n in range(24)
        ]
        events += [event(member_id=2)]
        log.record(events, [], [], now=NOW)
        wanted = [
            MatchFilter(),
            MatchFilter(since=NOW + timedelta(minutes=5)),
            MatchFilter(until=NOW + timedelta(minutes=5)),
            MatchFilter(since=NOW + timedelta(minutes=5), until=NOW + timedelta(minutes=5)),
            MatchFilter(bank_id=2),
            MatchFilter(bank_id=9),
            MatchFilter(category=Category.NCII),
            MatchFilter(category=Category.SELF_REPORTED),
            MatchFilter(action=Action.BLOCK),
            MatchFilter(principal="key:1"),
            MatchFilter(reference="r3"),
            MatchFilter(reference=""),
            MatchFilter(channel="scan"),
            MatchFilter(bank_id=1, action=Action.HOLD),
            MatchFilter(
                category=Category.CSAM_A1,
                principal="key:0",
                since=NOW + timedelta(minutes=3),
                until=NOW + timedelta(minutes=20),
                channel="api",
            ),
        ]
        for number, one in enumerate(wanted):
            right = [item for item in reversed(events) if _fits(item, one)]
            for page in (100, 2):
                assert self._all(log, one, page=page) == right, (number, page)

    def test_queries_are_counted_by_the_hour_and_matches_with_them(self) -> None:
        """From the log itself, so that both always agree."""
        log = self.new_log()

        def count(hours: int, verdict: Verdict, many: int, **changes: int) -> QueryCount:
            moment = HOUR + timedelta(hours=hours)
            plain = QueryCount(
                hour=moment, member_id=1, principal="key:1", verdict=verdict, count=many
            )
            return msgspec.structs.replace(plain, **changes)

        log.record([], [count(0, Verdict.NO_MATCH, 5)], [], now=NOW)
        log.record(
            [event(), event(principal="key:2"), event(at=NOW + timedelta(hours=1))],
            [
                count(0, Verdict.NO_MATCH, 2),
                count(1, Verdict.NO_USABLE_FINGERPRINT, 1),
                count(24, Verdict.NO_MATCH, 4),
                count(0, Verdict.NO_MATCH, 9, member_id=2),
            ],
            [],
            now=NOW,
        )
        until = HOUR + timedelta(hours=24)
        hours = log.queries(1, since=NOW, until=until, step=Step.HOUR)
        assert [(item.start - HOUR, item.verdict, item.count) for item in hours] == [
            (timedelta(0), Verdict.MATCH, 2),
            (timedelta(0), Verdict.NO_MATCH, 7),
            (timedelta(hours=1), Verdict.MATCH, 1),
            (timedelta(hours=1), Verdict.NO_USABLE_FINGERPRINT, 1),
        ]
        days = log.queries(1, since=NOW, until=until + timedelta(hours=1), step=Step.DAY)
        assert [(item.start.isoformat()[:10], item.verdict, item.count) for item in days] == [
            ("2026-01-02", Verdict.MATCH, 3),
            ("2026-01-02", Verdict.NO_MATCH, 7),
            ("2026-01-02", Verdict.NO_USABLE_FINGERPRINT, 1),
            ("2026-01-03", Verdict.NO_MATCH, 4),
        ]

    def test_matches_are_counted_in_each_bank_they_hit(self) -> None:
        """Once, however many entries of the bank they hit."""
        log = self.new_log()
        two_banks = event(hits=(hit(1, 1), hit(2, 1), hit(3, 2, Category.NCII)))
        held = event(at=NOW + timedelta(hours=2), action=Action.HOLD)
        log.record([two_banks, held], [], [], now=NOW)
        log.record([event(), event(member_id=2)], [], [], now=NOW)
        until = HOUR + timedelta(days=1)
        days = log.matches_in_banks(1, since=NOW, until=until, step=Step.DAY)
        assert [(item.bank_id, item.category, item.action, item.count) for item in days] == [
            (1, Category.TEST, Action.HOLD, 1),
            (1, Category.TEST, Action.REVIEW, 2),
            (2, Category.NCII, Action.REVIEW, 1),
        ]
        hours = log.matches_in_banks(1, since=NOW, until=until, step=Step.HOUR)
        assert [item.count for item in hours] == [2, 1, 1]

    def test_sightings_of_an_entry_by_day_and_member(self) -> None:
        """Each match of the entry is one."""
        log = self.new_log()
        seen = [event(), event(hits=(hit(2), hit(1))), event(at=NOW + timedelta(days=1))]
        log.record(seen, [], [], now=NOW)
        log.record([event(member_id=2)], [], [], now=NOW)
        first, second = date(2026, 1, 2), date(2026, 1, 3)
        found = log.sightings(1, since=first, until=date(2026, 1, 4))
        assert [(item.day, item.member_id, item.count) for item in found] == [
            (first, 1, 2),
            (first, 2, 1),
            (second, 1, 1),
        ]
        assert len(log.sightings(1, since=first, until=second)) == len((1, 2))
        assert list(log.sightings(99, since=first, until=second)) == []

    def test_old_matches_are_forgotten_and_counters_stay(self) -> None:
        """The oldest first, of every member, and never one that is not old."""
        log = self.new_log()
        old = [
            event(at=NOW - timedelta(days=5 - n), member_id=1 + n % 2, hits=(hit(1), hit(2)))
            for n in range(5)
        ]
        log.record([event(), *reversed(old)], [], [], now=NOW)
        first = log.matches(1, MatchFilter(), limit=9)
        assert log.forget(until=NOW, limit=2) == len(old[:2])
        assert log.forget(until=NOW, limit=9) == len(old[2:])
        assert log.forget(until=NOW, limit=9) == 0
        assert [match.event for match in log.matches(1, MatchFilter())] == [event()]
        assert list(log.matches(2, MatchFilter())) == []
        assert list(log.matches(1, MatchFilter(bank_id=1, until=NOW))) == []
        gone = first[-1].match_id
        assert refusal_of(lambda: log.match(gone, member_id=1)) is ErrorCode.MATCH_MISSING
        days = log.sightings(2, since=date(2025, 1, 1), until=date(2027, 1, 1))
        assert sum(one.count for one in days) == len(old)
        since = NOW - timedelta(days=9)
        until = NOW + timedelta(days=1)
        assert len(log.queries(1, since=since, until=until, step=Step.DAY)) == len({0, 2, 4, 5})
        assert len(log.matches_in_banks(2, since=since, until=until, step=Step.DAY)) == len({1, 3})

    def test_all_or_nothing(self) -> None:
        """What cannot be kept leaves neither a match nor a count nor a message behind."""
        log = self.new_log()
        outbox = self.outbox_of(log)
        message = NewMessage(
            member_id=1, kind="webhook", target_id=1, body="{}", idempotency_key="k"
        )
        unkeepable = event(hits=(hit(2**80),))
        assert refusal_of(lambda: log.record([event(), unkeepable], [], [message], now=NOW)) is (
            ErrorCode.INPUT_INVALID
        )
        assert list(log.matches(1, MatchFilter())) == []
        assert outbox.depth("webhook").waiting == 0
        until = HOUR + timedelta(days=1)
        assert list(log.queries(1, since=NOW, until=until, step=Step.DAY)) == []
        log.record([event()], [], [message], now=NOW)
        assert outbox.depth("webhook").waiting == 1
        log.record([], [], [], now=NOW)


def _fits(item: MatchEvent, wanted: MatchFilter) -> bool:
    """The filter as a plain question, the definition that stores are compared with."""
    return (
        item.member_id == 1
        and (wanted.since is None or item.at >= wanted.since)
        and (wanted.until is None or item.at < wanted.until)
        and (wanted.action is None or item.action is wanted.action)
        and (wanted.principal is None or item.principal == wanted.principal)
        and (wanted.reference is None or item.reference == wanted.reference)
        and (wanted.channel is None or item.channel == wanted.channel)
        and any(
            (wanted.bank_id is None or one.bank_id == wanted.bank_id)
            and (wanted.category is None or one.category is wanted.category)
            for one in item.hits
        )
    )
