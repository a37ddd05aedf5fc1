# SPDX-License-Identifier: Apache-2.0
"""The log of a circle: what was said, what was withdrawn, and proofs of it."""

from typing import Final

import msgspec
from litestar import Response
from litestar.di import NamedDependency
from litestar.params import FromPath

from nahmi.flows.circles.looking import Withdrawn
from nahmi.partner.circles.roster import Roster
from nahmi.partner.ports.log import Logged
from nahmi.partner.statements.kinds import Redact, Retract
from nahmi.partner.statements.text import read
from nahmi.web.headers import PAGE_HEADERS
from nahmi.web.routes.circle_shown import author_of, key_shown, logged_at, name_in
from nahmi.web.routes.circles import READ
from nahmi.web.routes.gates import page
from nahmi.web.views import circle_signals as shown
from nahmi.web.views.base import Paging, WordKey
from nahmi.web.visits import Visit
from nahmi.web.writing import whole_number

PAGE: Final = 50


@page("/circles/{circle_id:str}/withdrawals", READ)
def list_withdrawals(visit: NamedDependency[Visit], circle_id: FromPath[str]) -> Response[str]:
    """What was taken back, newest first, and where that is in effect."""
    looking, who = visit.circles.looking, visit.principal
    roster = looking.own(who, circle_id).roster.roster
    before = whole_number(visit.request.query_params.get("after", ""))
    found = looking.withdrawals(who, circle_id, before=before, limit=PAGE + 1)
    rows = tuple(_withdrawal(roster, one) for one in found[:PAGE])
    following = str(rows[-1].place) if len(found) > PAGE else ""
    return visit.show(
        shown.CircleWithdrawals(
            circle_id=circle_id,
            circle=roster.name,
            rows=rows,
            paging=Paging(following=following, is_first=before is None),
        )
    )


@page("/circles/{circle_id:str}/log", READ)
def show_log(visit: NamedDependency[Visit], circle_id: FromPath[str]) -> Response[str]:
    """What was said, newest first."""
    looking, who = visit.circles.looking, visit.principal
    circle = looking.own(who, circle_id)
    before = whole_number(visit.request.query_params.get("after", ""))
    end = circle.size if before is None else min(before, circle.size)
    start = max(0, end - PAGE)
    found = looking.statements(who, circle_id, after=start, limit=end - start) if end else ()
    roster = circle.roster.roster
    return visit.show(
        shown.CircleLog(
            circle_id=circle_id,
            circle=roster.name,
            size=circle.size,
            rows=tuple(_row(roster, one) for one in reversed(found)),
            paging=Paging(following=str(start) if start else "", is_first=before is None),
        )
    )


@page("/circles/{circle_id:str}/log/{seq:int}/proof", READ)
def show_proof(
    visit: NamedDependency[Visit], circle_id: FromPath[str], seq: FromPath[int]
) -> Response[str]:
    """The proof of one statement, checked anew."""
    looking, who = visit.circles.looking, visit.principal
    found = visit.circles.proving.prove(who, circle_id, seq)
    proven = found.check()
    roster = looking.own(who, circle_id).roster.roster
    return visit.show(
        shown.CircleProof(
            circle_id=circle_id,
            circle=roster.name,
            row=_row(roster, looking.statement(who, circle_id, seq)),
            size=proven.size,
            log_key=key_shown(proven.log_key),
            author_key=key_shown(proven.author_key),
        )
    )


@page("/circles/{circle_id:str}/log/{seq:int}/proof.json", READ)
def download_proof(
    visit: NamedDependency[Visit], circle_id: FromPath[str], seq: FromPath[int]
) -> Response[bytes]:
    """The same as a file that anybody can check."""
    found = visit.circles.proving.prove(visit.principal, circle_id, seq)
    name = f"proof-{circle_id}-{seq}.json"
    return Response(
        msgspec.json.format(msgspec.json.encode(found)),
        media_type="application/octet-stream",
        headers={**PAGE_HEADERS, "content-disposition": f'attachment; filename="{name}"'},
    )


def _row(roster: Roster, one: Logged) -> shown.LogRow:
    organisation, kid = author_of(roster, one.statement)
    return shown.LogRow(
        place=one.seq,
        kind=WordKey(one.kind),
        logged_at=logged_at(one.logged_us),
        organisation=organisation,
        kid=kid,
    )


def _withdrawal(roster: Roster, one: Withdrawn) -> shown.WithdrawalRow:
    logged = one.logged
    said = None if logged.statement is None else read(logged.statement)
    return shown.WithdrawalRow(
        place=logged.seq,
        logged_at=logged_at(logged.logged_us),
        organisation="" if said is None else name_in(roster, said.org),
        why=said.reason if isinstance(said, Retract | Redact) else None,
        acknowledged=tuple(
            shown.AcknowledgedRow(organisation=name_in(roster, org), at=at)
            for org, at in one.acknowledged.items()
        ),
        missing=tuple(name_in(roster, org) for org in one.missing),
    )


ROUTES = [list_withdrawals, show_log, show_proof, download_proof]
