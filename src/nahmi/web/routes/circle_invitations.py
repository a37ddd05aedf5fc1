# SPDX-License-Identifier: Apache-2.0
"""Invitations to a circle, and whoever answers them."""

from litestar import Response
from litestar.di import NamedDependency
from litestar.params import FromPath

from nahmi.flows.circles.tending import require_said
from nahmi.partner.circles.members import CircleRole
from nahmi.partner.circles.roster import read_key
from nahmi.partner.invitations import Application, Invitation, Invited, invalid
from nahmi.web.headers import PAGE_HEADERS
from nahmi.web.notices import NoticeKey
from nahmi.web.paths import to
from nahmi.web.routes.circle_shown import key_shown, logged_at
from nahmi.web.routes.circles import WRITE
from nahmi.web.routes.gates import action, page
from nahmi.web.typed import Typed
from nahmi.web.views import circle_members as shown
from nahmi.web.views.base import Form, WordKey
from nahmi.web.views.operations import Confirm, Question
from nahmi.web.visits import Visit

_USUAL = frozenset({CircleRole.CONTRIBUTE, CircleRole.OPINE, CircleRole.READ})


@page("/circles/{circle_id:str}/invitations", WRITE)
def list_invitations(visit: NamedDependency[Visit], circle_id: FromPath[str]) -> Response[str]:
    """All invitations, and who has answered."""
    return visit.show(_list(visit, circle_id, _blank()))


@action("/circles/{circle_id:str}/invitations", WRITE)
def make_invitation(
    visit: NamedDependency[Visit], typed: NamedDependency[Typed], circle_id: FromPath[str]
) -> Response[str]:
    """Make an invitation, and show it this once."""
    visit.circles.looking.own(visit.principal, circle_id)
    note, roles = typed.text("note", longest=200), typed.choices("roles", CircleRole)
    days = typed.number("days", least=1, most=365)
    if not typed.is_right:
        return visit.again(_list(visit, circle_id, typed.form()))
    made = visit.circles.stewarding.invite(
        visit.principal, circle_id, roles=roles, note=note, days=days
    )
    return visit.show(_list(visit, circle_id, _blank(), made=made.write()))


@action("/circles/{circle_id:str}/invitations/file", WRITE)
def download_invitation(
    visit: NamedDependency[Visit], typed: NamedDependency[Typed], circle_id: FromPath[str]
) -> Response[bytes]:
    """An invitation that was just shown, as a file; nothing but an invitation comes back."""
    visit.circles.looking.own(visit.principal, circle_id)
    found = Invitation.read(typed.text("invitation"))
    if found.circle != circle_id:
        raise invalid("It is for another circle.")
    return Response(
        f"{found.write()}\n".encode(),
        media_type="application/octet-stream",
        headers={
            **PAGE_HEADERS,
            "content-disposition": 'attachment; filename="nahmi-invitation.txt"',
        },
    )


@page("/circles/{circle_id:str}/invitations/{number:int}/admit", WRITE)
def ask_admit(
    visit: NamedDependency[Visit], circle_id: FromPath[str], number: FromPath[int]
) -> Response[str]:
    """Ask whether the fingerprint was compared."""
    return _ask(visit, circle_id, number, "admit", Question.CIRCLE_ADMIT)


@action("/circles/{circle_id:str}/invitations/{number:int}/admit", WRITE)
def admit_applicant(
    visit: NamedDependency[Visit],
    typed: NamedDependency[Typed],
    circle_id: FromPath[str],
    number: FromPath[int],
) -> Response[str]:
    """Let whoever applied join."""
    del typed  # asked for so that the form is checked
    require_said(visit.circles.stewarding.admit(visit.principal, circle_id, number))
    return visit.done(to("circles", circle_id, "members"), NoticeKey.CIRCLE_ADMITTED)


@page("/circles/{circle_id:str}/invitations/{number:int}/refuse", WRITE)
def ask_refuse(
    visit: NamedDependency[Visit], circle_id: FromPath[str], number: FromPath[int]
) -> Response[str]:
    """Ask before an invitation is refused."""
    return _ask(visit, circle_id, number, "refuse", Question.CIRCLE_REFUSE)


@action("/circles/{circle_id:str}/invitations/{number:int}/refuse", WRITE)
def refuse_applicant(
    visit: NamedDependency[Visit],
    typed: NamedDependency[Typed],
    circle_id: FromPath[str],
    number: FromPath[int],
) -> Response[str]:
    """Do not let whoever applied join, or take an invitation back."""
    del typed  # asked for so that the form is checked
    visit.circles.stewarding.refuse(visit.principal, circle_id, number)
    return visit.done(to("circles", circle_id, "invitations"), NoticeKey.CIRCLE_REFUSED)


def _ask(visit: Visit, circle_id: str, number: int, step: str, question: Question) -> Response[str]:
    found = visit.circles.stewarding.invitations(visit.principal, circle_id)
    one = next((one for one in found if one.number == number), None)
    if one is None:
        raise invalid("There is none of this number.")
    return visit.show(
        Confirm(
            question=question,
            subject=_subject(one),
            action_path=to("circles", circle_id, "invitations", number, step),
            back_path=to("circles", circle_id, "invitations"),
        )
    )


def _subject(one: Invited) -> str:
    if one.application is None:
        return one.note or f"#{one.number}"
    key = key_shown(read_key(one.application.public))
    return f"{one.application.name}: {key.hexadecimal}"


def _blank() -> Form:
    return Form(values={"days": "14"}, chosen={"roles": _USUAL})


def _list(visit: Visit, circle_id: str, form: Form, *, made: str = "") -> shown.CircleInvitations:
    circle = visit.circles.looking.own(visit.principal, circle_id)
    found = visit.circles.stewarding.invitations(visit.principal, circle_id)
    return shown.CircleInvitations(
        form=form,
        circle_id=circle_id,
        circle=circle.roster.roster.name,
        rows=tuple(_row(one) for one in found),
        made=made,
    )


def _row(one: Invited) -> shown.InvitationRow:
    return shown.InvitationRow(
        number=one.number,
        state=WordKey(one.state),
        note=one.note,
        roles=one.roles,
        expires_at=logged_at(one.expires_us),
        applicant=None if one.application is None else _applicant(one.application),
    )


def _applicant(one: Application) -> shown.ApplicantRow:
    return shown.ApplicantRow(
        name=one.name,
        sector=one.sector,
        country=one.country,
        key=key_shown(read_key(one.public)),
    )


ROUTES = [
    list_invitations,
    make_invitation,
    download_invitation,
    ask_admit,
    admit_applicant,
    ask_refuse,
    refuse_applicant,
]
