# SPDX-License-Identifier: Apache-2.0
"""The match log is kept as long as the operator says, and no longer.

Matches say what somebody's machine asked about, so they are not kept for ever. What is counted
beside them, queries, matches by bank and sightings, names nobody's content and stays. Little is
forgotten at a time, with pauses, so that nobody who asks has to wait for it.
"""

import logging
from collections.abc import Callable
from datetime import datetime, timedelta
from threading import Event
from typing import Final, Protocol

from nahmi.errors import NahmiError

AT_ONCE: Final = 500
"""Matches that one transaction forgets: it takes about as long as writing them did."""
PAUSE_S: Final = 0.2
EVERY_S: Final = 3600.0

_log = logging.getLogger("nahmi.retention")


class ForgetfulLog(Protocol):
    """A match log that can forget."""

    def forget(self, *, until: datetime, limit: int) -> int:
        """Forget matches of before a moment, the oldest of a member first; counters stay.

        Args:
            until: What was logged at this moment or later stays.
            limit: Matches at most, 1 or more.

        Returns:
            How many were forgotten; fewer than `limit` when no more are left.

        Raises:
            StoreError: It could not be written.
        """
        ...


class Retention:
    """Forgets what is old, as long as the node serves.

    Args:
        log: The match log.
        days: How long a match is kept; 0 for ever.
        clock: The current moment, UTC.
        pause_s: Between two transactions, seconds.
    """

    def __init__(
        self,
        log: ForgetfulLog,
        *,
        days: int,
        clock: Callable[[], datetime],
        pause_s: float = PAUSE_S,
    ) -> None:
        self._log = log
        self._kept = timedelta(days=days)
        self._clock = clock
        self._pause_s = pause_s

    def run(self, stopping: Event) -> None:
        """Look once an hour until the event is set."""
        while not stopping.is_set():
            self.forget(stopping)
            stopping.wait(EVERY_S)

    def forget(self, stopping: Event) -> int:
        """Forget all that is old now; how many matches that were."""
        if not self._kept:
            return 0
        until, total, count = self._clock() - self._kept, 0, AT_ONCE
        try:
            while count == AT_ONCE and not stopping.is_set():
                count = self._log.forget(until=until, limit=AT_ONCE)
                total += count
                if count == AT_ONCE:
                    stopping.wait(self._pause_s)
        except NahmiError as error:  # tried again in an hour
            _log.warning("retention:wait", extra={"code": str(error.code)})
        if total:
            _log.info("retention:forget", extra={"count": total})
        return total
