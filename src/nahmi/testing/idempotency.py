# SPDX-License-Identifier: Apache-2.0
# ruff: noqa: S101 - assert is how a test kit speaks
"""The contract of stores for requests that are sent twice, as a test class to subclass."""

from abc import abstractmethod
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

from nahmi.operate.idempotency import (
    ABANDONED,
    KEPT,
    LONGEST_BODY,
    Begun,
    IdempotencyStore,
    Outcome,
    Response,
)

NOW = datetime(2026, 1, 2, 3, 4, 5, 678901, tzinfo=UTC)
_ANSWER = Response(status=201, media_type="application/json", body=b"{}", headers={"etag": '"1"'})
_ONE, _OTHER = bytes(32), bytes([1]) * 32
_WORKERS = 8


class IdempotencyStoreContract:
    """What every such store must do; subclass it and say how to make an empty one."""

    @abstractmethod
    def new_store(self) -> IdempotencyStore:
        """An empty store with the members 1 and 2, and safe between threads."""

    def _begin(
        self, store: IdempotencyStore, token: str, wanted: bytes = _ONE, at: datetime = NOW
    ) -> Begun:
        return store.begin(1, "key", wanted, now=at, token=token)

    def test_the_second_request_gets_the_first_answer(self) -> None:
        """Until a day is over; another request with the key is refused."""
        store = self.new_store()
        assert self._begin(store, "a").outcome is Outcome.FRESH
        assert self._begin(store, "b").outcome is Outcome.IN_PROGRESS
        assert self._begin(store, "b", _OTHER).outcome is Outcome.CONFLICT
        assert store.complete(1, "key", "a", _ANSWER)
        replay = self._begin(store, "b")
        assert (replay.outcome, replay.response) == (Outcome.REPLAY, _ANSWER)
        assert self._begin(store, "b", _OTHER).outcome is Outcome.CONFLICT
        almost = NOW + KEPT - timedelta(microseconds=1)
        assert self._begin(store, "b", at=almost).outcome is Outcome.REPLAY
        assert self._begin(store, "c", _OTHER, at=NOW + KEPT).outcome is Outcome.FRESH
        assert self._begin(store, "d", _OTHER, at=NOW + KEPT).outcome is Outcome.IN_PROGRESS

    def test_members_do_not_meet(self) -> None:
        """The same key of another member is another key."""
        store = self.new_store()
        assert self._begin(store, "a").outcome is Outcome.FRESH
        assert store.begin(2, "key", _ONE, now=NOW, token="b").outcome is Outcome.FRESH  # noqa: S106 - no secret
        assert not store.complete(2, "key", "a", _ANSWER)

    def test_work_that_was_not_done_may_be_done(self) -> None:
        """After it was abandoned, or answered with a failure of the node."""
        store = self.new_store()
        failure = Response(status=503, media_type="text/plain", body=b"")
        long = Response(status=200, media_type="text/plain", body=bytes(LONGEST_BODY + 1))
        self._begin(store, "a")
        assert not store.abandon(1, "key", "b")
        assert store.abandon(1, "key", "a")
        for token, answer in (("b", failure), ("c", long)):
            assert self._begin(store, token).outcome is Outcome.FRESH
            assert store.complete(1, "key", token, answer)
        assert self._begin(store, "d").outcome is Outcome.FRESH

    def test_a_lost_process_keeps_no_key(self) -> None:
        """Whoever takes it over is the only one to answer."""
        store = self.new_store()
        self._begin(store, "a")
        late = NOW + ABANDONED
        assert self._begin(store, "b", at=late).outcome is Outcome.FRESH
        assert not store.complete(1, "key", "a", _ANSWER)
        assert not store.abandon(1, "key", "a")
        assert self._begin(store, "c", at=late).outcome is Outcome.IN_PROGRESS
        assert store.complete(1, "key", "b", _ANSWER)
        assert not store.abandon(1, "key", "b"), "an answer is never taken back"
        assert self._begin(store, "c", at=late).outcome is Outcome.REPLAY

    def test_old_answers_are_forgotten(self) -> None:
        """And only those."""
        store = self.new_store()
        self._begin(store, "a")
        store.complete(1, "key", "a", _ANSWER)
        assert store.forget(now=NOW + KEPT - timedelta(microseconds=1)) == 0
        assert store.forget(now=NOW + KEPT) == 1
        assert self._begin(store, "b").outcome is Outcome.FRESH

    def test_of_many_at_once_one_does_the_work(self) -> None:
        """The others hear that it is in progress."""
        store = self.new_store()
        with ThreadPoolExecutor(_WORKERS) as pool:
            begun = list(pool.map(lambda n: self._begin(store, f"t{n}").outcome, range(_WORKERS)))
        assert sorted(begun) == [Outcome.FRESH] + [Outcome.IN_PROGRESS] * (_WORKERS - 1)
