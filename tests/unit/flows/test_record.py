# SPDX-License-Identifier: Apache-2.0
"""Nobody is told that a match was logged before it was."""

import asyncio
from collections.abc import Iterator, Sequence
from concurrent.futures import Future
from contextlib import contextmanager
from datetime import UTC, datetime
from threading import Event, Thread

import pytest

from nahmi.core.bank import Action, Category
from nahmi.core.match import Verdict
from nahmi.errors import ErrorCode, InputError, NahmiError, StoreError
from nahmi.flows.record import Record, Recorder
from nahmi.operate.outbox import NewMessage
from nahmi.protect.match_log import LoggedHit, MatchEvent, QueryCount

NOW = datetime(2026, 1, 2, 3, tzinfo=UTC)
HIT = LoggedHit(
    bank_id=1,
    category=Category.TEST,
    entry_id=1,
    signal_type="pdq",
    distance=3,
    limit_bits=31,
    variant="original",
    frame=0,
)
COUNT = QueryCount(hour=NOW, member_id=1, principal="key:1", verdict=Verdict.NO_MATCH)


def event(reference: str = "") -> MatchEvent:
    return MatchEvent(
        at=NOW,
        member_id=1,
        principal="key:1",
        reference=reference,
        channel="api",
        action=Action.REVIEW,
        hits=(HIT,),
    )


def record(reference: str = "") -> Record:
    return Record(events=(event(reference),))


class GatedWriter:
    """A store that keeps what it is given in memory, waits when told and fails when told."""

    def __init__(self) -> None:
        self.groups: list[tuple[list[str], list[QueryCount], list[str]]] = []
        self.gate = Event()
        self.gate.set()
        self.entered = Event()
        self.error: BaseException | None = None
        self.refused = ""

    def record(
        self,
        events: Sequence[MatchEvent],
        counts: Sequence[QueryCount],
        messages: Sequence[NewMessage],
        *,
        now: datetime,
    ) -> None:
        assert now == NOW
        self.entered.set()
        assert self.gate.wait(30)
        if self.error is not None:
            raise self.error
        references = [item.reference for item in events]
        if self.refused and self.refused in references:
            raise InputError(ErrorCode.INPUT_INVALID, "A value cannot be kept.")
        self.groups.append((references, list(counts), [item.body for item in messages]))

    @property
    def kept(self) -> list[str]:
        return [reference for group, _, _ in self.groups for reference in group]

    @contextmanager
    def held(self, recorder: Recorder) -> Iterator[Future[None]]:
        """While the writer is busy with a first record, others gather."""
        self.gate.clear()
        self.entered.clear()
        first = recorder.submit(record("first"))
        assert self.entered.wait(30)
        yield first
        self.gate.set()


def code_of(future: Future[None]) -> ErrorCode | None:
    error = future.exception(30)
    return error.code if isinstance(error, NahmiError) else None


def test_what_gathers_is_committed_together_and_counts_are_added_up() -> None:
    writer = GatedWriter()
    message = NewMessage(member_id=1, kind="webhook", target_id=1, body="b", idempotency_key="k")
    with Recorder(writer, clock=lambda: NOW) as recorder:
        with writer.held(recorder) as first:
            others = [recorder.submit(Record(counts=(COUNT,))) for _ in range(5)]
            others += [recorder.submit(record("a"))]
            others += [recorder.submit(Record(events=(event("b"),), messages=(message,)))]
            assert not first.done()
            assert recorder.depth == 8
        for future in [first, *others]:
            future.result(30)
        assert recorder.depth == 0
    (first_group, second) = writer.groups
    assert first_group[0] == ["first"]
    assert second[0] == ["a", "b"]
    assert [item.count for item in second[1]] == [5]
    assert second[2] == ["b"]


def test_a_group_has_its_largest_size() -> None:
    writer = GatedWriter()
    with Recorder(writer, clock=lambda: NOW, most_at_once=3) as recorder:
        with writer.held(recorder):
            futures = [recorder.submit(record(str(number))) for number in range(7)]
        for future in futures:
            future.result(30)
    assert [len(group) for group, _, _ in writer.groups] == [1, 3, 3, 1]


def test_when_the_store_fails_everybody_who_waits_hears_of_it() -> None:
    writer = GatedWriter()
    with Recorder(writer, clock=lambda: NOW) as recorder:
        with writer.held(recorder) as first:
            others = [recorder.submit(record(str(number))) for number in range(5)]
            writer.error = StoreError(ErrorCode.STORAGE_FULL, "The disk is full.")
        assert [code_of(item) for item in (first, *others)] == [ErrorCode.STORAGE_FULL] * 6
        errors = {id(item.exception()) for item in others}
        assert len(errors) == 5, "each has its own"
        writer.error = None
        recorder.submit(record("again")).result(30)
    assert writer.kept == ["again"]


def test_any_failure_is_a_failure() -> None:
    writer = GatedWriter()
    with Recorder(writer, clock=lambda: NOW) as recorder:
        writer.error = ZeroDivisionError()
        with pytest.raises(ZeroDivisionError):
            recorder.submit(record()).result(30)
        assert recorder.is_alive


def test_one_bad_value_is_no_failure_of_others() -> None:
    writer = GatedWriter()
    writer.refused = "bad"
    with Recorder(writer, clock=lambda: NOW) as recorder:
        with writer.held(recorder):
            futures = [recorder.submit(record(name)) for name in ("a", "bad", "b")]
        assert [code_of(future) for future in futures] == [None, ErrorCode.INPUT_INVALID, None]
    assert writer.kept == ["first", "a", "b"]


def test_what_cannot_be_kept_is_refused_at_the_door() -> None:
    bad = [
        Record(events=(event("a\0"),)),
        Record(counts=(QueryCount(hour=NOW, member_id=1, principal="", verdict=Verdict.MATCH),)),
        Record(
            messages=(
                NewMessage(member_id=1, kind="w", target_id=1, body="", idempotency_key="\n"),
            )
        ),
    ]
    writer = GatedWriter()
    with Recorder(writer, clock=lambda: NOW) as recorder:
        for item in bad:
            with pytest.raises(InputError):
                recorder.submit(item)
    assert writer.groups == []


def test_a_full_queue_refuses_and_takes_again_later() -> None:
    writer = GatedWriter()
    with Recorder(writer, clock=lambda: NOW, most_waiting=3) as recorder:
        with writer.held(recorder):
            taken = [recorder.submit(record(str(number))) for number in range(3)]
            with pytest.raises(StoreError) as caught:
                recorder.submit(record("too many"))
            assert caught.value.code is ErrorCode.STORE_BUSY
        for future in taken:
            future.result(30)
        large = Record(events=tuple(event(f"of {number}") for number in range(9)))
        recorder.submit(large).result(30)  # larger than the room, but nothing else waits
    assert "too many" not in writer.kept
    assert len(writer.kept) == 13


def test_closing_commits_what_was_taken_and_takes_no_more() -> None:
    writer = GatedWriter()
    recorder = Recorder(writer, clock=lambda: NOW, most_at_once=1)
    with writer.held(recorder):
        futures = [recorder.submit(record(str(number))) for number in range(4)]
        closing = Thread(target=recorder.close)
        closing.start()
    closing.join(30)
    assert [future.exception(0) for future in futures] == [None] * 4
    assert not recorder.is_alive
    with pytest.raises(StoreError) as caught:
        recorder.submit(record())
    assert caught.value.code is ErrorCode.STORE_BUSY
    recorder.close()


@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
def test_when_the_thread_dies_nobody_waits_for_ever() -> None:
    writer = GatedWriter()
    recorder = Recorder(writer, clock=lambda: NOW, most_at_once=1)
    with writer.held(recorder) as first:
        others = [recorder.submit(record(str(number))) for number in range(3)]
        writer.error = SystemExit()
    assert [code_of(item) for item in (first, *others)] == [ErrorCode.STORE_BUSY] * 4
    recorder.close()
    with pytest.raises(StoreError):
        recorder.submit(record())
    assert writer.kept == []


def test_tasks_wait_without_holding_up_their_loop() -> None:
    writer = GatedWriter()

    async def ask(recorder: Recorder) -> list[BaseException | None]:
        with writer.held(recorder):
            tasks = [asyncio.create_task(recorder.record(record(str(n)))) for n in range(20)]
            await asyncio.sleep(0)
            assert not any(task.done() for task in tasks)
            tasks[0].cancel()
        return await asyncio.gather(*tasks, return_exceptions=True)

    with Recorder(writer, clock=lambda: NOW) as recorder:
        ended = asyncio.run(ask(recorder))
    assert isinstance(ended[0], asyncio.CancelledError)
    assert ended[1:] == [None] * 19
    assert len(writer.kept) == 21, "what was handed over is kept, whoever still waits"


def test_a_loop_that_is_gone_stops_nothing() -> None:
    writer = GatedWriter()

    async def leave(recorder: Recorder) -> None:
        task = asyncio.create_task(recorder.record(record("left")))
        await asyncio.sleep(0)
        task.cancel()

    with Recorder(writer, clock=lambda: NOW) as recorder:
        with writer.held(recorder):
            asyncio.run(leave(recorder))
        recorder.submit(record("after")).result(30)
    assert writer.kept == ["first", "left", "after"]
