# SPDX-License-Identifier: Apache-2.0
"""What a home looks at before it takes an assertion: its gates, and how its key has fared lately.

Whoever hands in much that gates hold back is not let in with the rest either: what a gate cannot
see is then as likely to be wrong as what it can. Nothing that other members say counts here, so
nobody can shut out somebody else by disagreeing.
"""

from collections import Counter
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Final

from nahmi.core.signal import Signal
from nahmi.errors import ErrorCode, PartnerError
from nahmi.partner.gates import Drift, Gate
from nahmi.partner.ports.circle import Circle, Transaction
from nahmi.partner.ports.quotas import QuotaStore
from nahmi.partner.statements.kinds import AnyStatement, Assertion

REMEMBERED: Final = timedelta(days=6)
"""With the present day a week: how long it counts that gates held back what a key said."""


class Door:
    """Lets assertions in, or does not, in one transaction.

    Args:
        circle: The circle.
        quotas: Counts what keys say in a day.
        gates: Signals that are held back.
        now: The present moment.
        within: The transaction.
    """

    def __init__(
        self,
        circle: Circle,
        quotas: QuotaStore,
        gates: Mapping[Signal, tuple[Gate, ...]],
        now: datetime,
        within: Transaction,
    ) -> None:
        self._number = circle.number
        self._quotas = quotas
        self._gates = gates
        today = now.astimezone(UTC).date()
        self._day, self._since = today.isoformat(), (today - REMEMBERED).isoformat()
        self._within = within
        self._today: dict[str, int] = {}
        self._week: dict[str, tuple[int, int]] = {}
        self._made: Counter[str] = Counter()
        self._bad: Counter[str] = Counter()

    def check(self, said: AnyStatement, circle: Circle) -> None:
        """Refuse what must not come in.

        Raises:
            PartnerError: QUOTA_SPENT or STATEMENT_REFUSED.
        """
        if not isinstance(said, Assertion):
            return
        self._remember(said.key)
        quota = circle.roster.roster.rules.daily_quota
        if self._today[said.key] + self._made[said.key] >= quota:
            raise PartnerError(
                ErrorCode.QUOTA_SPENT,
                "The key has said as much today as the circle lets it.",
                hint="Go on tomorrow (UTC), or ask the stewards for a larger quota.",
            )
        if closed := self._gates.get(said.signal):
            self._bad[said.key] += 1
            raise _held(closed, "Look at the content again; a steward can say why.")
        if self._drift(said.key).is_alarming:
            raise _held(
                (Gate.DRIFT,),
                "Too much of what the key said in the last seven days was held back; look at that.",
            )
        self._made[said.key] += 1

    def close(self) -> None:
        """Keep what was counted."""
        for kid in {*self._made, *self._bad}:
            self._quotas.count(
                self._number,
                kid,
                self._day,
                made=self._made[kid],
                bad=self._bad[kid],
                within=self._within,
            )

    def _remember(self, kid: str) -> None:
        if kid not in self._today:
            asked = self._number, kid
            self._today[kid] = self._quotas.made(*asked, self._day, within=self._within)
            self._week[kid] = self._quotas.since(*asked, self._since, within=self._within)

    def _drift(self, kid: str) -> Drift:
        made, bad = self._week[kid]
        return Drift(made=made + bad + self._made[kid] + self._bad[kid], bad=bad + self._bad[kid])


def _held(gates: tuple[Gate, ...], hint: str) -> PartnerError:
    return PartnerError(
        ErrorCode.STATEMENT_REFUSED,
        f"The home holds this signal back: {', '.join(gates)}.",
        hint=hint,
    )
