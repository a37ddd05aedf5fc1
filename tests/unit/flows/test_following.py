# SPDX-License-Identifier: Apache-2.0
"""A process learns of changes, and says so when it cannot."""

import queue
import time

from nahmi.errors import ErrorCode, StoreError
from nahmi.flows.following import LOOKS_EVERY_S, Follower
from nahmi.operate.changes import Topic


class Store:
    """A store whose signal and revisions the test controls."""

    def __init__(self) -> None:
        self.woken: queue.Queue[bool] = queue.Queue()
        self.numbers = dict.fromkeys(Topic, 0)
        self.is_away = False
        self.steps: list[str] = []
        self.is_closed = False

    def wake(self) -> None:
        self.woken.put(item=True)

    def wait(self, timeout_s: float) -> bool:
        assert timeout_s > 0
        return self.woken.get(timeout=60)

    def close(self) -> None:
        self.is_closed = True

    def catch_up(self) -> None:
        if self.is_away:
            raise StoreError(ErrorCode.STORE_BUSY, "away")
        self.steps.append("index")

    def revisions(self) -> dict[Topic, int]:
        self.steps.append("revisions")
        return dict(self.numbers)


def until(condition: object) -> None:
    assert callable(condition)
    for _ in range(6000):
        if condition():
            return
        time.sleep(0.01)
    raise AssertionError("it did not come about")


def test_a_change_is_known_once_the_index_follows_it() -> None:
    store = Store()
    known: list[int] = []

    def catch_up() -> None:
        store.catch_up()
        known.append(follower.revision(Topic.BANKS) if len(store.steps) > 2 else 0)

    follower = Follower(signal=store, revisions=store, catch_up=catch_up, monotonic=lambda: 0.0)
    assert follower.revision(Topic.BANKS) == 0
    store.numbers[Topic.BANKS] = 7
    store.wake()
    until(lambda: follower.revision(Topic.BANKS) == 7)
    assert store.steps == ["revisions", "index"] * 2
    assert known == [0, 0]
    store.wake()
    follower.close()
    assert store.is_closed


def test_the_index_is_left_alone_while_no_revision_rises_but_not_for_long() -> None:
    store, moment = Store(), [0.0]
    follower = Follower(
        signal=store, revisions=store, catch_up=store.catch_up, monotonic=lambda: moment[0]
    )
    for _ in range(3):
        follower.look()
    assert store.steps.count("index") == 1
    moment[0] += LOOKS_EVERY_S
    follower.look()
    assert store.steps.count("index") == 2
    store.wake()
    follower.close()
    assert store.is_closed


def test_a_store_that_is_away_makes_the_knowledge_old_and_comes_back() -> None:
    store = Store()
    moment = [0.0]
    follower = Follower(
        signal=store, revisions=store, catch_up=store.catch_up, monotonic=lambda: moment[0]
    )
    store.is_away = True
    moment[0] = 10.0
    store.wake()
    until(store.woken.empty)
    assert follower.age_s == 10.0
    store.is_away = False
    store.wake()
    until(lambda: follower.age_s == 0)
    store.wake()
    follower.close()
