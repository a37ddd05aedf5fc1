# SPDX-License-Identifier: Apache-2.0
"""Where invitations to circles are kept."""

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol

from nahmi.partner.circles.members import CircleRole
from nahmi.partner.invitations import Application, Invited
from nahmi.partner.ports.circle import Transaction


class InvitationStore(Protocol):
    """Keeps invitations to circles whose home this node is."""

    def add(  # noqa: PLR0913 - each is a fact of its own
        self,
        number: int,
        token_digest: bytes,
        *,
        roles: Sequence[CircleRole],
        note: str,
        now: datetime,
        expires_at: datetime,
        within: Transaction = None,
    ) -> Invited:
        """Keep a new one."""
        ...

    def invitations(self, number: int) -> Sequence[Invited]:
        """All of a circle, newest first."""
        ...

    def invitation(self, invitation: int, *, within: Transaction = None) -> Invited:
        """One of them.

        Raises:
            PartnerError: INVITATION_INVALID: there is none of this number.
        """
        ...

    def open(self, number: int, token_digest: bytes, *, now: datetime) -> Invited:
        """The one that a token belongs to, while it can be answered.

        Raises:
            PartnerError: INVITATION_INVALID: it is unknown, used or expired.
        """
        ...

    def apply(
        self, invitation: int, application: Application, *, within: Transaction = None
    ) -> None:
        """Keep what came back; nobody else can answer it any more.

        Raises:
            PartnerError: INVITATION_INVALID: it has been answered.
        """
        ...

    def settle(self, invitation: int, state: str, *, within: Transaction = None) -> None:
        """Note what became of it."""
        ...
