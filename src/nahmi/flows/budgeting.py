# SPDX-License-Identifier: Apache-2.0
"""Daily query budgets: a process leases some queries at a time and counts them down itself."""

from collections.abc import Callable
from datetime import date, datetime
from threading import Lock
from typing import Final

from nahmi.access.budgets import budget_day
from nahmi.access.identity import Principal
from nahmi.errors import AccessError, ErrorCode

LEASE: Final = 10_000
"""Queries leased at a time, at most."""

TakeBudget = Callable[[int, date, int], int]
"""Leases from the store: key, day and queries wanted give queries granted."""


class BudgetLeases:
    """Spends budgets that several processes share. Safe to share between threads.

    Args:
        take: Leases from the store.
    """

    def __init__(self, take: TakeBudget) -> None:
        self._take = take
        self._left: dict[tuple[int, date], int] = {}
        self._day = date.min
        self._lock = Lock()

    def spend(self, principal: Principal, count: int, now: datetime) -> None:
        """Spend queries; all of them or none.

        Args:
            principal: Who asks; one without a budget is not counted.
            count: Queries, 0 or more.
            now: The moment, UTC.

        Raises:
            AccessError: BUDGET_SPENT.
            StoreError: The budget could not be read: refused, never let through.
        """
        if principal.daily_budget is None or count == 0:
            return
        name = (principal.principal_id, budget_day(now))
        with self._lock:
            left = self._left.get(name, 0)
            while left < count:
                granted = self._take(*name, max(count - left, LEASE))
                if granted <= 0:
                    self._left[name] = left
                    raise AccessError(
                        ErrorCode.BUDGET_SPENT,
                        "The key's queries for today are used up.",
                        hint="It begins anew at midnight UTC; an administrator can raise it.",
                    )
                left += granted
            self._forget_other_days(name[1])
            self._left[name] = left - count

    def _forget_other_days(self, today: date) -> None:
        if today != self._day:
            self._day = today
            self._left = {name: left for name, left in self._left.items() if name[1] == today}
