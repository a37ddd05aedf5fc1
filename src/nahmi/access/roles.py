# SPDX-License-Identifier: Apache-2.0
"""Roles, and what each of them may do; whatever is not named here is refused."""

from collections.abc import Collection
from enum import StrEnum
from typing import Final


class Role(StrEnum):
    """What a person is trusted with, within one member."""

    VIEWER = "viewer"
    ANALYST = "analyst"
    REVIEWER = "reviewer"
    CURATOR = "curator"
    PARTNER_MANAGER = "partner_manager"
    ADMIN = "admin"


class Permission(StrEnum):
    """One thing that can be allowed, written as scope:resource:action."""

    ACCESS_AUDIT_READ = "access:audit:read"
    ACCESS_KEY_READ = "access:key:read"
    ACCESS_KEY_WRITE = "access:key:write"
    ACCESS_MEMBER_READ = "access:member:read"
    ACCESS_MEMBER_WRITE = "access:member:write"
    ACCESS_PERSON_READ = "access:person:read"
    ACCESS_PERSON_WRITE = "access:person:write"
    NODE_JOB_READ = "node:job:read"
    NODE_JOB_WRITE = "node:job:write"
    NODE_SETTING_READ = "node:setting:read"
    NODE_SETTING_WRITE = "node:setting:write"
    NODE_STATUS_READ = "node:status:read"
    NODE_WEBHOOK_READ = "node:webhook:read"
    NODE_WEBHOOK_WRITE = "node:webhook:write"
    PARTNER_ASSERTION_WRITE = "partner:assertion:write"
    PARTNER_CIRCLE_READ = "partner:circle:read"
    PARTNER_CIRCLE_WRITE = "partner:circle:write"
    PARTNER_EXCHANGE_READ = "partner:exchange:read"
    PARTNER_EXCHANGE_WRITE = "partner:exchange:write"
    PARTNER_OPINION_WRITE = "partner:opinion:write"
    PROTECT_BANK_READ = "protect:bank:read"
    PROTECT_BANK_WRITE = "protect:bank:write"
    PROTECT_CONTENT_HASH = "protect:content:hash"
    PROTECT_CONTENT_MATCH = "protect:content:match"
    PROTECT_DISTANCE_READ = "protect:distance:read"
    PROTECT_ENTRY_EXPORT = "protect:entry:export"
    PROTECT_ENTRY_READ = "protect:entry:read"
    PROTECT_ENTRY_WRITE = "protect:entry:write"
    PROTECT_MATCH_READ = "protect:match:read"
    PROTECT_URL_FETCH = "protect:url:fetch"


_P = Permission

_VIEWER: Final = frozenset(
    {_P.NODE_JOB_READ, _P.NODE_STATUS_READ, _P.PROTECT_BANK_READ, _P.PROTECT_MATCH_READ}
)
_ANALYST: Final = _VIEWER | {
    _P.PARTNER_CIRCLE_READ,
    _P.PROTECT_CONTENT_HASH,
    _P.PROTECT_CONTENT_MATCH,
    _P.PROTECT_DISTANCE_READ,
    _P.PROTECT_ENTRY_READ,
}
_REVIEWER: Final = _ANALYST | {_P.PARTNER_OPINION_WRITE}
_CURATOR: Final = _REVIEWER | {
    _P.NODE_JOB_WRITE,
    _P.PARTNER_ASSERTION_WRITE,
    _P.PROTECT_BANK_WRITE,
    _P.PROTECT_ENTRY_EXPORT,
    _P.PROTECT_ENTRY_WRITE,
}
_PARTNER_MANAGER: Final = _ANALYST | {
    _P.ACCESS_KEY_READ,
    _P.ACCESS_KEY_WRITE,
    _P.ACCESS_MEMBER_READ,
    _P.NODE_WEBHOOK_READ,
    _P.NODE_WEBHOOK_WRITE,
    _P.PARTNER_ASSERTION_WRITE,
    _P.PARTNER_CIRCLE_WRITE,
    _P.PARTNER_EXCHANGE_READ,
    _P.PARTNER_EXCHANGE_WRITE,
    _P.PARTNER_OPINION_WRITE,
}

ROLE_PERMISSIONS: Final[dict[Role, frozenset[Permission]]] = {
    Role.VIEWER: _VIEWER,
    Role.ANALYST: _ANALYST,
    Role.REVIEWER: _REVIEWER,
    Role.CURATOR: _CURATOR,
    Role.PARTNER_MANAGER: _PARTNER_MANAGER,
    Role.ADMIN: frozenset(Permission),
}
"""What each role may do. A reviewer needs no more than to look here."""


def permissions_of(role: str) -> frozenset[Permission]:
    """What a role may do; an unknown role may do nothing.

    Args:
        role: A role's value, from wherever it was kept.
    """
    try:
        return ROLE_PERMISSIONS[Role(role)]
    except ValueError:
        return frozenset()


def may_grant(granter: Collection[Permission], wanted: Collection[Permission]) -> bool:
    """Whether a key with permissions may be made: nobody grants what they do not hold.

    Args:
        granter: What the maker of the key may do.
        wanted: What the key shall do; nothing is refused too.
    """
    return bool(wanted) and set(wanted) <= set(granter)
