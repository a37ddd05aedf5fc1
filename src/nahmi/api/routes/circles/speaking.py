# SPDX-License-Identifier: Apache-2.0
"""What your organisation says in a circle: assertions, withdrawals and opinions."""

from datetime import UTC, datetime
from typing import Annotated, Final

import msgspec
from litestar import Router, get, post
from litestar.di import NamedDependency
from litestar.params import JSONBody

from nahmi.access.roles import Permission
from nahmi.api.callers import Caller
from nahmi.api.describing import Sample
from nahmi.api.fields import Id, Moment
from nahmi.api.hot_match import SignalBody
from nahmi.api.operations import operation
from nahmi.api.paging import Limit
from nahmi.api.routes.circles.fields import (
    ALWAYS,
    CIRCLE_ID,
    DIGEST,
    SAYING,
    CircleId,
    SignalKey,
    canonical,
    key_of,
)
from nahmi.api.routes.circles.signals import STATE, SignalStateReply, state_of
from nahmi.api.routes.jobs import JOB, JobReply, job_reply
from nahmi.core.bank import Category
from nahmi.errors import ErrorCode
from nahmi.flows.circles.circle_jobs import SHARE_KIND, VERIFY_KIND, WITHDRAW_KIND
from nahmi.flows.circles.speaking import Spoken
from nahmi.partner.ports.outgoing import Pending
from nahmi.partner.statements.kinds import Basis, RetractReason, ReviewMethod
from nahmi.partner.statements.text import read
from nahmi.partner.voice import AssertionDraft

MOST_AT_ONCE: Final = 1_000
_Signals = Annotated[list[SignalBody], msgspec.Meta(min_length=1, max_length=MOST_AT_ONCE)]
_Value = Annotated[int, msgspec.Meta(ge=-100, le=100)]
_Reason = Annotated[str, msgspec.Meta(max_length=500, pattern="^[^\\x00]*$")]
_Quality = Annotated[int, msgspec.Meta(ge=0, le=100)]
_SPELLED: Final = (ErrorCode.SIGNAL_INVALID, ErrorCode.SIGNAL_TYPE_UNKNOWN)
_OPINING: Final = (*SAYING, ErrorCode.SIGNAL_MISSING, ErrorCode.STATEMENT_INVALID)


class NewAssertionsBody(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What is to be asserted of signals.

    Attributes:
        signals: At most 1000.
        category: Of which category their content is.
        review: Who looked: `human`, `automatic` or `none`.
        quality: Of the fingerprints, for types that have one.
        expires_at: From then on it does not count; left out for what the circle's rules say.
    """

    signals: _Signals
    category: Category
    review: ReviewMethod = ReviewMethod.HUMAN
    quality: _Quality | None = None
    expires_at: Moment | None = None


class RetractionsBody(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What is to be taken back.

    Attributes:
        signals: At most 1000; those that your organisation does not assert are left out.
        reason: Why.
    """

    signals: _Signals
    reason: RetractReason


class OpinionBody(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What your organisation thinks of a signal.

    Attributes:
        value: -100 for full disagreement to 100 for full agreement.
        basis: What it rests on: `human_review`, `automatic` or `appeal`.
        reason: In a few words without any personal data.
    """

    value: _Value
    basis: Basis = Basis.HUMAN_REVIEW
    reason: _Reason = ""


class SpokenReply(msgspec.Struct, frozen=True, kw_only=True):
    """What came of what was said.

    Attributes:
        said: How many statements were made; what changes nothing is not said again.
        is_waiting: They wait for the circle's home, which is another node.
        refused: How many the circle did not take.
        reasons: Why, each once.
    """

    said: int
    is_waiting: bool
    refused: int
    reasons: tuple[str, ...]


class SharingBody(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How a bank is to be shared.

    Attributes:
        review: Who looked before entries came into the bank.
    """

    review: ReviewMethod = ReviewMethod.HUMAN


class TakingBackBody(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How a bank is to be taken back.

    Attributes:
        reason: Why.
    """

    reason: RetractReason


class RefusedReply(msgspec.Struct, frozen=True, kw_only=True):
    """A statement of yours that the circle's home did not take.

    Attributes:
        kind: Such as `assert`.
        id: What it is about.
        said_at: When you said it.
        reason: Why it was not taken.
    """

    kind: str
    id: str
    said_at: str
    reason: str


class RefusedListReply(msgspec.Struct, frozen=True, kw_only=True):
    """Statements that were not taken.

    Attributes:
        items: Newest first.
    """

    items: list[RefusedReply]


def _spoken(one: Spoken) -> SpokenReply:
    refused = [answer.detail for answer in one.answers if answer.seq is None]
    return SpokenReply(
        said=one.said,
        is_waiting=bool(one.said) and not one.answers,
        refused=len(refused),
        reasons=tuple(dict.fromkeys(refused)),
    )


def _refused(one: Pending) -> RefusedReply:
    said = read(one.statement)
    return RefusedReply(kind=one.kind, id=said.id, said_at=said.at, reason=one.error)


_SPOKEN: Final = SpokenReply(said=1, is_waiting=True, refused=0, reasons=())
_SIGNALS: Final = [SignalBody("sha256", DIGEST)]


def _job(kind: str, **detail: str | int) -> JobReply:
    return msgspec.structs.replace(
        JOB,
        kind=kind,
        done=4_096,
        total=81_200,
        detail={"circle": CIRCLE_ID, **detail},
        started_at=datetime(2026, 3, 1, 9, 30, 1, tzinfo=UTC),
    )


@operation(
    post,
    "/assertions",
    permission=Permission.PARTNER_ASSERTION_WRITE,
    summary="Assert signals in a circle",
    sample=Sample(
        request=NewAssertionsBody(signals=_SIGNALS, category=Category.NCII), reply=_SPOKEN
    ),
    problems=(*SAYING, *_SPELLED),
    status=200,
    is_change=True,
)
def assert_signals(
    caller: NamedDependency[Caller], circle_id: CircleId, data: JSONBody[NewAssertionsBody]
) -> SpokenReply:
    """Say that signals stand for content of a category, or say something else of them."""
    drafts = [
        AssertionDraft(
            signal=canonical(one.signal_type, one.value),
            category=data.category,
            review=data.review,
            reviewers=int(data.review is ReviewMethod.HUMAN),
            quality=data.quality,
            expires_at=data.expires_at,
        )
        for one in data.signals
    ]
    return _spoken(caller.circles.speaking.share(caller.principal, circle_id, drafts))


@operation(
    post,
    "/retractions",
    permission=Permission.PARTNER_ASSERTION_WRITE,
    summary="Take back what you asserted",
    sample=Sample(
        request=RetractionsBody(signals=_SIGNALS, reason=RetractReason.WITHDRAWN_BY_SUBJECT),
        reply=_SPOKEN,
    ),
    problems=(*SAYING, *_SPELLED),
    status=200,
    is_change=True,
)
def retract_signals(
    caller: NamedDependency[Caller], circle_id: CircleId, data: JSONBody[RetractionsBody]
) -> SpokenReply:
    """Take signals back. They stop matching at all members, before everything else is read."""
    signals = [canonical(one.signal_type, one.value) for one in data.signals]
    return _spoken(
        caller.circles.speaking.retract(caller.principal, circle_id, signals, data.reason)
    )


@operation(
    post,
    "/signals/{key:str}/opinion",
    permission=Permission.PARTNER_OPINION_WRITE,
    summary="Say what you think of a signal",
    sample=Sample(
        request=OpinionBody(value=-100, reason="A widely known picture of a beach."),
        reply=_SPOKEN,
    ),
    problems=_OPINING,
    status=200,
    is_change=True,
)
def opine_on_signal(
    caller: NamedDependency[Caller],
    circle_id: CircleId,
    key: SignalKey,
    data: JSONBody[OpinionBody],
) -> SpokenReply:
    """Agree or disagree with what others assert. A person's no stops every automatic action."""
    circles, who = caller.circles, caller.principal
    signal = circles.looking.signal(who, circle_id, key_of(key))
    return _spoken(
        circles.answering.opine(
            who, circle_id, signal, data.value, basis=data.basis, reason=data.reason
        )
    )


@operation(
    post,
    "/signals/{key:str}/let-through",
    permission=Permission.PARTNER_OPINION_WRITE,
    summary="Let a signal through the gates",
    sample=Sample(reply=STATE),
    problems=(*ALWAYS, ErrorCode.SIGNAL_MISSING),
    status=200,
    is_change=True,
)
def let_signal_through(
    caller: NamedDependency[Caller], circle_id: CircleId, key: SignalKey
) -> SignalStateReply:
    """Decide that the gates of this node must not hold a signal. Others do not learn of it."""
    return _decide(caller, circle_id, key, is_let_through=True)


@operation(
    post,
    "/signals/{key:str}/hold",
    permission=Permission.PARTNER_OPINION_WRITE,
    summary="Let the gates hold a signal again",
    sample=Sample(reply=STATE),
    problems=(*ALWAYS, ErrorCode.SIGNAL_MISSING),
    status=200,
    is_change=True,
)
def hold_signal(
    caller: NamedDependency[Caller], circle_id: CircleId, key: SignalKey
) -> SignalStateReply:
    """Take back that a signal was let through."""
    return _decide(caller, circle_id, key, is_let_through=False)


@operation(
    post,
    "/banks/{bank_id:int}/share",
    permission=Permission.PARTNER_ASSERTION_WRITE,
    summary="Share a bank in a circle",
    sample=Sample(
        request=SharingBody(), reply=_job(SHARE_KIND, bank_id=3, review=ReviewMethod.HUMAN.value)
    ),
    problems=(*SAYING, ErrorCode.BANK_MISSING),
    status=202,
    is_change=True,
)
def share_bank(
    caller: NamedDependency[Caller],
    circle_id: CircleId,
    bank_id: Id,
    data: JSONBody[SharingBody],
) -> JobReply:
    """Assert every signal of a bank, as a job. What was said before is not said again."""
    return job_reply(caller.circles.jobs.share(caller.principal, circle_id, bank_id, data.review))


@operation(
    post,
    "/banks/{bank_id:int}/withdraw",
    permission=Permission.PARTNER_ASSERTION_WRITE,
    summary="Take a bank back from a circle",
    sample=Sample(
        request=TakingBackBody(reason=RetractReason.POLICY),
        reply=_job(WITHDRAW_KIND, bank_id=3, reason=RetractReason.POLICY.value),
    ),
    problems=(*SAYING, ErrorCode.BANK_MISSING),
    status=202,
    is_change=True,
)
def withdraw_bank(
    caller: NamedDependency[Caller],
    circle_id: CircleId,
    bank_id: Id,
    data: JSONBody[TakingBackBody],
) -> JobReply:
    """Take back what you asserted of every signal of a bank, as a job."""
    return job_reply(
        caller.circles.jobs.withdraw(caller.principal, circle_id, bank_id, data.reason)
    )


@operation(
    post,
    "/verify",
    permission=Permission.PARTNER_CIRCLE_READ,
    summary="Check a circle's log",
    sample=Sample(reply=_job(VERIFY_KIND)),
    problems=ALWAYS,
    status=202,
    is_change=True,
)
def verify_circle(caller: NamedDependency[Caller], circle_id: CircleId) -> JobReply:
    """Check all that is held of a log, as a job: its tree, its checkpoint and every signature."""
    return job_reply(caller.circles.jobs.verify(caller.principal, circle_id))


@operation(
    get,
    "/refused",
    permission=Permission.PARTNER_CIRCLE_READ,
    summary="List what the circle did not take",
    sample=Sample(
        reply=RefusedListReply(
            items=[
                RefusedReply(
                    kind="assert",
                    id="7d444840-9dc0-51d1-b245-5ffdce74fad2",
                    said_at="2026-03-01T09:30:00Z",
                    reason="The circle takes no signals of this type.",
                )
            ]
        )
    ),
    problems=ALWAYS,
)
def list_refused_statements(
    caller: NamedDependency[Caller], circle_id: CircleId, *, limit: Limit = 100
) -> RefusedListReply:
    """Your newest statements that the circle's home did not take, with its reasons."""
    found = caller.circles.looking.refused(caller.principal, circle_id, limit=limit)
    return RefusedListReply(items=[_refused(one) for one in found])


def _decide(caller: Caller, circle_id: str, key: str, *, is_let_through: bool) -> SignalStateReply:
    looking, who = caller.circles.looking, caller.principal
    signal = looking.signal(who, circle_id, key_of(key))
    looking.let_through(who, circle_id, signal, is_let_through=is_let_through)
    return state_of(caller, circle_id, signal)


routes = Router(
    "/circles/{circle_id:str}",
    route_handlers=[
        assert_signals,
        retract_signals,
        opine_on_signal,
        let_signal_through,
        hold_signal,
        share_bank,
        withdraw_bank,
        verify_circle,
        list_refused_statements,
    ],
    tags=["circle signals"],
)
