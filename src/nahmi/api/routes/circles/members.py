# SPDX-License-Identifier: Apache-2.0
"""Members of circles and their keys."""

from datetime import UTC, datetime
from typing import Annotated, Final

import msgspec
from litestar import Router, get, patch, post
from litestar.di import NamedDependency
from litestar.params import JSONBody

from nahmi.access.roles import Permission
from nahmi.api.callers import Caller
from nahmi.api.describing import Sample
from nahmi.api.fields import LARGEST, Moment
from nahmi.api.operations import operation
from nahmi.api.routes.circles.fields import (
    ALWAYS,
    KID,
    ORG,
    SAMPLE_KEY,
    SAYING,
    CircleId,
    KeyReply,
    Org,
    key_reply,
)
from nahmi.errors import ErrorCode, InputError
from nahmi.flows.circles.looking import MemberView
from nahmi.partner.circles.members import CircleMember, CircleRole, KeyState, Membership, Sector
from nahmi.partner.circles.roster import read_key
from nahmi.partner.ports.receipts import Acknowledged

_Roles = Annotated[list[CircleRole], msgspec.Meta(min_length=1, max_length=10)]
_Kid = Annotated[str, msgspec.Meta(pattern="^[0-9a-f]{32}$")]
_Seq = Annotated[int, msgspec.Meta(ge=0, le=LARGEST)]
_CHANGES: Final = (*SAYING, ErrorCode.MEMBER_MISSING, ErrorCode.ROSTER_INVALID)


class MemberKeyReply(msgspec.Struct, frozen=True, kw_only=True):
    """A key with which a member signs.

    Attributes:
        key: Its fingerprint.
        state: `active`, `retired` or `distrusted`.
        distrusted_from: From this place in the log on, nothing counts that it signed; null when
            all of it does.
    """

    key: KeyReply
    state: KeyState
    distrusted_from: int | None


class CircleMemberReply(msgspec.Struct, frozen=True, kw_only=True):
    """An organisation in a circle.

    Attributes:
        org: Its id.
        name: As others see it.
        sector: What kind of organisation it is.
        country: Two capital letters, or `XI` for none.
        group: Names organisations that belong together; empty for the organisation alone.
        membership: `active`, `left` or `expelled`.
        roles: What it may do.
        keys: Oldest first.
    """

    org: str
    name: str
    sector: Sector
    country: str
    group: str
    membership: Membership
    roles: tuple[CircleRole, ...]
    keys: tuple[MemberKeyReply, ...]


class ReceiptReply(msgspec.Struct, frozen=True, kw_only=True):
    """How far a member says that it has read.

    Attributes:
        statements: How many are in effect there.
        withdrawn_to: Withdrawals before this place are in effect there.
        received_at: When the receipt came here.
    """

    statements: int
    withdrawn_to: int
    received_at: datetime


class MemberRowReply(msgspec.Struct, frozen=True, kw_only=True):
    """A member, and how far it has read.

    Attributes:
        member: The member.
        receipt: Its newest; null where none has come here.
        behind: How many statements it has not acknowledged; null where nothing has come.
    """

    member: CircleMemberReply
    receipt: ReceiptReply | None
    behind: int | None


class MemberListReply(msgspec.Struct, frozen=True, kw_only=True):
    """All members of a circle.

    Attributes:
        items: In the order in which they joined.
    """

    items: list[MemberRowReply]


class RolesBody(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What a member may do from now on.

    Attributes:
        roles: All of it: `contribute`, `opine`, `read`, `steward`, `witness`.
    """

    roles: _Roles


class RemovalBody(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How a member goes.

    Attributes:
        is_expelled: Nothing that it ever said counts any longer; otherwise that goes on counting.
    """

    is_expelled: bool = False


class UndoBody(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """From where on a key is distrusted: a place in the log or a moment, one of the two.

    Attributes:
        kid: The key's name.
        from_place: Nothing counts that it said from this place in the log on.
        from_moment: Nothing counts that the log took from this moment on.
    """

    kid: _Kid
    from_place: _Seq | None = None
    from_moment: Moment | None = None


def member_reply(member: CircleMember) -> CircleMemberReply:
    """A member as callers see it."""
    return CircleMemberReply(
        org=member.org,
        name=member.name,
        sector=member.sector,
        country=member.country,
        group=member.group,
        membership=member.membership,
        roles=member.roles,
        keys=tuple(
            MemberKeyReply(
                key=key_reply(read_key(key.public)),
                state=key.state,
                distrusted_from=key.distrusted_from,
            )
            for key in member.keys
        ),
    )


def _receipt(known: Acknowledged | None) -> ReceiptReply | None:
    if known is None:
        return None
    return ReceiptReply(
        statements=known.size, withdrawn_to=known.withdrawn_to, received_at=known.at
    )


def _row(one: MemberView) -> MemberRowReply:
    return MemberRowReply(
        member=member_reply(one.member),
        receipt=_receipt(one.acknowledged),
        behind=one.behind,
    )


_MEMBER: Final = CircleMemberReply(
    org=ORG,
    name="Hotline X",
    sector=Sector.HOTLINE,
    country="AE",
    group="",
    membership=Membership.ACTIVE,
    roles=(CircleRole.CONTRIBUTE, CircleRole.OPINE, CircleRole.READ),
    keys=(MemberKeyReply(key=SAMPLE_KEY, state=KeyState.ACTIVE, distrusted_from=None),),
)
_RECEIPT: Final = ReceiptReply(
    statements=104_201,
    withdrawn_to=104_223,
    received_at=datetime(2026, 3, 1, 9, 30, tzinfo=UTC),
)


@operation(
    get,
    "/members",
    permission=Permission.PARTNER_CIRCLE_READ,
    summary="List a circle's members",
    sample=Sample(
        reply=MemberListReply(items=[MemberRowReply(member=_MEMBER, receipt=_RECEIPT, behind=19)])
    ),
    problems=ALWAYS,
)
def list_circle_members(caller: NamedDependency[Caller], circle_id: CircleId) -> MemberListReply:
    """All that ever were members, with their keys and how far each says that it has read."""
    found = caller.circles.looking.members(caller.principal, circle_id)
    return MemberListReply(items=[_row(one) for one in found])


@operation(
    get,
    "/members/{org:str}",
    permission=Permission.PARTNER_CIRCLE_READ,
    summary="Read a circle's member",
    sample=Sample(reply=_MEMBER),
    problems=(*ALWAYS, ErrorCode.MEMBER_MISSING),
    is_tagged=True,
)
def read_circle_member(
    caller: NamedDependency[Caller], circle_id: CircleId, org: Org
) -> CircleMemberReply:
    """One member with its keys."""
    return member_reply(caller.circles.tending.member(caller.principal, circle_id, org))


@operation(
    patch,
    "/members/{org:str}",
    permission=Permission.PARTNER_CIRCLE_WRITE,
    summary="Say what a circle's member may do",
    sample=Sample(request=RolesBody(roles=[CircleRole.READ]), reply=_MEMBER),
    problems=_CHANGES,
    is_tagged=True,
    is_change=True,
)
def change_circle_member(
    caller: NamedDependency[Caller], circle_id: CircleId, org: Org, data: JSONBody[RolesBody]
) -> CircleMemberReply:
    """Give a member other roles. A steward does this; it holds from its place in the log on."""
    changed = caller.circles.tending.give_roles(
        caller.principal,
        circle_id,
        org,
        data.roles,
        check=lambda member: caller.check_unchanged(member_reply(member)),
    )
    return member_reply(changed)


@operation(
    post,
    "/members/{org:str}/remove",
    permission=Permission.PARTNER_CIRCLE_WRITE,
    summary="Let a circle's member take part no longer",
    sample=Sample(
        request=RemovalBody(is_expelled=True),
        reply=msgspec.structs.replace(_MEMBER, membership=Membership.EXPELLED),
    ),
    problems=_CHANGES,
    status=200,
    is_tagged=True,
    is_change=True,
)
def remove_circle_member(
    caller: NamedDependency[Caller], circle_id: CircleId, org: Org, data: JSONBody[RemovalBody]
) -> CircleMemberReply:
    """Remove a member, or expel it. Whoever was expelled does not come back under the same id."""
    changed = caller.circles.tending.remove(
        caller.principal,
        circle_id,
        org,
        is_expelled=data.is_expelled,
        check=lambda member: caller.check_unchanged(member_reply(member)),
    )
    return member_reply(changed)


@operation(
    post,
    "/keys/rotate",
    permission=Permission.PARTNER_CIRCLE_WRITE,
    summary="Speak with a new key",
    sample=Sample(reply=SAMPLE_KEY),
    problems=_CHANGES,
    status=200,
    is_change=True,
)
def rotate_circle_key(caller: NamedDependency[Caller], circle_id: CircleId) -> KeyReply:
    """Sign with a new key of your organisation from now on. A steward does this."""
    return key_reply(caller.circles.tending.rotate(caller.principal, circle_id))


@operation(
    post,
    "/keys/undo",
    permission=Permission.PARTNER_CIRCLE_WRITE,
    summary="Undo all that a key said",
    sample=Sample(
        request=UndoBody(kid=KID, from_place=88_000),
        reply=msgspec.structs.replace(
            _MEMBER,
            keys=(
                MemberKeyReply(key=SAMPLE_KEY, state=KeyState.DISTRUSTED, distrusted_from=88_000),
            ),
        ),
    ),
    problems=_CHANGES,
    status=200,
    is_change=True,
)
def undo_circle_key(
    caller: NamedDependency[Caller], circle_id: CircleId, data: JSONBody[UndoBody]
) -> CircleMemberReply:
    """Let nothing count that a key said from a place or moment on, and refuse it from now on.

    What was said before that counts again. It cannot be taken back; the member goes on with a new
    key.
    """
    tending, who = caller.circles.tending, caller.principal
    if (data.from_place is None) == (data.from_moment is None):
        raise InputError(ErrorCode.INPUT_INVALID, "Name a place or a moment, one of the two.")
    since = data.from_place
    if data.from_moment is not None:
        since = tending.place_at(who, circle_id, data.from_moment)
    return member_reply(tending.undo(who, circle_id, data.kid, from_seq=since or 0))


routes = Router(
    "/circles/{circle_id:str}",
    route_handlers=[
        list_circle_members,
        read_circle_member,
        change_circle_member,
        remove_circle_member,
        rotate_circle_key,
        undo_circle_key,
    ],
    tags=["circle members"],
)
