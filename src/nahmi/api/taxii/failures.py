# SPDX-License-Identifier: Apache-2.0
"""Failures in TAXII's own form."""

from typing import Any, Final

from litestar import Request, Response
from litestar.exceptions import HTTPException

from nahmi.api import failures
from nahmi.api.problems import INTERNAL, Problem, headers_of
from nahmi.api.taxii.answers import taxii
from nahmi.errors import ErrorCode, NahmiError

AnyRequest = Request[Any, Any, Any]

_STATUS: Final = {ErrorCode.INPUT_INVALID: 400}
"""Where TAXII answers with another status than the rest of the node."""

_CHALLENGE: Final = 'Bearer realm="nahmi", Basic realm="nahmi", charset="UTF-8"'
_UNAUTHORIZED: Final = 401


def known(request: AnyRequest, error: NahmiError) -> Response[bytes]:
    """A failure that has a code."""
    problem = failures.problem_for(request, error)
    return _answer(problem, _STATUS.get(error.code, problem.status))


def of_framework(request: AnyRequest, error: HTTPException) -> Response[bytes]:
    """A failure that Litestar found."""
    return known(request, failures.translated(error))


def unforeseen(request: AnyRequest, error: Exception) -> Response[bytes]:
    """A failure that nobody foresaw: the log has it, the caller only its id."""
    failures.unforeseen(request, error)
    problem = Problem(
        type="",
        title="Internal error",
        status=500,
        detail=INTERNAL,
        code="internal",
        request_id=failures.request_id(request),
    )
    return _answer(problem, 500)


def _answer(problem: Problem, status: int) -> Response[bytes]:
    headers = headers_of(problem)
    if status == _UNAUTHORIZED:
        headers = {"www-authenticate": _CHALLENGE}
    return taxii(
        {
            "title": problem.title,
            "description": f"{problem.detail} {problem.hint}".strip(),
            "error_id": problem.request_id,
            "error_code": problem.code,
            "http_status": str(status),
        },
        status=status,
        headers=headers,
    )
