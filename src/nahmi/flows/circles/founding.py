# SPDX-License-Identifier: Apache-2.0
"""Circles begin on this node, or come to it with their first roster."""

from collections.abc import Callable, Sequence
from datetime import UTC

import msgspec

from nahmi.access.identity import Principal
from nahmi.flows.circles.hosting import Hosting
from nahmi.flows.circles.own_keys import OwnKeys
from nahmi.flows.ledger import Ledger
from nahmi.partner.base64_texts import write_base64
from nahmi.partner.circles.members import CircleMember, CircleRole, MemberKey, Sector
from nahmi.partner.circles.roster import (
    SIGNED_AS,
    Approval,
    Home,
    Roster,
    SignedRoster,
    check_genesis,
    found,
)
from nahmi.partner.circles.rules import Rules
from nahmi.partner.keys import PublicKey, SigningKey
from nahmi.partner.naming import organisation_id
from nahmi.partner.ports.circle import Circle, Standing
from nahmi.partner.ports.log import CircleStore
from nahmi.partner.statements.text import write_moment

ALL_ROLES = tuple(sorted(set(CircleRole) - {CircleRole.WITNESS}))
"""What the founder of a circle may do in it."""


class Organisation(msgspec.Struct, frozen=True, kw_only=True):
    """An organisation as it presents itself to a circle.

    Attributes:
        name: As others see it.
        sector: What kind it is.
        country: ISO 3166-1 alpha-2, or `XI`.
        group: Names organisations that belong together; empty for none.
    """

    name: str
    sector: Sector
    country: str
    group: str = ""


class NewCircle(msgspec.Struct, frozen=True, kw_only=True):
    """A circle that is to be founded.

    Attributes:
        name: What people call it.
        description: What it is for.
        url: How other nodes reach this one.
        organisation: The founder.
        rules: The circle's.
    """

    name: str
    description: str = ""
    url: str
    organisation: Organisation
    rules: Rules


class Founding:
    """Founds circles and takes them over. Not to be shared between threads.

    Args:
        circles: Keeps them.
        hosting: Signs their first checkpoint.
        keys: With which our organisation speaks.
        ledger: Puts what is done on record.
        random: As many random bytes as it is asked for.
    """

    def __init__(
        self,
        *,
        circles: CircleStore,
        hosting: Hosting,
        keys: OwnKeys,
        ledger: Ledger,
        random: Callable[[int], bytes],
    ) -> None:
        self._circles = circles
        self._hosting = hosting
        self._keys = keys
        self._ledger = ledger
        self._random = random

    def found(self, principal: Principal, new: NewCircle) -> Circle:
        """Found a circle whose log is kept here.

        Raises:
            PartnerError: ROSTER_INVALID.
            InputError: INPUT_INVALID: its rules cannot be used.
        """
        key = self._keys.first(principal.member_id)
        org = organisation_id(key.public.raw)
        log = self._random(8).hex()
        with self._ledger.change(principal, "circle:found") as change:
            roster = found(
                Roster(
                    circle="",
                    version=1,
                    previous="",
                    name=new.name,
                    description=new.description,
                    home=Home(
                        org=org,
                        url=new.url,
                        log=log,
                        log_key=write_base64(self._keys.log(log, 1).public.raw),
                    ),
                    members=(member_of(new.organisation, org, [key.public], ALL_ROLES),),
                    rules=new.rules,
                    made_at=write_moment(change.now.astimezone(UTC)),
                )
            )
            signed = SignedRoster(roster=roster, approvals=(approve(roster, org, key),))
            made = self._circles.add(
                Circle(
                    number=0,
                    circle_id=roster.circle,
                    member_id=principal.member_id,
                    own_org=org,
                    standing=Standing.HOME,
                    roster=signed,
                ),
                now=change.now,
                within=change.transaction,
            )
            circle = self._hosting.sign(made, within=change.transaction)
            change.object = f"circle:{circle.number}"
        return circle

    def take_over(
        self, principal: Principal, genesis: SignedRoster, upstream: str, *, org: str
    ) -> Circle:
        """Follow a circle from its beginning.

        Args:
            principal: Whose membership it is.
            genesis: The circle's first roster.
            upstream: The node from which its log is read.
            org: Our organisation's id in it.

        Raises:
            PartnerError: ROSTER_INVALID or CIRCLE_EXISTS.
            TrustError: SIGNATURE_INVALID.
        """
        check_genesis(genesis)
        with self._ledger.change(principal, "circle:follow") as change:
            made = self._circles.add(
                Circle(
                    number=0,
                    circle_id=genesis.roster.circle,
                    member_id=principal.member_id,
                    own_org=org,
                    upstream=upstream,
                    standing=Standing.FOLLOWING,
                    roster=genesis,
                ),
                now=change.now,
                within=change.transaction,
            )
            change.object = f"circle:{made.number}"
        return made


def member_of(
    organisation: Organisation,
    org: str,
    keys: Sequence[PublicKey],
    roles: Sequence[CircleRole],
) -> CircleMember:
    """An organisation as a member."""
    return CircleMember(
        org=org,
        name=organisation.name,
        sector=organisation.sector,
        country=organisation.country,
        group=organisation.group,
        roles=tuple(sorted(roles)),
        keys=tuple(MemberKey(kid=key.kid, public=write_base64(key.raw)) for key in keys),
    )


def approve(roster: Roster, org: str, key: SigningKey) -> Approval:
    """A steward's signature under a roster."""
    sig = write_base64(key.sign(SIGNED_AS, roster.write()))
    return Approval(org=org, kid=key.public.kid, sig=sig)
