# SPDX-License-Identifier: Apache-2.0
"""A principal asks whether content is known.

1. The budget pays for every query, before anything is looked up.
2. Queries that step from one to the next, as when someone wants to learn what a bank holds, cost
   many times as much, are slowed down and are noted in the audit log.
3. The matcher answers.
"""

from collections.abc import Callable, Iterable, Sequence
from datetime import datetime, timedelta
from typing import Final

import msgspec

from nahmi.access.identity import Principal
from nahmi.access.walks import WalkDetector
from nahmi.core.match import MatchAnswer
from nahmi.core.signal import ORIGINAL, ContentFingerprints, Signal
from nahmi.flows.budgeting import BudgetLeases
from nahmi.flows.match import Matcher, content_of
from nahmi.protect.signal_type import IndexKind
from nahmi.protect.signals.registry import signal_types

WALK_COST: Final = 50
"""What a query that is part of a walk costs on top, in queries."""
WALK_DELAY_S: Final = 1.0
"""How long the answer to a walk is held back."""
_NOTED_AGAIN_AFTER = timedelta(hours=1)


class Answered(msgspec.Struct, frozen=True):
    """What was answered to one request.

    Attributes:
        answers: One for each item that was asked about, in order.
        delay_s: How long to hold the answers back.
    """

    answers: list[MatchAnswer]
    delay_s: float = 0.0


class Asking:
    """Answers principals. Safe to share between threads.

    Args:
        matcher: Knows the banks.
        budgets: What each key may still ask today.
        walks: Notices query walks.
        on_walk: Told of a principal that walks, at most once an hour.
        clock: The current moment, UTC.
    """

    def __init__(
        self,
        *,
        matcher: Matcher,
        budgets: BudgetLeases,
        walks: WalkDetector,
        on_walk: Callable[[Principal, datetime], None],
        clock: Callable[[], datetime],
    ) -> None:
        self._matcher = matcher
        self._budgets = budgets
        self._walks = walks
        self._on_walk = on_walk
        self._clock = clock
        self._noted: dict[str, datetime] = {}

    def signals(
        self, principal: Principal, asked: Sequence[Signal], *, banks: Iterable[str] = ()
    ) -> Answered:
        """The answer for each signal, in order.

        Raises:
            InputError: SIGNAL_INVALID or SIGNAL_TYPE_UNKNOWN; nothing was spent.
            AccessError: BUDGET_SPENT.
            StoreError: The store could not be asked.
            SignalIndexError: The index could not be searched: an error, never "no match".
        """
        return self.contents(principal, [content_of([item]) for item in asked], banks=banks)

    def contents(
        self,
        principal: Principal,
        asked: Sequence[ContentFingerprints],
        *,
        banks: Iterable[str] = (),
    ) -> Answered:
        """The answer for each item of content, in order.

        Raises:
            AccessError: BUDGET_SPENT.
            StoreError: The store could not be asked.
            SignalIndexError: The index could not be searched: an error, never "no match".
        """
        now = self._clock()
        self._budgets.spend(principal, len(asked), now)
        steps = sum(self._is_step(principal, content) for content in asked)
        if steps:
            self._note(principal, now)
            self._budgets.spend(principal, steps * WALK_COST, now)
        answers = self._matcher.match(asked, banks=banks)
        return Answered(answers, WALK_DELAY_S if steps else 0.0)

    def _is_step(self, principal: Principal, content: ContentFingerprints) -> bool:
        if principal.daily_budget is None:
            return False  # who has no budget may read the banks anyway
        kinds = signal_types()
        rows = [
            kinds.get(found.signal_type).parse(found.value)
            for found in content.fingerprints
            if found.variant == ORIGINAL
            and kinds.index_kind(found.signal_type) is IndexKind.HAMMING256
        ]
        # Each row is noted, also after one that was a step already.
        return sum(self._walks.note(principal.name, row) for row in rows) > 0

    def _note(self, principal: Principal, now: datetime) -> None:
        last = self._noted.get(principal.name)
        if last is None or now - last >= _NOTED_AGAIN_AFTER:
            self._noted[principal.name] = now
            self._on_walk(principal, now)
