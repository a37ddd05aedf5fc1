# SPDX-License-Identifier: Apache-2.0
"""API keys: made, replaced and revoked; a key's text is shown once."""

from datetime import UTC, datetime, timedelta
from typing import Annotated

import msgspec
from litestar import Router, delete, get, post
from litestar.di import NamedDependency
from litestar.params import JSONBody

from nahmi.access.api_keys import DEFAULT_LIFE_DAYS
from nahmi.access.identity import ApiKey
from nahmi.access.roles import Permission
from nahmi.api.callers import Caller
from nahmi.api.describing import Sample
from nahmi.api.fields import Id, Name
from nahmi.api.operations import operation
from nahmi.api.paging import Cursor, Limit, Page, page, place, slice_after
from nahmi.errors import ErrorCode
from nahmi.flows.granting.keys import LONGEST_OVERLAP, NewKey

_Budget = Annotated[int, msgspec.Meta(ge=1, le=1_000_000_000)]
_Days = Annotated[int, msgspec.Meta(ge=1, le=3650)]
_Overlap = Annotated[int, msgspec.Meta(ge=0, le=LONGEST_OVERLAP.days * 86_400)]
_Permissions = Annotated[list[Permission], msgspec.Meta(min_length=1)]


class KeyReply(msgspec.Struct, frozen=True, kw_only=True):
    """A key, without its secret.

    Attributes:
        key_id: Its number, never reused.
        label: For people.
        prefix: The 8 public characters of its text.
        permissions: What it may do.
        daily_budget: Queries a day, UTC.
        created_by: Who made it.
        created_at: When.
        expires_at: From then on it is refused.
        revoked_at: From then on it is refused; null when nobody revoked it.
        last_used_at: To the minute; null when it was never used.
    """

    key_id: int
    label: str
    prefix: str
    permissions: tuple[Permission, ...]
    daily_budget: int
    created_by: str
    created_at: datetime
    expires_at: datetime
    revoked_at: datetime | None
    last_used_at: datetime | None


class KeyPage(Page[KeyReply], frozen=True):
    """A part of the list of keys."""


class NewKeyBody(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A key that is to be made.

    Attributes:
        label: For people.
        permissions: What it may do; none that you do not hold yourself.
        daily_budget: Queries a day, UTC.
        days: Until it expires.
    """

    label: Name
    permissions: _Permissions
    daily_budget: _Budget = 100_000
    days: _Days = DEFAULT_LIFE_DAYS


class RotationBody(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How a key is replaced.

    Attributes:
        overlap_s: How long the old key goes on, in seconds, up to 30 days.
    """

    overlap_s: _Overlap = 86_400


class NewKeyReply(msgspec.Struct, frozen=True, kw_only=True):
    """A new key.

    Attributes:
        key: What is known of it.
        text: The key itself, shown this once; null in the answer to a repeated request.
    """

    key: KeyReply
    text: str | None

    def __repr__(self) -> str:
        """Without the text."""
        return f"NewKeyReply(key={self.key!r})"


def key_reply(key: ApiKey) -> KeyReply:
    """A key as callers see it."""
    return KeyReply(
        key_id=key.key_id,
        label=key.label,
        prefix=key.prefix,
        permissions=key.permissions,
        daily_budget=key.daily_budget,
        created_by=key.created_by,
        created_at=key.created_at,
        expires_at=key.expires_at,
        revoked_at=key.revoked_at,
        last_used_at=key.last_used_at,
    )


_KEY = KeyReply(
    key_id=7,
    label="upload path",
    prefix="k3xq7a2m",
    permissions=(Permission.PROTECT_CONTENT_MATCH,),
    daily_budget=1_000_000,
    created_by="person:3",
    created_at=datetime(2026, 3, 1, 9, 30, tzinfo=UTC),
    expires_at=datetime(2027, 3, 1, 9, 30, tzinfo=UTC),
    revoked_at=None,
    last_used_at=datetime(2026, 3, 2, 11, 4, tzinfo=UTC),
)
_NEW = NewKeyReply(key=_KEY, text="nahmi_k3xq7a2m_" + "x" * 43)


@operation(
    get,
    "/",
    permission=Permission.ACCESS_KEY_READ,
    summary="List the keys",
    sample=Sample(reply=KeyPage([_KEY])),
)
def list_keys(
    caller: NamedDependency[Caller], *, cursor: Cursor = None, limit: Limit = 100
) -> KeyPage:
    """The keys of your member, oldest first, with those that are over."""
    found = caller.journeys.keys.keys(caller.principal)
    rest = slice_after(found, place(cursor), number=_number)
    return page(KeyPage, rest, limit, number=_number, reply=key_reply)


@operation(
    post,
    "/",
    permission=Permission.ACCESS_KEY_WRITE,
    summary="Make a key",
    sample=Sample(
        request=NewKeyBody(label="upload path", permissions=[Permission.PROTECT_CONTENT_MATCH]),
        reply=_NEW,
    ),
    is_change=True,
    secret="text",  # noqa: S106 - a field's name
)
def create_key(caller: NamedDependency[Caller], data: JSONBody[NewKeyBody]) -> NewKeyReply:
    """Make a key. Keep its text now: it is not shown again."""
    new = NewKey(
        label=data.label,
        permissions=tuple(data.permissions),
        daily_budget=data.daily_budget,
        life=timedelta(days=data.days),
    )
    key, text = caller.journeys.keys.add(caller.principal, new)
    return NewKeyReply(key=key_reply(key), text=text.reveal())


@operation(
    get,
    "/{key_id:int}",
    permission=Permission.ACCESS_KEY_READ,
    summary="Read a key",
    sample=Sample(reply=_KEY),
    problems=(ErrorCode.ACCESS_MISSING,),
    is_tagged=True,
)
def read_key(caller: NamedDependency[Caller], key_id: Id) -> KeyReply:
    """What is known of a key."""
    return key_reply(caller.journeys.keys.key(caller.principal, key_id))


@operation(
    post,
    "/{key_id:int}/rotate",
    permission=Permission.ACCESS_KEY_WRITE,
    summary="Replace a key",
    sample=Sample(request=RotationBody(), reply=_NEW),
    problems=(ErrorCode.ACCESS_MISSING,),
    is_change=True,
    secret="text",  # noqa: S106 - a field's name
)
def rotate_key(
    caller: NamedDependency[Caller], key_id: Id, data: JSONBody[RotationBody]
) -> NewKeyReply:
    """Make a key that may do what an old one may. Both are good until the overlap is over."""
    overlap = timedelta(seconds=data.overlap_s)
    key, text = caller.journeys.keys.rotate(caller.principal, key_id, overlap=overlap)
    return NewKeyReply(key=key_reply(key), text=text.reveal())


@operation(
    delete,
    "/{key_id:int}",
    permission=Permission.ACCESS_KEY_WRITE,
    summary="Revoke a key",
    sample=Sample(reply=_KEY),
    problems=(ErrorCode.ACCESS_MISSING,),
    status=200,
    is_tagged=True,
    is_change=True,
)
def revoke_key(caller: NamedDependency[Caller], key_id: Id) -> KeyReply:
    """Refuse a key from now on, for ever: every process does within half a second."""
    return key_reply(
        caller.journeys.keys.revoke(
            caller.principal,
            key_id,
            check=lambda key: caller.check_unchanged(key_reply(key)),
        )
    )


def _number(key: ApiKey) -> int:
    return key.key_id


routes = Router(
    "/keys",
    route_handlers=[list_keys, create_key, read_key, rotate_key, revoke_key],
    tags=["keys"],
)
