# SPDX-License-Identifier: Apache-2.0
"""Queries without a match are counted, not logged: gathered in memory, written every second.

What people ask about is nobody's business, so of such a query only its hour, who asked and the
verdict remain. A process that is killed loses the counts of its last second, and no match.
"""

from collections import Counter
from collections.abc import Callable
from concurrent.futures import Future
from contextlib import suppress
from datetime import datetime
from threading import Lock
from typing import Final

from nahmi.access.identity import Principal
from nahmi.core.match import Verdict
from nahmi.errors import StoreError
from nahmi.flows.record import Record, Recorder
from nahmi.protect.match_log import QueryCount

WRITTEN_EVERY_S: Final = 1.0
_Key = tuple[datetime, int, str, Verdict]


class Tally:
    """Counts queries. Safe to share between threads.

    Args:
        recorder: Writes the counts.
        monotonic: Seconds that never go back.
    """

    def __init__(self, recorder: Recorder, *, monotonic: Callable[[], float]) -> None:
        self._recorder = recorder
        self._monotonic = monotonic
        self._counts: Counter[_Key] = Counter()
        self._since = monotonic()
        self._lock = Lock()

    def note(self, principal: Principal, verdict: Verdict, count: int, now: datetime) -> None:
        """Count queries that were answered alike.

        Args:
            principal: Who asked.
            verdict: Any but a match: those are counted from the log.
            count: How many, 1 or more.
            now: UTC.
        """
        hour = now.replace(minute=0, second=0, microsecond=0)
        with self._lock:
            self._counts[hour, principal.member_id, principal.name, verdict] += count
            is_due = self._monotonic() - self._since >= WRITTEN_EVERY_S
        if is_due:
            with suppress(StoreError):  # the counts stay for the next time
                self.flush()

    def flush(self) -> None:
        """Hand over what was counted.

        Raises:
            StoreError: STORE_BUSY; nothing of the counts is lost.
        """
        with self._lock:
            self._since = self._monotonic()
            counts, self._counts = self._counts, Counter()
        if not counts:
            return
        try:
            written = self._recorder.submit(Record(counts=tuple(map(_as_count, counts.items()))))
        except StoreError:
            self._take_back(counts)
            raise

        def take_back_if_lost(done: Future[None]) -> None:
            if done.exception() is not None:
                self._take_back(counts)

        written.add_done_callback(take_back_if_lost)

    def _take_back(self, counts: Counter[_Key]) -> None:
        with self._lock:
            self._counts.update(counts)


def _as_count(item: tuple[_Key, int]) -> QueryCount:
    (hour, member_id, principal, verdict), count = item
    return QueryCount(
        hour=hour, member_id=member_id, principal=principal, verdict=verdict, count=count
    )
