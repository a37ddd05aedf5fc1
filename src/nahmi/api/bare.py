# SPDX-License-Identifier: Apache-2.0
"""Answers without a framework, for what stands before it: the same headers and the same shape."""

from typing import Final

import msgspec
from litestar.types import Send

from nahmi.api.problems import MEDIA_TYPE, Problem, headers_of
from nahmi.bootstrap.metrics import note_response
from nahmi.bootstrap.requests import REQUEST_ID

Headers = list[tuple[bytes, bytes]]

_REQUEST_ID: Final = REQUEST_ID.encode()
_encode: Final = msgspec.json.Encoder().encode


async def send_json(send: Send, answer: object, request_id: str) -> None:
    """Answer with a value."""
    await _send(send, 200, b"application/json", _encode(answer), request_id, ())


async def send_problem(send: Send, problem: Problem) -> None:
    """Answer with a problem."""
    media_type, body = MEDIA_TYPE.encode(), _encode(problem)
    await _send(send, problem.status, media_type, body, problem.request_id, _extra(problem))


def problem_parts(problem: Problem) -> tuple[Headers, bytes]:
    """Headers and body of a problem, for where there is nothing to send it with."""
    body = _encode(problem)
    headers = _headers(MEDIA_TYPE.encode(), body, problem.request_id, _extra(problem))
    return headers, body


def _extra(problem: Problem) -> Headers:
    return [(name.encode(), value.encode()) for name, value in headers_of(problem).items()]


def _headers(
    media_type: bytes, body: bytes, request_id: str, extra: "Headers | tuple[()]"
) -> Headers:
    return [
        (b"content-type", media_type),
        (b"content-length", b"%d" % len(body)),
        (_REQUEST_ID, request_id.encode()),
        (b"cache-control", b"no-store"),
        (b"x-content-type-options", b"nosniff"),
        *extra,
    ]


async def _send(  # noqa: PLR0913, PLR0917 - the parts of a response
    send: Send,
    status: int,
    media_type: bytes,
    body: bytes,
    request_id: str,
    extra: "Headers | tuple[()]",
) -> None:
    headers = _headers(media_type, body, request_id, extra)
    note_response(status)
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body, "more_body": False})
