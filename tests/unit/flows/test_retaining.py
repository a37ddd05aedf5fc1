# SPDX-License-Identifier: Apache-2.0
"""What is old is forgotten a little at a time."""

from datetime import UTC, datetime, timedelta
from threading import Event

from nahmi.errors import ErrorCode, StoreError
from nahmi.flows.retaining import AT_ONCE, Retention

NOW = datetime(2026, 1, 2, tzinfo=UTC)


class Log:
    """Holds so many old matches; fails when it is away."""

    def __init__(self, old: int, *, is_away: bool = False) -> None:
        self.old = old
        self.is_away = is_away
        self.asked: list[datetime] = []

    def forget(self, *, until: datetime, limit: int) -> int:
        self.asked.append(until)
        if self.is_away:
            raise StoreError(ErrorCode.STORE_BUSY, "The store is away.")
        count = min(self.old, limit)
        self.old -= count
        return count


def retention(log: Log, days: int) -> Retention:
    return Retention(log, days=days, clock=lambda: NOW, pause_s=0)


def test_it_goes_on_until_nothing_old_is_left() -> None:
    log = Log(2 * AT_ONCE + 1)
    assert retention(log, 30).forget(Event()) == 2 * AT_ONCE + 1
    assert log.asked == [NOW - timedelta(days=30)] * 3


def test_without_days_everything_stays() -> None:
    log = Log(5)
    assert retention(log, 0).forget(Event()) == 0
    assert not log.asked


def test_a_node_that_stops_is_not_kept_waiting() -> None:
    log, stopping = Log(5), Event()
    stopping.set()
    assert retention(log, 30).forget(stopping) == 0
    retention(log, 30).run(stopping)
    assert not log.asked


def test_a_store_that_is_away_is_tried_again_later() -> None:
    log = Log(5, is_away=True)
    assert retention(log, 30).forget(Event()) == 0
    log.is_away = False
    assert retention(log, 30).forget(Event()) == 5
