# SPDX-License-Identifier: Apache-2.0
"""Exchanges: how far they are, a fetch from one, and our opinions of what one shares."""

from datetime import UTC, datetime
from typing import Annotated

import msgspec
from litestar import Router, get, post
from litestar.di import NamedDependency
from litestar.params import JSONBody, PathParameter, QueryParameter

from nahmi.access.roles import Permission
from nahmi.api.callers import Caller
from nahmi.api.describing import Sample
from nahmi.api.fields import IdField, Name, Text
from nahmi.api.operations import operation
from nahmi.api.routes.jobs import JOB, JobReply, job_reply
from nahmi.core.member import OWN_MEMBER
from nahmi.core.signal import Signal
from nahmi.errors import ErrorCode, InputError
from nahmi.flows.exchanges import Listed

_Name = Annotated[str, PathParameter(description="Of the exchange, as in node.toml.")]
_Anew = Annotated[
    bool,
    QueryParameter(name="anew", description="Begin from nothing; what is gone is withdrawn."),
]


class ExchangeReply(msgspec.Struct, frozen=True, kw_only=True):
    """An exchange and how far it is.

    Attributes:
        name: As in node.toml.
        via: The kind of program, or the class of a plug-in; empty when it is in node.toml no more.
        bank: The bank that it fills; empty when it is in node.toml no more.
        records: How many records it has.
        entries: How many entries.
        asked_at: When a fetch was asked for last; null for never.
        completed_at: When everything was here last; null for never.
        behind_s: Up to how long ago everything is here, seconds; null before that.
        job: The last fetch; null for none.
        opinions_waiting: Our opinions that wait to be sent to it.
        opinions_dead: Those that it did not take.
    """

    name: str
    via: str
    bank: str
    records: int
    entries: int
    asked_at: datetime | None
    completed_at: datetime | None
    behind_s: int | None
    job: JobReply | None
    opinions_waiting: int
    opinions_dead: int


class ExchangesReply(msgspec.Struct, frozen=True):
    """All exchanges, by name."""

    items: tuple[ExchangeReply, ...]


class SignalField(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A signal.

    Attributes:
        type: Of the signal.
        value: In any spelling.
    """

    type: Name
    value: Text


class OpinionBody(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """An opinion of an entry or a signal: one of the two.

    Attributes:
        entry_id: An entry that came from the exchange.
        signal: A signal that it shares.
        agrees: Whether it is what it is shared as.
        reason: Why you disagree, as the exchange names its reasons.
    """

    agrees: bool
    entry_id: IdField | None = None
    signal: SignalField | None = None
    reason: Text = ""


class OpinionReply(msgspec.Struct, frozen=True):
    """What became of an opinion.

    Attributes:
        messages: How many wait to be sent, one for each record of the exchange.
    """

    messages: int


_MOMENT = datetime(2026, 3, 1, 9, 30, tzinfo=UTC)
_EXCHANGE = ExchangeReply(
    name="ncmec",
    via="ncmec",
    bank="NCMEC",
    records=120_400,
    entries=311_002,
    asked_at=_MOMENT,
    completed_at=_MOMENT,
    behind_s=65,
    job=msgspec.structs.replace(JOB, kind="exchange_fetch", detail={"exchange": "ncmec"}),
    opinions_waiting=0,
    opinions_dead=1,
)


@operation(
    get,
    "/",
    permission=Permission.PARTNER_EXCHANGE_READ,
    summary="List the exchanges",
    sample=Sample(reply=ExchangesReply((_EXCHANGE,))),
)
def list_exchanges(caller: NamedDependency[Caller]) -> ExchangesReply:
    """The exchanges that your member's node fetches from, and how far behind each is."""
    found = caller.service.exchanges.listed() if _is_own(caller) else []
    return ExchangesReply(tuple(_reply(caller, one) for one in found))


@operation(
    get,
    "/{name:str}",
    permission=Permission.PARTNER_EXCHANGE_READ,
    summary="Read an exchange",
    sample=Sample(reply=_EXCHANGE),
    problems=(ErrorCode.EXCHANGE_MISSING,),
)
def read_exchange(caller: NamedDependency[Caller], name: _Name) -> ExchangeReply:
    """One exchange."""
    _check_own(caller)
    return _reply(caller, caller.service.exchanges.one(name))


@operation(
    post,
    "/{name:str}/fetch",
    permission=Permission.PARTNER_EXCHANGE_WRITE,
    summary="Fetch from an exchange",
    sample=Sample(reply=_EXCHANGE.job),
    problems=(ErrorCode.EXCHANGE_MISSING, ErrorCode.BANK_MISSING),
    status=202,
)
def fetch_exchange(
    caller: NamedDependency[Caller], name: _Name, *, is_anew: _Anew = False
) -> JobReply:
    """Ask for a fetch; one that is under way already is answered instead."""
    _check_own(caller)
    return job_reply(caller.service.exchanges.ask(caller.principal, name, is_anew=is_anew))


@operation(
    post,
    "/{name:str}/opinions",
    permission=Permission.PARTNER_EXCHANGE_WRITE,
    summary="Tell an exchange an opinion",
    sample=Sample(
        request=OpinionBody(agrees=False, entry_id=4711, reason="Does not meet the definition"),
        reply=OpinionReply(1),
    ),
    problems=(ErrorCode.EXCHANGE_MISSING, ErrorCode.ENTRY_MISSING),
    status=202,
)
def tell_opinion(
    caller: NamedDependency[Caller], name: _Name, data: JSONBody[OpinionBody]
) -> OpinionReply:
    """Agree or disagree with what an exchange shares. It is sent until the exchange has it."""
    _check_own(caller)
    count = caller.service.opining.say(
        caller.principal, name, _meant(data), agrees=data.agrees, reason=data.reason
    )
    return OpinionReply(count)


def _reply(caller: Caller, one: Listed) -> ExchangeReply:
    behind = one.behind(caller.service.clock())
    return ExchangeReply(
        name=one.name,
        via="" if one.settings is None else one.settings.via,
        bank="" if one.settings is None else one.settings.bank,
        records=one.records,
        entries=one.entries,
        asked_at=None if one.state is None else one.state.asked_at,
        completed_at=None if one.state is None else one.state.completed_at,
        behind_s=None if behind is None else round(behind.total_seconds()),
        job=None if one.job is None else job_reply(one.job),
        opinions_waiting=one.opinions.waiting,
        opinions_dead=one.opinions.dead,
    )


def _meant(data: OpinionBody) -> int | Signal:
    if data.entry_id is not None and data.signal is None:
        return data.entry_id
    if data.signal is not None and data.entry_id is None:
        return Signal(data.signal.type, data.signal.value)
    raise InputError(
        ErrorCode.INPUT_INVALID, "An opinion is of an entry or of a signal, and of one of them."
    )


def _is_own(caller: Caller) -> bool:
    """Exchanges are those of whoever runs the node; they fill its banks."""
    return caller.principal.member_id == OWN_MEMBER


def _check_own(caller: Caller) -> None:
    if not _is_own(caller):
        raise InputError(ErrorCode.EXCHANGE_MISSING, "There is no such exchange.")


routes = Router(
    "/exchanges",
    route_handlers=[list_exchanges, read_exchange, fetch_exchange, tell_opinion],
    tags=["exchanges"],
)
