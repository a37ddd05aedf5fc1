# SPDX-License-Identifier: Apache-2.0
"""Keys, people, members, the audit log, and one's own account."""

from datetime import datetime
from typing import ClassVar, Literal

import msgspec

from nahmi.access.audit import AuditRecord
from nahmi.access.identity import ApiKey, Member, Person
from nahmi.access.roles import Permission, Role
from nahmi.web.navigation import Section
from nahmi.web.views.base import EMPTY_FORM, WHOLE_LIST, Form, Paging, View

KeyState = Literal["valid", "ending", "expired", "revoked"]
"""Whether a key is let in, for how long, and if not, why."""


def key_state(key: ApiKey, now: datetime) -> KeyState:
    """Whether a key is let in; one that was replaced is for a while."""
    if key.is_valid(now):
        return "valid" if key.revoked_at is None else "ending"
    return "expired" if key.revoked_at is None or key.revoked_at > now else "revoked"


class KeyRow(msgspec.Struct, frozen=True, kw_only=True):
    """A key in the list.

    Attributes:
        key: The key.
        state: Whether it is let in.
    """

    key: ApiKey
    state: KeyState

    @property
    def ends_at(self) -> datetime:
        """When it is or was let in no more."""
        return min(self.key.expires_at, self.key.revoked_at or self.key.expires_at)


class KeyList(View, frozen=True, kw_only=True):
    """All keys of the member.

    Attributes:
        rows: Newest first.
    """

    template: ClassVar[str] = "keys.html.j2"
    section: ClassVar[Section | None] = Section.KEYS
    rows: tuple[KeyRow, ...]


class KeyForm(View, frozen=True, kw_only=True):
    """Making a key.

    Attributes:
        form: Fields `label`, `permissions`, `days` and `daily_budget`.
        grantable: What the reader may pass on.
    """

    template: ClassVar[str] = "key_form.html.j2"
    section: ClassVar[Section | None] = Section.KEYS
    form: Form = EMPTY_FORM
    grantable: tuple[Permission, ...]


class KeyRotation(View, frozen=True, kw_only=True):
    """Replacing a key.

    Attributes:
        key: The key.
        form: Field `hours`, for which the old one goes on.
    """

    template: ClassVar[str] = "key_rotate.html.j2"
    section: ClassVar[Section | None] = Section.KEYS
    key: ApiKey
    form: Form = EMPTY_FORM


class KeyMade(View, frozen=True, kw_only=True):
    """A new key's text, shown once.

    Attributes:
        key: The key.
        text: With its secret.
    """

    template: ClassVar[str] = "key_made.html.j2"
    section: ClassVar[Section | None] = Section.KEYS
    key: ApiKey
    text: str

    def __repr__(self) -> str:
        """Without the secret."""
        return f"KeyMade(key_id={self.key.key_id})"


class PersonRow(msgspec.Struct, frozen=True, kw_only=True):
    """A person in the list.

    Attributes:
        person: The person.
        is_reader: Whether this is who looks at the page.
    """

    person: Person
    is_reader: bool


class PersonList(View, frozen=True, kw_only=True):
    """All people that the reader may see.

    Attributes:
        rows: By name.
    """

    template: ClassVar[str] = "people.html.j2"
    section: ClassVar[Section | None] = Section.PEOPLE
    rows: tuple[PersonRow, ...]


class PersonForm(View, frozen=True, kw_only=True):
    """Making or changing a person.

    Attributes:
        form: Fields `role`, and `name`, `email` and `language` of someone new, or `is_enabled`.
        person: Who is changed; None for someone new.
        is_reader: Whether this is who looks at the page; nobody locks themselves out.
    """

    template: ClassVar[str] = "person_form.html.j2"
    section: ClassVar[Section | None] = Section.PEOPLE
    form: Form = EMPTY_FORM
    person: Person | None
    is_reader: bool = False
    roles: tuple[Role, ...] = tuple(Role)


class LinkMade(View, frozen=True, kw_only=True):
    """A new one-time link, shown once.

    Attributes:
        person: For whom.
        address: The link.
        minutes: How long it works.
    """

    template: ClassVar[str] = "link_made.html.j2"
    section: ClassVar[Section | None] = Section.PEOPLE
    person: Person
    address: str
    minutes: int

    def __repr__(self) -> str:
        """Without the link."""
        return f"LinkMade(person_id={self.person.person_id})"


class MemberRow(msgspec.Struct, frozen=True, kw_only=True):
    """A member in the list.

    Attributes:
        member: The member.
    """

    member: Member


class MemberList(View, frozen=True, kw_only=True):
    """All members of the node, with a form for a new one.

    Attributes:
        form: Fields `name`, `admin_name` and `admin_email` of a new one.
        rows: By number.
    """

    template: ClassVar[str] = "members.html.j2"
    section: ClassVar[Section | None] = Section.MEMBERS
    form: Form = EMPTY_FORM
    rows: tuple[MemberRow, ...]


class ChainResult(msgspec.Struct, frozen=True, kw_only=True):
    """What checking the chain found.

    Attributes:
        first_broken: Number of the first broken one; None when all hold.
    """

    first_broken: int | None


class AuditLog(View, frozen=True, kw_only=True):
    """The audit log, newest first.

    Attributes:
        rows: Of this page.
        paging: Where in the log.
        result: Of a check that was just made; None otherwise.
    """

    template: ClassVar[str] = "audit.html.j2"
    section: ClassVar[Section | None] = Section.AUDIT
    rows: tuple[AuditRecord, ...]
    paging: Paging = WHOLE_LIST
    result: ChainResult | None = None


class SessionRow(msgspec.Struct, frozen=True, kw_only=True):
    """A session of the reader.

    Attributes:
        handle: By which a form names it; not its token.
        created_at: When they signed in.
        last_used_at: Their last request.
        is_this: Whether it is the one that looks at the page.
    """

    handle: str
    created_at: datetime
    last_used_at: datetime
    is_this: bool


class Account(View, frozen=True, kw_only=True):
    """One's own account.

    Attributes:
        form: Fields `name` and `language`.
        person: The reader.
        sessions: Theirs, newest first.
        recovery_codes: How many are left.
    """

    template: ClassVar[str] = "account.html.j2"
    section: ClassVar[Section | None] = Section.ACCOUNT
    form: Form = EMPTY_FORM
    person: Person
    sessions: tuple[SessionRow, ...]
    recovery_codes: int
