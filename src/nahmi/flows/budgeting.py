# SPDX-License-Identifier: Apache-2.0
"""Daily query budgets: a process leases some queries at a time and counts them down itself."""

from collections.abc import Callable
from datetime import date, datetime, timedelta
from functools import partial
from threading import Lock
from typing import Final

from nahmi.access.budgets import budget_day
from nahmi.access.identity import Principal
from nahmi.errors import AccessError, ErrorCode, StoreError

LEASE: Final = 10_000
"""Queries leased at a time, at most."""
ASKED_AGAIN_AFTER: Final = timedelta(seconds=1)
"""How long a spent budget is believed to be spent, so that refusals cost the store nothing."""

_Name = tuple[int, date]
TakeBudget = Callable[[int, date, int], int]
"""Leases from the store: key, day and queries wanted give queries granted."""
Later = Callable[[Callable[[], None]], object]
"""Has something done by another thread, soon."""


class BudgetLeases:
    """Spends budgets that several processes share. Safe to share between threads.

    A lease is a write to the store, which may take its time. So the next one is fetched by another
    thread while half of the last one is left; a request waits for one only when there is none.

    Args:
        take: Leases from the store.
        later: Has the next lease fetched.
    """

    def __init__(self, take: TakeBudget, *, later: Later) -> None:
        self._take = take
        self._later = later
        self._leases: dict[_Name, _Lease] = {}
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
            self._forget_other_days(name[1])
            lease = self._leases.setdefault(name, _Lease())
            while lease.left < count:
                if lease.is_spent(now) or not self._renew(name, lease, count - lease.left):
                    lease.spent_at = now
                    raise AccessError(
                        ErrorCode.BUDGET_SPENT,
                        "The key's queries for today are used up.",
                        hint="It begins anew at midnight UTC; an administrator can raise it.",
                    )
            lease.left -= count
            is_low = lease.left < lease.granted // 2 and not lease.is_coming
            lease.is_coming |= is_low
        if is_low:
            self._later(partial(self._fetch, name, lease))

    def _renew(self, name: _Name, lease: "_Lease", missing: int) -> bool:
        lease.granted = self._take(*name, max(missing, LEASE))
        lease.left += max(lease.granted, 0)
        return lease.granted > 0

    def _fetch(self, name: _Name, lease: "_Lease") -> None:
        try:
            granted = self._take(*name, LEASE)
        except StoreError:
            granted = 0  # whoever needs it asks again, and hears why there is none
        with self._lock:
            lease.left += max(granted, 0)
            lease.granted = granted
            lease.is_coming = False

    def _forget_other_days(self, today: date) -> None:
        if today != self._day:
            self._day = today
            self._leases = {name: one for name, one in self._leases.items() if name[1] == today}


class _Lease:
    """What a process may spend of a key's day without asking.

    Attributes:
        left: Queries.
        granted: Queries of the last lease.
        is_coming: Whether the next one is being fetched.
        spent_at: When the store last had none left.
    """

    def __init__(self) -> None:
        self.left = self.granted = 0
        self.is_coming = False
        self.spent_at: datetime | None = None

    def is_spent(self, now: datetime) -> bool:
        """Whether it is known that the store has none left."""
        # A clock that was set back must not keep anybody out.
        return self.spent_at is not None and abs(now - self.spent_at) < ASKED_AGAIN_AFTER
