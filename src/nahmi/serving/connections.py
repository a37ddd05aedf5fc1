# SPDX-License-Identifier: Apache-2.0
"""Connections that callers may not hold for ever, and refusals where no request came about.

uvicorn closes a connection that rests between two requests. It has no limit for one that sends its
head byte by byte or never reads its answer, none for the length of a head, and none for the number
of connections that would not also refuse health checks; and it drops resting connections when it
stops, whatever their callers are about to send. This is what is added to it:

1. A look every second (`Connection.look`) finds connections that are in the same place as before.
   Requests pay nothing for that: no timer is set, no moment noted.
2. Bytes that bring neither a request nor a body forward are counted: endless heads, endless
   trailers.
3. A full house closes the connection that has waited longest for a request.
4. A server that stops answers what is still sent over its connections, and says that it was the
   last answer. Only who sends nothing for a while is hung up on.
"""

import asyncio
import socket
import struct
from http import HTTPStatus
from typing import Any, Final

import msgspec
from uvicorn.config import Config
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol, RequestResponseCycle
from uvicorn.server import ServerState

from nahmi.api.bare import problem_parts
from nahmi.api.problems import Problem, problem_of
from nahmi.bootstrap.metrics import note_response
from nahmi.bootstrap.request_ids import next_request_id
from nahmi.errors import ErrorCode, RequestError
from nahmi.operate.settings import LimitSettings

LONGEST_HEAD: Final = 1 << 16
"""Bytes of a head, with what else is no body."""

_MOST_PIPELINED: Final = 32
"""Requests that a caller may send over one connection before it has read an answer."""

_AT_ONCE: Final = struct.pack("ii", 1, 0)
_Place = tuple[str, object]


class Connections(ServerState):
    """The connections of one server process.

    Args:
        limits: How many, how long.

    Attributes:
        is_leaving: The server stops: each answer is the last of its connection.
        now: Of the last look.
    """

    def __init__(self, limits: LimitSettings) -> None:
        super().__init__()
        self.limits = limits
        self.now = 0.0
        self.is_leaving = False

    def look(self, now: float) -> None:
        """End connections that take too long; to be called about once a second.

        Args:
            now: Seconds that the event loop has turned.
        """
        self.now = now
        for connection in self._ours():
            connection.look(now)

    def close_resting(self) -> None:
        """Close connections over which no request is being served."""
        for connection in self._ours():
            if connection.is_resting:
                connection.transport.close()

    def break_off(self) -> None:
        """End every connection, whatever is under way."""
        for connection in self._ours():
            connection.break_off()

    def make_room(self, newcomer: "Connection") -> bool:
        """Close the connection that has waited longest for a request, if there are too many.

        Returns:
            Whether there is room; false when all of them are being served.
        """
        if len(self.connections) <= self.limits.connections:
            return True
        resting = [
            one
            for one in self._ours()
            if one.is_resting and one is not newcomer and not one.transport.is_closing()
        ]
        if not resting:
            return False
        min(resting, key=lambda one: one.since).transport.close()
        return True

    def _ours(self) -> list["Connection"]:
        return [one for one in self.connections if isinstance(one, Connection)]


class Connection(HttpToolsProtocol):
    """One connection; for `http` of `uvicorn.Config`, with `Connections` as the server's state.

    Attributes:
        since: Since when it has been where it is, as far as was looked.
    """

    def __init__(
        self,
        config: Config,
        server_state: ServerState,
        app_state: dict[str, Any],
        _loop: asyncio.AbstractEventLoop | None = None,
    ) -> None:
        super().__init__(config, server_state, app_state, _loop)
        if not isinstance(server_state, Connections):
            raise TypeError("The server must keep its connections in `Connections`.")
        self._house = server_state
        self._bare_bytes = 0
        self._drained = 0
        self._place: _Place | None = None
        self.since = server_state.now

    @property
    def is_resting(self) -> bool:
        """Whether it waits for a request, or for the rest of one."""
        cycle = self._latest
        return cycle is None or cycle.response_complete

    @property
    def _latest(self) -> RequestResponseCycle | None:
        """The request that came last; None before the first, which uvicorn's types leave out."""
        return self.cycle

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """See `asyncio.Protocol`."""
        super().connection_made(transport)  # type: ignore[arg-type]  # uvicorn names the kind
        if not self._house.make_room(self):
            self._refuse(_busy())

    def data_received(self, data: bytes) -> None:
        """See `asyncio.Protocol`."""
        before = self._latest
        if before is None or before.response_complete:
            super().data_received(data)
            is_forward = self.cycle is not before
        else:
            had_more, read = before.more_body, len(before.body)
            super().data_received(data)
            is_body = had_more and (not before.more_body or len(before.body) > read)
            is_forward = is_body or self.cycle is not before
        if is_forward:
            self._bare_bytes = 0
        else:
            self._note_bare(len(data))

    def on_headers_complete(self) -> None:
        """See `HttpToolsProtocol`."""
        super().on_headers_complete()
        if self._house.is_leaving:
            self.cycle.keep_alive = False
        if self.pipeline and len(self.pipeline) > _MOST_PIPELINED:
            self.transport.abort()

    def resume_writing(self) -> None:
        """See `asyncio.Protocol`; what waits may be as much as before, and is something else."""
        self._drained += 1
        super().resume_writing()

    def send_400_response(self, msg: str) -> None:
        """See `HttpToolsProtocol`; in the shape of every other refusal."""
        del msg
        self._refuse(_unreadable())

    def shutdown(self) -> None:
        """See `HttpToolsProtocol`; a caller who is about to ask is still answered."""
        cycle = self._latest
        if cycle is not None:
            cycle.keep_alive = False

    def look(self, now: float) -> None:
        """Note where the connection is, and end it if it has been there for too long."""
        place, allowed_s = self._whereabouts()
        if place != self._place:
            self._place, self.since = place, now
        elif now - self.since > allowed_s:
            self._end(place[0])

    def break_off(self) -> None:
        """Hang up without waiting for anything; the system drops what nobody has read."""
        held = self.transport.get_extra_info("socket")
        if held is not None and held.family != socket.AF_UNIX:
            held.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _AT_ONCE)
        self.transport.abort()

    def _whereabouts(self) -> tuple[_Place, float]:
        limits, cycle = self._house.limits, self._latest
        unread = self.transport.get_write_buffer_size()
        if unread:
            return ("answer", (unread, self._drained)), limits.answer_s
        if self.transport.is_closing():
            return ("end", None), limits.answer_s
        if cycle is None or (cycle.response_complete and not cycle.more_body):
            return ("head", cycle), limits.head_s
        if cycle.response_complete:
            return ("rest", cycle), limits.body_s  # of a body that was refused
        return ("request", cycle), float("inf")

    def _end(self, place: str) -> None:
        if place in {"answer", "end"}:
            self.break_off()
        elif place == "head" and self._bare_bytes:
            self._refuse(_late())
        else:
            self.transport.close()

    def _note_bare(self, count: int) -> None:
        self._bare_bytes += count
        if self._bare_bytes > LONGEST_HEAD + self._rest_bytes():
            self._refuse(_long())

    def _rest_bytes(self) -> int:
        """How much may still come of a body that was refused; it is read and dropped."""
        cycle = self._latest
        if cycle is None or not (cycle.response_complete and cycle.more_body):
            return 0
        headers = dict(cycle.scope["headers"])
        return int(headers.get(b"content-length", 0))

    def _is_answered(self) -> bool:
        """Whether the answer has begun to the request that is being sent or served."""
        cycle = self._latest
        if cycle is None or (cycle.response_complete and not cycle.more_body):
            return False
        return cycle.response_started

    def _refuse(self, problem: Problem) -> None:
        """Answer outside of any request, and hang up."""
        if self.transport.is_closing():
            return
        if self.pipeline or self._is_answered():
            self.transport.abort()  # it would be taken for the answer to another request
            return
        note_response(problem.status)
        self.transport.write(_raw(problem, self.server_state.default_headers))
        self.transport.close()


def _raw(problem: Problem, default_headers: list[tuple[bytes, bytes]]) -> bytes:
    headers, body = problem_parts(problem)
    headers = [header for header in headers if header[0] != b"connection"]
    lines = [*default_headers, *headers, (b"connection", b"close")]
    status = HTTPStatus(problem.status)
    return b"".join(
        (
            f"HTTP/1.1 {status.value} {status.phrase}\r\n".encode(),
            *(b"%b: %b\r\n" % line for line in lines),
            b"\r\n",
            body,
        )
    )


def _problem(code: ErrorCode, detail: str, *, hint: str = "", status: int = 0) -> Problem:
    found = problem_of(RequestError(code, detail, hint=hint), next_request_id())
    return msgspec.structs.replace(found, status=status) if status else found


def _busy() -> Problem:
    return _problem(
        ErrorCode.SERVICE_BUSY,
        "The node has as many connections as it takes.",
        hint="Try again in a moment; an administrator can raise limits.connections.",
    )


def _late() -> Problem:
    return _problem(
        ErrorCode.REQUEST_TIMEOUT,
        "The head of the request did not arrive in full in time.",
        hint="Send it over a quicker connection; an administrator can raise limits.head_s.",
    )


def _long() -> Problem:
    return _problem(
        ErrorCode.REQUEST_TOO_LARGE,
        f"The head of the request has more than {LONGEST_HEAD} bytes.",
        status=HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE,
    )


def _unreadable() -> Problem:
    return _problem(ErrorCode.REQUEST_MALFORMED, "This is no request over HTTP.")
