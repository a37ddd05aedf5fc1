# SPDX-License-Identifier: Apache-2.0
"""The console's application: its routes, who is let in, and one kind of page for every failure."""

import logging
from collections.abc import Callable
from typing import Any, Final

import anyio.to_thread
from litestar import Litestar, Request, Response, Router, get
from litestar.connection import ASGIConnection
from litestar.di import NamedDependency, Provide
from litestar.exceptions import (
    HTTPException,
    MethodNotAllowedException,
    NotFoundException,
    ValidationException,
)
from litestar.middleware import (
    AbstractAuthenticationMiddleware,
    AuthenticationResult,
    DefineMiddleware,
)
from litestar.params import FromPath

from nahmi.bootstrap.requests import CODE, REQUEST_ID
from nahmi.bootstrap.service import Service
from nahmi.errors import ErrorCode, NahmiError
from nahmi.web import cookies, routes
from nahmi.web.assets import BY_ADDRESS, CACHE_FOR_EVER, PREFIX
from nahmi.web.paths import CONSOLE, to, with_query
from nahmi.web.views.operations import Problem
from nahmi.web.visits import SERVICE, Visit, typed_of, visit_of

AnyRequest = Request[Any, Any, Any]
StatusOf = Callable[[ErrorCode], int]
_log = logging.getLogger("nahmi.web")
_SHOWN: Final = {400, 401, 403, 404, 405, 408, 409, 413, 415, 422, 429, 500, 503}
_RETRY_AFTER_S: Final = 1
_TOO_LATE: Final = 408


def make_console(service: Callable[[], Service], *, status_of: StatusOf) -> Litestar:
    """The console.

    Args:
        service: The node, once it is opened.
        status_of: The HTTP status of an error code.
    """
    failures = _Failures(status_of)
    app = Litestar(
        [
            Router(CONSOLE, route_handlers=routes.ALL),
            _asset,
            _root,
        ],
        middleware=[DefineMiddleware(_Sessions, exclude=[f"^{PREFIX}"])],
        dependencies={
            "visit": Provide(visit_of, sync_to_thread=False),
            "typed": Provide(typed_of),
        },
        exception_handlers={
            NahmiError: failures.known,
            HTTPException: failures.of_framework,
            Exception: failures.unforeseen,
        },
        openapi_config=None,
        request_max_body_size=None,  # forms are measured before they are read
        logging_config=None,
    )
    app.state[SERVICE] = service
    return app


class _Sessions(AbstractAuthenticationMiddleware):
    """Finds out whose session a request belongs to; the routes decide who is let in."""

    async def authenticate_request(self, connection: ASGIConnection) -> AuthenticationResult:  # type: ignore[type-arg]  # Litestar's own signature
        visit = Visit(connection)  # type: ignore[arg-type]  # a connection knows all that is asked here
        token = connection.cookies.get(cookies.session_name(is_secure=visit.is_secure), "")
        door = visit.journeys.signing_in
        user = await anyio.to_thread.run_sync(door.session, token) if token else None
        return AuthenticationResult(user=user, auth=None)


class _Failures:
    """Pages for what went wrong.

    Args:
        status_of: The HTTP status of an error code.
    """

    def __init__(self, status_of: StatusOf) -> None:
        self._status_of = status_of

    def known(self, request: AnyRequest, error: NahmiError) -> Response[str]:
        """A failure that has a code; whoever is not signed in may do that first."""
        visit = Visit(request)
        is_anonymous = request.scope.get("user") is None
        if error.code is ErrorCode.CREDENTIAL_INVALID and is_anonymous:
            here = visit.request.url.path if request.method == "GET" else ""
            return visit.go(with_query(to("sign-in"), {"next": here}))
        return _page(visit, self._status_of(error.code), error.code, error.diagnostics())

    def of_framework(self, request: AnyRequest, error: HTTPException) -> Response[str]:
        """A failure that Litestar found."""
        code, status = ErrorCode.REQUEST_MALFORMED, 400
        if isinstance(error, NotFoundException | ValidationException):
            code, status = ErrorCode.ROUTE_MISSING, 404
        elif isinstance(error, MethodNotAllowedException):
            code, status = ErrorCode.METHOD_REFUSED, 405
        return _page(Visit(request), status, code, "")

    @staticmethod
    def unforeseen(request: AnyRequest, error: Exception) -> Response[str]:
        """A failure that nobody foresaw: the log has it, the page only the request's id."""
        name = request.scope["state"][REQUEST_ID]
        _log.error("request:fail", exc_info=error, extra={"request_id": name})
        return _page(Visit(request), 500, None, "")


def _page(visit: Visit, status: int, code: ErrorCode | None, detail: str) -> Response[str]:
    if code is not None:
        visit.request.scope["state"][CODE] = str(code)
    shown: Any = status if status in _SHOWN else 500
    wait_s = _RETRY_AFTER_S if status in {429, 503} else 0
    view = Problem(status=shown, code=code, detail=detail, retry_after_s=wait_s, back_path=to())
    answer = visit.show(view, status=status)
    if wait_s:
        answer.headers["retry-after"] = str(wait_s)
    if status == _TOO_LATE:
        answer.headers["connection"] = "close"  # what still comes of it is not read
    return answer


@get(PREFIX + "{name:str}", sync_to_thread=False)
def _asset(name: FromPath[str]) -> Response[bytes]:
    """A style sheet, script or picture of our own."""
    found = BY_ADDRESS.get(PREFIX + name)
    if found is None:
        raise NotFoundException
    return Response(
        found.content,
        media_type=found.media_type,
        headers={"cache-control": CACHE_FOR_EVER, "x-content-type-options": "nosniff"},
    )


@get("/", sync_to_thread=False)
def _root(visit: NamedDependency[Visit]) -> Response[str]:
    """The node's address leads to the console."""
    return visit.go(to())
