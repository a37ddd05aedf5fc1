# SPDX-License-Identifier: Apache-2.0
"""Signals of a circle: what needs a person, who says what, and what we say."""

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Final

from litestar import Response
from litestar.di import NamedDependency
from litestar.params import FromPath

from nahmi.access.roles import Permission
from nahmi.core.signal import Signal
from nahmi.errors import ErrorCode, PartnerError
from nahmi.flows.circles.tending import require_said
from nahmi.partner.circles.roster import Roster
from nahmi.partner.fold.state import SignalState
from nahmi.partner.naming import signal_key
from nahmi.partner.ports.circle import Circle
from nahmi.partner.statements.kinds import AnyStatement, Opinion, RetractReason
from nahmi.web.notices import NoticeKey
from nahmi.web.paths import to
from nahmi.web.routes.circle_shown import BEGINS, name_in, signal_row
from nahmi.web.routes.circles import READ
from nahmi.web.routes.gates import action, page
from nahmi.web.typed import Typed
from nahmi.web.views import circle_signals as shown
from nahmi.web.views.base import EMPTY_FORM, Form, Paging
from nahmi.web.views.operations import Confirm, Question
from nahmi.web.visits import Visit

PAGE: Final = 50
_SAY, _OPINE = Permission.PARTNER_ASSERTION_WRITE, Permission.PARTNER_OPINION_WRITE
_LONGEST_REASON: Final = 500


@page("/circles/{circle_id:str}/attention", READ)
def list_attention(visit: NamedDependency[Visit], circle_id: FromPath[str]) -> Response[str]:
    """Contested signals, and those that a gate holds."""
    looking, who = visit.circles.looking, visit.principal
    after = _key(visit.request.query_params.get("after", ""))
    found = looking.attention(who, circle_id, after=after, limit=PAGE + 1)
    rows = tuple(signal_row(key, held) for key, held in found[:PAGE])
    following = rows[-1].signal_key if len(found) > PAGE else ""
    return visit.show(
        shown.CircleAttention(
            circle_id=circle_id,
            circle=looking.own(who, circle_id).roster.roster.name,
            rows=rows,
            paging=Paging(following=following, is_first=not after),
        )
    )


@page("/circles/{circle_id:str}/signals/{key:str}", READ)
def show_signal(
    visit: NamedDependency[Visit], circle_id: FromPath[str], key: FromPath[str]
) -> Response[str]:
    """One signal: where it stands, and who says what."""
    return visit.show(_signal(visit, circle_id, _found(visit, circle_id, key), EMPTY_FORM))


@action("/circles/{circle_id:str}/signals/{key:str}/agree", _OPINE)
def agree(
    visit: NamedDependency[Visit],
    typed: NamedDependency[Typed],
    circle_id: FromPath[str],
    key: FromPath[str],
) -> Response[str]:
    """Say that we looked and agree."""
    return _opine(visit, typed, circle_id, key, 100)


@action("/circles/{circle_id:str}/signals/{key:str}/disagree", _OPINE)
def disagree(
    visit: NamedDependency[Visit],
    typed: NamedDependency[Typed],
    circle_id: FromPath[str],
    key: FromPath[str],
) -> Response[str]:
    """Say that we looked and disagree."""
    return _opine(visit, typed, circle_id, key, -100)


@action("/circles/{circle_id:str}/signals/{key:str}/let-through", _OPINE)
def let_through(
    visit: NamedDependency[Visit],
    typed: NamedDependency[Typed],
    circle_id: FromPath[str],
    key: FromPath[str],
) -> Response[str]:
    """Decide that the gates of this node must not hold a signal."""
    return _decide(visit, typed, circle_id, key, is_let_through=True)


@action("/circles/{circle_id:str}/signals/{key:str}/hold", _OPINE)
def hold(
    visit: NamedDependency[Visit],
    typed: NamedDependency[Typed],
    circle_id: FromPath[str],
    key: FromPath[str],
) -> Response[str]:
    """Take that decision back."""
    return _decide(visit, typed, circle_id, key, is_let_through=False)


@page("/circles/{circle_id:str}/signals/{key:str}/withdraw", _SAY)
def ask_withdraw(
    visit: NamedDependency[Visit], circle_id: FromPath[str], key: FromPath[str]
) -> Response[str]:
    """Ask before an assertion of ours is taken back."""
    signal = _found(visit, circle_id, key)
    asked = Typed({"why": [visit.request.query_params.get("why", "")]})
    reason = asked.choice("why", RetractReason)
    if not asked.is_right:
        return visit.again(_signal(visit, circle_id, signal, asked.form()))
    here = to("circles", circle_id, "signals", key)
    return visit.show(
        Confirm(
            question=Question.CIRCLE_WITHDRAW,
            subject=f"{signal.signal_type} {signal.value[:BEGINS]}…",
            action_path=f"{here}/withdraw",
            back_path=here,
            fields={"why": reason.value},
        )
    )


@action("/circles/{circle_id:str}/signals/{key:str}/withdraw", _SAY)
def withdraw(
    visit: NamedDependency[Visit],
    typed: NamedDependency[Typed],
    circle_id: FromPath[str],
    key: FromPath[str],
) -> Response[str]:
    """Take back what we asserted of a signal."""
    signal = _found(visit, circle_id, key)
    reason = typed.choice("why", RetractReason)
    if not typed.is_right:
        return visit.again(_signal(visit, circle_id, signal, typed.form()))
    require_said(visit.circles.speaking.retract(visit.principal, circle_id, [signal], reason))
    return visit.done(to("circles", circle_id, "signals", key), NoticeKey.CIRCLE_SAID)


def _opine(visit: Visit, typed: Typed, circle_id: str, key: str, value: int) -> Response[str]:
    signal = _found(visit, circle_id, key)
    reason = typed.text("reason", longest=_LONGEST_REASON)
    if not typed.is_right:
        return visit.again(_signal(visit, circle_id, signal, typed.form()))
    try:
        said = visit.circles.answering.opine(
            visit.principal, circle_id, signal, value, reason=reason
        )
        require_said(said)
    except PartnerError as error:
        if error.code is ErrorCode.CIRCLE_MISSING:
            raise
        return visit.again(_signal(visit, circle_id, signal, typed.form(error)))
    return visit.done(_after(typed, circle_id, key), NoticeKey.CIRCLE_SAID)


def _decide(
    visit: Visit, typed: Typed, circle_id: str, key: str, *, is_let_through: bool
) -> Response[str]:
    signal = _found(visit, circle_id, key)
    visit.circles.looking.let_through(
        visit.principal, circle_id, signal, is_let_through=is_let_through
    )
    return visit.done(_after(typed, circle_id, key), NoticeKey.CIRCLE_DECIDED)


def _after(typed: Typed, circle_id: str, key: str) -> str:
    """Back to the list from which it was done, or to the signal."""
    if typed.secret("back") == "attention":
        return to("circles", circle_id, "attention")
    return to("circles", circle_id, "signals", key)


def _found(visit: Visit, circle_id: str, key: str) -> Signal:
    return visit.circles.looking.signal(visit.principal, circle_id, _key(key))


def _key(text: str) -> bytes:
    try:
        return bytes.fromhex(text)
    except ValueError:
        return b""


def _signal(visit: Visit, circle_id: str, signal: Signal, form: Form) -> shown.CircleSignal:
    looking, who = visit.circles.looking, visit.principal
    circle = looking.own(who, circle_id)
    state, held = looking.state(who, circle_id, signal)
    texts = looking.texts(who, circle_id, [word.seq for word in state.words])
    live = {claim.org for claim in state.claims if claim.retracted is None}
    until_s = held.judged.until_s
    return shown.CircleSignal(
        form=form,
        circle_id=circle_id,
        circle=circle.roster.roster.name,
        row=signal_row(signal_key(signal), held),
        value=signal.value,
        against=round(held.judged.against),
        until=None if until_s is None else datetime.fromtimestamp(until_s, UTC),
        said=tuple(sorted(_said(circle, state, texts), key=lambda one: one.place)),
        seen=state.seen,
        may_answer=bool(live - {circle.own_org}),
        is_own=circle.own_org in live,
    )


def _said(
    circle: Circle, state: SignalState, texts: dict[int, AnyStatement]
) -> Iterator[shown.SaidRow]:
    roster: Roster = circle.roster.roster
    for claim in state.claims:
        yield shown.SaidRow(
            place=claim.seq,
            said_at=datetime.fromtimestamp(claim.at_s, UTC),
            organisation=name_in(roster, claim.org),
            is_own=claim.org == circle.own_org,
            category=claim.category,
            is_reviewed=claim.is_reviewed,
            retracted=claim.retracted,
        )
    for word in state.words:
        text = texts.get(word.seq)
        yield shown.SaidRow(
            place=word.seq,
            said_at=datetime.fromtimestamp(word.at_s, UTC),
            organisation=name_in(roster, word.org),
            is_own=word.org == circle.own_org,
            value=word.value,
            basis=word.basis,
            reason=text.reason if isinstance(text, Opinion) else "",
        )


ROUTES = [
    list_attention,
    show_signal,
    agree,
    disagree,
    let_through,
    hold,
    ask_withdraw,
    withdraw,
]
