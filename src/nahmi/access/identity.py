# SPDX-License-Identifier: Apache-2.0
"""Members, people, keys, and whoever asks."""

from datetime import datetime
from typing import Final, Literal

import msgspec

from nahmi.access.roles import Permission, Role
from nahmi.core.member import OWN_MEMBER


class Member(msgspec.Struct, frozen=True, kw_only=True):
    """An organisation on this node.

    Attributes:
        member_id: From 1; 1 is the node's own.
        name: Unique, for people.
        is_enabled: Otherwise none of its people and keys is let in.
        created_at: UTC.
    """

    member_id: int
    name: str
    is_enabled: bool
    created_at: datetime


class Person(msgspec.Struct, frozen=True, kw_only=True):
    """Someone of a member who signs in.

    Attributes:
        person_id: From 1.
        member_id: Where they belong.
        email: Lower case, unique on the node.
        name: As others see it.
        role: What they are trusted with.
        language: Of their pages.
        is_enabled: Otherwise they are not let in.
        has_totp: Whether a second factor is set up.
        totp_version: Of the one that is set up or was last, 0 when none ever was. The next one is
            one more, so that a secret never comes back.
        must_change_password: Whether the next page is the one for a new password.
        created_at: UTC.
    """

    person_id: int
    member_id: int
    email: str
    name: str
    role: Role
    language: Literal["en", "ar"]
    is_enabled: bool
    has_totp: bool
    totp_version: int
    must_change_password: bool
    created_at: datetime

    def __repr__(self) -> str:
        """Without personal data."""
        return f"Person(person_id={self.person_id})"


class ApiKey(msgspec.Struct, frozen=True, kw_only=True):
    """A key with which a member's machines ask; its secret is not here.

    Attributes:
        key_id: From 1.
        member_id: Whose it is.
        label: For people.
        prefix: The 8 public characters of its text.
        permissions: What it may do, in alphabetical order.
        daily_budget: Queries a day, UTC.
        created_by: Who made it, such as person:3 or local.
        created_at: UTC.
        expires_at: From then on it is refused.
        revoked_at: From then on it is refused; None when nobody revoked it.
        last_used_at: To the minute, or None.
    """

    key_id: int
    member_id: int
    label: str
    prefix: str
    permissions: tuple[Permission, ...]
    daily_budget: int
    created_by: str
    created_at: datetime
    expires_at: datetime
    revoked_at: datetime | None = None
    last_used_at: datetime | None = None

    def is_valid(self, now: datetime) -> bool:
        """Whether it is neither expired nor revoked."""
        revoked = self.revoked_at is not None and self.revoked_at <= now
        return now < self.expires_at and not revoked


class Principal(msgspec.Struct, frozen=True, kw_only=True):
    """Whoever asks.

    Attributes:
        kind: A person, a key, or the local command line.
        principal_id: Of the person or key; 0 for the command line.
        member_id: Whose objects it may see.
        name: For the audit log: an id, never an address.
        permissions: What it may do.
        daily_budget: Queries a day; None without a limit.
    """

    kind: Literal["person", "key", "local"]
    principal_id: int
    member_id: int
    name: str
    permissions: frozenset[Permission]
    daily_budget: int | None = None

    def may(self, permission: Permission) -> bool:
        """Whether this was granted."""
        return permission in self.permissions


LOCAL: Final = Principal(
    kind="local",
    principal_id=0,
    member_id=OWN_MEMBER,
    name="local",
    permissions=frozenset(Permission),
)
"""The local command line: the own member's administrator."""
