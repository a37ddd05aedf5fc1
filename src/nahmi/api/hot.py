# SPDX-License-Identifier: Apache-2.0
"""The hottest calls, without a framework between socket and index.

A platform asks about signals for every upload, one at a time or in batches. Litestar's routing,
dependency injection and response classes would cost as much as the search itself (docs/adr/0009),
so these routes speak ASGI. They are described in the interface's schema like every other, and
answer with the same words.
"""

import logging
from collections.abc import Awaitable, Callable
from time import monotonic
from typing import Final

from litestar import Litestar
from litestar.enums import ScopeType
from litestar.types import HTTPScope, Receive, Scope, Send

from nahmi.access.identity import Principal
from nahmi.access.roles import Permission
from nahmi.api import hot_batch, hot_match
from nahmi.api.authentication import check
from nahmi.api.bare import send_json, send_problem
from nahmi.api.bodies import json_too_large
from nahmi.api.problems import Problem, problem_of, unforeseen
from nahmi.bootstrap.request_ids import next_request_id
from nahmi.bootstrap.requests import Attended, RequestLog, Served
from nahmi.bootstrap.service import Service
from nahmi.errors import ErrorCode, NahmiError, RequestError

ROUTES: Final[dict[str, Callable[[Service, Principal, bytes], Awaitable[object]]]] = {
    "/api/v1/match": hot_match.reply,
    "/api/v1/match/batch": hot_batch.reply,
}
"""What answers the body of a request, by path."""

_log = logging.getLogger("nahmi.api")


class HotRoutes:
    """Serves the hot routes and passes everything else on.

    Args:
        app: Everything else.
        requests: Takes note of requests.
    """

    def __init__(self, app: Litestar, requests: RequestLog) -> None:
        self.app = app
        self.requests = requests
        self.service: Service | None = None
        self._rest = Attended(app, requests)
        self._calm_s = requests.calm_s

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one connection, as ASGI has it."""
        if (
            self.service is None
            or scope["type"] != ScopeType.HTTP
            or (reply := ROUTES.get(scope["path"])) is None
            or scope["method"] != "POST"
        ):
            await self._rest(scope, receive, send)
            return
        began = monotonic()
        request_id = next_request_id()
        principal: Principal | None = None
        problem: Problem | None = None
        try:
            principal = self.service.keys.principal(_authorization(scope))
            check(principal, Permission.PROTECT_CONTENT_MATCH)
            body = await _body(receive, self.service.settings.limits.json_bytes)
            await send_json(send, await reply(self.service, principal, body), request_id)
        except NahmiError as error:
            problem = problem_of(error, request_id)
            await send_problem(send, problem)
        except Exception:  # noqa: BLE001 - whatever fails, the caller gets an answer
            _log.exception("request:fail", extra={"request_id": request_id})
            problem = unforeseen(request_id)
            await send_problem(send, problem)
        took_s = monotonic() - began
        if problem is not None or took_s >= self._calm_s:
            self._note(scope["path"], request_id, principal, problem, took_s)

    def _note(
        self,
        route: str,
        request_id: str,
        principal: Principal | None,
        problem: Problem | None,
        took_s: float,
    ) -> None:
        self.requests.note(
            Served(
                request_id=request_id,
                method="POST",
                route=route,
                status=200 if problem is None else problem.status,
                took_s=took_s,
                principal=principal,
                code="" if problem is None else problem.code,
            )
        )


def _authorization(scope: HTTPScope) -> str | None:
    for name, value in scope["headers"]:
        if name == b"authorization":
            return value.decode("latin-1")
    return None


async def _body(receive: Receive, most_bytes: int) -> bytes:
    parts: list[bytes] = []
    total = 0
    while True:
        message = await receive()
        if message["type"] != "http.request":
            raise RequestError(ErrorCode.REQUEST_MALFORMED, "The caller went away.")
        part = message["body"]
        total += len(part)
        if total > most_bytes:
            raise json_too_large(most_bytes)
        parts.append(part)
        if not message["more_body"]:
            return parts[0] if len(parts) == 1 else b"".join(parts)
