# SPDX-License-Identifier: Apache-2.0
"""From answers to the match log, many in one transaction.

An answer may say that a match was logged only when that is on disk, and a disk takes its time for
each transaction, however small. So one thread writes: while it commits, what arrives gathers, and
goes into the next transaction together. When little arrives, each is committed at once.
"""

import asyncio
from collections import Counter, defaultdict, deque
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from contextlib import suppress
from copy import copy
from datetime import datetime
from threading import Condition, Thread
from typing import Final, Protocol, Self

import msgspec

from nahmi.core.match import Verdict
from nahmi.errors import ErrorCode, InputError, NahmiError, StoreError
from nahmi.operate.outbox import NewMessage, check_message
from nahmi.protect.match_log import MatchEvent, QueryCount, check_count, check_event

MOST_WAITING: Final = 10_000
"""Records that may wait; more are refused, so that a slow store is felt and memory is bounded."""

MOST_AT_ONCE: Final = 1_000
"""Records of one transaction."""


class MatchLogWriter(Protocol):
    """Writes what was asked and found."""

    def record(
        self,
        events: Sequence[MatchEvent],
        counts: Sequence[QueryCount],
        messages: Sequence[NewMessage],
        *,
        now: datetime,
    ) -> None:
        """Log matches, count queries and put messages, in one transaction: all or nothing.

        Each match also counts as a query and raises the sighting counters of its entries. Each of
        the values has passed its check.

        Raises:
            StoreError: Nothing was kept, or, when the connection broke, it is not known.
            InputError: INPUT_INVALID: a value cannot be kept; nothing was.
        """
        ...


class Record(msgspec.Struct, frozen=True, kw_only=True):
    """What one answer leaves behind.

    Attributes:
        events: Its matches.
        counts: Its queries without a match.
        messages: What webhooks are to be told.
    """

    events: tuple[MatchEvent, ...] = ()
    counts: tuple[QueryCount, ...] = ()
    messages: tuple[NewMessage, ...] = ()


class Recorder:
    """Gathers records of all threads and event loops and commits them in groups.

    Args:
        writer: Where to; used by one thread only.
        clock: The current moment, UTC.
        most_waiting: Records that may wait, 1 or more.
        most_at_once: Records of one transaction, 1 or more.
    """

    def __init__(
        self,
        writer: MatchLogWriter,
        *,
        clock: Callable[[], datetime],
        most_waiting: int = MOST_WAITING,
        most_at_once: int = MOST_AT_ONCE,
    ) -> None:
        self._writer = writer
        self._clock = clock
        self._most_waiting = most_waiting
        self._most_at_once = most_at_once
        self._queue: deque[_Waiting] = deque()
        self._weight = 0
        self._is_open = True
        self._changed = Condition()
        self._thread = Thread(target=self._run, name="nahmi-recorder", daemon=True)
        self._thread.start()

    @property
    def depth(self) -> int:
        """How much waits to be committed; each event and message of a record counts."""
        return self._weight

    @property
    def is_alive(self) -> bool:
        """Whether records are taken and written."""
        return self._is_open and self._thread.is_alive()

    def submit(self, record: Record) -> Future[None]:
        """Hand over a record; the future ends once it is committed or has failed.

        Raises:
            InputError: INPUT_INVALID: a value of the record cannot be kept.
            StoreError: STORE_BUSY: too much waits, or the recorder is closed.
        """
        done: Future[None] = Future()
        done.set_running_or_notify_cancel()  # what is handed over cannot be taken back
        self._put(_Waiting(record, done, None))
        return done

    async def record(self, record: Record) -> None:
        """Hand over a record and wait until it is committed.

        Whoever stops waiting does not take the record back.

        Raises:
            InputError: INPUT_INVALID: a value of the record cannot be kept.
            StoreError: STORE_BUSY: too much waits, or the recorder is closed; or as
                `MatchLogWriter.record`.
        """
        loop = asyncio.get_running_loop()
        done: asyncio.Future[None] = loop.create_future()
        self._put(_Waiting(record, done, loop))
        await done

    def close(self) -> None:
        """Take no more, and return when all that was taken is committed or has failed."""
        with self._changed:
            self._is_open = False
            self._changed.notify()
        self._thread.join()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _put(self, waiting: "_Waiting") -> None:
        _check(waiting.record)
        weight = _weight(waiting.record)
        with self._changed:
            if not self._is_open:
                raise StoreError(
                    ErrorCode.STORE_BUSY, "The match log takes no more.", hint="Ask again soon."
                )
            # One record that is larger than the whole room is taken when the room is empty.
            if self._queue and self._weight + weight > self._most_waiting:
                raise StoreError(
                    ErrorCode.STORE_BUSY,
                    "Too many matches wait to be logged.",
                    hint="Ask again soon, and less often.",
                )
            self._queue.append(waiting)
            self._weight += weight
            self._changed.notify()

    def _run(self) -> None:
        group: list[_Waiting] = []
        try:
            while group := self._take():
                self._commit(group)
        finally:
            # Reached with something left only by a bug: then nobody waits for ever, and `_put`
            # refuses from now on.
            with self._changed:
                self._is_open = False
                left, self._weight = [*group, *self._queue], 0
                self._queue.clear()
            _settle(
                left, StoreError(ErrorCode.STORE_BUSY, "The match was not logged: a defect in us.")
            )

    def _take(self) -> list["_Waiting"]:
        """What waits, at most one transaction's worth; empty when closed and done."""
        with self._changed:
            self._changed.wait_for(lambda: self._queue or not self._is_open)
            group: list[_Waiting] = []
            weight = 0
            while self._queue and (not group or weight < self._most_at_once):
                group.append(self._queue.popleft())
                weight += _weight(group[-1].record)
            self._weight -= weight
            return group

    def _commit(self, group: list["_Waiting"]) -> None:
        try:
            self._write(group)
        except InputError as error:
            if len(group) == 1:
                _settle(group, error)
                return
            for one in group:  # one caller's bad value is no other caller's failure
                self._commit([one])
        except Exception as error:  # noqa: BLE001 - whatever it is, those who wait must hear of it
            _settle(group, error)
        else:
            _settle(group, None)

    def _write(self, group: list["_Waiting"]) -> None:
        counts: Counter[tuple[datetime, int, str, Verdict]] = Counter()
        for waiting in group:
            for item in waiting.record.counts:
                counts[item.hour, item.member_id, item.principal, item.verdict] += item.count
        self._writer.record(
            [event for waiting in group for event in waiting.record.events],
            [
                QueryCount(hour=hour, member_id=member, principal=who, verdict=verdict, count=count)
                for (hour, member, who, verdict), count in counts.items()
            ],
            [message for waiting in group for message in waiting.record.messages],
            now=self._clock(),
        )


class _Waiting(msgspec.Struct, frozen=True):
    """A record, and who waits for it: a thread, or a task of an event loop."""

    record: Record
    done: Future[None] | asyncio.Future[None]
    loop: asyncio.AbstractEventLoop | None


def _check(record: Record) -> None:
    for event in record.events:
        check_event(event)
    for count in record.counts:
        check_count(count)
    for message in record.messages:
        check_message(message)


def _weight(record: Record) -> int:
    return max(len(record.events) + len(record.messages), 1)


def _settle(group: Sequence[_Waiting], error: Exception | None) -> None:
    """Tell those who wait; each event loop is woken once."""
    by_loop: defaultdict[asyncio.AbstractEventLoop, list[asyncio.Future[None]]] = defaultdict(list)
    for waiting in group:
        if isinstance(waiting.done, Future):
            _end(waiting.done, error)
        elif waiting.loop is not None:
            by_loop[waiting.loop].append(waiting.done)
    for loop, futures in by_loop.items():
        # A loop that is closed has nobody who waits.
        with suppress(RuntimeError):
            loop.call_soon_threadsafe(_end_all, futures, error)


def _end_all(futures: Sequence[asyncio.Future[None]], error: Exception | None) -> None:
    for future in futures:
        _end(future, error)


def _end(future: Future[None] | asyncio.Future[None], error: Exception | None) -> None:
    if future.done():  # the task that waited was cancelled
        return
    if error is None:
        future.set_result(None)
    else:
        # Each gets its own copy: raising one exception in many places would mix their traces.
        future.set_exception(copy(error) if isinstance(error, NahmiError) else error)
