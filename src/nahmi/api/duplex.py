# SPDX-License-Identifier: Apache-2.0
"""Lines in, lines out, at the same time.

Answers are sent while the request still comes in. A caller who sends everything before reading
anything must not bring both sides to a halt, so what is not read yet waits in an unnamed file; the
memory that a request takes is bounded, whatever its length.
"""

import tempfile
from collections.abc import Awaitable, Callable, Sequence
from typing import Any, Final

import anyio
from litestar import Litestar, Request, Response
from litestar.response.base import ASGIResponse
from litestar.types import HTTPResponseBodyEvent, HTTPResponseStartEvent, Receive, Scope, Send

AnyRequest = Request[Any, Any, Any]

AnswerLines = Callable[[Sequence[bytes]], Awaitable[bytes]]
"""Lines without their ends to the text of their answers, a line each."""

LONGEST_LINE: Final = 1 << 20
"""Bytes of one line; a longer one is cut, so that it answers with what is wrong with it."""

_IN_MEMORY_BYTES: Final = 1 << 20
_MOST_UNREAD_BYTES: Final = 1 << 28
_SENT_AT_ONCE: Final = 1 << 16
_LINES_AT_ONCE: Final = 1_000


class LinesResponse(Response[str]):
    """Answers a request in lines while it comes in.

    Args:
        answer: Answers some lines.
        media_type: Of the answer.
    """

    def __init__(self, answer: AnswerLines, *, media_type: str) -> None:
        super().__init__("", media_type=media_type)
        self._answer = answer

    def to_asgi_response(
        self,
        app: Litestar | None,
        request: AnyRequest,
        **more: Any,  # noqa: ANN401 - not needed here
    ) -> ASGIResponse:
        """See `litestar.Response`."""
        del app, request, more
        return _Duplex(self._answer, str(self.media_type))


class _Unread:
    """Answers that the caller has not read yet, in a file."""

    def __init__(self) -> None:
        self._file = tempfile.SpooledTemporaryFile(_IN_MEMORY_BYTES)  # noqa: SIM115 - closed below
        self._read = self._written = 0
        self._is_over = False
        self._changed = anyio.Condition()

    async def put(self, answers: bytes) -> None:
        async with self._changed:
            while self._written - self._read > _MOST_UNREAD_BYTES:
                await self._changed.wait()
            self._file.seek(self._written)
            self._file.write(answers)
            self._written += len(answers)
            self._changed.notify_all()

    async def end(self) -> None:
        async with self._changed:
            self._is_over = True
            self._changed.notify_all()

    async def take(self) -> bytes:
        """Some of them; empty when there will be no more."""
        async with self._changed:
            while self._read == self._written and not self._is_over:
                await self._changed.wait()
            self._file.seek(self._read)
            part = self._file.read(_SENT_AT_ONCE)
            self._read += len(part)
            if self._read == self._written:
                self._file.seek(0)
                self._file.truncate()
                self._read = self._written = 0
            self._changed.notify_all()
            return part

    def close(self) -> None:
        self._file.close()


class _Duplex(ASGIResponse):
    def __init__(self, answer: AnswerLines, media_type: str) -> None:
        super().__init__(media_type=media_type)
        self._answer = answer
        self._media_type = media_type

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        del scope
        start: HTTPResponseStartEvent = {
            "type": "http.response.start",
            "status": 200,
            "headers": [(b"content-type", self._media_type.encode())],
        }
        await send(start)
        unread = _Unread()
        try:
            async with anyio.create_task_group() as group:
                group.start_soon(self._read, receive, unread, group.cancel_scope)
                await _send_all(unread, send)
        finally:
            unread.close()

    async def _read(self, receive: Receive, unread: _Unread, scope: anyio.CancelScope) -> None:
        rest = b""
        more = True
        while more:
            message = await receive()
            if message["type"] != "http.request":
                scope.cancel()  # the caller went away
                return
            *lines, rest = (rest + message["body"]).split(b"\n")
            rest = rest[: LONGEST_LINE + 1]
            more = message["more_body"]
            if not more and rest:
                lines.append(rest)
            for at in range(0, len(lines), _LINES_AT_ONCE):
                await unread.put(await self._answer(lines[at : at + _LINES_AT_ONCE]))
        await unread.end()


async def _send_all(unread: _Unread, send: Send) -> None:
    while True:
        part = await unread.take()
        event: HTTPResponseBodyEvent = {
            "type": "http.response.body",
            "body": part,
            "more_body": bool(part),
        }
        await send(event)
        if not part:
            return
