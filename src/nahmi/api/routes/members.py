# SPDX-License-Identifier: Apache-2.0
"""Members: the organisations of a node; the one that runs it takes others in."""

from datetime import UTC, datetime

import msgspec
from litestar import Router, get, patch, post
from litestar.di import NamedDependency
from litestar.params import JSONBody

from nahmi.access.identity import Member
from nahmi.access.roles import Permission, Role
from nahmi.api.callers import Caller
from nahmi.api.describing import Sample
from nahmi.api.fields import Id, Name
from nahmi.api.operations import operation
from nahmi.api.paging import Cursor, Limit, Page, page, place, slice_after
from nahmi.api.routes.people import (
    NEW_PERSON,
    PERSON,
    NewPersonBody,
    PersonReply,
    new_person,
    person_reply,
)
from nahmi.errors import ErrorCode


class MemberReply(msgspec.Struct, frozen=True, kw_only=True):
    """An organisation on this node.

    Attributes:
        member_id: Its number; 1 is the one that runs the node.
        name: For people.
        is_enabled: Otherwise none of its people and keys is let in.
        created_at: When it was taken in.
    """

    member_id: int
    name: str
    is_enabled: bool
    created_at: datetime


class MemberPage(Page[MemberReply], frozen=True):
    """A part of the list of members."""


class NewMemberBody(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """An organisation that is to be taken in.

    Attributes:
        name: For people; unique on the node.
        administrator: Who looks after it and lets others in.
    """

    name: Name
    administrator: NewPersonBody


class NewMemberReply(msgspec.Struct, frozen=True, kw_only=True):
    """A new member.

    Attributes:
        member: The organisation.
        administrator: Who looks after it.
        token: Of their login link, good once and for 15 minutes; shown this once, and null in the
            answer to a repeated request.
    """

    member: MemberReply
    administrator: PersonReply
    token: str | None

    def __repr__(self) -> str:
        """Without the token."""
        return f"NewMemberReply(member={self.member!r})"


class MemberChangesBody(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What is to change of a member.

    Attributes:
        is_enabled: False lets none of its people and keys in any more.
    """

    is_enabled: bool


def member_reply(member: Member) -> MemberReply:
    """A member as callers see it."""
    return MemberReply(
        member_id=member.member_id,
        name=member.name,
        is_enabled=member.is_enabled,
        created_at=member.created_at,
    )


_MEMBER = MemberReply(
    member_id=2,
    name="Hotline X",
    is_enabled=True,
    created_at=datetime(2026, 3, 1, 9, 30, tzinfo=UTC),
)
_ADMINISTRATOR = msgspec.structs.replace(NEW_PERSON, role=Role.ADMIN)


@operation(
    get,
    "/",
    permission=Permission.ACCESS_MEMBER_READ,
    summary="List the members",
    sample=Sample(reply=MemberPage([_MEMBER])),
)
def list_members(
    caller: NamedDependency[Caller], *, cursor: Cursor = None, limit: Limit = 100
) -> MemberPage:
    """All members for the one that runs the node; for any other only itself."""
    found = caller.journeys.members.members(caller.principal)
    rest = slice_after(found, place(cursor), number=_number)
    return page(MemberPage, rest, limit, number=_number, reply=member_reply)


@operation(
    post,
    "/",
    permission=Permission.ACCESS_MEMBER_WRITE,
    summary="Take a member in",
    sample=Sample(
        request=NewMemberBody(name="Hotline X", administrator=_ADMINISTRATOR),
        reply=NewMemberReply(
            member=_MEMBER,
            administrator=msgspec.structs.replace(PERSON, role=Role.ADMIN),
            token="x" * 43,
        ),
    ),
    problems=(ErrorCode.ACCESS_EXISTS,),
    is_change=True,
    secret="token",  # noqa: S106 - a field's name
)
def add_member(caller: NamedDependency[Caller], data: JSONBody[NewMemberBody]) -> NewMemberReply:
    """Take an organisation in, with the person who looks after it."""
    member, invited = caller.journeys.members.add(
        caller.principal, data.name, new_person(data.administrator)
    )
    return NewMemberReply(
        member=member_reply(member),
        administrator=person_reply(invited.person),
        token=invited.token,
    )


@operation(
    get,
    "/{member_id:int}",
    permission=Permission.ACCESS_MEMBER_READ,
    summary="Read a member",
    sample=Sample(reply=_MEMBER),
    problems=(ErrorCode.ACCESS_MISSING,),
    is_tagged=True,
)
def read_member(caller: NamedDependency[Caller], member_id: Id) -> MemberReply:
    """One organisation."""
    return member_reply(caller.journeys.members.member(caller.principal, member_id))


@operation(
    patch,
    "/{member_id:int}",
    permission=Permission.ACCESS_MEMBER_WRITE,
    summary="Disable a member, or let it in again",
    sample=Sample(request=MemberChangesBody(is_enabled=True), reply=_MEMBER),
    problems=(ErrorCode.ACCESS_MISSING,),
    is_tagged=True,
    is_change=True,
)
def change_member(
    caller: NamedDependency[Caller], member_id: Id, data: JSONBody[MemberChangesBody]
) -> MemberReply:
    """Let none of a member's people and keys in any more, or let them in again."""
    return member_reply(
        caller.journeys.members.switch(
            caller.principal,
            member_id,
            is_enabled=data.is_enabled,
            check=lambda member: caller.check_unchanged(member_reply(member)),
        )
    )


def _number(member: Member) -> int:
    return member.member_id


routes = Router(
    "/members",
    route_handlers=[list_members, add_member, read_member, change_member],
    tags=["members"],
)
