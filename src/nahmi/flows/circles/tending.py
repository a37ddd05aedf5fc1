# SPDX-License-Identifier: Apache-2.0
"""What stewards change of members and keys, each in one step.

A change takes effect at its place in the log. Signals for which it makes a difference are judged
anew right afterwards by whoever keeps up with the circle.
"""

from collections.abc import Callable, Sequence
from datetime import datetime

from nahmi.access.identity import Principal
from nahmi.errors import ErrorCode, PartnerError
from nahmi.flows.circles.looking import Looking
from nahmi.flows.circles.own_keys import OwnKeys
from nahmi.flows.circles.speaking import Spoken
from nahmi.flows.circles.stewarding import Stewarding, adds_key, distrusts, gives_roles, leaves
from nahmi.partner.base64_texts import write_base64
from nahmi.partner.circles.members import CircleMember, CircleRole, MemberKey
from nahmi.partner.circles.roster import Roster
from nahmi.partner.keys import PublicKey
from nahmi.partner.ports.circle import Circle

CheckMember = Callable[[CircleMember], object]
"""Looks at a member before it is changed; raises when it must not be."""


def any_member(_: CircleMember) -> None:
    """Lets a member be changed whatever it is like."""


class Tending:
    """Changes members and keys of circles. Safe to share between threads.

    Args:
        looking: Finds circles of a principal's member.
        stewarding: Makes rosters.
        keys: With which our organisation speaks.
    """

    def __init__(self, *, looking: Looking, stewarding: Stewarding, keys: OwnKeys) -> None:
        self._looking = looking
        self._stewarding = stewarding
        self._keys = keys

    def member(self, principal: Principal, circle_id: str, org: str) -> CircleMember:
        """One member of a circle.

        Raises:
            PartnerError: CIRCLE_MISSING, or MEMBER_MISSING.
        """
        return _one(self._looking.own(principal, circle_id).roster.roster, org)

    def give_roles(
        self,
        principal: Principal,
        circle_id: str,
        org: str,
        roles: Sequence[CircleRole],
        *,
        check: CheckMember = any_member,
    ) -> CircleMember:
        """Say what a member may do.

        Raises:
            PartnerError: MEMBER_MISSING; as `Stewarding.change`.
        """

        def edit(roster: Roster) -> Roster:
            check(_one(roster, org))
            return gives_roles(roster, org, roles)

        return self._change_member(principal, circle_id, org, edit)

    def remove(
        self,
        principal: Principal,
        circle_id: str,
        org: str,
        *,
        is_expelled: bool,
        check: CheckMember = any_member,
    ) -> CircleMember:
        """Let a member take part no longer.

        Args:
            principal: Who does it.
            circle_id: In which circle.
            org: The member.
            is_expelled: Nothing that it ever said counts any longer.
            check: Looks at the member first.

        Raises:
            PartnerError: MEMBER_MISSING; as `Stewarding.change`.
        """

        def edit(roster: Roster) -> Roster:
            check(_one(roster, org))
            return leaves(roster, org, is_expelled=is_expelled)

        return self._change_member(principal, circle_id, org, edit)

    def undo(
        self, principal: Principal, circle_id: str, kid: str, *, from_seq: int
    ) -> CircleMember:
        """Let nothing count that a key said from a place in the log on; its owner.

        Raises:
            PartnerError: ROSTER_INVALID: it is nobody's key; as `Stewarding.change`.
        """
        said = self._stewarding.change(
            principal, circle_id, lambda roster: distrusts(roster, kid, from_seq=from_seq)
        )
        require_said(said)
        owner = self._looking.own(principal, circle_id).roster.roster.member_of_key(kid)
        if owner is None:
            raise PartnerError(ErrorCode.ROSTER_INVALID, "No member has such a key.")
        return owner

    def place_at(self, principal: Principal, circle_id: str, at: datetime) -> int:
        """The place of the first statement that the log took at a moment or after it.

        Raises:
            PartnerError: CIRCLE_MISSING.
        """
        return self._looking.place_at(principal, circle_id, at)

    def rotate(self, principal: Principal, circle_id: str) -> PublicKey:
        """Speak with a new key from now on; the key.

        Raises:
            PartnerError: As `Stewarding.change`.
        """
        circle = self._looking.own(principal, circle_id)
        key = self._next_key(circle)
        new = MemberKey(kid=key.kid, public=write_base64(key.raw))
        said = self._stewarding.change(
            principal, circle_id, lambda roster: adds_key(roster, circle.own_org, new)
        )
        require_said(said)
        return key

    def _next_key(self, circle: Circle) -> PublicKey:
        roster = circle.roster.roster
        version = self._keys.next_version(roster, circle.own_org, circle.member_id)
        return self._keys.speaking(circle.member_id, version).public

    def _change_member(
        self,
        principal: Principal,
        circle_id: str,
        org: str,
        edit: Callable[[Roster], Roster],
    ) -> CircleMember:
        require_said(self._stewarding.change(principal, circle_id, edit))
        return self.member(principal, circle_id, org)


def require_said(spoken: Spoken) -> None:
    """Make sure that the log took what was said.

    Raises:
        PartnerError: STATEMENT_REFUSED, with the circle's reason.
    """
    for answer in spoken.answers:
        if answer.seq is None:
            raise PartnerError(ErrorCode.STATEMENT_REFUSED, answer.detail)


def _one(roster: Roster, org: str) -> CircleMember:
    found = roster.member(org)
    if found is None:
        raise PartnerError(ErrorCode.MEMBER_MISSING, "The circle has no such member.")
    return found
