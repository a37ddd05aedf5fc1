# SPDX-License-Identifier: Apache-2.0
"""The logs of circles: what was said, what was withdrawn, and proofs of it."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Final

import msgspec
from litestar import Router, get, post
from litestar.di import NamedDependency
from litestar.params import JSONBody

from nahmi.access.roles import Permission
from nahmi.api.callers import Caller
from nahmi.api.describing import Sample
from nahmi.api.operations import operation
from nahmi.api.paging import Cursor, Limit, Page, page, place
from nahmi.api.routes.circles.fields import (
    ALWAYS,
    CIRCLE_ID,
    KID,
    ORG,
    SAMPLE_KEY,
    CircleId,
    KeyReply,
    Place,
    key_reply,
)
from nahmi.errors import ErrorCode
from nahmi.flows.circles.looking import Withdrawn
from nahmi.partner.ports.log import Logged
from nahmi.partner.statement_proofs import StatementProof
from nahmi.partner.statements.kinds import Redact, Retract, RetractReason, kind_of
from nahmi.partner.statements.signing import Proof
from nahmi.partner.statements.text import read

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)


class StatementReply(msgspec.Struct, frozen=True, kw_only=True):
    """A statement of a log, without the signal that it is about.

    Attributes:
        place: In the log, from 0.
        kind: `assert`, `revise`, `retract`, `opinion`, `sighting`, `roster` or `redact`.
        logged_at: When the log took it.
        said_at: When its author said it; empty once its text was destroyed.
        org: Who said it; empty once its text was destroyed.
        kid: With which key it is signed; empty once its text was destroyed.
        id: What it is about; empty once its text was destroyed.
    """

    place: int
    kind: str
    logged_at: datetime
    said_at: str
    org: str
    kid: str
    id: str


class StatementPage(Page[StatementReply], frozen=True):
    """A part of a log."""


class WithdrawalReply(msgspec.Struct, frozen=True, kw_only=True):
    """Something that was taken back, and where that is in effect.

    Attributes:
        place: Of the withdrawal in the log.
        logged_at: When the log took it.
        org: Who took it back; empty once its text was destroyed.
        reason: Why; null once its text was destroyed.
        acknowledged: Since when each member has it in effect, by the member's id.
        missing: Members that have not said so.
    """

    place: int
    logged_at: datetime
    org: str
    reason: RetractReason | None
    acknowledged: Mapping[str, datetime]
    missing: tuple[str, ...]


class WithdrawalPage(Page[WithdrawalReply], frozen=True):
    """A part of the list of withdrawals."""


class ProvenReply(msgspec.Struct, frozen=True, kw_only=True):
    """What a document showed.

    Attributes:
        kind: Of the statement.
        said_at: When its author said it.
        place: Of the statement in the log.
        statements: How many statements the log had.
        log_key: Whose checkpoint it is; compare the fingerprint with what the members have.
        author_key: Who signed the statement; compare likewise.
    """

    kind: str
    said_at: str
    place: int
    statements: int
    log_key: KeyReply
    author_key: KeyReply


def _moment(at_us: int) -> datetime:
    return _EPOCH + timedelta(microseconds=at_us)


def _statement(one: Logged) -> StatementReply:
    said = None if one.statement is None else read(one.statement)
    return StatementReply(
        place=one.seq,
        kind=one.kind,
        logged_at=_moment(one.logged_us),
        said_at="" if said is None else said.at,
        org="" if said is None else said.org,
        kid="" if said is None else said.key,
        id="" if said is None else said.id,
    )


def _withdrawal(one: Withdrawn) -> WithdrawalReply:
    logged = one.logged
    said = None if logged.statement is None else read(logged.statement)
    return WithdrawalReply(
        place=logged.seq,
        logged_at=_moment(logged.logged_us),
        org="" if said is None else said.org,
        reason=said.reason if isinstance(said, Retract | Redact) else None,
        acknowledged=one.acknowledged,
        missing=one.missing,
    )


_AT: Final = datetime(2026, 3, 1, 9, 30, tzinfo=UTC)
_STATEMENT: Final = StatementReply(
    place=1_402,
    kind="assert",
    logged_at=_AT,
    said_at="2026-03-01T09:29:58Z",
    org=ORG,
    kid=KID,
    id="7d444840-9dc0-51d1-b245-5ffdce74fad2",
)
_WITHDRAWAL: Final = WithdrawalReply(
    place=1_577,
    logged_at=_AT,
    org=ORG,
    reason=RetractReason.WITHDRAWN_BY_SUBJECT,
    acknowledged={ORG: _AT},
    missing=("4c1d0f5e-7a0b-5d2e-8f47-1b2c3d4e5f61",),
)
_PROOF: Final = StatementProof(
    circle=CIRCLE_ID,
    place=1_402,
    statement='{"at":"2026-03-01T09:29:58Z"}',
    signature=Proof(sig="c2lnbmF0dXJl"),
    author="Hotline X",
    author_key="x" * 43 + "=",
    inclusion=("9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",),
    checkpoint=f"nahmi/circle/{CIRCLE_ID}\n1403\n",
    log_key="x" * 43 + "=",
)


@operation(
    get,
    "/{circle_id:str}/log",
    permission=Permission.PARTNER_CIRCLE_READ,
    summary="Read a circle's log",
    sample=Sample(reply=StatementPage([_STATEMENT])),
    problems=ALWAYS,
)
def read_circle_log(
    caller: NamedDependency[Caller],
    circle_id: CircleId,
    *,
    cursor: Cursor = None,
    limit: Limit = 100,
) -> StatementPage:
    """What was said, statement after statement from the first. Cursors never expire."""
    last = place(cursor)
    found = caller.circles.looking.statements(
        caller.principal, circle_id, after=0 if last is None else last + 1, limit=limit + 1
    )
    return page(StatementPage, found, limit, number=lambda one: one.seq, reply=_statement)


@operation(
    get,
    "/{circle_id:str}/log/{seq:int}/proof",
    permission=Permission.PARTNER_CIRCLE_READ,
    summary="Read the proof of one statement",
    sample=Sample(reply=_PROOF),
    problems=(*ALWAYS, ErrorCode.STATEMENT_MISSING),
)
def read_statement_proof(
    caller: NamedDependency[Caller], circle_id: CircleId, seq: Place
) -> StatementProof:
    """A statement with all that shows who said it and that it is in the log.

    Whoever has the document can check it without this node.
    """
    return caller.circles.proving.prove(caller.principal, circle_id, seq)


@operation(
    post,
    "/check-proof",
    permission=Permission.PARTNER_CIRCLE_READ,
    summary="Check the proof of one statement",
    sample=Sample(
        request=_PROOF,
        reply=ProvenReply(
            kind="assert",
            said_at="2026-03-01T09:29:58Z",
            place=1_402,
            statements=1_403,
            log_key=SAMPLE_KEY,
            author_key=SAMPLE_KEY,
        ),
    ),
    problems=(
        ErrorCode.PROOF_INVALID,
        ErrorCode.SIGNATURE_INVALID,
        ErrorCode.NOTE_INVALID,
        ErrorCode.STATEMENT_INVALID,
        ErrorCode.KEY_INVALID,
        ErrorCode.NAME_INVALID,
    ),
    status=200,
)
def check_statement_proof(
    caller: NamedDependency[Caller], data: JSONBody[StatementProof]
) -> ProvenReply:
    """Check such a document. Then compare the fingerprints of both keys with the circle's."""
    del caller  # asked for so that whoever asks is known
    found = data.check()
    return ProvenReply(
        kind=kind_of(found.said),
        said_at=found.said.at,
        place=data.place,
        statements=found.size,
        log_key=key_reply(found.log_key),
        author_key=key_reply(found.author_key),
    )


@operation(
    get,
    "/{circle_id:str}/withdrawals",
    permission=Permission.PARTNER_CIRCLE_READ,
    summary="List a circle's withdrawals",
    sample=Sample(reply=WithdrawalPage([_WITHDRAWAL])),
    problems=ALWAYS,
)
def list_withdrawals(
    caller: NamedDependency[Caller],
    circle_id: CircleId,
    *,
    cursor: Cursor = None,
    limit: Limit = 100,
) -> WithdrawalPage:
    """What was taken back, newest first, and which members have that in effect since when."""
    found = caller.circles.looking.withdrawals(
        caller.principal, circle_id, before=place(cursor), limit=limit + 1
    )
    return page(WithdrawalPage, found, limit, number=lambda one: one.logged.seq, reply=_withdrawal)


routes = Router(
    "/circles",
    route_handlers=[
        read_circle_log,
        read_statement_proof,
        check_statement_proof,
        list_withdrawals,
    ],
    tags=["circle log"],
)
