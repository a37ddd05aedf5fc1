# SPDX-License-Identifier: Apache-2.0
"""Members of a circle and their keys."""

from datetime import UTC, datetime

from litestar import Response
from litestar.di import NamedDependency
from litestar.params import FromPath

from nahmi.errors import ErrorCode, PartnerError
from nahmi.partner.circles.members import CircleRole
from nahmi.web.notices import NoticeKey
from nahmi.web.paths import to
from nahmi.web.routes.circle_shown import is_steward, member_row
from nahmi.web.routes.circles import READ, WRITE
from nahmi.web.routes.gates import action, page
from nahmi.web.typed import Typed
from nahmi.web.views import circle_members as shown
from nahmi.web.views.base import Form, Mistake
from nahmi.web.views.operations import Confirm, Question
from nahmi.web.visits import Visit
from nahmi.web.writing import whole_number


@page("/circles/{circle_id:str}/members", READ)
def list_members(visit: NamedDependency[Visit], circle_id: FromPath[str]) -> Response[str]:
    """Who belongs to a circle, and how far each has read."""
    looking, who = visit.circles.looking, visit.principal
    circle = looking.own(who, circle_id)
    return visit.show(
        shown.CircleMembers(
            circle_id=circle_id,
            circle=circle.roster.roster.name,
            rows=tuple(member_row(circle, one) for one in looking.members(who, circle_id)),
            is_steward=is_steward(circle),
        )
    )


@page("/circles/{circle_id:str}/members/{org:str}", READ)
def show_member(
    visit: NamedDependency[Visit], circle_id: FromPath[str], org: FromPath[str]
) -> Response[str]:
    """One member."""
    member = visit.circles.tending.member(visit.principal, circle_id, org)
    form = Form(chosen={"roles": frozenset(member.roles)})
    return visit.show(_member(visit, circle_id, org, form))


@action("/circles/{circle_id:str}/members/{org:str}", WRITE)
def change_roles(
    visit: NamedDependency[Visit],
    typed: NamedDependency[Typed],
    circle_id: FromPath[str],
    org: FromPath[str],
) -> Response[str]:
    """Say what a member may do."""
    visit.circles.tending.member(visit.principal, circle_id, org)
    roles = typed.choices("roles", CircleRole)
    if not typed.is_right:
        return visit.again(_member(visit, circle_id, org, typed.form()))
    try:
        visit.circles.tending.give_roles(visit.principal, circle_id, org, roles)
    except PartnerError as error:
        return visit.again(_member(visit, circle_id, org, typed.form(error, field="roles")))
    return visit.done(_at(circle_id, org), NoticeKey.CIRCLE_MEMBER_CHANGED)


@page("/circles/{circle_id:str}/members/{org:str}/remove", WRITE)
def ask_remove(
    visit: NamedDependency[Visit], circle_id: FromPath[str], org: FromPath[str]
) -> Response[str]:
    """Ask before a member leaves."""
    return _ask(visit, circle_id, org, "remove", Question.CIRCLE_REMOVE)


@action("/circles/{circle_id:str}/members/{org:str}/remove", WRITE)
def remove_member(
    visit: NamedDependency[Visit],
    typed: NamedDependency[Typed],
    circle_id: FromPath[str],
    org: FromPath[str],
) -> Response[str]:
    """Let a member take part no longer. What it said goes on counting."""
    del typed  # asked for so that the form is checked
    visit.circles.tending.remove(visit.principal, circle_id, org, is_expelled=False)
    return visit.done(_at(circle_id, org), NoticeKey.CIRCLE_MEMBER_CHANGED)


@page("/circles/{circle_id:str}/members/{org:str}/expel", WRITE)
def ask_expel(
    visit: NamedDependency[Visit], circle_id: FromPath[str], org: FromPath[str]
) -> Response[str]:
    """Ask before a member is expelled."""
    return _ask(visit, circle_id, org, "expel", Question.CIRCLE_EXPEL)


@action("/circles/{circle_id:str}/members/{org:str}/expel", WRITE)
def expel_member(
    visit: NamedDependency[Visit],
    typed: NamedDependency[Typed],
    circle_id: FromPath[str],
    org: FromPath[str],
) -> Response[str]:
    """Expel a member. It cannot be undone."""
    del typed  # asked for so that the form is checked
    visit.circles.tending.remove(visit.principal, circle_id, org, is_expelled=True)
    return visit.done(_at(circle_id, org), NoticeKey.CIRCLE_MEMBER_CHANGED)


@page("/circles/{circle_id:str}/members/{org:str}/undo", WRITE)
def ask_undo(
    visit: NamedDependency[Visit], circle_id: FromPath[str], org: FromPath[str]
) -> Response[str]:
    """Ask before all is undone that a key said from some point on."""
    member = visit.circles.tending.member(visit.principal, circle_id, org)
    asked = Typed({name: [value] for name, value in visit.request.query_params.items()})
    key = member.key(asked.secret("kid"))
    if key is None:
        raise PartnerError(ErrorCode.MEMBER_MISSING, "The member has no such key.")
    place = _since(visit, circle_id, asked)
    if place is None or not asked.is_right:
        return visit.again(_member(visit, circle_id, org, asked.form()))
    return visit.show(
        Confirm(
            question=Question.CIRCLE_UNDO,
            subject=visit.words.text("undo-subject", kid=key.kid, member=member.name, place=place),
            action_path=f"{_at(circle_id, org)}/undo",
            back_path=_at(circle_id, org),
            fields={"kid": key.kid, "from_place": str(place)},
        )
    )


@action("/circles/{circle_id:str}/members/{org:str}/undo", WRITE)
def undo_key(
    visit: NamedDependency[Visit],
    typed: NamedDependency[Typed],
    circle_id: FromPath[str],
    org: FromPath[str],
) -> Response[str]:
    """Let nothing count that a key said from a place on. It cannot be undone."""
    tending, who = visit.circles.tending, visit.principal
    member = tending.member(who, circle_id, org)
    kid, place = typed.secret("kid"), whole_number(typed.text("from_place"))
    if place is None or member.key(kid) is None:
        typed.mistakes["from_place"] = Mistake.NUMBER
        return visit.again(_member(visit, circle_id, org, typed.form()))
    tending.undo(who, circle_id, kid, from_seq=place)
    return visit.done(_at(circle_id, org), NoticeKey.CIRCLE_KEY_UNDONE, place=place)


@page("/circles/{circle_id:str}/rotate", WRITE)
def ask_rotate(visit: NamedDependency[Visit], circle_id: FromPath[str]) -> Response[str]:
    """Ask before our organisation takes a new key."""
    circle = visit.circles.looking.own(visit.principal, circle_id)
    return visit.show(
        Confirm(
            question=Question.CIRCLE_ROTATE,
            subject=circle.roster.roster.name,
            action_path=to("circles", circle_id, "rotate"),
            back_path=to("circles", circle_id, "members"),
        )
    )


@action("/circles/{circle_id:str}/rotate", WRITE)
def rotate_key(
    visit: NamedDependency[Visit], typed: NamedDependency[Typed], circle_id: FromPath[str]
) -> Response[str]:
    """Speak with a new key from now on."""
    del typed  # asked for so that the form is checked
    visit.circles.tending.rotate(visit.principal, circle_id)
    return visit.done(to("circles", circle_id, "members"), NoticeKey.CIRCLE_KEY_ROTATED)


def _at(circle_id: str, org: str) -> str:
    return to("circles", circle_id, "members", org)


def _ask(visit: Visit, circle_id: str, org: str, step: str, question: Question) -> Response[str]:
    member = visit.circles.tending.member(visit.principal, circle_id, org)
    return visit.show(
        Confirm(
            question=question,
            subject=member.name,
            action_path=f"{_at(circle_id, org)}/{step}",
            back_path=_at(circle_id, org),
        )
    )


def _since(visit: Visit, circle_id: str, asked: Typed) -> int | None:
    """From which place on; None when neither place nor moment was named."""
    if asked.text("from_place"):
        place = whole_number(asked.text("from_place"))
        if place is None:
            asked.mistakes["from_place"] = Mistake.NUMBER
        return place
    at: datetime | None = asked.moment("from_moment")
    if at is None:
        asked.mistakes.setdefault("from_place", Mistake.REQUIRED)
        return None
    return visit.circles.tending.place_at(visit.principal, circle_id, at.astimezone(UTC))


def _member(visit: Visit, circle_id: str, org: str, form: Form) -> shown.CircleMemberPage:
    looking, who = visit.circles.looking, visit.principal
    circle = looking.own(who, circle_id)
    [found] = [one for one in looking.members(who, circle_id) if one.member.org == org]
    return shown.CircleMemberPage(
        form=form,
        circle_id=circle_id,
        circle=circle.roster.roster.name,
        row=member_row(circle, found),
        is_steward=is_steward(circle),
    )


ROUTES = [
    list_members,
    show_member,
    change_roles,
    ask_remove,
    remove_member,
    ask_expel,
    expel_member,
    ask_undo,
    undo_key,
    ask_rotate,
    rotate_key,
]
