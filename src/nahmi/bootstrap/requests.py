# SPDX-License-Identifier: Apache-2.0
"""Every request has an id, is counted, and gets a line in the log when it is one to look at.

A line names the route by its template and the caller by a number. What was sent is not in it, and
neither are the address and its query (docs/reference/logs.md).
"""

import logging
import time
from typing import Any, Final

import msgspec
import structlog
from litestar.enums import ScopeType
from litestar.types import ASGIApp, Message, Receive, Scope, Send

from nahmi.access.identity import Principal
from nahmi.bootstrap.metrics import note_response
from nahmi.bootstrap.request_ids import next_request_id
from nahmi.flows.signing_in import SignedIn
from nahmi.operate.request_lines import RequestLines
from nahmi.operate.settings import ServeSettings

REQUEST_ID: Final = "x-request-id"
"""The header that carries a request's id, and the id's name in the state of a request."""
CODE: Final = "nahmi_code"
"""Under this name the state of a request holds the code of its failure."""
ASKS_OPT: Final = "nahmi_asks"
"""Routes with this option change nothing, whatever their method."""

_METHODS: Final = frozenset({"GET", "HEAD", "OPTIONS", "POST", "PUT", "PATCH", "DELETE"})
_SAFE: Final = frozenset({"GET", "HEAD", "OPTIONS"})
_FAILED_HERE: Final = 500
_log = structlog.get_logger()


class Served(msgspec.Struct, frozen=True, kw_only=True):
    """What is known of a request once it is served.

    Attributes:
        request_id: As its answer carries it.
        method: Of HTTP.
        route: The template of its path; empty when there is no such route.
        status: Of its answer; 0 when the caller went away before.
        took_s: Until its answer was sent, seconds.
        principal: Who asked; None when nobody was let in.
        code: Of its failure; empty without one.
        is_change: Whether it was to change something.
    """

    request_id: str
    method: str
    route: str
    status: int
    took_s: float
    principal: Principal | None = None
    code: str = ""
    is_change: bool = False


class RequestLog:
    """Takes note of requests. For one event loop.

    Args:
        settings: Which requests get a line.

    Attributes:
        calm_s: A question that was answered in less time need not be noted, seconds.
    """

    def __init__(self, settings: ServeSettings) -> None:
        self._lines = RequestLines(settings.request_log, settings.slow_ms / 1000)
        self.calm_s = self._lines.calm_s

    def note(self, served: Served) -> None:
        """Take note of a request that was served, by a line in the log if it is one to look at."""
        is_wanted = self._lines.wants(
            time.monotonic(),
            status=served.status,
            took_s=served.took_s,
            is_change=served.is_change,
        )
        if is_wanted and structlog.is_configured():
            self._write(served)

    def _write(self, served: Served) -> None:
        left_out = self._lines.take_left_out()
        if left_out:
            _log.info("request:skip", count=left_out)
        level = logging.WARNING if served.status >= _FAILED_HERE else logging.INFO
        _log.log(level, "request:answer", **_fields(served))


def _fields(served: Served) -> dict[str, object]:
    fields: dict[str, object] = {
        "request_id": served.request_id,
        "method": served.method if served.method in _METHODS else "other",
        "duration_ms": round(served.took_s * 1000, 3),
    }
    if served.route:
        fields["route"] = served.route
    if served.status:
        fields["status"] = served.status
    else:
        fields["outcome"] = "gone"
    if served.principal is not None:
        fields |= {"principal": served.principal.name, "member_id": served.principal.member_id}
    if served.code:
        fields["code"] = served.code
    return fields


class Attended:
    """An application whose requests are named, counted and noted.

    Args:
        app: Serves them.
        log: Takes note of them.
    """

    def __init__(self, app: ASGIApp, log: RequestLog) -> None:
        self._app = app
        self._log = log

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one connection, as ASGI has it."""
        if scope["type"] != ScopeType.HTTP:
            await self._app(scope, receive, send)
            return
        began = time.monotonic()
        name = next_request_id()
        scope.setdefault("state", {})[REQUEST_ID] = name
        status = 0

        async def sending(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                note_response(status)
                headers = [*message["headers"], (REQUEST_ID.encode(), name.encode())]
                message = {**message, "headers": headers}
            await send(message)

        try:
            await self._app(scope, receive, sending)
        finally:
            self._note(scope, status, began)

    def _note(self, scope: Any, status: int, began: float) -> None:  # noqa: ANN401 - Litestar adds keys of its own
        handler = scope.get("route_handler")
        asks = handler is not None and handler.opt.get(ASKS_OPT, False)
        state = scope["state"]
        self._log.note(
            Served(
                request_id=state[REQUEST_ID],
                method=scope["method"],
                route=scope.get("path_template", ""),
                status=status,
                took_s=time.monotonic() - began,
                principal=caller_of(scope),
                code=state.get(CODE, ""),
                is_change=scope["method"] not in _SAFE and not asks,
            )
        )


def caller_of(scope: Any) -> Principal | None:  # noqa: ANN401 - Litestar adds keys of its own
    """Who sent a request; None when nobody was let in."""
    user = scope.get("user")
    if isinstance(user, SignedIn):
        return user.principal
    return user if isinstance(user, Principal) else None
