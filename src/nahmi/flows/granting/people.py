# SPDX-License-Identifier: Apache-2.0
"""People: invited, trusted with a role, let in no more."""

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any, Literal, Protocol

import msgspec

from nahmi.access.administrators import would_lock_out
from nahmi.access.identity import Person, Principal
from nahmi.access.roles import Role, permissions_of
from nahmi.access.sessions import TOKEN_BYTES, make_token
from nahmi.errors import AccessError, ErrorCode
from nahmi.flows.granting.bounds import check_grant, one_of
from nahmi.flows.ledger import Change, Ledger, Transaction, any_state


class PeopleStore(Protocol):
    """Keeps people."""

    def add_person(  # noqa: PLR0913 - each is a fact of its own
        self,
        *,
        member_id: int,
        email: str,
        name: str,
        role: Role,
        language: Literal["en", "ar"],
        now: datetime,
        within: Transaction = None,
    ) -> Person:
        """A new person."""
        ...

    def people(self, member_id: int) -> Sequence[Person]:
        """The people of a member, oldest first."""
        ...

    def disable_person(
        self, person_id: int, *, member_id: int, within: Transaction = None
    ) -> Person:
        """Let a person in no more, and end their sessions."""
        ...

    def enable_person(
        self, person_id: int, *, member_id: int, within: Transaction = None
    ) -> Person:
        """Undo `disable_person`."""
        ...

    def set_role(
        self, person_id: int, role: Role, *, member_id: int, within: Transaction = None
    ) -> Person:
        """Give a person another role."""
        ...


class LinkStore(Protocol):
    """Keeps one-time login links."""

    def add_link(
        self, token: str, person_id: int, *, now: datetime, within: Transaction = None
    ) -> None:
        """Keep a link; older ones of the person end."""
        ...


class NewPerson(msgspec.Struct, frozen=True, kw_only=True):
    """What is needed to let someone in.

    Attributes:
        email: To sign in with.
        name: As others see it.
        role: What they are trusted with.
        language: Of their pages.
    """

    email: str
    name: str
    role: Role
    language: Literal["en", "ar"] = "en"

    def __repr__(self) -> str:
        """Without personal data."""
        return f"NewPerson(role={self.role})"


class Invited(msgspec.Struct, frozen=True):
    """Someone who may come in by a link.

    Attributes:
        person: Who.
        token: Of the link; shown once.
    """

    person: Person
    token: str

    def __repr__(self) -> str:
        """Without the token."""
        return f"Invited(person={self.person!r})"


class People:
    """The people of a principal's member. Safe to share between threads.

    Args:
        store: Keeps people.
        links: Keeps login links.
        ledger: Makes the changes.
        random: Bytes from a cryptographic source.
    """

    def __init__(
        self,
        *,
        store: PeopleStore,
        links: LinkStore,
        ledger: Ledger,
        random: Callable[[int], bytes],
    ) -> None:
        self._store = store
        self._links = links
        self._ledger = ledger
        self._random = random

    def people(self, principal: Principal) -> Sequence[Person]:
        """The people of the principal's member, oldest first.

        Raises:
            StoreError: The store could not be read.
        """
        return self._store.people(principal.member_id)

    def person(self, principal: Principal, person_id: int) -> Person:
        """One of `people`.

        Raises:
            AccessError: ACCESS_MISSING.
        """
        return one_of(self.people(principal), lambda person: person.person_id == person_id)

    def invite(self, principal: Principal, new: NewPerson) -> Invited:
        """Let someone in, by a link that works once.

        Raises:
            AccessError: ACCESS_EXISTS: the address is taken. PERMISSION_DENIED: the role may do
                what the principal may not.
        """
        check_grant(principal, permissions_of(new.role))
        with self._ledger.change(principal, "person:create") as change:
            invited = self.let_in(principal.member_id, new, change)
            change.object = f"person:{invited.person.person_id}"
        return invited

    def new_link(self, principal: Principal, person_id: int) -> Invited:
        """A new link for someone who has none, or forgot their password.

        Raises:
            AccessError: ACCESS_MISSING: no such person, or they are disabled. PERMISSION_DENIED:
                they may do what the principal may not.
        """
        with self._ledger.change(principal, "person:link", f"person:{person_id}") as change:
            person = self._changeable(principal, person_id)
            token = make_token(self._random(TOKEN_BYTES))
            self._links.add_link(token, person_id, now=change.now, within=change.transaction)
        return Invited(person, token)

    def change_person(
        self,
        principal: Principal,
        person_id: int,
        *,
        role: Role | None = None,
        is_enabled: bool | None = None,
        check: Callable[[Person], None] = any_state,
    ) -> Person:
        """Give someone another role, or let them in no more, or again.

        Raises:
            AccessError: ACCESS_MISSING. PERMISSION_DENIED: they, or the role, may do what the
                principal may not. ADMINISTRATOR_LAST: nobody could let people in any more.
        """
        with self._ledger.change(principal, "person:update", f"person:{person_id}") as change:
            person = self._changeable(principal, person_id)
            check(person)
            self._check_administrators(principal, person, role=role, is_enabled=is_enabled)
            where: dict[str, Any] = {
                "member_id": principal.member_id,
                "within": change.transaction,
            }
            if role is not None:
                check_grant(principal, permissions_of(role))
                person = self._store.set_role(person_id, role, **where)
                change.detail["role"] = str(role)
            if is_enabled is not None:
                switch = self._store.enable_person if is_enabled else self._store.disable_person
                person = switch(person_id, **where)
                change.detail["is_enabled"] = is_enabled
        return person

    def _check_administrators(
        self, principal: Principal, person: Person, *, role: Role | None, is_enabled: bool | None
    ) -> None:
        after = msgspec.structs.replace(
            person,
            role=person.role if role is None else role,
            is_enabled=person.is_enabled if is_enabled is None else is_enabled,
        )
        if would_lock_out(self.people(principal), person, after):
            raise AccessError(
                ErrorCode.ADMINISTRATOR_LAST,
                "This is the last administrator who is let in.",
                hint="Let another administrator in first.",
            )

    def let_in(self, member_id: int, new: NewPerson, change: Change) -> Invited:
        """A new person and their link, within a change that is under way.

        Raises:
            AccessError: ACCESS_EXISTS: the address is taken.
        """
        person = self._store.add_person(
            member_id=member_id,
            email=new.email,
            name=new.name,
            role=new.role,
            language=new.language,
            now=change.now,
            within=change.transaction,
        )
        token = make_token(self._random(TOKEN_BYTES))
        self._links.add_link(token, person.person_id, now=change.now, within=change.transaction)
        return Invited(person, token)

    def _changeable(self, principal: Principal, person_id: int) -> Person:
        person = self.person(principal, person_id)
        check_grant(principal, permissions_of(person.role))
        return person
