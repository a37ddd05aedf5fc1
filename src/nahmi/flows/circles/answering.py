# SPDX-License-Identifier: Apache-2.0
"""Our organisation says what it thinks of a signal that others assert."""

from nahmi.access.identity import Principal
from nahmi.core.signal import Signal
from nahmi.errors import ErrorCode, PartnerError
from nahmi.flows.circles.looking import Looking
from nahmi.flows.circles.speaking import Speaking, Spoken
from nahmi.partner.naming import assertion_id
from nahmi.partner.statements.kinds import Basis


class Answering:
    """Says it of every assertion of a signal at once. Safe to share between threads.

    Args:
        looking: Knows what others assert.
        speaking: Says it.
    """

    def __init__(self, *, looking: Looking, speaking: Speaking) -> None:
        self._looking = looking
        self._speaking = speaking

    def opine(  # noqa: PLR0913 - each is a part of what is thought
        self,
        principal: Principal,
        circle_id: str,
        signal: Signal,
        value: int,
        *,
        basis: Basis = Basis.HUMAN_REVIEW,
        reason: str = "",
    ) -> Spoken:
        """Say what we think of a signal.

        Args:
            principal: Who says it.
            circle_id: In which circle.
            signal: The signal in canonical form.
            value: -100 for full disagreement to 100 for full agreement.
            basis: What it rests on.
            reason: In a few words without any personal data.

        Raises:
            PartnerError: SIGNAL_MISSING: nothing was ever said of it. STATEMENT_INVALID: nobody
                else asserts it. As `Speaking.share`.
            StoreError: As `Speaking.share`.
        """
        names = self._assertions(principal, circle_id, signal)
        return self._speaking.opine(principal, circle_id, names, value, basis=basis, reason=reason)

    def _assertions(self, principal: Principal, circle_id: str, signal: Signal) -> list[str]:
        own = self._looking.own(principal, circle_id).own_org
        state, _ = self._looking.state(principal, circle_id, signal)
        names = [
            assertion_id(circle_id, claim.org, signal)
            for claim in state.claims
            if claim.org != own and claim.retracted is None
        ]
        if not names:
            raise PartnerError(
                ErrorCode.STATEMENT_INVALID,
                "Nobody else asserts this signal.",
                hint="What you assert yourself you withdraw.",
            )
        return names
