# SPDX-License-Identifier: Apache-2.0
"""Daily query budgets, taken in leases so that several processes share one."""

from datetime import UTC, date, datetime
from typing import Final

LEASE_DIVISOR: Final = 8
"""A process takes at most this part of the rest, so that none can starve the others."""


def budget_day(now: datetime) -> date:
    """The day, UTC, whose budget a query at this moment uses."""
    return now.astimezone(UTC).date()


def grant(budget: int, used: int, want: int) -> int:
    """How many queries a lease gets: 0 when the day's budget is spent.

    Args:
        budget: Queries a day; 0 or less allows none.
        used: Already leased today.
        want: Asked for.
    """
    rest = max(budget - max(used, 0), 0)
    return max(min(want, rest, max(rest // LEASE_DIVISOR, 1)), 0) if rest else 0
