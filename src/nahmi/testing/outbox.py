# SPDX-License-Identifier: Apache-2.0
# ruff: noqa: S101 - assert is how a test kit speaks
"""The contract of outboxes as a test class that adapters subclass."""

from abc import abstractmethod
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from functools import partial

from nahmi.errors import ErrorCode
from nahmi.operate.outbox import Message, MessageState, NewMessage, OutboxStore
from nahmi.testing.refusals import refusal_of

NOW = datetime(2026, 1, 2, 3, 4, 5, 678901, tzinfo=UTC)
LEASE = timedelta(seconds=60)
_WORKERS = 8
_MESSAGES = 60


def _new(key: str, target_id: int = 1) -> NewMessage:
    return NewMessage(
        member_id=1, kind="webhook", target_id=target_id, body="{}", idempotency_key=key
    )


class OutboxStoreContract:
    """What every outbox must do; subclass it and say how to make an empty one."""

    @abstractmethod
    def new_store(self) -> OutboxStore:
        """An empty outbox with the member 1, and safe between threads."""

    def _lease(
        self,
        store: OutboxStore,
        token: str,
        *,
        at: datetime = NOW,
        target_id: int = 1,
        limit: int = 10,
    ) -> Sequence[Message]:
        return store.lease("webhook", target_id, now=at, lease=LEASE, token=token, limit=limit)

    def test_a_message_is_delivered_once(self) -> None:
        """From waiting to delivered."""
        store = self.new_store()
        assert store.put([_new("a"), _new("b")], now=NOW) == len("ab")
        depth = store.depth("webhook")
        assert (depth.waiting, depth.dead, depth.oldest_at) == (2, 0, NOW)
        one, two = self._lease(store, "t")
        assert (one.idempotency_key, one.attempts, one.body) == ("a", 1, "{}")
        assert list(self._lease(store, "u")) == []
        assert store.delivered(one.message_id, "t")
        assert not store.delivered(one.message_id, "t")
        assert not store.delivered(two.message_id, "u")
        assert not store.delivered(two.message_id, "")
        assert store.depth("webhook").waiting == 1
        assert store.depth("other").waiting == 0

    def test_the_same_key_is_put_once(self) -> None:
        """For its kind and target, also after delivery."""
        store = self.new_store()
        assert store.put([_new("a"), _new("a")], now=NOW) == 1
        assert store.put([_new("a"), _new("a", target_id=2)], now=NOW) == 1
        (message,) = self._lease(store, "t")
        store.delivered(message.message_id, "t")
        assert store.put([_new("a")], now=NOW) == 0
        assert list(self._lease(store, "t")) == []

    def test_a_bad_message_keeps_the_others_out(self) -> None:
        """All or none."""
        store = self.new_store()
        bad = refusal_of(lambda: store.put([_new("a"), _new("")], now=NOW))
        assert bad is ErrorCode.INPUT_INVALID
        assert store.depth("webhook").waiting == 0

    def test_a_failed_try_waits_and_a_silent_sender_loses_it(self) -> None:
        """The next try comes when it is due, and counts."""
        store = self.new_store()
        store.put([_new("a")], now=NOW)
        (message,) = self._lease(store, "t")
        later = NOW + timedelta(minutes=5)
        assert store.failed(message.message_id, "t", "It timed out.", next_at=later)
        assert not store.failed(message.message_id, "t", "again", next_at=None)
        assert list(store.due("webhook", now=later - timedelta(microseconds=1))) == []
        assert list(store.due("webhook", now=later)) == [1]
        (again,) = self._lease(store, "u", at=later)
        assert (again.attempts, again.last_error) == (2, "It timed out.")
        assert list(self._lease(store, "v", at=later)) == []
        (third,) = self._lease(store, "v", at=later + LEASE)
        assert third.attempts == again.attempts + 1
        assert not store.delivered(message.message_id, "u")
        assert store.delivered(message.message_id, "v")

    def test_a_dead_letter_waits_for_a_person(self) -> None:
        """It is shown to its member and sent again when somebody says so."""
        store = self.new_store()
        store.put([_new("a"), _new("b"), _new("c")], now=NOW)
        for message in self._lease(store, "t"):
            assert store.failed(message.message_id, "t", "Gone.", next_at=None)
        assert list(store.due("webhook", now=NOW + timedelta(days=9))) == []
        first = store.dead_letters(1, limit=2)
        rest = store.dead_letters(1, before=first[-1].message_id)
        assert [item.idempotency_key for item in (*first, *rest)] == ["c", "b", "a"]
        assert (first[0].state, first[0].last_error) == (MessageState.DEAD, "Gone.")
        assert list(store.dead_letters(2)) == []
        again = store.retry(first[0].message_id, member_id=1, now=NOW)
        assert (again.state, again.attempts) == (MessageState.WAITING, 0)
        assert store.depth("webhook").dead == len("ab")
        (message,) = self._lease(store, "u")
        assert message.idempotency_key == "c"
        store.delivered(message.message_id, "u")
        for gone, member_id in ((message.message_id, 1), (rest[0].message_id, 2), (99, 1)):
            act = partial(store.retry, gone, member_id=member_id, now=NOW)
            assert refusal_of(act) is ErrorCode.MESSAGE_MISSING

    def test_a_later_message_is_known_by_the_beginning_of_its_key(self) -> None:
        """Of the same target, and put later."""
        store = self.new_store()
        store.put([_new("a%-1"), _new("a_-2"), _new("a%-3", target_id=9)], now=NOW)
        first, second = self._lease(store, "t")
        assert not store.has_later(first, "a%-")
        store.put([_new("a%-4")], now=NOW)
        assert store.has_later(first, "a%-")
        assert store.has_later(second, "a%-")
        assert not store.has_later(second, "a_-")

    def test_each_target_is_served_by_itself(self) -> None:
        """However much waits for one, the others are due."""
        store = self.new_store()
        store.put([_new(f"many{number}", target_id=1) for number in range(20)], now=NOW)
        store.put([_new("one", target_id=5), _new("two", target_id=3)], now=NOW)
        assert list(store.due("webhook", now=NOW)) == [1, 3, 5]
        assert [item.idempotency_key for item in self._lease(store, "t", target_id=5)] == ["one"]
        first = self._lease(store, "t", limit=15)
        assert [item.idempotency_key for item in first] == [f"many{n}" for n in range(15)]
        assert list(store.due("webhook", now=NOW)) == [1, 3]
        assert list(store.due("other", now=NOW)) == []

    def test_delivered_messages_are_forgotten_in_time(self) -> None:
        """Those that wait or are dead are not."""
        store = self.new_store()
        store.put([_new("a"), _new("b"), _new("c")], now=NOW)
        one, two, _ = self._lease(store, "t")
        store.delivered(one.message_id, "t")
        store.failed(two.message_id, "t", "Gone.", next_at=None)
        assert store.forget_delivered("webhook", until=NOW) == 0
        assert store.forget_delivered("webhook", until=NOW + LEASE) == 1
        depth = store.depth("webhook")
        assert (depth.waiting, depth.dead) == (1, 1)

    def test_senders_at_once_never_get_the_same_message(self) -> None:
        """Each message is taken by exactly one."""
        store = self.new_store()
        store.put([_new(str(number)) for number in range(_MESSAGES)], now=NOW)

        def send(sender: int) -> list[str]:
            sent: list[str] = []
            while taken := self._lease(store, f"{sender}:{len(sent)}", limit=3):
                sent += [item.idempotency_key for item in taken]
            return sent

        with ThreadPoolExecutor(_WORKERS) as pool:
            shares = list(pool.map(send, range(_WORKERS)))
        assert sorted(int(key) for share in shares for key in share) == list(range(_MESSAGES))
