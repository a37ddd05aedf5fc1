# SPDX-License-Identifier: Apache-2.0
"""Circles: founded, joined and looked at."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Annotated, Final

import msgspec
from litestar import Router, get, post
from litestar.di import NamedDependency
from litestar.params import JSONBody

from nahmi.access.roles import Permission
from nahmi.api.callers import Caller
from nahmi.api.describing import Sample
from nahmi.api.fields import Name, Text
from nahmi.api.operations import operation
from nahmi.api.paging import Cursor, Limit, Page, page, place, slice_after
from nahmi.api.routes.circles.fields import (
    ALWAYS,
    CIRCLE_ID,
    ORG,
    SAMPLE_KEY,
    CircleId,
    KeyReply,
    key_reply,
)
from nahmi.api.routes.circles.rules import (
    SAMPLE_BODY,
    SAMPLE_REPLY,
    RulesBody,
    RulesReply,
    rules_of,
    rules_reply,
)
from nahmi.errors import ErrorCode
from nahmi.flows.circles.founding import NewCircle, Organisation
from nahmi.flows.circles.looking import Overview
from nahmi.partner.circles.members import Sector
from nahmi.partner.circles.roster import read_key
from nahmi.partner.fold.tiers import Tier
from nahmi.partner.ports.circle import Standing

_Country = Annotated[str, msgspec.Meta(min_length=2, max_length=2, pattern="^[A-Z]{2}$")]
_Invitation = Annotated[str, msgspec.Meta(min_length=1, max_length=8_192)]
_Url = Annotated[str, msgspec.Meta(max_length=2_000)]


class CircleReply(msgspec.Struct, frozen=True, kw_only=True):
    """A circle as this node knows it.

    Attributes:
        circle_id: Its id, which follows from its first list of members.
        name: What people call it.
        description: What it is for.
        standing: `home`, `following`, `stopped` or `left`.
        own_org: Your organisation's id in it.
        home: The address of the node that keeps its log.
        home_key: With which that node signs the log.
        upstream: From where this node reads the log; empty at its home.
        version: Of the list of members.
        members: How many organisations take part.
        statements: How many statements of the log are held here.
        behind: How many more the log is known to have.
        withdrawn_to: Withdrawals before this place in the log are in effect here.
        heard_at: When the log's home was last heard of; null for never.
        waiting: Statements of yours that the home has not taken so far.
        refused: Statements of yours that it did not take.
        error: Why the last try to read failed; empty when it did not.
        signals: How many signals stand where, by tier.
        rules: What may be said, by whom, and when it is acted upon.
    """

    circle_id: str
    name: str
    description: str
    standing: Standing
    own_org: str
    home: str
    home_key: KeyReply
    upstream: str
    version: int
    members: int
    statements: int
    behind: int
    withdrawn_to: int
    heard_at: datetime | None
    waiting: int
    refused: int
    error: str
    signals: Mapping[Tier, int]
    rules: RulesReply


class CirclePage(Page[CircleReply], frozen=True):
    """A part of the list of circles."""


class OrganisationBody(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How your organisation presents itself.

    Attributes:
        name: As others see it.
        sector: What kind of organisation it is.
        country: Two capital letters (ISO 3166-1), or `XI` for none.
        group: Names organisations that belong together; they count as one. Empty for none.
    """

    name: Name
    sector: Sector
    country: _Country
    group: Name | None = None


class NewCircleBody(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A circle that is to be founded.

    Attributes:
        name: What people call it.
        description: What it is for.
        organisation: How the founder presents itself.
        rules: What may be said, by whom, and when it is acted upon.
    """

    name: Name
    description: Text = ""
    organisation: OrganisationBody
    rules: RulesBody


class JoiningBody(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """An invitation that is to be answered.

    Attributes:
        invitation: Its text.
        organisation: How your organisation presents itself.
        upstream: The address of another member's node from which the log is to be read; empty for
            the circle's home.
    """

    invitation: _Invitation
    organisation: OrganisationBody
    upstream: _Url = ""

    def __repr__(self) -> str:
        """Without the invitation, which holds a secret."""
        return "JoiningBody()"


class JoinedReply(msgspec.Struct, frozen=True, kw_only=True):
    """An application that is on its way.

    Attributes:
        circle_id: The circle.
        key: Read its fingerprint to a steward, by telephone or in person.
    """

    circle_id: str
    key: KeyReply


class EvidenceReply(msgspec.Struct, frozen=True, kw_only=True):
    """What shows that a log contradicted itself.

    Attributes:
        evidence: To be brought before the other members; empty when it never did.
    """

    evidence: str


CIRCLE: Final = CircleReply(
    circle_id=CIRCLE_ID,
    name="Gulf alliance",
    description="Hotlines of the region.",
    standing=Standing.FOLLOWING,
    own_org=ORG,
    home="https://nahmi.example",
    home_key=SAMPLE_KEY,
    upstream="https://nahmi.example",
    version=7,
    members=12,
    statements=104_220,
    behind=3,
    withdrawn_to=104_223,
    heard_at=datetime(2026, 3, 1, 9, 30, tzinfo=UTC),
    waiting=0,
    refused=1,
    error="",
    signals={Tier.ACTIONABLE: 80_114, Tier.REVIEW: 20_006, Tier.CONTESTED: 3},
    rules=SAMPLE_REPLY,
)
_ORGANISATION: Final = OrganisationBody(name="Hotline X", sector=Sector.HOTLINE, country="AE")


def circle_reply(one: Overview) -> CircleReply:
    """A circle as callers see it."""
    circle, roster = one.circle, one.circle.roster.roster
    return CircleReply(
        circle_id=circle.circle_id,
        name=roster.name,
        description=roster.description,
        standing=circle.standing,
        own_org=circle.own_org,
        home=roster.home.url,
        home_key=key_reply(read_key(roster.home.log_key)),
        upstream=circle.upstream,
        version=roster.version,
        members=len(roster.active),
        statements=circle.size,
        behind=one.behind,
        withdrawn_to=circle.withdrawn_to,
        heard_at=circle.heard_at,
        waiting=one.waiting,
        refused=one.refused,
        error=circle.error,
        signals=dict(sorted(one.tiers.items())),
        rules=rules_reply(roster.rules),
    )


def _organisation(body: OrganisationBody) -> Organisation:
    return Organisation(
        name=body.name, sector=body.sector, country=body.country, group=body.group or ""
    )


@operation(
    get,
    "/",
    permission=Permission.PARTNER_CIRCLE_READ,
    summary="List the circles",
    sample=Sample(reply=CirclePage([CIRCLE])),
)
def list_circles(
    caller: NamedDependency[Caller], *, cursor: Cursor = None, limit: Limit = 100
) -> CirclePage:
    """The circles in which your member takes part, in the order in which they came."""
    found = caller.circles.looking.circles(caller.principal)
    rest = slice_after(found, place(cursor), number=_number)
    return page(CirclePage, rest, limit, number=_number, reply=circle_reply)


@operation(
    post,
    "/",
    permission=Permission.PARTNER_CIRCLE_WRITE,
    summary="Found a circle",
    sample=Sample(
        request=NewCircleBody(name="Gulf alliance", organisation=_ORGANISATION, rules=SAMPLE_BODY),
        reply=msgspec.structs.replace(
            CIRCLE, standing=Standing.HOME, upstream="", statements=0, behind=0, signals={}
        ),
    ),
    problems=(ErrorCode.ROSTER_INVALID,),
    is_change=True,
)
def found_circle(caller: NamedDependency[Caller], data: JSONBody[NewCircleBody]) -> CircleReply:
    """The circle's log is kept on this node, and you are its first steward."""
    made = caller.circles.founding.found(
        caller.principal,
        NewCircle(
            name=data.name,
            description=data.description,
            url=caller.circles.url,
            organisation=_organisation(data.organisation),
            rules=rules_of(data.rules),
        ),
    )
    return circle_reply(caller.circles.looking.circle(caller.principal, made.circle_id))


@operation(
    post,
    "/join",
    permission=Permission.PARTNER_CIRCLE_WRITE,
    summary="Answer an invitation",
    sample=Sample(
        request=JoiningBody(invitation="nahmi-invitation.eyJjaXJj", organisation=_ORGANISATION),
        reply=JoinedReply(circle_id=CIRCLE_ID, key=SAMPLE_KEY),
    ),
    problems=(
        ErrorCode.INVITATION_INVALID,
        ErrorCode.ROSTER_INVALID,
        ErrorCode.CIRCLE_EXISTS,
        ErrorCode.SIGNATURE_INVALID,
        ErrorCode.FETCH_REFUSED,
        ErrorCode.FETCH_FAILED,
        ErrorCode.FETCH_TOO_LARGE,
        ErrorCode.FETCH_TIMEOUT,
    ),
    status=202,
    is_change=True,
)
def join_circle(caller: NamedDependency[Caller], data: JSONBody[JoiningBody]) -> JoinedReply:
    """Ask to join. A steward compares your key's fingerprint and admits you; then the log comes."""
    applied = caller.circles.joining.join(
        caller.principal,
        data.invitation,
        _organisation(data.organisation),
        upstream=data.upstream,
    )
    return JoinedReply(circle_id=applied.circle.circle_id, key=key_reply(applied.key))


@operation(
    get,
    "/key",
    permission=Permission.PARTNER_CIRCLE_READ,
    summary="Read your own key's fingerprint",
    sample=Sample(reply=SAMPLE_KEY),
)
def read_own_key(caller: NamedDependency[Caller]) -> KeyReply:
    """The first key with which your organisation speaks, as stewards compare it."""
    return key_reply(caller.circles.keys.first(caller.principal.member_id).public)


@operation(
    get,
    "/{circle_id:str}",
    permission=Permission.PARTNER_CIRCLE_READ,
    summary="Read a circle",
    sample=Sample(reply=CIRCLE),
    problems=ALWAYS,
    is_tagged=True,
)
def read_circle(caller: NamedDependency[Caller], circle_id: CircleId) -> CircleReply:
    """One circle: its rules, how far this node is, and where its signals stand."""
    return circle_reply(caller.circles.looking.circle(caller.principal, circle_id))


@operation(
    get,
    "/{circle_id:str}/evidence",
    permission=Permission.PARTNER_CIRCLE_READ,
    summary="Read the evidence against a log",
    sample=Sample(reply=EvidenceReply(evidence="")),
    problems=ALWAYS,
)
def read_evidence(caller: NamedDependency[Caller], circle_id: CircleId) -> EvidenceReply:
    """Two checkpoints that contradict each other, signed by the log's home. Anybody can check."""
    return EvidenceReply(evidence=caller.circles.looking.own(caller.principal, circle_id).evidence)


def _number(one: Overview) -> int:
    return one.circle.number


routes = Router(
    "/circles",
    route_handlers=[
        list_circles,
        found_circle,
        join_circle,
        read_own_key,
        read_circle,
        read_evidence,
    ],
    tags=["circles"],
)
