# SPDX-License-Identifier: Apache-2.0
"""Failures as Hasher-Matcher-Actioner words them: an object with a message."""

from typing import Any

from litestar import Request, Response
from litestar.exceptions import HTTPException

from nahmi.api.failures import problem_for, translated, unforeseen
from nahmi.api.problems import headers_of
from nahmi.errors import ErrorCode, NahmiError

AnyRequest = Request[Any, Any, Any]

_STATUS = {ErrorCode.BANK_EXISTS: 403, ErrorCode.MEDIA_UNSUPPORTED: 400}
"""Where that service answers with another status than we do."""


def known(request: AnyRequest, error: NahmiError) -> Response[dict[str, str]]:
    """A failure that has a code."""
    problem = problem_for(request, error)
    status = _STATUS.get(error.code, 400 if problem.status == 422 else problem.status)  # noqa: PLR2004 - what cannot be used is "bad request" there
    return Response(
        {"message": f"{error.detail} {error.hint}".strip(), "code": str(error.code)},
        status_code=status,
        headers=headers_of(problem),
    )


def of_framework(request: AnyRequest, error: HTTPException) -> Response[dict[str, str]]:
    """A failure that Litestar found."""
    return known(request, translated(error))


def unforeseen_message(request: AnyRequest, error: Exception) -> Response[dict[str, str]]:
    """A failure that nobody foresaw."""
    answer = unforeseen(request, error)
    return Response(
        {"message": "The node failed to serve this request.", "code": "internal"},
        status_code=answer.status_code or 500,
    )
