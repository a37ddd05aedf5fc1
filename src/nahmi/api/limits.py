# SPDX-License-Identifier: Apache-2.0
"""JSON bodies end where the operator says."""

from typing import Any, Final

from litestar import Request
from litestar.middleware import ASGIMiddleware
from litestar.types import ASGIApp, Receive, Scope, Send

from nahmi.api.bodies import json_too_large
from nahmi.api.services import services_of

JSON_OPT: Final = "nahmi_json"
"""Routes with this option take a JSON body; others look after their bodies themselves."""


class JsonLimit(ASGIMiddleware):
    """Refuses a JSON body at its first byte too many."""

    async def handle(self, scope: Scope, receive: Receive, send: Send, next_app: ASGIApp) -> None:
        """See `litestar.middleware.ASGIMiddleware`."""
        request: Request[Any, Any, Any] = Request(scope)
        if not request.route_handler.opt.get(JSON_OPT):
            await next_app(scope, receive, send)
            return
        most = services_of(request.app).settings.limits.json_bytes
        total = 0

        async def bounded() -> Any:  # noqa: ANN401 - an ASGI message
            nonlocal total
            message = await receive()
            if message["type"] == "http.request":
                total += len(message["body"])
                if total > most:
                    raise json_too_large(most)
            return message

        await next_app(scope, bounded, send)
