# SPDX-License-Identifier: Apache-2.0
"""The hottest calls, without a framework between socket and index.

A platform asks about every upload, by its signals or with the content itself. Litestar's routing,
dependency injection and response classes would cost as much as a search, and a tenth of hashing a
picture (docs/adr/0009), so these routes speak ASGI. They are described in the interface's schema
like every other, and answer with the same words.
"""

import logging
from collections.abc import Awaitable, Callable
from functools import partial
from time import monotonic
from typing import Final

from litestar import Litestar
from litestar.enums import ScopeType
from litestar.types import HTTPScope, Receive, Scope, Send

from nahmi.access.identity import Principal
from nahmi.access.roles import Permission
from nahmi.api import hot_batch, hot_content, hot_match
from nahmi.api.authentication import check
from nahmi.api.bare import send_json, send_problem
from nahmi.api.problems import Problem, problem_of, unforeseen
from nahmi.bootstrap.request_ids import next_request_id
from nahmi.bootstrap.requests import CODE, Attended, RequestLog, Served
from nahmi.bootstrap.service import Service
from nahmi.errors import NahmiError

Reply = Callable[[Service, Principal, Receive], Awaitable[object]]
"""Reads the body of a request and answers it."""


def _one(_: HTTPScope) -> Reply:
    return hot_match.reply


def _batch(_: HTTPScope) -> Reply:
    return hot_batch.reply


def _content(scope: HTTPScope) -> Reply | None:
    question = hot_content.plain_question(scope)
    return None if question is None else partial(hot_content.reply, question=question)


ROUTES: Final[dict[str, Callable[[HTTPScope], Reply | None]]] = {
    "/api/v1/match": _one,
    "/api/v1/match/batch": _batch,
    "/api/v1/match/content": _content,
}
"""What answers a request, by path; None where the framework is to."""

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
            or scope["method"] != "POST"
            or (route := ROUTES.get(scope["path"])) is None
            or (reply := route(scope)) is None
        ):
            await self._rest(scope, receive, send)
            return
        began = monotonic()
        request_id = next_request_id()
        principal: Principal | None = None
        problem: Problem | None = None
        try:
            principal = self.service.keys.principal(_authorization(scope))
            scope["user"] = principal  # for whoever draws what happens
            check(principal, Permission.PROTECT_CONTENT_MATCH)
            await send_json(send, await reply(self.service, principal, receive), request_id)
        except NahmiError as error:
            problem = problem_of(error, request_id)
            await send_problem(send, problem)
        except Exception:  # noqa: BLE001 - whatever fails, the caller gets an answer
            _log.exception("request:fail", extra={"request_id": request_id})
            problem = unforeseen(request_id)
            await send_problem(send, problem)
        took_s = monotonic() - began
        if problem is not None:
            scope.setdefault("state", {})[CODE] = problem.code
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
