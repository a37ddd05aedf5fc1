# SPDX-License-Identifier: Apache-2.0
"""Our organisation joins a circle to which it was invited.

1. The invitation names the circle by its id, and where its home is.
2. The home hands over the circle's first roster. Whether that is the beginning of the circle with
   this id, this node computes itself.
3. The application goes to the home, signed with our organisation's key.
4. A steward compares the key's fingerprint with us by another way, and admits us. Until then the
   home tells us nothing of what is said.
"""

from collections.abc import Callable
from typing import Protocol

import msgspec

from nahmi.access.identity import Principal
from nahmi.flows.circles.founding import Founding, Organisation
from nahmi.flows.circles.own_keys import OwnKeys
from nahmi.partner.base64_texts import write_base64
from nahmi.partner.circles.roster import SignedRoster, check_genesis
from nahmi.partner.invitations import Application, Invitation, invalid
from nahmi.partner.keys import PublicKey, SigningKey
from nahmi.partner.naming import organisation_id
from nahmi.partner.ports.circle import Circle
from nahmi.partner.ports.log import CircleStore


class HomeDoor(Protocol):
    """The home of a circle, asked by whoever is no member so far."""

    def genesis(self, token: str) -> SignedRoster:
        """The circle's first roster, for whoever was invited."""
        ...

    def apply(self, application: Application) -> None:
        """Ask to join."""
        ...


class Applied(msgspec.Struct, frozen=True, kw_only=True):
    """An application that is on its way.

    Attributes:
        circle: The circle as it is known so far.
        key: With which our organisation will speak; its fingerprint is compared.
    """

    circle: Circle
    key: PublicKey


class Joining:
    """Joins circles. Safe to share between threads.

    Args:
        circles: Keeps circles.
        founding: Takes a circle over.
        keys: With which our organisation will speak.
        home: Reaches a home at an address, for a circle, with a key.
        check: Refuses an address that must not be called.
    """

    def __init__(
        self,
        *,
        circles: CircleStore,
        founding: Founding,
        keys: OwnKeys,
        home: Callable[[str, str, SigningKey], HomeDoor],
        check: Callable[[str], None],
    ) -> None:
        self._circles = circles
        self._founding = founding
        self._keys = keys
        self._home = home
        self._check = check

    def join(
        self,
        principal: Principal,
        text: str,
        organisation: Organisation,
        *,
        upstream: str = "",
        by_hand: HomeDoor | None = None,
    ) -> Applied:
        """Answer an invitation.

        Args:
            principal: Whose membership it is to be.
            text: The invitation.
            organisation: How our organisation presents itself.
            upstream: Another node from which the log is to be read; empty for the circle's home.
            by_hand: Carries what the home says and is told, where no network reaches it. The log
                then comes in courier files.

        Raises:
            PartnerError: INVITATION_INVALID, ROSTER_INVALID or CIRCLE_EXISTS.
            WireError: The home cannot be reached, or must not be called.
            InputError: INPUT_INVALID: an address cannot be used.
        """
        invitation = Invitation.read(text)
        source = upstream or ("" if by_hand else invitation.home)
        for url in filter(None, ("" if by_hand else invitation.home, upstream)):
            self._check(url)
        key = self._keys.first(principal.member_id)
        org = organisation_id(key.public.raw)
        home = by_hand or self._home(invitation.home, invitation.circle, key)
        genesis = home.genesis(invitation.token)
        check_genesis(genesis)
        if genesis.roster.circle != invitation.circle:
            raise invalid("Its home answers with the beginning of another circle.")
        application = Application(
            circle=invitation.circle,
            token=invitation.token,
            org=org,
            public=write_base64(key.public.raw),
            **msgspec.structs.asdict(organisation),
        ).signed(key)
        home.apply(application)
        circle = self._founding.take_over(principal, genesis, source, org=org)
        return Applied(circle=circle, key=key.public)
