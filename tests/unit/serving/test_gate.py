# SPDX-License-Identifier: Apache-2.0
"""The gate: so many requests at once, and no body for ever."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import msgspec
import pytest

from nahmi.api.app import make_app
from nahmi.api.problems import MEDIA_TYPE
from nahmi.bootstrap.requests import RequestLog, Served
from nahmi.bootstrap.service import Service
from nahmi.errors import ErrorCode, RequestError
from nahmi.operate.settings import LimitSettings, ServeSettings, Settings
from nahmi.serving.gate import ALWAYS, AT_THEIR_OWN_PACE, READY, Gate

LIMITS = LimitSettings(concurrent=2, body_s=10)
Message = dict[str, Any]
[STREAM] = AT_THEIR_OWN_PACE


class House:
    """A gate, and behind it an application that reads the whole body and says how long it was."""

    def __init__(self, limits: LimitSettings = LIMITS) -> None:
        self.now = 0.0
        self.gate = Gate(self.serve, limits)
        self.refused: list[ErrorCode] = []
        self.went_away = 0
        self.read = 0

    async def wait(self, seconds: int) -> None:
        """Let time pass, with a look every second."""
        for _ in range(seconds):
            await settle()
            self.now += 1
            self.gate.look(self.now)
        await settle()

    async def serve(self, scope: Any, receive: Any, send: Any) -> None:  # noqa: ANN401 - ASGI
        del scope
        self.read = 0
        try:
            while True:
                message = await receive()
                if message["type"] == "http.disconnect":
                    self.went_away += 1
                    return
                self.read += len(message["body"])
                if not message["more_body"]:
                    break
        except RequestError as error:
            self.refused.append(error.code)
            return
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b"", "more_body": False})


class Visitor:
    """A request whose body comes as the test says."""

    def __init__(self, house: House, path: str = "/x") -> None:
        self.sent: list[Message] = []
        self._parts: asyncio.Queue[Message] = asyncio.Queue()
        scope: Any = {"type": "http", "method": "GET", "path": path}
        send: Any = self._send
        self.task = asyncio.ensure_future(house.gate(scope, self._parts.get, send))  # type: ignore[arg-type]  # ASGI

    async def _send(self, message: Message) -> None:
        self.sent.append(message)

    async def bring(self, body: bytes, *, more: bool = True) -> None:
        await self._parts.put({"type": "http.request", "body": body, "more_body": more})
        await settle()

    @property
    def status(self) -> int | None:
        return self.sent[0]["status"] if self.sent else None

    def problem(self) -> dict[str, object]:
        headers = dict(self.sent[0]["headers"])
        assert headers[b"content-type"].decode() == MEDIA_TYPE
        assert headers[b"retry-after"] == b"1"
        found: dict[str, object] = msgspec.json.decode(self.sent[1]["body"])
        return found


async def settle() -> None:
    for _ in range(10):
        await asyncio.sleep(0)


def run(test: Callable[[House], Awaitable[None]], house: House | None = None) -> None:
    asyncio.run(test(house or House()))  # type: ignore[arg-type]  # it is a coroutine


def test_one_request_too_many_is_told_when_to_come_again() -> None:
    async def test(house: House) -> None:
        first, second = Visitor(house), Visitor(house)
        await settle()
        assert house.gate.under_way == 2
        third = Visitor(house)
        await third.task
        assert third.status == 503
        assert third.problem()["code"] == ErrorCode.SERVICE_BUSY
        assert (
            third.problem()["request_id"]
            == dict(third.sent[0]["headers"])[b"x-request-id"].decode()
        )
        await first.bring(b"", more=False)
        await first.task
        assert first.status == 200
        fourth = Visitor(house)
        await fourth.bring(b"", more=False)
        assert fourth.status == 200
        await second.bring(b"", more=False)
        assert house.gate.under_way == 0

    run(test)


@pytest.mark.parametrize("path", sorted(ALWAYS))
def test_who_looks_after_the_node_is_answered_in_a_full_house(path: str) -> None:
    async def test(house: House) -> None:
        others = [Visitor(house), Visitor(house)]
        await settle()
        caller = Visitor(house, path)
        await caller.bring(b"", more=False)
        assert caller.status == 200
        for other in others:
            await other.bring(b"", more=False)

    run(test)


def test_a_stopping_node_is_not_ready_and_serves() -> None:
    async def test(house: House) -> None:
        house.gate.stop()
        probe, caller = Visitor(house, READY), Visitor(house)
        await caller.bring(b"", more=False)
        assert (probe.status, caller.status) == (503, 200)

    run(test)


def test_a_body_that_comes_byte_by_byte_is_too_late() -> None:
    async def test(house: House) -> None:
        caller = Visitor(house)
        for _ in range(10):
            await house.wait(1)
            await caller.bring(b"x")
            assert not house.refused
        await house.wait(1)
        await caller.task
        assert house.refused == [ErrorCode.REQUEST_TIMEOUT]
        assert house.gate.under_way == 0

    run(test)


def test_a_long_body_has_more_time_but_no_longer_pauses() -> None:
    async def test(house: House) -> None:
        caller = Visitor(house)
        for _ in range(30):
            await house.wait(1)
            await caller.bring(b"x" * 1000)
        await house.wait(10)
        assert not house.refused
        await house.wait(2)
        await caller.task
        assert house.refused == [ErrorCode.REQUEST_TIMEOUT]

    run(test)


def test_time_that_the_node_itself_takes_is_not_the_callers() -> None:
    async def test(house: House) -> None:
        begun = asyncio.Event()

        async def slow(scope: Any, receive: Any, send: Any) -> None:  # noqa: ANN401 - ASGI
            await receive()
            await begun.wait()
            await house.serve(scope, receive, send)

        house.gate = Gate(slow, LIMITS)
        caller = Visitor(house)
        await caller.bring(b"x")
        await house.wait(1000)
        begun.set()
        await house.wait(1)
        await caller.bring(b"x", more=False)
        assert caller.status == 200

    run(test)


def test_of_a_stream_only_the_pauses_count() -> None:
    async def test(house: House) -> None:
        caller = Visitor(house, STREAM)
        for _ in range(20):
            await house.wait(9)
            await caller.bring(b"\n")
        assert not house.went_away
        await house.wait(12)
        await caller.task
        assert house.went_away == 1
        assert not house.refused

    run(test)


def test_after_the_body_nothing_is_measured() -> None:
    async def test(house: House) -> None:
        gone = asyncio.Event()

        async def waits(scope: Any, receive: Any, send: Any) -> None:  # noqa: ANN401 - ASGI
            del scope, send
            await receive()
            assert (await receive())["type"] == "http.disconnect"
            gone.set()

        house.gate = Gate(waits, LIMITS)
        caller = Visitor(house)
        await caller.bring(b"x", more=False)
        await house.wait(1000)
        assert not gone.is_set()
        await caller._parts.put({"type": "http.disconnect"})
        await caller.task
        assert gone.is_set()

    run(test)


def test_who_is_no_longer_served_gets_a_last_word() -> None:
    async def test(house: House) -> None:
        caller = Visitor(house)
        await settle()
        caller.task.cancel()
        await caller.task
        assert caller.status == 503
        assert caller.problem()["code"] == ErrorCode.SERVICE_BUSY

    run(test)


def test_a_failure_of_what_is_behind_it_is_answered_in_the_same_shape() -> None:
    async def test(house: House) -> None:
        async def fails(scope: Any, receive: Any, send: Any) -> None:  # noqa: ANN401 - ASGI
            raise LookupError(scope, receive, send)

        house.gate = Gate(fails, LIMITS)
        caller = Visitor(house)
        await caller.task
        assert caller.status == 500
        assert dict(caller.sent[0]["headers"])[b"content-type"].decode() == MEDIA_TYPE

    run(test)


def test_the_paths_that_are_treated_apart_exist() -> None:
    def unopened() -> Service:
        raise AssertionError("nothing is served here")

    paths = {route.path for route in make_app(unopened, Settings(layout=1)).app.routes}
    assert paths >= ALWAYS | AT_THEIR_OWN_PACE


def test_a_caller_who_goes_away_is_no_one_who_is_late() -> None:
    async def test(house: House) -> None:
        caller = Visitor(house)
        await caller._parts.put({"type": "http.disconnect"})
        await caller.task
        assert house.went_away == 1
        assert not house.refused

    run(test)


class Log(RequestLog):
    """Keeps what is noted."""

    def __init__(self) -> None:
        super().__init__(ServeSettings())
        self.noted: list[Served] = []

    def note(self, served: Served) -> None:
        self.noted.append(served)


def test_who_is_refused_is_noted_without_the_path() -> None:
    log = Log()

    async def test(house: House) -> None:
        house.gate = Gate(house.serve, LIMITS, log)
        house.gate.stop()
        await Visitor(house, READY).task
        others = [Visitor(house), Visitor(house)]
        await settle()
        await Visitor(house, "/secret").task
        for other in others:
            await other.bring(b"", more=False)

    run(test)
    assert [(one.status, one.route) for one in log.noted] == [(503, READY), (503, "")]
    assert {one.code for one in log.noted} == {ErrorCode.SERVICE_BUSY}
