# SPDX-License-Identifier: Apache-2.0
"""How long a login must wait after wrong passwords; doubles, and refuses what it cannot count."""

from datetime import datetime, timedelta
from typing import Final

FREE_FAILURES: Final = 5
LONGEST_WAIT: Final = timedelta(hours=1)
_FIRST_WAIT = timedelta(seconds=1)
_MOST_DOUBLINGS = 12


def wait_after(failures: int) -> timedelta:
    """The pause after so many wrong passwords in a row; nonsense counts as the longest pause."""
    if failures < 0:
        return LONGEST_WAIT
    if failures < FREE_FAILURES:
        return timedelta(0)
    doublings = min(failures - FREE_FAILURES, _MOST_DOUBLINGS)
    return min(_FIRST_WAIT * (1 << doublings), LONGEST_WAIT)


def may_try(failures: int, last_failure: datetime | None, now: datetime) -> bool:
    """Whether a login may be tried now; failures without a time are refused."""
    if failures == 0:
        return True
    return last_failure is not None and last_failure + wait_after(failures) <= now
