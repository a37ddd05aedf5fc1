# SPDX-License-Identifier: Apache-2.0
"""Answers of any length, sent in pieces as they are made."""

from typing import Any

from litestar import Litestar, Request
from litestar.response import Stream
from litestar.response.base import ASGIResponse

AnyRequest = Request[Any, Any, Any]


class TextStream(Stream):
    """A stream that says what it is, also where its route can answer in several forms."""

    def to_asgi_response(
        self,
        app: Litestar | None,
        request: AnyRequest,
        **more: Any,  # noqa: ANN401 - passed on as it came
    ) -> ASGIResponse:
        """See `litestar.response.Stream`."""
        return super().to_asgi_response(app, request, **{**more, "media_type": self.media_type})
