# SPDX-License-Identifier: Apache-2.0
"""People: invited by a link that works once, trusted with a role, let in no more."""

from datetime import UTC, datetime
from typing import Annotated, Literal

import msgspec
from litestar import Router, get, patch, post
from litestar.di import NamedDependency
from litestar.params import JSONBody

from nahmi.access.identity import Person
from nahmi.access.roles import Permission, Role
from nahmi.api.callers import Caller
from nahmi.api.describing import Sample
from nahmi.api.fields import Id, Name
from nahmi.api.operations import operation
from nahmi.api.paging import Cursor, Limit, Page, page, place, slice_after
from nahmi.errors import ErrorCode
from nahmi.flows.granting.people import Invited, NewPerson

Email = Annotated[str, msgspec.Meta(max_length=254, pattern=r"^[^\x00-\x20@]+@[^\x00-\x20@]+$")]


class PersonReply(msgspec.Struct, frozen=True, kw_only=True):
    """Someone who signs in.

    Attributes:
        person_id: Their number, never reused.
        email: To sign in with.
        name: As others see it.
        role: What they are trusted with.
        language: Of their pages.
        is_enabled: Otherwise they are not let in.
        has_totp: Whether they have set up a second factor.
        created_at: When they were invited.
    """

    person_id: int
    email: str
    name: str
    role: Role
    language: Literal["en", "ar"]
    is_enabled: bool
    has_totp: bool
    created_at: datetime

    def __repr__(self) -> str:
        """Without personal data."""
        return f"PersonReply(person_id={self.person_id})"


class PersonPage(Page[PersonReply], frozen=True):
    """A part of the list of people."""


class NewPersonBody(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Someone who is to be let in.

    Attributes:
        email: To sign in with.
        name: As others see it.
        role: What they are trusted with; nothing that you may not do yourself.
        language: Of their pages.
    """

    email: Email
    name: Name
    role: Role
    language: Literal["en", "ar"] = "en"

    def __repr__(self) -> str:
        """Without personal data."""
        return f"NewPersonBody(role={self.role})"


class PersonChangesBody(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What is to change of someone; what is left out stays.

    Attributes:
        role: What they are trusted with.
        is_enabled: False lets them in no more and ends their sessions.
    """

    role: Role | None = None
    is_enabled: bool | None = None


class InvitedReply(msgspec.Struct, frozen=True, kw_only=True):
    """Someone who may come in by a link.

    Attributes:
        person: Who.
        token: Of the link, good once and for 15 minutes; shown this once, and null in the answer
            to a repeated request.
    """

    person: PersonReply
    token: str | None

    def __repr__(self) -> str:
        """Without the token."""
        return f"InvitedReply(person={self.person!r})"


def person_reply(person: Person) -> PersonReply:
    """Someone as callers see them."""
    return PersonReply(
        person_id=person.person_id,
        email=person.email,
        name=person.name,
        role=person.role,
        language=person.language,
        is_enabled=person.is_enabled,
        has_totp=person.has_totp,
        created_at=person.created_at,
    )


def invited_reply(invited: Invited) -> InvitedReply:
    """An invitation as its maker sees it."""
    return InvitedReply(person=person_reply(invited.person), token=invited.token)


def new_person(body: NewPersonBody) -> NewPerson:
    """What the journey is told of someone new."""
    return NewPerson(email=body.email, name=body.name, role=body.role, language=body.language)


PERSON = PersonReply(
    person_id=3,
    email="laila@hotline.example",
    name="Laila",
    role=Role.CURATOR,
    language="ar",
    is_enabled=True,
    has_totp=True,
    created_at=datetime(2026, 3, 1, 9, 30, tzinfo=UTC),
)
NEW_PERSON = NewPersonBody(
    email="laila@hotline.example", name="Laila", role=Role.CURATOR, language="ar"
)
INVITED = InvitedReply(person=PERSON, token="x" * 43)


@operation(
    get,
    "/",
    permission=Permission.ACCESS_PERSON_READ,
    summary="List the people",
    sample=Sample(reply=PersonPage([PERSON])),
)
def list_people(
    caller: NamedDependency[Caller], *, cursor: Cursor = None, limit: Limit = 100
) -> PersonPage:
    """The people of your member, in the order in which they came."""
    found = caller.journeys.people.people(caller.principal)
    rest = slice_after(found, place(cursor), number=_number)
    return page(PersonPage, rest, limit, number=_number, reply=person_reply)


@operation(
    post,
    "/",
    permission=Permission.ACCESS_PERSON_WRITE,
    summary="Invite someone",
    sample=Sample(request=NEW_PERSON, reply=INVITED),
    problems=(ErrorCode.ACCESS_EXISTS,),
    is_change=True,
    secret="token",  # noqa: S106 - a field's name
)
def invite_person(caller: NamedDependency[Caller], data: JSONBody[NewPersonBody]) -> InvitedReply:
    """Let someone in. Give them the link's token on a way that you trust."""
    return invited_reply(caller.journeys.people.invite(caller.principal, new_person(data)))


@operation(
    get,
    "/{person_id:int}",
    permission=Permission.ACCESS_PERSON_READ,
    summary="Read someone",
    sample=Sample(reply=PERSON),
    problems=(ErrorCode.ACCESS_MISSING,),
    is_tagged=True,
)
def read_person(caller: NamedDependency[Caller], person_id: Id) -> PersonReply:
    """Someone of your member."""
    return person_reply(caller.journeys.people.person(caller.principal, person_id))


@operation(
    patch,
    "/{person_id:int}",
    permission=Permission.ACCESS_PERSON_WRITE,
    summary="Change someone's role, or let them in no more",
    sample=Sample(request=PersonChangesBody(role=Role.CURATOR), reply=PERSON),
    problems=(ErrorCode.ACCESS_MISSING, ErrorCode.ADMINISTRATOR_LAST),
    is_tagged=True,
    is_change=True,
)
def change_person(
    caller: NamedDependency[Caller], person_id: Id, data: JSONBody[PersonChangesBody]
) -> PersonReply:
    """Change someone who holds no more than you do. It counts from their next request on.

    The last administrator who is let in stays one.
    """
    return person_reply(
        caller.journeys.people.change_person(
            caller.principal,
            person_id,
            role=data.role,
            is_enabled=data.is_enabled,
            check=lambda person: caller.check_unchanged(person_reply(person)),
        )
    )


@operation(
    post,
    "/{person_id:int}/login-link",
    permission=Permission.ACCESS_PERSON_WRITE,
    summary="Make a login link",
    sample=Sample(reply=INVITED),
    problems=(ErrorCode.ACCESS_MISSING,),
    is_change=True,
    secret="token",  # noqa: S106 - a field's name
)
def make_login_link(caller: NamedDependency[Caller], person_id: Id) -> InvitedReply:
    """A new link for someone who cannot sign in; older ones end."""
    return invited_reply(caller.journeys.people.new_link(caller.principal, person_id))


def _number(person: Person) -> int:
    return person.person_id


routes = Router(
    "/people",
    route_handlers=[list_people, invite_person, read_person, change_person, make_login_link],
    tags=["people"],
)
