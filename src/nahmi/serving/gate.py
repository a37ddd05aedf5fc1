# SPDX-License-Identifier: Apache-2.0
"""Through here goes every request: so many at once, and none for ever.

A node that takes more than it can do answers nobody in time. So requests under way are counted, and
one too many is told at once when to come again. A caller whose body comes byte by byte would keep
its place as long as it likes; it is told that it is too late.

A request pays little for that: no timer is set, no clock is read. Somebody looks at all bodies each
second (`Gate.look`), notes which of them are waited for, and wakes who waits in vain.
"""

import asyncio
import logging
from contextlib import suppress
from typing import Final

from litestar.enums import ScopeType
from litestar.types import ASGIApp, HTTPReceiveMessage, HTTPScope, Receive, Scope, Send

from nahmi.api.bare import send_problem
from nahmi.api.problems import Problem, problem_of, unforeseen
from nahmi.bootstrap.request_ids import next_request_id
from nahmi.bootstrap.requests import RequestLog, Served
from nahmi.errors import ErrorCode, RequestError
from nahmi.operate.settings import LimitSettings

READY: Final = "/health/ready"
ALWAYS: Final = frozenset({"/health/live", READY, "/metrics"})
"""Who looks after the node gets answers, above all when it has too much to do."""

AT_THEIR_OWN_PACE: Final = frozenset({"/api/v1/match/stream"})
"""Bodies that are read and answered while they come: only their pauses are measured."""

BYTES_A_SECOND: Final = 1_000
"""So many bytes of a body give it another second; no line that people use is slower."""

_RESERVE: Final = 50
"""So many of those who look after the node, beyond the limit."""
_HTTP: Final = ScopeType.HTTP
_PROBLEM_S: Final = 1.0

_log = logging.getLogger("nahmi.serve")


class Gate:
    """Counts requests under way, refuses one too many, and ends those whose body does not come.

    Args:
        app: Everything behind it.
        limits: How many, how long.
        requests: Takes note of those that are refused.

    Attributes:
        startup_error: Why the application behind it could not be opened, if it could not.
    """

    def __init__(
        self, app: ASGIApp, limits: LimitSettings, requests: RequestLog | None = None
    ) -> None:
        self._app = app
        self._requests = requests
        self._limits = limits
        self._concurrent = limits.concurrent
        self._bodies: set[_Body] = set()
        self._waits: dict[_Body, _Wait] = {}
        self._is_stopping = False
        self._looked_at = 0.0
        self.startup_error: BaseException | None = None

    @property
    def under_way(self) -> int:
        """How many requests are being served."""
        return len(self._bodies)

    def stop(self) -> None:
        """From now on the node is not ready; requests are served as before."""
        self._is_stopping = True

    def look(self, now: float) -> None:
        """End requests whose body is too late; to be called about once a second.

        Args:
            now: Seconds that the event loop has turned.
        """
        passed_s, self._looked_at = now - self._looked_at, now
        allowed_s = self._limits.body_s
        self._waits = {body: wait for body, wait in self._waits.items() if body in self._bodies}
        for body in self._bodies:
            if body.task is not None and not body.is_late:
                wait = self._waits.setdefault(body, _Wait())
                if wait.is_too_long(body, passed_s, allowed_s):
                    body.give_up()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request, as ASGI has it."""
        if scope["type"] != _HTTP:
            await self._open(scope, receive, send)
            return
        path = scope["path"]
        bodies = self._bodies
        if len(bodies) >= self._concurrent or self._is_stopping:
            refusal = self._refusal(path)
            if refusal is not None:
                problem = problem_of(refusal, next_request_id())
                await send_problem(send, problem)
                self._note(problem, scope)
                return
        body = _Body(receive, path)
        bodies.add(body)
        try:
            await self._app(scope, body.receive, send)
        except asyncio.CancelledError:
            await _send_last(send, problem_of(_stopped(), next_request_id()))
        except Exception:  # noqa: BLE001 - a failure of the frameworks themselves
            problem = unforeseen(next_request_id())
            _log.exception("request:fail", extra={"request_id": problem.request_id})
            await _send_last(send, problem)
        finally:
            bodies.discard(body)

    def _refusal(self, path: str) -> RequestError | None:
        if self._is_stopping and path == READY:
            return RequestError(ErrorCode.SERVICE_BUSY, "The node is stopping.")
        most = self._concurrent + (_RESERVE if path in ALWAYS else 0)
        if len(self._bodies) < most:
            return None
        return RequestError(
            ErrorCode.SERVICE_BUSY,
            "The node serves as many requests as it takes at once.",
            hint="Try again in a moment; an administrator can raise limits.concurrent.",
        )

    def _note(self, problem: Problem, scope: HTTPScope) -> None:
        if self._requests is not None:
            refused = Served(
                request_id=problem.request_id,
                method=scope["method"],
                route=scope["path"] if scope["path"] in ALWAYS else "",
                status=problem.status,
                took_s=0.0,
                code=problem.code,
            )
            self._requests.note(refused)

    async def _open(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            await self._app(scope, receive, send)
        except BaseException as error:
            self.startup_error = error
            while isinstance(self.startup_error, BaseExceptionGroup):  # Litestar opens in a group
                self.startup_error = self.startup_error.exceptions[0]
            raise


async def _send_last(send: Send, problem: Problem) -> None:
    """Say why a request is no longer served, unless its answer has begun."""
    with suppress(RuntimeError, TimeoutError):  # the server's word for an answer that has begun
        async with asyncio.timeout(_PROBLEM_S):
            await send_problem(send, problem)


def _stopped() -> RequestError:
    return RequestError(
        ErrorCode.SERVICE_BUSY, "The node stopped before the request was done.", hint="Ask again."
    )


class _Body:
    """The body of one request, on its way.

    Attributes:
        task: Waits for the next part; None while nobody does.
        parts: How many have come.
        read: Their bytes.
        is_late: Nobody waits any longer.
    """

    __slots__ = ("_has_all", "_path", "_receive", "is_late", "parts", "read", "task")

    def __init__(self, receive: Receive, path: str) -> None:
        self._receive = receive
        self._path = path
        self._has_all = self.is_late = False
        self.parts = self.read = 0
        self.task: asyncio.Task[object] | None = None

    @property
    def has_own_pace(self) -> bool:
        """Whether only its pauses count."""
        return self._path in AT_THEIR_OWN_PACE

    async def receive(self) -> HTTPReceiveMessage:
        """The next part, as ASGI has it.

        Raises:
            RequestError: REQUEST_TIMEOUT: the caller takes too long to send it.
        """
        if self._has_all:
            return await self._receive()  # type: ignore[return-value]  # it is a request over HTTP
        if self.is_late:
            return {"type": "http.disconnect"}
        task = self.task = asyncio.current_task()
        try:
            message: HTTPReceiveMessage = await self._receive()  # type: ignore[assignment]  # as above
        except asyncio.CancelledError:
            if not self.is_late or task is None or task.uncancel():
                raise
            if self.has_own_pace:
                return {"type": "http.disconnect"}  # its answer has begun
            raise _too_late() from None
        finally:
            self.task = None
        if message["type"] == "http.request":
            self.parts += 1
            self.read += len(message["body"])
            self._has_all = not message["more_body"]
        else:
            self._has_all = True
        return message

    def give_up(self) -> None:
        """Wake whoever waits for it."""
        self.is_late = True
        if self.task is not None:
            self.task.cancel()


class _Wait:
    """How long a body has been waited for, as far as somebody looked."""

    def __init__(self) -> None:
        self._parts = 0
        self._paused_s = 0.0
        self._waited_s = 0.0

    def is_too_long(self, body: _Body, passed_s: float, allowed_s: float) -> bool:
        """Note another look at a body that is waited for.

        Args:
            body: Which.
            passed_s: Since the last look.
            allowed_s: How long it may be waited for, as `limits.body_s`.
        """
        self._waited_s += passed_s
        self._paused_s = self._paused_s + passed_s if self._parts == body.parts else 0.0
        self._parts = body.parts
        if self._paused_s > allowed_s:
            return True
        return not body.has_own_pace and self._waited_s > allowed_s + body.read / BYTES_A_SECOND


def _too_late() -> RequestError:
    return RequestError(
        ErrorCode.REQUEST_TIMEOUT,
        "The body of the request did not arrive in full in time.",
        hint="Send it over a quicker connection; an administrator can raise limits.body_s.",
    )
