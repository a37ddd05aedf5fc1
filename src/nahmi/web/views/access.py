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

KeyState = Literal["valid", "expired", "revoked"]
"""Whether a key is let in, and if not, why."""


def key_state(key: ApiKey, now: datetime) -> KeyState:
    """Whether a key is let in, and if not, why."""
    if key.is_valid(now):
        return "valid"
    return "expired" if key.revoked_at is None or key.revoked_at > now else "revoked"


class KeyRow(msgspec.Struct, frozen=True, kw_only=True):
    """A key in the list.

    Attributes:
        key: The key.
        state: Whether it is let in.
        used_today: How many queries of its budget are used.
    """

    key: ApiKey
    state: KeyState
    used_today: int


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
        member: Their member's name.
        is_reader: Whether this is who looks at the page.
    """

    person: Person
    member: str
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
        form: Fields `name`, `email`, `role`, `language`, `member` (new ones only) and `is_enabled`.
        person: Who is changed; None for someone new.
        members: To choose from.
        is_reader: Whether this is who looks at the page; nobody locks themselves out.
    """

    template: ClassVar[str] = "person_form.html.j2"
    section: ClassVar[Section | None] = Section.PEOPLE
    form: Form = EMPTY_FORM
    person: Person | None
    members: tuple[Member, ...]
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
        people: How many of them there are.
        keys: How many keys it has.
    """

    member: Member
    people: int
    keys: int


class MemberList(View, frozen=True, kw_only=True):
    """All members of the node, with a form for a new one.

    Attributes:
        form: Field `name`.
        rows: By number.
    """

    template: ClassVar[str] = "members.html.j2"
    section: ClassVar[Section | None] = Section.MEMBERS
    form: Form = EMPTY_FORM
    rows: tuple[MemberRow, ...]


class AuditFilter(msgspec.Struct, frozen=True, kw_only=True):
    """What of the audit log is shown; empty fields filter nothing.

    Attributes:
        actor: Who, such as person:3.
        event: What, such as key:create.
        since: From this moment on, as the form wrote it.
        until: Before this moment, as the form wrote it.
    """

    actor: str = ""
    event: str = ""
    since: str = ""
    until: str = ""


class ChainResult(msgspec.Struct, frozen=True, kw_only=True):
    """What checking the chain found.

    Attributes:
        at: When it was checked.
        checked: How many records.
        first_broken: Number of the first broken one; None when all hold.
    """

    at: datetime
    checked: int
    first_broken: int | None


class AuditLog(View, frozen=True, kw_only=True):
    """The audit log, newest first.

    Attributes:
        filters: What is shown.
        rows: Of this page.
        paging: Where in the log.
        result: Of a check that was just made; None otherwise.
    """

    template: ClassVar[str] = "audit.html.j2"
    section: ClassVar[Section | None] = Section.AUDIT
    filters: AuditFilter = AuditFilter()
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
