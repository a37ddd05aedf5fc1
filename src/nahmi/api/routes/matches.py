# SPDX-License-Identifier: Apache-2.0
"""The match log: what matched, and how much was asked."""

from datetime import UTC, date, datetime, timedelta
from typing import Annotated, Final

import msgspec
from litestar import Router, get
from litestar.di import NamedDependency
from litestar.params import QueryParameter

from nahmi.access.identity import Principal
from nahmi.access.roles import Permission
from nahmi.api.callers import Caller
from nahmi.api.describing import Sample
from nahmi.api.fields import Id, QueryId
from nahmi.api.operations import operation
from nahmi.api.paging import Cursor, Limit, Page, page, place
from nahmi.core.bank import Action, Category
from nahmi.core.match import Verdict
from nahmi.errors import ErrorCode, InputError
from nahmi.protect.match_log import (
    LONGEST_CHANNEL,
    LONGEST_REFERENCE,
    LoggedHit,
    LoggedMatch,
    MatchFilter,
    Step,
)

LONGEST_COUNT: Final = timedelta(days=400)
"""The longest time that one request counts."""

_WORD = r"^[^\x00-\x1f]*$"
_Since = Annotated[
    datetime | None, QueryParameter(name="since", description="From this moment on.")
]
_Until = Annotated[datetime | None, QueryParameter(name="until", description="Before this moment.")]
_OfCategory = Annotated[
    Category | None,
    QueryParameter(name="category", description="With a hit in a bank of this category."),
]
_OfAction = Annotated[
    Action | None, QueryParameter(name="action", description="That asked for this.")
]
_OfPrincipal = Annotated[
    str | None,
    QueryParameter(name="principal", max_length=64, pattern=_WORD, description="Such as `key:7`."),
]
_OfReference = Annotated[
    str | None,
    QueryParameter(
        name="reference",
        max_length=LONGEST_REFERENCE,
        pattern=_WORD,
        description="With exactly this reference.",
    ),
]
_OfChannel = Annotated[
    str | None,
    QueryParameter(
        name="channel",
        max_length=LONGEST_CHANNEL,
        pattern=_WORD,
        description="Of exactly this channel.",
    ),
]
_Step = Annotated[Step, QueryParameter(name="step", description="The width of one count.")]
_SinceDay = Annotated[date | None, QueryParameter(name="since", description="From this day on.")]
_UntilDay = Annotated[date | None, QueryParameter(name="until", description="Before this day.")]


class HitReply(msgspec.Struct, frozen=True, kw_only=True):
    """An entry that content matched, as it was then.

    Attributes:
        bank_id: The bank.
        category: Its category at that time.
        signal_type: The type that matched.
        entry_id: The entry; null without `protect:entry:read`.
        distance: In bits; null without `protect:distance:read`, as the three that follow.
        limit_bits: The limit that applied.
        variant: Which variant of the content hit.
        frame: Which frame of the content hit.
    """

    bank_id: int
    category: Category
    signal_type: str
    entry_id: int | None
    distance: int | None
    limit_bits: int | None
    variant: str | None
    frame: int | None


class LoggedMatchReply(msgspec.Struct, frozen=True, kw_only=True):
    """A match in the log.

    Attributes:
        match_id: Its number, never reused.
        at: When it was.
        principal: Who asked.
        reference: The caller's own name for the content.
        channel: Where the content came from.
        action: What the answer asked for.
        hits: What matched, best first.
    """

    match_id: int
    at: datetime
    principal: str
    reference: str
    channel: str
    action: Action
    hits: tuple[HitReply, ...]


class MatchPage(Page[LoggedMatchReply], frozen=True):
    """A part of the match log."""


class QueriesReply(msgspec.Struct, frozen=True, kw_only=True):
    """Queries of one hour or day.

    Attributes:
        start: Its beginning.
        verdict: How they were answered.
        count: How many.
    """

    start: datetime
    verdict: Verdict
    count: int


class BankMatchesReply(msgspec.Struct, frozen=True, kw_only=True):
    """Matches of one hour or day in one bank; one with hits in two banks counts in each.

    Attributes:
        start: Its beginning.
        bank_id: The bank.
        category: Its category at that time.
        action: What the answers asked for.
        count: How many.
    """

    start: datetime
    bank_id: int
    category: Category
    action: Action
    count: int


class CountsReply(msgspec.Struct, frozen=True, kw_only=True):
    """How much was asked, and how much matched; hours or days without anything are left out.

    Attributes:
        queries: By time and verdict.
        matches: By time, bank, category and action.
    """

    queries: tuple[QueriesReply, ...]
    matches: tuple[BankMatchesReply, ...]


class SightingReply(msgspec.Struct, frozen=True, kw_only=True):
    """How often an entry's content was seen in a day.

    Attributes:
        day: UTC.
        member_id: Who saw it; null when it is another member than yours.
        count: How often.
    """

    day: date
    member_id: int | None
    count: int


class SightingsReply(msgspec.Struct, frozen=True):
    """How often an entry's content was seen, by day; days without are left out."""

    items: tuple[SightingReply, ...]


def _hit_reply(hit: LoggedHit, principal: Principal) -> HitReply:
    may_see_entry = principal.may(Permission.PROTECT_ENTRY_READ)
    may_see_distance = principal.may(Permission.PROTECT_DISTANCE_READ)
    return HitReply(
        bank_id=hit.bank_id,
        category=hit.category,
        signal_type=hit.signal_type,
        entry_id=hit.entry_id if may_see_entry else None,
        distance=hit.distance if may_see_distance else None,
        limit_bits=hit.limit_bits if may_see_distance else None,
        variant=hit.variant if may_see_distance else None,
        frame=hit.frame if may_see_distance else None,
    )


def _match_reply(match: LoggedMatch, principal: Principal) -> LoggedMatchReply:
    event = match.event
    return LoggedMatchReply(
        match_id=match.match_id,
        at=event.at,
        principal=event.principal,
        reference=event.reference,
        channel=event.channel,
        action=event.action,
        hits=tuple(_hit_reply(hit, principal) for hit in event.hits),
    )


_MOMENT = datetime(2026, 3, 1, 9, 30, 12, tzinfo=UTC)
_HIT = HitReply(
    bank_id=3,
    category=Category.CSAM_UNGRADED,
    signal_type="pdq",
    entry_id=48_213,
    distance=12,
    limit_bits=31,
    variant="original",
    frame=0,
)
_MATCH = LoggedMatchReply(
    match_id=902,
    at=_MOMENT,
    principal="key:7",
    reference="upload-20260301-17",
    channel="api",
    action=Action.REVIEW,
    hits=(_HIT,),
)
_HOUR = _MOMENT.replace(minute=0, second=0)


@operation(
    get,
    "/matches",
    permission=Permission.PROTECT_MATCH_READ,
    summary="List the matches",
    sample=Sample(reply=MatchPage([_MATCH], "OTAy")),
)
def list_matches(  # noqa: PLR0913 - each is a filter of its own
    caller: NamedDependency[Caller],
    *,
    cursor: Cursor = None,
    limit: Limit = 100,
    since: _Since = None,
    until: _Until = None,
    bank_id: QueryId = None,
    category: _OfCategory = None,
    action: _OfAction = None,
    principal: _OfPrincipal = None,
    reference: _OfReference = None,
    channel: _OfChannel = None,
) -> MatchPage:
    """The matches of your member, newest first. Queries that matched nothing are only counted."""
    wanted = MatchFilter(
        since=_zoned(since),
        until=_zoned(until),
        bank_id=bank_id,
        category=category,
        action=action,
        principal=principal,
        reference=reference,
        channel=channel,
    )
    who = caller.principal
    found = caller.service.match_log.matches(
        who.member_id, wanted, before=place(cursor), limit=limit + 1
    )
    return page(
        MatchPage,
        found,
        limit,
        number=lambda match: match.match_id,
        reply=lambda match: _match_reply(match, who),
    )


@operation(
    get,
    "/matches/{match_id:int}",
    permission=Permission.PROTECT_MATCH_READ,
    summary="Read a match",
    sample=Sample(reply=_MATCH),
    problems=(ErrorCode.MATCH_MISSING,),
    is_tagged=True,
)
def read_match(caller: NamedDependency[Caller], match_id: Id) -> LoggedMatchReply:
    """One match with its evidence."""
    who = caller.principal
    return _match_reply(caller.service.match_log.match(match_id, member_id=who.member_id), who)


@operation(
    get,
    "/matches/counts",
    permission=Permission.PROTECT_MATCH_READ,
    summary="Count queries and matches",
    sample=Sample(
        reply=CountsReply(
            queries=(QueriesReply(start=_HOUR, verdict=Verdict.NO_MATCH, count=88_120),),
            matches=(
                BankMatchesReply(
                    start=_HOUR,
                    bank_id=3,
                    category=Category.CSAM_UNGRADED,
                    action=Action.REVIEW,
                    count=4,
                ),
            ),
        )
    ),
)
def count_matches(
    caller: NamedDependency[Caller],
    *,
    since: _Since = None,
    until: _Until = None,
    step: _Step = Step.DAY,
) -> CountsReply:
    """How much was asked and how much matched, by hour or day; the last 30 days by default."""
    end = _zoned(until) or caller.service.clock()
    begin = _zoned(since) or end - timedelta(days=30)
    if end - begin > LONGEST_COUNT:
        raise InputError(
            ErrorCode.INPUT_INVALID, f"One request counts at most {LONGEST_COUNT.days} days."
        )
    log, member_id = caller.service.match_log, caller.principal.member_id
    queries = log.queries(member_id, since=begin, until=end, step=step)
    matches = log.matches_in_banks(member_id, since=begin, until=end, step=step)
    return CountsReply(
        queries=tuple(QueriesReply(**msgspec.structs.asdict(one)) for one in queries),
        matches=tuple(BankMatchesReply(**msgspec.structs.asdict(one)) for one in matches),
    )


@operation(
    get,
    "/entries/{entry_id:int}/sightings",
    permission=Permission.PROTECT_MATCH_READ,
    summary="Count an entry's sightings",
    sample=Sample(
        reply=SightingsReply((SightingReply(day=date(2026, 3, 1), member_id=1, count=7),))
    ),
    problems=(ErrorCode.ENTRY_MISSING,),
)
def list_sightings(
    caller: NamedDependency[Caller],
    entry_id: Id,
    *,
    since: _SinceDay = None,
    until: _UntilDay = None,
) -> SightingsReply:
    """How often content that matches an entry was seen, by day; the last 30 days by default.

    Members that match against a shared bank stay unnamed.
    """
    service, own = caller.service, caller.principal.member_id
    service.node.store.entry(entry_id, member_id=own)
    end = until or service.clock().date() + timedelta(days=1)
    begin = since or end - timedelta(days=min(30, (end - date.min).days))
    found = service.match_log.sightings(entry_id, since=begin, until=end)
    return SightingsReply(
        tuple(
            SightingReply(
                day=one.day,
                member_id=one.member_id if one.member_id == own else None,
                count=one.count,
            )
            for one in found
        )
    )


def _zoned(moment: datetime | None) -> datetime | None:
    if moment is not None and moment.utcoffset() is None:
        raise InputError(ErrorCode.INPUT_INVALID, "A time must state its offset from UTC.")
    return moment


routes = Router(
    "/",
    route_handlers=[list_matches, read_match, count_matches, list_sightings],
    tags=["match log"],
)
