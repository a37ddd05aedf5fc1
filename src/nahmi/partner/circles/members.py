# SPDX-License-Identifier: Apache-2.0
"""Members of a circle: organisations, what they are trusted with, and their keys."""

from enum import StrEnum
from functools import cached_property
from typing import Final

import msgspec

INTERNATIONAL: Final = "XI"
"""The country of an organisation that belongs to none; a code that ISO 3166 leaves to users."""


class Sector(StrEnum):
    """What kind of organisation a member is."""

    GOVERNMENT = "government"
    LAW_ENFORCEMENT = "law_enforcement"
    HOTLINE = "hotline"
    COMPANY = "company"
    CHARITY = "charity"
    RESEARCH = "research"
    INTERGOVERNMENTAL = "intergovernmental"


class CircleRole(StrEnum):
    """One thing that a member may do in a circle."""

    CONTRIBUTE = "contribute"
    OPINE = "opine"
    READ = "read"
    STEWARD = "steward"
    WITNESS = "witness"


class Membership(StrEnum):
    """Whether an organisation takes part."""

    ACTIVE = "active"
    LEFT = "left"
    """It says and reads nothing more; what it said goes on counting until it expires."""
    EXPELLED = "expelled"
    """It says and reads nothing more, and nothing that it said counts any longer."""


class KeyState(StrEnum):
    """What signatures of a key are worth."""

    ACTIVE = "active"
    RETIRED = "retired"
    """It signs nothing more; what it signed goes on counting."""
    DISTRUSTED = "distrusted"
    """It signs nothing more, and what it signed from some point on does not count."""


class MemberKey(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A key with which a member signs.

    Attributes:
        kid: Names the key, see `nahmi.partner.keys`.
        public: 32 bytes, base64.
        state: What its signatures are worth.
        distrusted_from: From this place in the log on, what it signed does not count; only with
            `KeyState.DISTRUSTED`.
    """

    kid: str
    public: str
    state: KeyState = KeyState.ACTIVE
    distrusted_from: int | None = None


class CircleMember(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, dict=True):
    """An organisation in a circle.

    Attributes:
        org: Its id.
        name: As others see it.
        sector: What kind of organisation it is.
        country: ISO 3166-1 alpha-2 in upper case, or `XI` for none.
        group: Names organisations that belong together, such as companies of one owner; they
            count as one. Empty for the organisation alone.
        roles: What it may do, sorted.
        keys: Its keys, oldest first.
        membership: Whether it takes part.
    """

    org: str
    name: str
    sector: Sector
    country: str
    group: str = ""
    roles: tuple[CircleRole, ...]
    keys: tuple[MemberKey, ...]
    membership: Membership = Membership.ACTIVE

    @property
    def independent_of(self) -> str:
        """Organisations with the same value are not independent of each other."""
        return self.group or self.org

    def may(self, role: CircleRole) -> bool:
        """Whether it may do something now."""
        return self.membership is Membership.ACTIVE and role in self.roles

    def key(self, kid: str) -> MemberKey | None:
        """One of its keys."""
        return self._by_kid.get(kid)

    @cached_property
    def _by_kid(self) -> dict[str, MemberKey]:
        # Asked for several times for each of a million statements.
        return {key.kid: key for key in self.keys}

    def counts(self, kid: str, seq: int) -> bool:
        """Whether what it signed with a key at a place in the log still counts."""
        return self.membership is not Membership.EXPELLED and self.trusts(kid, seq)

    def trusts(self, kid: str, seq: int) -> bool:
        """Whether one of its keys is trusted at a place in the log."""
        key = self.key(kid)
        return key is not None and (key.distrusted_from is None or seq < key.distrusted_from)
