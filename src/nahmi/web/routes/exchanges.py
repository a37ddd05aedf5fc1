# SPDX-License-Identifier: Apache-2.0
"""Exchanges: how far they are, a fetch from one, and our opinions of what one shares."""

from typing import Final

from litestar import Response
from litestar.di import NamedDependency
from litestar.params import FromPath

from nahmi.access.roles import Permission
from nahmi.core.member import OWN_MEMBER
from nahmi.errors import ErrorCode, InputError, NahmiError
from nahmi.flows.exchanges import Listed
from nahmi.operate.exchange_settings import DirectExchangeSettings
from nahmi.operate.opinions import OPINION_KIND
from nahmi.web.notices import NoticeKey
from nahmi.web.paths import to
from nahmi.web.routes.gates import action, page
from nahmi.web.typed import Typed
from nahmi.web.views.base import EMPTY_FORM, Form, WordKey
from nahmi.web.views.exchanges import ExchangeList, ExchangePage, ExchangeRow, RefusedOpinion
from nahmi.web.visits import Visit

_READ, _WRITE = Permission.PARTNER_EXCHANGE_READ, Permission.PARTNER_EXCHANGE_WRITE
_AGREE: Final = "agree"
_STANCES: Final = (_AGREE, "disagree")
_MOST_REFUSED: Final = 50


@page("/exchanges", _READ)
def list_exchanges(visit: NamedDependency[Visit]) -> Response[str]:
    """All exchanges of whoever runs the node."""
    is_own = visit.principal.member_id == OWN_MEMBER
    found = visit.service.exchanges.listed() if is_own else []
    return visit.show(ExchangeList(rows=tuple(map(_row, found))))


@page("/exchanges/{name:str}", _READ)
def show_exchange(visit: NamedDependency[Visit], name: FromPath[str]) -> Response[str]:
    """One exchange."""
    return visit.show(_page(visit, name))


@action("/exchanges/{name:str}/fetch", _WRITE)
def fetch_exchange(
    visit: NamedDependency[Visit], typed: NamedDependency[Typed], name: FromPath[str]
) -> Response[str]:
    """Ask for a fetch."""
    del typed  # asked for so that the form is checked
    _one(visit, name)
    visit.service.exchanges.ask(visit.principal, name)
    return visit.done(to("exchanges", name), NoticeKey.EXCHANGE_ASKED)


@action("/exchanges/{name:str}/opinions", _WRITE)
def tell_opinion(
    visit: NamedDependency[Visit], typed: NamedDependency[Typed], name: FromPath[str]
) -> Response[str]:
    """Tell an exchange that we agree or disagree; what was said is not taken back by another."""
    _one(visit, name)
    entry = typed.number("entry", least=1, most=(1 << 53) - 1)
    agrees = typed.one_of("stance", _STANCES) == _AGREE
    reason = typed.text("reason", longest=200)
    if not typed.is_right:
        return visit.again(_page(visit, name, typed.form()))
    try:
        count = visit.service.opining.say(
            visit.principal, name, entry, agrees=agrees, reason=reason
        )
    except NahmiError as error:
        return visit.again(_page(visit, name, typed.form(error, field="entry")))
    return visit.done(to("exchanges", name), NoticeKey.OPINION_SAID, count=count)


@action("/exchanges/{name:str}/opinions/{message_id:int}/retry", _WRITE)
def retry_opinion(
    visit: NamedDependency[Visit],
    typed: NamedDependency[Typed],
    name: FromPath[str],
    message_id: FromPath[int],
) -> Response[str]:
    """Send an opinion again."""
    del typed  # asked for so that the form is checked
    _one(visit, name)
    visit.journeys.subscribing.retry(visit.principal, message_id)
    return visit.done(to("exchanges", name), NoticeKey.MESSAGE_RETRIED, number=message_id)


def _one(visit: Visit, name: str) -> Listed:
    """An exchange of whoever runs the node.

    Raises:
        InputError: EXCHANGE_MISSING.
    """
    if visit.principal.member_id != OWN_MEMBER:
        raise InputError(ErrorCode.EXCHANGE_MISSING, "There is no such exchange.")
    return visit.service.exchanges.one(name)


def _page(visit: Visit, name: str, form: Form = EMPTY_FORM) -> ExchangePage:
    one = _one(visit, name)
    letters = visit.service.outbox.dead_letters(OWN_MEMBER, kind=OPINION_KIND)
    number = None if one.state is None else one.state.exchange_id
    refused = [letter for letter in letters if letter.target_id == number]
    return ExchangePage(
        row=_row(one),
        takes_opinions=number is not None and isinstance(one.settings, DirectExchangeSettings),
        form=form,
        refused=tuple(
            RefusedOpinion(
                message_id=letter.message_id,
                created_at=letter.created_at,
                last_error=letter.last_error,
            )
            for letter in refused[:_MOST_REFUSED]
        ),
    )


def _row(one: Listed) -> ExchangeRow:
    checkpoint = None if one.state is None else one.state.checkpoint
    reached_at = None if checkpoint is None else checkpoint.reached_at
    completed_at = None if one.state is None else one.state.completed_at
    return ExchangeRow(
        name=one.name,
        via="" if one.settings is None else one.settings.via,
        bank="" if one.settings is None else one.settings.bank,
        records=one.records,
        entries=one.entries,
        reached_at=None if completed_at is None else reached_at or completed_at,
        state=None if one.job is None else one.job.state.value,
        job_id=None if one.job is None else one.job.job_id,
        error=WordKey(one.job.error_code) if one.job and one.job.error_code else None,
        error_detail="" if one.job is None else one.job.error_detail,
        opinions_waiting=one.opinions.waiting,
    )


ROUTES = [list_exchanges, show_exchange, fetch_exchange, tell_opinion, retry_opinion]
