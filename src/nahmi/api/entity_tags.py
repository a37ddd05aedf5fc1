# SPDX-License-Identifier: Apache-2.0
"""ETags: a caller who has an object need not get it again, and changes only what they have seen."""

from hashlib import sha256
from typing import Any

import msgspec
from litestar import Litestar, Request, Response
from litestar.response.base import ASGIResponse

from nahmi.errors import ErrorCode, RequestError

AnyRequest = Request[Any, Any, Any]
_TAG_HEX = 32


def tag_of(reply: object) -> str:
    """The ETag of an object's state: it changes whenever a byte of its JSON does."""
    return f'"{sha256(msgspec.json.encode(reply)).hexdigest()[:_TAG_HEX]}"'


def check_unchanged(request: AnyRequest, reply: object) -> None:
    """Refuse a change of an object that is not as the caller saw it.

    Args:
        request: With If-Match, or without: then any state may be changed.
        reply: The object as it is, as a reply.

    Raises:
        RequestError: PRECONDITION_FAILED.
    """
    wanted = request.headers.get("if-match")
    if wanted is None or _names(wanted, tag_of(reply), is_weak=False):
        return
    raise RequestError(
        ErrorCode.PRECONDITION_FAILED,
        "The object has changed since you read it.",
        hint="Read it again, and change it with its new ETag.",
    )


class TaggedResponse(Response[Any]):
    """An answer that is one object: with its ETag, and without a body for whoever has it."""

    def to_asgi_response(
        self,
        app: Litestar | None,
        request: AnyRequest,
        **more: Any,  # noqa: ANN401 - passed on as it came
    ) -> ASGIResponse:
        """See `litestar.Response`."""
        tag = tag_of(self.content)
        self.headers["etag"] = tag
        if request.method == "GET" and is_known(request, tag):
            return ASGIResponse(status_code=304, headers={"etag": tag})
        return super().to_asgi_response(app, request, **more)


def is_known(request: AnyRequest, tag: str) -> bool:
    """Whether the caller has the object in the state that this ETag stands for."""
    known = request.headers.get("if-none-match")
    return known is not None and _names(known, tag, is_weak=True)


def _names(header: str, tag: str, *, is_weak: bool) -> bool:
    """Whether a list of ETags names one (RFC 9110, 8.8.3.2: weak or strong comparison)."""
    named = [item.strip() for item in header.split(",")]
    if is_weak:
        named = [item.removeprefix("W/") for item in named]
    return "*" in named or tag in named
