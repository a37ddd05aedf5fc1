# SPDX-License-Identifier: Apache-2.0
"""Circles: the list, one circle, founding and joining."""

from typing import Final

import anyio.to_thread
from litestar import Response
from litestar.di import NamedDependency
from litestar.params import FromPath

from nahmi.access.roles import Permission
from nahmi.core.bank import Category
from nahmi.errors import NahmiError
from nahmi.flows.circles.founding import NewCircle, Organisation
from nahmi.partner.circles.members import Sector
from nahmi.partner.circles.roster import read_key
from nahmi.partner.circles.rules import (
    NEVER_SHARED,
    Marking,
    Onward,
    Purpose,
    Quorum,
    Rules,
)
from nahmi.partner.ports.outgoing import Pending
from nahmi.partner.statements.text import moment, read
from nahmi.protect.signals.registry import signal_types
from nahmi.web.headers import PAGE_HEADERS
from nahmi.web.notices import NoticeKey
from nahmi.web.paths import to
from nahmi.web.routes.circle_shown import circle_row, circle_rows, key_shown, name_in
from nahmi.web.routes.gates import action, page
from nahmi.web.typed import Typed
from nahmi.web.views import circles as shown
from nahmi.web.views.base import Form, Mistake, WordKey
from nahmi.web.visits import Visit

READ, WRITE = Permission.PARTNER_CIRCLE_READ, Permission.PARTNER_CIRCLE_WRITE
_LONGEST_INVITATION: Final = 8_192
_USUAL_TYPES: Final = ("md5", "pdq", "sha1", "sha256")
_UNUSUAL: Final = NEVER_SHARED | {Category.SELF_REPORTED}


@page("/circles", READ)
def list_circles(visit: NamedDependency[Visit]) -> Response[str]:
    """The circles of the member."""
    return visit.show(shown.CircleList(rows=circle_rows(visit)))


@page("/circles/new", WRITE)
def show_new_circle(visit: NamedDependency[Visit]) -> Response[str]:
    """A form for a circle, with rules that suit most."""
    form = Form(
        values={
            "organisations": "2",
            "jurisdictions": "2",
            "marking": Marking.AMBER_STRICT,
            "relay": "yes",
        },
        chosen={
            "signal_types": frozenset(_USUAL_TYPES),
            "categories": frozenset(one for one in Category if one not in _UNUSUAL),
            "purposes": frozenset({Purpose.BLOCK, Purpose.REVIEW}),
        },
    )
    return visit.show(_found(form))


@action("/circles/new", WRITE)
def found_circle(visit: NamedDependency[Visit], typed: NamedDependency[Typed]) -> Response[str]:
    """Found a circle."""
    name, description = typed.text("name", is_required=True, longest=100), typed.text("description")
    organisation, rules = _organisation(typed), _rules(typed)
    if not typed.is_right:
        return visit.again(_found(typed.form()))
    new = NewCircle(
        name=name,
        description=description,
        url=visit.circles.url,
        organisation=organisation,
        rules=rules,
    )
    try:
        made = visit.circles.founding.found(visit.principal, new)
    except NahmiError as error:
        return visit.again(_found(typed.form(error)))
    return visit.done(to("circles", made.circle_id), NoticeKey.CIRCLE_FOUNDED, circle=name)


@page("/circles/join", WRITE)
def show_join(visit: NamedDependency[Visit]) -> Response[str]:
    """A form for an invitation."""
    return visit.show(shown.JoinCircle())


@action("/circles/join", WRITE, is_async=True)
async def join_circle(
    visit: NamedDependency[Visit], typed: NamedDependency[Typed]
) -> Response[str]:
    """Ask to join, and show the fingerprint that is to be read out."""
    text = typed.text("invitation", longest=_LONGEST_INVITATION) or await _uploaded(typed)
    organisation, upstream = _organisation(typed), typed.text("upstream")
    if not text:
        typed.mistakes["invitation"] = Mistake.REQUIRED
    if not typed.is_right:
        return visit.again(shown.JoinCircle(form=typed.form()))
    try:
        applied = await anyio.to_thread.run_sync(
            lambda: visit.circles.joining.join(
                visit.principal, text, organisation, upstream=upstream
            )
        )
    except NahmiError as error:
        return visit.again(shown.JoinCircle(form=typed.form(error, field="invitation")))
    return visit.show(
        shown.CircleJoined(
            circle_id=applied.circle.circle_id,
            name=applied.circle.roster.roster.name,
            key=key_shown(applied.key),
        )
    )


@page("/circles/{circle_id:str}", READ)
def show_circle(visit: NamedDependency[Visit], circle_id: FromPath[str]) -> Response[str]:
    """One circle."""
    looking, who = visit.circles.looking, visit.principal
    one = looking.circle(who, circle_id)
    circle, roster = one.circle, one.circle.roster.roster
    own = roster.member(circle.own_org)
    return visit.show(
        shown.CirclePage(
            row=circle_row(one),
            description=roster.description,
            rules=roster.rules,
            home=name_in(roster, roster.home.org),
            home_url=roster.home.url,
            home_key=key_shown(read_key(roster.home.log_key)),
            upstream=circle.upstream,
            heard_at=circle.heard_at,
            version=roster.version,
            withdrawn_to=circle.withdrawn_to,
            waiting=one.waiting,
            refused=tuple(_refused(said) for said in looking.refused(who, circle_id)),
            tiers=shown.tier_chart(dict(one.tiers), visit.words),
            is_member=own in roster.active,
            own_key=key_shown(visit.circles.keys.first(circle.member_id).public),
            has_evidence=bool(circle.evidence),
        )
    )


@action("/circles/{circle_id:str}/verify", READ)
def verify_circle(
    visit: NamedDependency[Visit], typed: NamedDependency[Typed], circle_id: FromPath[str]
) -> Response[str]:
    """Check all that is held of a log, as a job."""
    del typed  # asked for so that the form is checked
    job = visit.circles.jobs.verify(visit.principal, circle_id)
    return visit.go(to("jobs", job.job_id))


@page("/circles/{circle_id:str}/evidence", READ)
def read_evidence(visit: NamedDependency[Visit], circle_id: FromPath[str]) -> Response[bytes]:
    """What shows that a log contradicted itself, as a file."""
    circle = visit.circles.looking.own(visit.principal, circle_id)
    name = f"evidence-{circle.circle_id}.txt"
    return Response(
        circle.evidence.encode(),
        media_type="application/octet-stream",
        headers={**PAGE_HEADERS, "content-disposition": f'attachment; filename="{name}"'},
    )


async def _uploaded(typed: Typed) -> str:
    """The text of an invitation that came as a file; empty when none was chosen."""
    file = typed.files.get("file")
    if file is None or not file.filename:
        return ""
    data = await file.read(_LONGEST_INVITATION + 1)
    await file.close()
    if len(data) > _LONGEST_INVITATION:
        typed.mistakes["file"] = Mistake.RANGE
    return data.decode("utf-8", "replace").strip()


def _organisation(typed: Typed) -> Organisation:
    country = typed.text("country", is_required=True, longest=2).upper()
    return Organisation(
        name=typed.text("organisation", is_required=True, longest=200),
        sector=typed.choice("sector", Sector),
        country=country,
    )


def _rules(typed: Typed) -> Rules:
    names = typed.several("signal_types", _types(), is_required=True)
    return Rules(
        signal_types=tuple(sorted(names)),
        categories=tuple(sorted(typed.choices("categories", Category))),
        purposes=tuple(sorted(typed.choices("purposes", Purpose))),
        quorum=Quorum(
            organisations=typed.number("organisations", least=1, most=1_000),
            jurisdictions=typed.number("jurisdictions", least=1, most=250),
        ),
        marking=typed.choice("marking", Marking),
        onward=Onward.MEMBERS if typed.is_checked("relay") else Onward.NOBODY,
        excluded_sectors=tuple(
            Sector(one) for one in sorted(typed.several("excluded_sectors", tuple(Sector)))
        ),
    )


def _found(form: Form) -> shown.FoundCircle:
    return shown.FoundCircle(
        form=form,
        signal_types=_types(),
        categories=tuple(one for one in Category if one not in NEVER_SHARED),
    )


def _types() -> tuple[str, ...]:
    return tuple(signal_types().names())


def _refused(one: Pending) -> shown.RefusedRow:
    said = read(one.statement)
    return shown.RefusedRow(kind=WordKey(one.kind), said_at=moment(said.at), reason=one.error)


ROUTES = [
    list_circles,
    show_new_circle,
    found_circle,
    show_join,
    join_circle,
    show_circle,
    verify_circle,
    read_evidence,
]
