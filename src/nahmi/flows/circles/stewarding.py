# SPDX-License-Identifier: Apache-2.0
"""Stewards change a circle: they invite and admit, give roles, let keys go and members leave.

Every change is a new roster. It takes effect at its place in the log, for everybody alike.
"""

from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta

import msgspec

from nahmi.access.identity import Principal
from nahmi.errors import ErrorCode, PartnerError
from nahmi.flows.circles.founding import Organisation, approve, member_of
from nahmi.flows.circles.own_keys import OwnKeys
from nahmi.flows.circles.speaking import Speaking, Spoken, require_open
from nahmi.flows.ledger import Ledger
from nahmi.partner.base64_texts import write_base64
from nahmi.partner.circles.members import CircleMember, CircleRole, KeyState, MemberKey, Membership
from nahmi.partner.circles.roster import Roster, SignedRoster, WitnessKey, check_successor, read_key
from nahmi.partner.invitations import (
    TOKEN_BYTES,
    Application,
    Invitation,
    Invited,
    digest_of,
    invalid,
)
from nahmi.partner.ports.circle import Circle
from nahmi.partner.ports.invitations import InvitationStore
from nahmi.partner.ports.log import CircleStore
from nahmi.partner.statements.text import write_moment

Edit = Callable[[Roster], Roster]
"""Makes the next roster of a present one; version, predecessor and moment are set afterwards."""


class Stewarding:
    """Changes circles of which our organisation is a steward. Not to be shared between threads.

    Args:
        circles: Has the circles.
        invitations: Keeps invitations.
        speaking: Says that a roster has changed.
        keys: With which rosters are signed.
        ledger: Puts what is done on record.
        random: As many random bytes as it is asked for.
        clock: The present moment, UTC.
    """

    def __init__(  # noqa: PLR0913 - each is a part of its own
        self,
        *,
        circles: CircleStore,
        invitations: InvitationStore,
        speaking: Speaking,
        keys: OwnKeys,
        ledger: Ledger,
        random: Callable[[int], bytes],
        clock: Callable[[], datetime],
    ) -> None:
        self._circles = circles
        self._invitations = invitations
        self._speaking = speaking
        self._keys = keys
        self._ledger = ledger
        self._random = random
        self._clock = clock

    def invite(
        self,
        principal: Principal,
        circle_id: str,
        *,
        roles: Sequence[CircleRole],
        note: str,
        days: int = 14,
    ) -> Invitation:
        """Make an invitation; its token is shown this once.

        Args:
            principal: Who invites.
            circle_id: Into which circle; its log must be kept here.
            roles: What whoever joins may do.
            note: For whom it is.
            days: How long it holds.

        Raises:
            PartnerError: CIRCLE_MISSING or CIRCLE_DENIED.
        """
        circle = self._steward(principal, circle_id)
        if not circle.is_home:
            raise PartnerError(
                ErrorCode.CIRCLE_DENIED, "Invitations are made where the circle's log is kept."
            )
        token = write_base64(self._random(TOKEN_BYTES))
        with self._ledger.change(principal, "circle:invite", f"circle:{circle.number}") as change:
            expires_at = change.now + timedelta(days=days)
            made = self._invitations.add(
                circle.number,
                digest_of(token),
                roles=sorted(roles),
                note=note,
                now=change.now,
                expires_at=expires_at,
                within=change.transaction,
            )
            change.detail["invitation"] = made.number
        roster = circle.roster.roster
        return Invitation(
            circle=circle.circle_id,
            name=roster.name,
            home=roster.home.url,
            token=token,
            expires=write_moment(expires_at.astimezone(UTC)),
        )

    def invitations(self, principal: Principal, circle_id: str) -> Sequence[Invited]:
        """The invitations to a circle, newest first.

        Raises:
            PartnerError: CIRCLE_MISSING or CIRCLE_DENIED.
        """
        return self._invitations.invitations(self._steward(principal, circle_id).number)

    def invited(self, circle_id: str, token_digest: bytes) -> Circle:
        """The circle that a token invites to.

        Raises:
            PartnerError: INVITATION_INVALID, in the same words for a circle that is not here.
        """
        try:
            circle = self._circles.circle(circle_id)
        except PartnerError as error:
            raise invalid("It is unknown, used or expired.") from error
        self._invitations.open(circle.number, token_digest, now=self._clock())
        return circle

    def receive(self, circle_id: str, application: Application) -> None:
        """Take an application in; a steward decides on it.

        Raises:
            PartnerError: INVITATION_INVALID, in the same words for a circle that is not here.
            TrustError: SIGNATURE_INVALID.
        """
        try:
            circle = self._circles.circle(circle_id)
        except PartnerError as error:
            raise invalid("It is unknown, used or expired.") from error
        digest = digest_of(application.token)
        invited = self._invitations.open(circle.number, digest, now=self._clock())
        if application.circle != circle_id:
            raise invalid("It is for another circle.")
        application.check()
        kept = msgspec.structs.replace(application, token="")
        self._invitations.apply(invited.number, kept)

    def admit(self, principal: Principal, circle_id: str, invitation: int) -> Spoken:
        """Let whoever applied join.

        Raises:
            PartnerError: INVITATION_INVALID: nobody has applied. ROSTER_INVALID. As `invite`.
        """
        circle = self._steward(principal, circle_id)
        invited = self._invitations.invitation(invitation)
        one = invited.application
        if invited.circle != circle.number or one is None or invited.state != "applied":
            raise invalid("Nobody has applied by it, or it was decided on.")
        joining = member_of(
            Organisation(name=one.name, sector=one.sector, country=one.country, group=one.group),
            one.org,
            [read_key(one.public)],
            invited.roles,
        )
        spoken = self.change(principal, circle_id, lambda roster: _joined(roster, joining))
        if not spoken.refused:
            self._invitations.settle(invitation, "admitted")
        return spoken

    def refuse(self, principal: Principal, circle_id: str, invitation: int) -> None:
        """Do not let whoever applied join, or take an invitation back.

        Raises:
            PartnerError: INVITATION_INVALID. As `invite`.
        """
        circle = self._steward(principal, circle_id)
        invited = self._invitations.invitation(invitation)
        if invited.circle != circle.number or invited.state not in {"open", "applied"}:
            raise invalid("It was decided on.")
        with self._ledger.change(principal, "circle:refuse", f"circle:{circle.number}") as change:
            change.detail["invitation"] = invitation
            self._invitations.settle(invitation, "refused", within=change.transaction)

    def change(self, principal: Principal, circle_id: str, edit: Edit) -> Spoken:
        """Make and sign the next roster, and say that it holds from now on.

        Raises:
            PartnerError: ROSTER_INVALID: it cannot follow, or more stewards must sign; as `invite`.
        """
        circle = self._steward(principal, circle_id)
        draft = self.draft(circle, edit)
        return self.enact(principal, circle_id, draft)

    def draft(self, circle: Circle, edit: Edit) -> SignedRoster:
        """The next roster with our signature."""
        before = circle.roster.roster
        after = msgspec.structs.replace(
            edit(before),
            version=before.version + 1,
            previous=before.digest,
            made_at=write_moment(self._clock().astimezone(UTC)),
        )
        return self.sign(circle, SignedRoster(roster=after, approvals=()))

    def sign(self, circle: Circle, signed: SignedRoster) -> SignedRoster:
        """A roster with our signature under it."""
        key = self._keys.current(circle.roster.roster, circle.own_org, circle.member_id)
        others = tuple(one for one in signed.approvals if one.org != circle.own_org)
        approval = approve(signed.roster, circle.own_org, key)
        return msgspec.structs.replace(signed, approvals=(*others, approval))

    def enact(self, principal: Principal, circle_id: str, signed: SignedRoster) -> Spoken:
        """Say that a roster that enough stewards signed holds from now on.

        Raises:
            PartnerError: ROSTER_INVALID. As `invite`.
        """
        circle = self._steward(principal, circle_id)
        check_successor(circle.roster.roster, signed)
        return self._speaking.change_roster(principal, circle_id, signed)

    def _steward(self, principal: Principal, circle_id: str) -> Circle:
        circle = self._circles.circle(circle_id)
        require_open(circle, principal)
        member = circle.roster.roster.member(circle.own_org)
        if member is None or not member.may(CircleRole.STEWARD):
            raise PartnerError(
                ErrorCode.CIRCLE_DENIED, "Our organisation is no steward of this circle."
            )
        return circle


def with_member(roster: Roster, org: str, edit: Callable[[CircleMember], CircleMember]) -> Roster:
    """A roster in which one member is another.

    Raises:
        PartnerError: ROSTER_INVALID: there is no such member.
    """
    if roster.member(org) is None:
        raise PartnerError(ErrorCode.ROSTER_INVALID, "The circle has no such member.")
    members = tuple(edit(one) if one.org == org else one for one in roster.members)
    return msgspec.structs.replace(roster, members=members)


def names_witness(roster: Roster, witness: WitnessKey, *, threshold: int) -> Roster:
    """A roster with one more witness, or with another key or address of one."""
    others = tuple(one for one in roster.witnesses if one.name != witness.name)
    return msgspec.structs.replace(
        roster, witnesses=(*others, witness), witness_threshold=threshold
    )


def leaves(roster: Roster, org: str, *, is_expelled: bool) -> Roster:
    """A roster in which a member takes part no longer."""
    membership = Membership.EXPELLED if is_expelled else Membership.LEFT
    return with_member(roster, org, lambda one: msgspec.structs.replace(one, membership=membership))


def gives_roles(roster: Roster, org: str, roles: Sequence[CircleRole]) -> Roster:
    """A roster in which a member may do other things."""
    given = tuple(sorted(set(roles)))
    return with_member(roster, org, lambda one: msgspec.structs.replace(one, roles=given))


def adds_key(roster: Roster, org: str, key: MemberKey) -> Roster:
    """A roster in which a member signs with a new key, and with its others no longer."""

    def rotated(one: CircleMember) -> CircleMember:
        retired = tuple(
            msgspec.structs.replace(each, state=KeyState.RETIRED)
            if each.state is KeyState.ACTIVE
            else each
            for each in one.keys
        )
        return msgspec.structs.replace(one, keys=(*retired, key))

    return with_member(roster, org, rotated)


def distrusts(roster: Roster, kid: str, *, from_seq: int) -> Roster:
    """A roster in which nothing counts that a key signed from a place in the log on.

    Raises:
        PartnerError: ROSTER_INVALID: it is nobody's key.
    """
    owner = roster.member_of_key(kid)
    if owner is None:
        raise PartnerError(ErrorCode.ROSTER_INVALID, "No member has such a key.")

    def undone(one: CircleMember) -> CircleMember:
        keys = tuple(
            msgspec.structs.replace(each, state=KeyState.DISTRUSTED, distrusted_from=from_seq)
            if each.kid == kid
            else each
            for each in one.keys
        )
        return msgspec.structs.replace(one, keys=keys)

    return with_member(roster, owner.org, undone)


def _joined(roster: Roster, joining: CircleMember) -> Roster:
    known = roster.member(joining.org)
    if known is None:
        return msgspec.structs.replace(roster, members=(*roster.members, joining))
    # Whoever left and comes back keeps its keys: what they signed must still be checked.
    seen = {key.kid for key in known.keys}
    keys = (*known.keys, *(key for key in joining.keys if key.kid not in seen))
    back = msgspec.structs.replace(joining, keys=keys)
    return with_member(roster, joining.org, lambda _: back)
