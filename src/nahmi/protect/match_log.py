# SPDX-License-Identifier: Apache-2.0
"""The match log: what matched, when, for whom, and what was asked for.

Only matches are logged, each with its evidence. Of other queries no more is kept than how many
there were in an hour: what people ask about is nobody's business. Neither holds fingerprints.
"""

from collections.abc import Iterable, Sequence
from datetime import date, datetime
from enum import StrEnum
from typing import Final, Protocol

import msgspec

from nahmi.core.bank import Action, Category
from nahmi.core.match import Match, Verdict
from nahmi.errors import ErrorCode, InputError

LONGEST_REFERENCE: Final = 200
"""Characters of a caller's own name for an item of content."""

LONGEST_CHANNEL: Final = 64
"""Characters of a channel's name."""

MOST_HITS: Final = 50
"""Hits of one match that are logged, best first; an item rarely has more than a few."""

PAGE: Final = 100
"""Matches on a page unless asked otherwise."""


class LoggedHit(msgspec.Struct, frozen=True, kw_only=True):
    """One entry that content matched: the evidence, as it was then.

    Attributes:
        bank_id: The bank.
        category: The bank's category at that time.
        entry_id: The entry.
        signal_type: The type that matched.
        distance: Bits for perceptual types, 0 for exact ones.
        limit_bits: The limit that applied.
        variant: Which variant of the content hit.
        frame: Which frame of the content hit.
    """

    bank_id: int
    category: Category
    entry_id: int
    signal_type: str
    distance: int
    limit_bits: int
    variant: str
    frame: int


class MatchEvent(msgspec.Struct, frozen=True, kw_only=True):
    """A match that is to be logged.

    Attributes:
        at: When, UTC.
        member_id: Whose query it was.
        principal: Who asked, such as key:7.
        reference: The caller's own name for the content, up to 200 characters; may be empty.
        channel: Where the content came from or how it was asked, such as `api` or `scan`.
        action: What the answer asked for.
        hits: At least one and at most 50, best first, one an entry.
    """

    at: datetime
    member_id: int
    principal: str
    reference: str
    channel: str
    action: Action
    hits: tuple[LoggedHit, ...]


class QueryCount(msgspec.Struct, frozen=True, kw_only=True):
    """Queries that are counted and not logged.

    Attributes:
        hour: The hour's beginning, UTC.
        member_id: Whose.
        principal: Who asked.
        verdict: How they were answered. Matches are counted from the log, never from here.
        count: How many, 1 or more.
    """

    hour: datetime
    member_id: int
    principal: str
    verdict: Verdict
    count: int = 1


class LoggedMatch(msgspec.Struct, frozen=True, kw_only=True):
    """A match as it stands in the log.

    Attributes:
        match_id: Its number, 1 or more, never reused.
        event: What matched.
    """

    match_id: int
    event: MatchEvent


class MatchFilter(msgspec.Struct, frozen=True, kw_only=True):
    """Which matches to look at; None admits all.

    Attributes:
        since: From this moment on.
        until: Before this moment.
        bank_id: With a hit in this bank.
        category: With a hit in a bank that was of this category.
        action: That asked for this.
        principal: Of this principal.
        reference: With exactly this reference.
        channel: Of exactly this channel.
    """

    since: datetime | None = None
    until: datetime | None = None
    bank_id: int | None = None
    category: Category | None = None
    action: Action | None = None
    principal: str | None = None
    reference: str | None = None
    channel: str | None = None


class Step(StrEnum):
    """The width of one bar of a chart."""

    HOUR = "hour"
    DAY = "day"


class QueriesInStep(msgspec.Struct, frozen=True, kw_only=True):
    """Queries of one hour or day.

    Attributes:
        start: Its beginning, UTC.
        verdict: How they were answered.
        count: How many.
    """

    start: datetime
    verdict: Verdict
    count: int


class MatchesInStep(msgspec.Struct, frozen=True, kw_only=True):
    """Matches of one hour or day in one bank; a match with hits in two banks counts in each.

    Attributes:
        start: Its beginning, UTC.
        bank_id: The bank.
        category: The bank's category at that time.
        action: What the answers asked for.
        count: How many.
    """

    start: datetime
    bank_id: int
    category: Category
    action: Action
    count: int


class SightingCount(msgspec.Struct, frozen=True, kw_only=True):
    """How often a member saw an entry's content in a day.

    Attributes:
        day: UTC.
        member_id: Who saw it.
        count: How often.
    """

    day: date
    member_id: int
    count: int


def logged_hits(matches: Iterable[Match]) -> tuple[LoggedHit, ...]:
    """The evidence of an answer's matches, the best 50."""
    hits = tuple(
        LoggedHit(
            bank_id=match.bank.bank_id,
            category=match.bank.category,
            entry_id=match.entry.entry_id,
            signal_type=match.signal_type,
            distance=match.distance,
            limit_bits=match.limit_bits,
            variant=match.variant,
            frame=match.frame,
        )
        for match in matches
    )
    return hits[:MOST_HITS]


def check_event(event: MatchEvent) -> MatchEvent:
    """The event, when every store can keep it.

    Raises:
        InputError: INPUT_INVALID: a text is too long or holds control characters, the time has no
            zone, or there are no hits or too many, or two of one entry.
    """
    check_text(event.reference, LONGEST_REFERENCE, "A reference")
    check_text(event.channel, LONGEST_CHANNEL, "A channel")
    entries = {hit.entry_id for hit in event.hits}
    if event.at.tzinfo is None or not 0 < len(event.hits) <= MOST_HITS:
        raise InputError(ErrorCode.INPUT_INVALID, "A logged match needs a zone and 1 to 50 hits.")
    if len(entries) != len(event.hits):
        raise InputError(ErrorCode.INPUT_INVALID, "A logged match names each entry once.")
    return event


def check_count(count: QueryCount) -> QueryCount:
    """The count, when it can be kept.

    Raises:
        InputError: INPUT_INVALID: fewer than 1, the hour has no zone or minutes, or the verdict is
            a match.
    """
    hour = count.hour
    is_hour = hour.tzinfo is not None and not (hour.minute or hour.second or hour.microsecond)
    if not is_hour or count.count < 1 or count.verdict is Verdict.MATCH:
        raise InputError(
            ErrorCode.INPUT_INVALID, "A count is of one whole hour, 1 or more, and of no matches."
        )
    return count


def check_text(text: str, longest: int, name: str) -> str:
    """The text, when it is short and holds no control characters; empty is fine.

    Args:
        text: From the caller.
        longest: Characters at most.
        name: How the error calls it.

    Raises:
        InputError: INPUT_INVALID.
    """
    if len(text) > longest or not text.isprintable():
        raise InputError(
            ErrorCode.INPUT_INVALID,
            f"{name} is at most {longest} characters, without control characters.",
        )
    return text


class MatchLogReader(Protocol):
    """Reads the match log of one member at a time, and counts."""

    def matches(
        self,
        member_id: int,
        wanted: MatchFilter,
        *,
        before: int | None = None,
        limit: int = PAGE,
    ) -> Sequence[LoggedMatch]:
        """A page of matches, newest first.

        Pages never overlap and leave nothing out of what was logged when the first was read,
        whatever is logged meanwhile.

        Args:
            member_id: Whose.
            wanted: Which.
            before: The number of the last match of the page before; None for the first page.
            limit: Matches at most, 1 or more.

        Raises:
            InputError: INPUT_INVALID: the member has no match with the number `before`.
        """
        ...

    def match(self, match_id: int, *, member_id: int) -> LoggedMatch:
        """One match.

        Raises:
            StoreError: MATCH_MISSING: the member has no such match.
        """
        ...

    def queries(
        self, member_id: int, *, since: datetime, until: datetime, step: Step
    ) -> Sequence[QueriesInStep]:
        """A member's queries by time and verdict, ascending; empty steps are left out.

        Args:
            member_id: Whose.
            since: From the hour or day on in which this moment lies.
            until: Before this moment.
            step: The width of one count.
        """
        ...

    def matches_in_banks(
        self, member_id: int, *, since: datetime, until: datetime, step: Step
    ) -> Sequence[MatchesInStep]:
        """A member's matches by time, bank, category and action, ascending; as `queries`."""
        ...

    def sightings(self, entry_id: int, *, since: date, until: date) -> Sequence[SightingCount]:
        """How often an entry was seen, by day and member, ascending; `until` is left out."""
        ...
