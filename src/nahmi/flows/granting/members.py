# SPDX-License-Identifier: Apache-2.0
"""Members: taken in and disabled by whoever runs the node."""

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Protocol

from nahmi.access.identity import Member, Principal
from nahmi.access.roles import permissions_of
from nahmi.core.member import OWN_MEMBER
from nahmi.errors import AccessError, ErrorCode
from nahmi.flows.granting.bounds import check_grant, check_runs_node, one_of
from nahmi.flows.granting.people import Invited, NewPerson, People
from nahmi.flows.ledger import Ledger, Transaction, any_state


class MemberStore(Protocol):
    """Keeps members."""

    def add_member(self, name: str, *, now: datetime, within: Transaction = None) -> Member:
        """A new member."""
        ...

    def members(self) -> Sequence[Member]:
        """All members, oldest first."""
        ...

    def disable_member(self, member_id: int, *, within: Transaction = None) -> Member:
        """Let nobody of a member in any more."""
        ...

    def enable_member(self, member_id: int, *, within: Transaction = None) -> Member:
        """Undo `disable_member`."""
        ...


class Members:
    """The members of the node. Safe to share between threads.

    Args:
        store: Keeps members.
        people: Lets their people in.
        ledger: Makes the changes.
    """

    def __init__(self, *, store: MemberStore, people: People, ledger: Ledger) -> None:
        self._store = store
        self._people = people
        self._ledger = ledger

    def members(self, principal: Principal) -> Sequence[Member]:
        """All members, for whoever runs the node; for others their own.

        Raises:
            StoreError: The store could not be read.
        """
        own = principal.member_id
        return [member for member in self._store.members() if own in (OWN_MEMBER, member.member_id)]

    def member(self, principal: Principal, member_id: int) -> Member:
        """One of `members`.

        Raises:
            AccessError: ACCESS_MISSING.
        """
        return one_of(self.members(principal), lambda member: member.member_id == member_id)

    def add(
        self, principal: Principal, name: str, administrator: NewPerson
    ) -> tuple[Member, Invited]:
        """A new member, with the person who looks after it.

        Raises:
            AccessError: PERMISSION_DENIED: only the node's own member takes others in.
                ACCESS_EXISTS: a member of that name, or a person of that address, is there.
        """
        check_runs_node(principal)
        check_grant(principal, permissions_of(administrator.role))
        with self._ledger.change(principal, "member:create") as change:
            made = self._store.add_member(name, now=change.now, within=change.transaction)
            change.object = f"member:{made.member_id}"
            invited = self._people.let_in(made.member_id, administrator, change)
            change.detail["person"] = invited.person.person_id
        return made, invited

    def switch(
        self,
        principal: Principal,
        member_id: int,
        *,
        is_enabled: bool,
        check: Callable[[Member], None] = any_state,
    ) -> Member:
        """Let nobody of a member in any more, or let them in again.

        Raises:
            AccessError: ACCESS_MISSING; PERMISSION_DENIED: only the node's own member does this,
                and never to itself.
        """
        check_runs_node(principal)
        if member_id == OWN_MEMBER:
            raise AccessError(
                ErrorCode.PERMISSION_DENIED, "The member that runs the node cannot be disabled."
            )
        event = "member:enable" if is_enabled else "member:disable"
        with self._ledger.change(principal, event, f"member:{member_id}") as change:
            check(self.member(principal, member_id))
            switch = self._store.enable_member if is_enabled else self._store.disable_member
            return switch(member_id, within=change.transaction)
