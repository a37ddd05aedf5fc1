# SPDX-License-Identifier: Apache-2.0
"""What Litestar calls when a request fails, and the headers that every answer carries."""

import logging
from typing import Any

import msgspec
from litestar import Request, Response
from litestar.datastructures import MutableScopeHeaders
from litestar.exceptions import (
    HTTPException,
    MethodNotAllowedException,
    NotFoundException,
    ValidationException,
)
from litestar.types import Message, Scope

from nahmi.api.problems import MEDIA_TYPE, Problem, headers_of, problem_of
from nahmi.api.problems import unforeseen as unforeseen_problem
from nahmi.bootstrap.requests import CODE, REQUEST_ID
from nahmi.errors import ErrorCode, InputError, NahmiError, RequestError

AnyRequest = Request[Any, Any, Any]
_log = logging.getLogger("nahmi.api")


def request_id(request: AnyRequest) -> str:
    """The id under which the log speaks of a request."""
    return str(request.scope["state"][REQUEST_ID])


async def add_headers(message: Message, _: Scope) -> None:
    """The headers that every answer carries, whoever made it."""
    if message["type"] != "http.response.start":
        return
    headers = MutableScopeHeaders.from_message(message)
    headers.setdefault("x-content-type-options", "nosniff")
    headers.setdefault("cache-control", "no-store")


def known(request: AnyRequest, error: NahmiError) -> Response[bytes]:
    """A failure that has a code."""
    return _respond(problem_for(request, error))


def problem_for(request: AnyRequest, error: NahmiError) -> Problem:
    """The problem of a request; the log's line about it will have the code."""
    request.scope["state"][CODE] = str(error.code)
    return problem_of(error, request_id(request))


def of_framework(request: AnyRequest, error: HTTPException) -> Response[bytes]:
    """A failure that Litestar found."""
    return known(request, translated(error))


def unforeseen(request: AnyRequest, error: Exception) -> Response[bytes]:
    """A failure that nobody foresaw: the log has it, the caller only its id."""
    name = request_id(request)
    _log.error("request:fail", exc_info=error, extra={"request_id": name})
    return _respond(unforeseen_problem(name))


def translated(error: HTTPException) -> NahmiError:
    """A failure that Litestar found, as one of ours."""
    if isinstance(error, NotFoundException):
        return RequestError(
            ErrorCode.ROUTE_MISSING,
            "There is nothing at this address.",
            hint="The interface is described under /api/v1/schema.",
        )
    if isinstance(error, MethodNotAllowedException):
        return RequestError(
            ErrorCode.METHOD_REFUSED, "This address does not take requests of this method."
        )
    if isinstance(error, ValidationException):
        return InputError(
            ErrorCode.INPUT_INVALID,
            f"The request has another shape than is asked for: {_named(error)}.",
            hint="The interface is described under /api/v1/schema.",
        )
    return RequestError(ErrorCode.REQUEST_MALFORMED, "The request cannot be read.")


def _named(error: ValidationException) -> str:
    """Which fields are wrong and why, without what was sent."""
    found = error.extra if isinstance(error.extra, list) else []
    parts = [f"{item.get('key', 'body')}: {item.get('message', 'invalid')}" for item in found]
    return "; ".join(parts) or "it is invalid"


def _respond(problem: Problem) -> Response[bytes]:
    return Response(
        msgspec.json.encode(problem),
        status_code=problem.status,
        media_type=MEDIA_TYPE,
        headers=headers_of(problem),
    )
