# SPDX-License-Identifier: Apache-2.0
"""Which requests get a line in the log.

A node is asked thousands of times a second whether content is known, and nearly always the answer
is no. Lines about that would cost more than the answers and tell what the metrics tell already. So
by default a line is about what an operator looks for: a change, a failure, or a request that took
long. Changes always get theirs. Whoever fails on purpose must not fill the disk, so of the others
so many get one in a second, and the rest are counted.
"""

from enum import StrEnum
from typing import Final

MOST_A_SECOND: Final = 50
"""Lines of one process about failed and slow requests."""
_FAILED: Final = 400


class Keeps(StrEnum):
    """Which requests get a line."""

    ALL = "all"
    CHANGES_AND_FAILURES = "changes_and_failures"
    NONE = "none"


class RequestLines:
    """Decides about lines. For one thread.

    Args:
        keeps: As the operator set it.
        slow_s: A request that takes so long or longer gets a line, seconds.
    """

    def __init__(self, keeps: Keeps, slow_s: float) -> None:
        self._keeps_all = keeps is Keeps.ALL
        self._keeps_none = keeps is Keeps.NONE
        self._slow_s = slow_s
        self._began = float("-inf")
        self._written = 0
        self._left_out = 0

    @property
    def calm_s(self) -> float:
        """A question that was answered in less time than this gets no line, seconds."""
        if self._keeps_all:
            return 0.0
        return float("inf") if self._keeps_none else self._slow_s

    def wants(self, moment: float, *, status: int, took_s: float, is_change: bool) -> bool:
        """Whether a request gets a line.

        Args:
            moment: When it ended, monotonic seconds.
            status: Of its answer; 0 when the caller went away before.
            took_s: How long it took, seconds.
            is_change: Whether it was to change something.
        """
        if self._keeps_all or self._keeps_none:
            return self._keeps_all
        if 0 < status < _FAILED:
            if is_change:
                return True
            if took_s < self._slow_s:
                return False
        return self._is_in_time(moment)

    def take_left_out(self) -> int:
        """How many were to get a line and did not, since this was asked the last time."""
        count, self._left_out = self._left_out, 0
        return count

    def _is_in_time(self, moment: float) -> bool:
        if moment - self._began >= 1:
            self._began, self._written = moment, 0
        if self._written >= MOST_A_SECOND:
            self._left_out += 1
            return False
        self._written += 1
        return True
