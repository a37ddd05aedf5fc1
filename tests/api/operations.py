# SPDX-License-Identifier: Apache-2.0
"""Every operation of the interface, read from the routes themselves."""

from collections.abc import Iterator
from typing import Any, NoReturn

import msgspec
from litestar.handlers import HTTPRouteHandler
from litestar.routes import HTTPRoute

from nahmi.access.roles import Permission
from nahmi.api.app import PREFIX, make_app
from nahmi.api.authentication import PERMISSION_OPT
from nahmi.operate.settings import Settings


class Route(msgspec.Struct, frozen=True):
    """An operation.

    Attributes:
        method: Of HTTP.
        path: With its parameters in braces, such as `/api/v1/banks/{bank_id}`.
        has_permission: Whether it says who may ask.
        permission: Who may ask; None for everyone who is let in.
    """

    method: str
    path: str
    has_permission: bool
    permission: Permission | None

    def __str__(self) -> str:
        return f"{self.method} {self.path}"


def _unopened() -> NoReturn:
    raise AssertionError("nothing is served here")


APP = make_app(_unopened, Settings(layout=1)).app
DESCRIPTION: dict[str, Any] = APP.openapi_schema.to_schema()


def _routes() -> Iterator[Route]:
    for route in APP.routes:
        if not isinstance(route, HTTPRoute) or not route.path_format.startswith(PREFIX):
            continue
        if route.path_format.startswith(f"{PREFIX}/schema"):
            continue
        for handler in route.route_handlers:
            yield from _of(route.path_format, handler)


def _of(path: str, handler: HTTPRouteHandler) -> Iterator[Route]:
    options = handler.opt
    for method in sorted(handler.http_methods - {"OPTIONS", "HEAD"}):
        yield Route(method, path, PERMISSION_OPT in options, options.get(PERMISSION_OPT))


ROUTES = sorted(_routes(), key=str)


def described(route: Route) -> dict[str, Any]:
    """What the description says of an operation."""
    found: dict[str, Any] = DESCRIPTION["paths"][route.path][route.method.lower()]
    return found


def request_body(route: Route) -> dict[str, Any]:
    """Arguments for a request with the example's body."""
    content: dict[str, Any] = described(route).get("requestBody", {}).get("content", {})
    for media_type, found in content.items():
        example = found["examples"]["example"]["value"]
        if media_type == "application/json":
            return {"json": example}
        return {"content": example, "headers": {"content-type": media_type}}
    return {}
