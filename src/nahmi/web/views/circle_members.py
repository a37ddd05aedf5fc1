# SPDX-License-Identifier: Apache-2.0
"""Members of a circle, their keys, and invitations."""

from datetime import datetime
from typing import ClassVar

import msgspec

from nahmi.partner.circles.members import CircleRole, KeyState, Membership, Sector
from nahmi.web.navigation import Section
from nahmi.web.views.base import EMPTY_FORM, Form, View, WordKey
from nahmi.web.views.circles import KeyShown


class KeyRow(msgspec.Struct, frozen=True, kw_only=True):
    """A key with which a member signs.

    Attributes:
        kid: Its name.
        shown: Its fingerprint.
        key_state: What its signatures are worth.
        distrusted_from: From this place in the log on they do not count; None for all of them.
    """

    kid: str
    shown: KeyShown
    key_state: KeyState
    distrusted_from: int | None = None


class MemberRow(msgspec.Struct, frozen=True, kw_only=True):
    """A member.

    Attributes:
        org: Its id.
        name: As others see it.
        sector: What kind of organisation it is.
        country: Two letters, or `XI` for none.
        membership: Whether it takes part.
        roles: What it may do.
        keys: Oldest first.
        behind: How many statements it has not acknowledged; None where nothing has come.
        heard_at: When its newest receipt came; None for never.
        is_own: Whether it is our organisation.
    """

    org: str
    name: str
    sector: Sector
    country: str
    membership: Membership
    roles: tuple[CircleRole, ...]
    keys: tuple[KeyRow, ...]
    behind: int | None
    heard_at: datetime | None
    is_own: bool


class CircleMembers(View, frozen=True, kw_only=True):
    """Who belongs to a circle.

    Attributes:
        circle_id: The circle.
        circle: Its name.
        rows: In the order in which they joined.
        is_steward: Whether our organisation may change them.
    """

    template: ClassVar[str] = "circle_members.html.j2"
    section: ClassVar[Section | None] = Section.CIRCLES
    circle_id: str
    circle: str
    rows: tuple[MemberRow, ...]
    is_steward: bool


class CircleMemberPage(View, frozen=True, kw_only=True):
    """One member.

    Attributes:
        form: Field `roles`; and `from_place` and `from_moment` for a key.
        circle_id: The circle.
        circle: Its name.
        row: The member.
        is_steward: Whether our organisation may change it.
        roles: To choose from.
    """

    template: ClassVar[str] = "circle_member.html.j2"
    section: ClassVar[Section | None] = Section.CIRCLES
    form: Form = EMPTY_FORM
    circle_id: str
    circle: str
    row: MemberRow
    is_steward: bool
    roles: tuple[CircleRole, ...] = tuple(CircleRole)


class ApplicantRow(msgspec.Struct, frozen=True, kw_only=True):
    """Who answered an invitation.

    Attributes:
        name: As it presents itself.
        sector: What kind of organisation it says it is.
        country: Two letters, or `XI` for none.
        key: To be compared with the organisation.
    """

    name: str
    sector: Sector
    country: str
    key: KeyShown


class InvitationRow(msgspec.Struct, frozen=True, kw_only=True):
    """An invitation.

    Attributes:
        number: Of the invitation on this node.
        state: `open`, `applied`, `admitted` or `refused`.
        note: For whom it is.
        roles: What whoever joins may do.
        expires_at: Until when it can be answered.
        applicant: Who answered it; None for nobody so far.
    """

    number: int
    state: WordKey
    note: str
    roles: tuple[CircleRole, ...]
    expires_at: datetime
    applicant: ApplicantRow | None


class CircleInvitations(View, frozen=True, kw_only=True):
    """Invitations to a circle.

    Attributes:
        form: Fields `note`, `roles` and `days`.
        circle_id: The circle.
        circle: Its name.
        rows: Newest first.
        made: The text of one that was just made, shown once; empty otherwise.
        roles: To choose from.
    """

    template: ClassVar[str] = "circle_invitations.html.j2"
    section: ClassVar[Section | None] = Section.CIRCLES
    form: Form = EMPTY_FORM
    circle_id: str
    circle: str
    rows: tuple[InvitationRow, ...]
    made: str = ""
    roles: tuple[CircleRole, ...] = tuple(CircleRole)

    def __repr__(self) -> str:
        """Without the text of an invitation, which holds a secret."""
        return f"CircleInvitations(circle_id={self.circle_id!r})"
