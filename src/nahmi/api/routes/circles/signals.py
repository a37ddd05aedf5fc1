# SPDX-License-Identifier: Apache-2.0
"""Signals of circles: where they stand, who says what of them, and what needs a person."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Annotated, Final

import msgspec
from litestar import Router, get, post
from litestar.di import NamedDependency
from litestar.params import JSONBody, QueryParameter

from nahmi.access.roles import Permission
from nahmi.api.callers import Caller
from nahmi.api.describing import Sample
from nahmi.api.hot_match import SignalBody
from nahmi.api.operations import operation
from nahmi.api.paging import Cursor, Limit, Page
from nahmi.api.routes.circles.fields import (
    ALWAYS,
    DIGEST,
    KEY,
    ORG,
    CircleId,
    SignalKey,
    after_key,
    canonical,
    key_cursor,
    key_of,
)
from nahmi.core.bank import Category
from nahmi.core.signal import Signal
from nahmi.errors import ErrorCode
from nahmi.partner.fold.state import Claim, Word
from nahmi.partner.fold.tiers import Tier
from nahmi.partner.gates import Gate
from nahmi.partner.naming import signal_key
from nahmi.partner.ports.fold import HeldSignal
from nahmi.partner.statements.kinds import AnyStatement, Basis, Opinion, RetractReason

_OfTier = Annotated[
    Tier | None, QueryParameter(name="tier", description="That stand here; all when left out.")
]
_MISSING: Final = (*ALWAYS, ErrorCode.SIGNAL_MISSING)


class CircleSignalReply(msgspec.Struct, frozen=True, kw_only=True):
    """Where a signal stands in a circle, on this node.

    Attributes:
        key: Stands for the signal in addresses: 32 digits.
        signal: The signal.
        tier: `held`, `review`, `actionable`, `contested` or `withdrawn`.
        category: As what most assert it; null when nobody does.
        organisations: Independent ones that looked and agree.
        jurisdictions: Countries that these come from.
        against: The weight of people's disagreement, 0 to 100 for each.
        held: Which gates of this node keep it back.
        is_let_through: A person of this node decided that they must not.
        entry_id: The entry that makes it match here; null for none.
        until: Until when this holds if nothing more is said; null for ever.
    """

    key: str
    signal: SignalBody
    tier: Tier
    category: Category | None
    organisations: int
    jurisdictions: int
    against: float
    held: tuple[Gate, ...]
    is_let_through: bool
    entry_id: int | None
    until: datetime | None


class CircleSignalPage(Page[CircleSignalReply], frozen=True):
    """A part of a list of signals."""


class ClaimReply(msgspec.Struct, frozen=True, kw_only=True):
    """What an organisation asserts of a signal.

    Attributes:
        org: Whose assertion.
        category: As what.
        is_reviewed: A person looked.
        quality: Of the fingerprint; null when not said.
        said_at: When.
        until: From then on it does not count.
        place: Where in the log it stands.
        retracted: Why it was taken back; null while it stands.
    """

    org: str
    category: Category
    is_reviewed: bool
    quality: int | None
    said_at: datetime
    until: datetime | None
    place: int
    retracted: RetractReason | None


class OpinionReply(msgspec.Struct, frozen=True, kw_only=True):
    """What an organisation thinks of an assertion.

    Attributes:
        org: Whose opinion.
        value: -100 for full disagreement to 100 for full agreement.
        basis: `human_review`, `automatic` or `appeal`.
        reason: In a few words; empty when not said.
        said_at: When.
        place: Where in the log it stands.
    """

    org: str
    value: int
    basis: Basis
    reason: str
    said_at: datetime
    place: int


class SignalStateReply(msgspec.Struct, frozen=True, kw_only=True):
    """All that is said of a signal.

    Attributes:
        state: Where it stands, and why.
        claims: The newest assertion of each organisation that ever made one.
        opinions: The newest opinion of each organisation on each of these.
        seen: In how many sightings.
    """

    state: CircleSignalReply
    claims: tuple[ClaimReply, ...]
    opinions: tuple[OpinionReply, ...]
    seen: int


def moment(at_s: int) -> datetime:
    """Unix time in seconds as a moment."""
    return datetime.fromtimestamp(at_s, UTC)


def signal_reply(held: HeldSignal) -> CircleSignalReply:
    """Where a signal stands, as callers see it."""
    judged = held.judged
    return CircleSignalReply(
        key=signal_key(held.signal).hex(),
        signal=SignalBody(held.signal.signal_type, held.signal.value),
        tier=held.tier,
        category=judged.category,
        organisations=judged.organisations,
        jurisdictions=judged.jurisdictions,
        against=judged.against,
        held=held.held,
        is_let_through=held.is_let_through,
        entry_id=held.entry_id,
        until=None if judged.until_s is None else moment(judged.until_s),
    )


def _claim(one: Claim) -> ClaimReply:
    return ClaimReply(
        org=one.org,
        category=one.category,
        is_reviewed=one.is_reviewed,
        quality=one.quality,
        said_at=moment(one.at_s),
        until=None if one.until_s is None else moment(one.until_s),
        place=one.seq,
        retracted=one.retracted,
    )


def _opinion(one: Word, said: AnyStatement | None) -> OpinionReply:
    return OpinionReply(
        org=one.org,
        value=one.value,
        basis=one.basis,
        reason=said.reason if isinstance(said, Opinion) else "",
        said_at=moment(one.at_s),
        place=one.seq,
    )


def state_of(caller: Caller, circle_id: str, signal: Signal) -> SignalStateReply:
    """All that is said of a signal, as this caller may see it.

    Raises:
        PartnerError: CIRCLE_MISSING or SIGNAL_MISSING.
    """
    looking, who = caller.circles.looking, caller.principal
    state, held = looking.state(who, circle_id, signal)
    said = looking.texts(who, circle_id, [word.seq for word in state.words])
    return SignalStateReply(
        state=signal_reply(held),
        claims=tuple(_claim(one) for one in state.claims),
        opinions=tuple(_opinion(one, said.get(one.seq)) for one in state.words),
        seen=state.seen,
    )


SIGNAL: Final = CircleSignalReply(
    key=KEY,
    signal=SignalBody("sha256", DIGEST),
    tier=Tier.CONTESTED,
    category=Category.NCII,
    organisations=2,
    jurisdictions=2,
    against=100.0,
    held=(),
    is_let_through=False,
    entry_id=81,
    until=datetime(2031, 3, 1, 9, 30, tzinfo=UTC),
)
STATE: Final = SignalStateReply(
    state=SIGNAL,
    claims=(
        ClaimReply(
            org=ORG,
            category=Category.NCII,
            is_reviewed=True,
            quality=None,
            said_at=datetime(2026, 3, 1, 9, 30, tzinfo=UTC),
            until=datetime(2031, 3, 1, 9, 30, tzinfo=UTC),
            place=1_402,
            retracted=None,
        ),
    ),
    opinions=(
        OpinionReply(
            org=ORG,
            value=-100,
            basis=Basis.HUMAN_REVIEW,
            reason="A widely known picture of a beach.",
            said_at=datetime(2026, 3, 2, 8, 0, tzinfo=UTC),
            place=1_577,
        ),
    ),
    seen=0,
)


@operation(
    get,
    "/signals",
    permission=Permission.PARTNER_CIRCLE_READ,
    summary="List a circle's signals",
    sample=Sample(reply=CircleSignalPage([SIGNAL])),
    problems=ALWAYS,
)
def list_circle_signals(
    caller: NamedDependency[Caller],
    circle_id: CircleId,
    *,
    tier: _OfTier = None,
    cursor: Cursor = None,
    limit: Limit = 100,
) -> CircleSignalPage:
    """Signals that stand somewhere, in the order of their keys. The audit log notes who looked."""
    tiers = tuple(Tier) if tier is None else (tier,)
    found = caller.circles.looking.signals(
        caller.principal, circle_id, tiers, after=after_key(cursor), limit=limit + 1
    )
    return _page(found, limit)


@operation(
    get,
    "/attention",
    permission=Permission.PARTNER_CIRCLE_READ,
    summary="List signals that need a person",
    sample=Sample(reply=CircleSignalPage([SIGNAL])),
    problems=ALWAYS,
)
def list_circle_attention(
    caller: NamedDependency[Caller],
    circle_id: CircleId,
    *,
    cursor: Cursor = None,
    limit: Limit = 100,
) -> CircleSignalPage:
    """Contested signals, and those that a gate of this node holds back, with the reasons."""
    found = caller.circles.looking.attention(
        caller.principal, circle_id, after=after_key(cursor), limit=limit + 1
    )
    return _page(found, limit)


@operation(
    post,
    "/signals/find",
    permission=Permission.PARTNER_CIRCLE_READ,
    summary="Find a signal in a circle",
    sample=Sample(request=SignalBody("sha256", DIGEST), reply=STATE),
    problems=(*_MISSING, ErrorCode.SIGNAL_INVALID, ErrorCode.SIGNAL_TYPE_UNKNOWN),
    status=200,
)
def find_circle_signal(
    caller: NamedDependency[Caller], circle_id: CircleId, data: JSONBody[SignalBody]
) -> SignalStateReply:
    """All that is said of a signal, found by the signal itself."""
    return state_of(caller, circle_id, canonical(data.signal_type, data.value))


@operation(
    get,
    "/signals/{key:str}",
    permission=Permission.PARTNER_CIRCLE_READ,
    summary="Read a signal in a circle",
    sample=Sample(reply=STATE),
    problems=_MISSING,
    is_tagged=True,
)
def read_circle_signal(
    caller: NamedDependency[Caller], circle_id: CircleId, key: SignalKey
) -> SignalStateReply:
    """Where a signal stands, who says what of it, and why it is held back."""
    signal = caller.circles.looking.signal(caller.principal, circle_id, key_of(key))
    return state_of(caller, circle_id, signal)


def _page(found: Sequence[tuple[bytes, HeldSignal]], limit: int) -> CircleSignalPage:
    shown = found[:limit]
    following = key_cursor(shown[-1][0]) if len(found) > limit else None
    return CircleSignalPage([signal_reply(held) for _, held in shown], following)


routes = Router(
    "/circles/{circle_id:str}",
    route_handlers=[
        list_circle_signals,
        list_circle_attention,
        find_circle_signal,
        read_circle_signal,
    ],
    tags=["circle signals"],
)
