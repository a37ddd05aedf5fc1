# SPDX-License-Identifier: Apache-2.0
"""Traces of a node: on only when its operator names a collector."""

from collections.abc import Collection
from typing import TYPE_CHECKING, Any

from litestar.enums import ScopeType
from litestar.types import ASGIApp, Message, Receive, Scope, Send

from nahmi.bootstrap.requests import CODE, REQUEST_ID, caller_of
from nahmi.errors import ErrorCode, InputError
from nahmi.operate.settings import TelemetrySettings

if TYPE_CHECKING:  # the packages behind it are an extra
    from nahmi.wire.traces import Traces


def make_traces(settings: TelemetrySettings) -> "Traces | None":
    """Traces, when the operator wants them.

    Raises:
        InputError: EXTRA_MISSING.
    """
    if not settings.endpoint:
        return None
    try:
        from nahmi.wire.traces import Traces  # noqa: PLC0415 - an extra, and slow
    except ImportError:
        raise InputError(
            ErrorCode.EXTRA_MISSING,
            "Traces need packages that are not installed.",
            hint="pip install 'nahmi[telemetry]', or empty telemetry.endpoint in node.toml.",
        ) from None
    return Traces.to_collector(settings.endpoint, share=settings.share)


class TracedApp:
    """An application whose requests are traced.

    Args:
        app: Serves them.
        traces: Takes note.
        known: Paths that are their own templates and that the application does not name.
    """

    def __init__(self, app: ASGIApp, traces: "Traces", *, known: Collection[str] = ()) -> None:
        self._app = app
        self._traces = traces
        self._known = frozenset(known)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one connection, as ASGI has it."""
        if scope["type"] != ScopeType.HTTP:
            await self._app(scope, receive, send)
            return
        with self._traces.outer("request", method=scope["method"]) as span:

            async def sending(message: Message) -> None:
                if message["type"] == "http.response.start":
                    named = dict(message["headers"]).get(REQUEST_ID.encode(), b"")
                    span.note(status=message["status"], request_id=named.decode())
                await send(message)

            try:
                await self._app(scope, receive, sending)
            finally:
                path = scope["path"]
                route = scope.get("path_template") or (path if path in self._known else None)
                span.note(route=route, **_told(scope))


def _told(scope: Any) -> dict[str, Any]:  # noqa: ANN401 - Litestar adds keys of its own
    """What the application found out about a request."""
    fields = {"code": scope.get("state", {}).get(CODE)}
    who = caller_of(scope)
    if who is not None:
        fields |= {"principal": who.name, "member_id": who.member_id}
    return fields
