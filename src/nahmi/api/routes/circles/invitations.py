# SPDX-License-Identifier: Apache-2.0
"""Invitations to circles, and whoever answers them."""

from datetime import UTC, datetime, timedelta
from typing import Annotated, Final

import msgspec
from litestar import Router, get, post
from litestar.di import NamedDependency
from litestar.params import JSONBody

from nahmi.access.roles import Permission
from nahmi.api.callers import Caller
from nahmi.api.describing import Sample
from nahmi.api.fields import Id, Text
from nahmi.api.operations import operation
from nahmi.api.routes.circles.fields import (
    ALWAYS,
    ORG,
    SAMPLE_KEY,
    SAYING,
    CircleId,
    KeyReply,
    key_reply,
)
from nahmi.errors import ErrorCode
from nahmi.flows.circles.tending import require_said
from nahmi.partner.circles.members import CircleRole, Sector
from nahmi.partner.circles.roster import read_key
from nahmi.partner.invitations import Application, Invited

_Roles = Annotated[list[CircleRole], msgspec.Meta(min_length=1, max_length=10)]
_Days = Annotated[int, msgspec.Meta(ge=1, le=365)]
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_PROBLEMS: Final = (*ALWAYS, ErrorCode.CIRCLE_DENIED, ErrorCode.CIRCLE_STOPPED)


class NewInvitationBody(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """An invitation that is to be made.

    Attributes:
        roles: What whoever joins may do.
        note: For whom it is, for your own list.
        days: For how many days it holds.
    """

    roles: _Roles = msgspec.field(
        default_factory=lambda: [CircleRole.CONTRIBUTE, CircleRole.OPINE, CircleRole.READ]
    )
    note: Text = ""
    days: _Days = 14


class MadeInvitationReply(msgspec.Struct, frozen=True, kw_only=True):
    """A new invitation.

    Attributes:
        invitation: Its text, for one organisation; shown this once, and null in the answer to a
            repeated request.
        expires_at: Until when it can be answered.
    """

    invitation: str | None
    expires_at: str

    def __repr__(self) -> str:
        """Without the text, which holds a secret."""
        return "MadeInvitationReply()"


class ApplicantReply(msgspec.Struct, frozen=True, kw_only=True):
    """An organisation that wants to join.

    Attributes:
        org: Its id, which follows from its key.
        name: As it presents itself.
        sector: What kind of organisation it says it is.
        country: Two capital letters, or `XI` for none.
        group: Names organisations that belong together; empty for none.
        key: Compare its fingerprint with the organisation, by telephone or in person.
    """

    org: str
    name: str
    sector: Sector
    country: str
    group: str
    key: KeyReply


class InvitationReply(msgspec.Struct, frozen=True, kw_only=True):
    """An invitation without its text.

    Attributes:
        number: Of the invitation on this node.
        state: `open`, `applied`, `admitted` or `refused`.
        roles: What whoever joins may do.
        note: For whom it is.
        made_at: When it was made.
        expires_at: Until when it can be answered.
        applicant: Who answered it; null for nobody so far.
    """

    number: int
    state: str
    roles: tuple[CircleRole, ...]
    note: str
    made_at: datetime
    expires_at: datetime
    applicant: ApplicantReply | None


class InvitationListReply(msgspec.Struct, frozen=True, kw_only=True):
    """All invitations to a circle.

    Attributes:
        items: Newest first.
    """

    items: list[InvitationReply]


def _moment(at_us: int) -> datetime:
    return _EPOCH + timedelta(microseconds=at_us)


def _applicant(one: Application | None) -> ApplicantReply | None:
    if one is None:
        return None
    return ApplicantReply(
        org=one.org,
        name=one.name,
        sector=one.sector,
        country=one.country,
        group=one.group,
        key=key_reply(read_key(one.public)),
    )


def _reply(one: Invited) -> InvitationReply:
    return InvitationReply(
        number=one.number,
        state=one.state,
        roles=one.roles,
        note=one.note,
        made_at=_moment(one.made_at_us),
        expires_at=_moment(one.expires_us),
        applicant=_applicant(one.application),
    )


def _one(caller: Caller, circle_id: str, number: int) -> InvitationReply:
    found = caller.circles.stewarding.invitations(caller.principal, circle_id)
    return next(_reply(one) for one in found if one.number == number)


_INVITATION: Final = InvitationReply(
    number=4,
    state="applied",
    roles=(CircleRole.CONTRIBUTE, CircleRole.OPINE, CircleRole.READ),
    note="Hotline X, invited at the spring meeting",
    made_at=datetime(2026, 3, 1, 9, 30, tzinfo=UTC),
    expires_at=datetime(2026, 3, 15, 9, 30, tzinfo=UTC),
    applicant=ApplicantReply(
        org=ORG,
        name="Hotline X",
        sector=Sector.HOTLINE,
        country="AE",
        group="",
        key=SAMPLE_KEY,
    ),
)


@operation(
    get,
    "/",
    permission=Permission.PARTNER_CIRCLE_WRITE,
    summary="List a circle's invitations",
    sample=Sample(reply=InvitationListReply(items=[_INVITATION])),
    problems=_PROBLEMS,
)
def list_invitations(caller: NamedDependency[Caller], circle_id: CircleId) -> InvitationListReply:
    """All invitations, and who has answered, with the fingerprints to compare."""
    found = caller.circles.stewarding.invitations(caller.principal, circle_id)
    return InvitationListReply(items=[_reply(one) for one in found])


@operation(
    post,
    "/",
    permission=Permission.PARTNER_CIRCLE_WRITE,
    summary="Invite an organisation",
    sample=Sample(
        request=NewInvitationBody(note="Hotline X, invited at the spring meeting"),
        reply=MadeInvitationReply(
            invitation="nahmi-invitation." + "x" * 60, expires_at="2026-03-15T09:30:00Z"
        ),
    ),
    problems=_PROBLEMS,
    is_change=True,
    secret="invitation",  # noqa: S106 - a field's name
)
def make_invitation(
    caller: NamedDependency[Caller], circle_id: CircleId, data: JSONBody[NewInvitationBody]
) -> MadeInvitationReply:
    """Make an invitation. Send its text to one organisation; it is shown this once."""
    made = caller.circles.stewarding.invite(
        caller.principal, circle_id, roles=data.roles, note=data.note, days=data.days
    )
    return MadeInvitationReply(invitation=made.write(), expires_at=made.expires)


@operation(
    post,
    "/{number:int}/admit",
    permission=Permission.PARTNER_CIRCLE_WRITE,
    summary="Admit whoever applied",
    sample=Sample(reply=msgspec.structs.replace(_INVITATION, state="admitted")),
    problems=(*SAYING, ErrorCode.INVITATION_INVALID, ErrorCode.ROSTER_INVALID),
    status=200,
    is_change=True,
)
def admit_applicant(
    caller: NamedDependency[Caller], circle_id: CircleId, number: Id
) -> InvitationReply:
    """Let whoever applied join. Compare the fingerprint of their key with them first."""
    require_said(caller.circles.stewarding.admit(caller.principal, circle_id, number))
    return _one(caller, circle_id, number)


@operation(
    post,
    "/{number:int}/refuse",
    permission=Permission.PARTNER_CIRCLE_WRITE,
    summary="Refuse whoever applied",
    sample=Sample(reply=msgspec.structs.replace(_INVITATION, state="refused")),
    problems=(*_PROBLEMS, ErrorCode.INVITATION_INVALID),
    status=200,
    is_change=True,
)
def refuse_applicant(
    caller: NamedDependency[Caller], circle_id: CircleId, number: Id
) -> InvitationReply:
    """Do not let whoever applied join, or take an invitation back."""
    caller.circles.stewarding.refuse(caller.principal, circle_id, number)
    return _one(caller, circle_id, number)


routes = Router(
    "/circles/{circle_id:str}/invitations",
    route_handlers=[list_invitations, make_invitation, admit_applicant, refuse_applicant],
    tags=["circle members"],
)
