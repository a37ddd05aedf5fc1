# SPDX-License-Identifier: Apache-2.0
"""Messages leave the outbox: each at least once, and no slow receiver delays another.

Whoever receives is known by the number that messages name as their target: webhooks, or exchanges.

1. Targets that have a message due are asked for; resting, disabled and busy ones are left out.
2. Each target gets one thread for a short turn. Targets that were slow share half of the threads,
   so that the others always find one free.
3. In its turn a target's messages are leased and tried one by one, oldest first, until one fails
   or takes long.
4. What was delivered is marked so. What failed waits longer each time, and is a dead letter after
   the last try. A process that dies between sending and marking loses its lease, and another one
   sends the message again, with the same id.
"""

import threading
from collections.abc import Callable, Collection
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from datetime import datetime, timedelta
from time import monotonic
from typing import Final, Generic, Protocol, TypeVar

import msgspec

from nahmi.errors import StoreError
from nahmi.operate.delivery import Breaker, Delivery, Outcome
from nahmi.operate.outbox import Message, OutboxStore, backoff

LEASE: Final = timedelta(seconds=60)
"""How long a message is kept from other processes; several times what one try may take."""

_POLL_S: Final = 0.25
_STORE_REST: Final = timedelta(seconds=2)
_TURN: Final = 16
_SLOW_S: Final = 1.0


_To = TypeVar("_To")


class Receivers(Protocol[_To]):
    """Those to whom messages of one kind go.

    Attributes:
        kind: Of the messages.
    """

    kind: str

    def open(self) -> Collection[int]:
        """The targets that may be tried at all."""
        ...

    def find(self, target_id: int) -> _To | None:
        """One of them; None when it may be tried no more."""
        ...

    def send(self, to: _To, message: Message, *, now: datetime) -> Delivery:
        """Try once, within a few seconds. What goes wrong is in the answer, not raised."""
        ...

    def gone(self, to: _To) -> None:
        """It wants no more messages."""
        ...


class _Standing(msgspec.Struct, frozen=True, kw_only=True):
    """What a target's turns so far say about the next one."""

    breaker: Breaker = Breaker()
    is_slow: bool = False


class Deliverer(Generic[_To]):
    """Delivers a node's messages of one kind; any number may run in as many processes.

    Args:
        outbox: Where messages wait.
        receivers: Where they go.
        clock: The current moment, UTC.
        chance: Evenly from 0 up to 1, for pauses.
        make_token: A new name for each lease.
        threads: Receivers that are called at the same time, 2 or more.
        lease: How long a message is kept from other processes.
    """

    def __init__(  # noqa: PLR0913 - each is a part of its own
        self,
        *,
        outbox: OutboxStore,
        receivers: Receivers[_To],
        clock: Callable[[], datetime],
        chance: Callable[[], float],
        make_token: Callable[[], str],
        threads: int = 16,
        lease: timedelta = LEASE,
    ) -> None:
        self._outbox = outbox
        self._receivers = receivers
        self._clock = clock
        self._chance = chance
        self._make_token = make_token
        self._threads = max(2, threads)
        self._lease = lease
        # Only the thread of `run` touches these; turns get values and return values.
        self._standings: dict[int, _Standing] = {}
        self._turns: dict[int, Future[_Standing]] = {}

    def run(self, stop: threading.Event) -> None:
        """Deliver until told to stop; then tries under way are finished, some seconds at most.

        A store that cannot be reached is asked again and again: messages wait in it meanwhile.
        """
        turn_over = threading.Event()
        with ThreadPoolExecutor(self._threads, thread_name_prefix="nahmi-deliver") as pool:
            while not stop.is_set():
                turn_over.clear()
                with suppress(StoreError):
                    self._start_turns(pool, stop, turn_over)
                (turn_over if self._turns else stop).wait(_POLL_S)
                self._end_turns()

    def _start_turns(
        self, pool: ThreadPoolExecutor, stop: threading.Event, turn_over: threading.Event
    ) -> None:
        now = self._clock()
        enabled = self._receivers.open()
        for target in self._outbox.due(self._receivers.kind, now=now):
            standing = self._standing(target)
            is_free = target in enabled and target not in self._turns
            if is_free and standing.breaker.may_try(now) and self._has_room(standing):
                turn = pool.submit(self._turn, target, standing, stop)
                turn.add_done_callback(lambda _: turn_over.set())
                self._turns[target] = turn

    def _has_room(self, standing: _Standing) -> bool:
        if standing.is_slow:
            slow = sum(self._standing(target).is_slow for target in self._turns)
            return slow < self._threads // 2
        return len(self._turns) < self._threads

    def _end_turns(self) -> None:
        for target in [target for target, turn in self._turns.items() if turn.done()]:
            turn = self._turns.pop(target)
            try:
                self._standings[target] = turn.result()
            except StoreError:  # what was leased is due again after its lease
                rest = Breaker(rests_until=self._clock() + _STORE_REST)
                self._standings[target] = _Standing(breaker=rest)

    def _standing(self, target: int) -> _Standing:
        return self._standings.get(target, _Standing())

    def _turn(self, target: int, standing: _Standing, stop: threading.Event) -> _Standing:
        """Try the target's messages until one fails or takes long, or enough is done."""
        for _ in range(_TURN):
            to = self._receivers.find(target)
            leased = None if to is None else self._leased(target)
            if to is None or leased is None:
                break
            message, token = leased
            began = monotonic()
            delivery = self._try(to, message)
            is_slow = monotonic() - began > _SLOW_S
            breaker = standing.breaker.after(delivery, self._clock())
            standing = _Standing(breaker=breaker, is_slow=is_slow)
            self._note(to, message, token, delivery)
            if is_slow or delivery.outcome is not Outcome.DELIVERED or stop.is_set():
                break
        return standing

    def _leased(self, target: int) -> tuple[Message, str] | None:
        token = self._make_token()
        leased = self._outbox.lease(
            self._receivers.kind, target, now=self._clock(), lease=self._lease, token=token, limit=1
        )
        return (leased[0], token) if leased else None

    def _try(self, to: _To, message: Message) -> Delivery:
        try:
            return self._receivers.send(to, message, now=self._clock())
        except Exception:  # noqa: BLE001 - a defect that one message meets must not stop the others
            return Delivery(outcome=Outcome.FAILED, error="The message could not be sent.")

    def _note(self, to: _To, message: Message, token: str, delivery: Delivery) -> None:
        if delivery.outcome is Outcome.DELIVERED:
            self._outbox.delivered(message.message_id, token)
            return
        pause = backoff(message.attempts, self._chance())
        next_at = None
        if pause is not None and delivery.outcome is Outcome.FAILED:
            next_at = self._clock() + max(pause, delivery.wait)
        self._outbox.failed(message.message_id, token, delivery.error, next_at=next_at)
        if delivery.outcome is Outcome.GONE:
            self._receivers.gone(to)
