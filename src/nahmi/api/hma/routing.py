# SPDX-License-Identifier: Apache-2.0
"""Where the routes of Hasher-Matcher-Actioner stand."""

from typing import Any

from litestar import MediaType, Request, Router, get
from litestar.exceptions import HTTPException
from litestar.middleware import DefineMiddleware
from litestar.response import Response

from nahmi.api.hma import banks, curating, failures, hashing, inventory, matching
from nahmi.api.hma.callers import KeyOrPassword
from nahmi.api.limits import JsonLimit
from nahmi.api.services import services_of
from nahmi.errors import NahmiError
from nahmi.operate.settings import HmaSettings

AnyRequest = Request[Any, Any, Any]


@get("/status", media_type=MediaType.TEXT, sync_to_thread=True)
def status(request: AnyRequest) -> Response[str]:
    """Whether the node can answer."""
    try:
        services_of(request.app).probe()
    except NahmiError:
        return Response("INDEX-NOT-LOADED", media_type=MediaType.TEXT, status_code=503)
    return Response("I-AM-ALIVE", media_type=MediaType.TEXT)


@get("/status/live", media_type=MediaType.TEXT, sync_to_thread=False)
def live() -> str:
    """The process answers."""
    return "I-AM-ALIVE"


def hma_router(settings: HmaSettings) -> Router:
    """Every route, below the prefix that the operator chose."""
    guarded = Router(
        "/",
        route_handlers=[
            hashing.routes,
            matching.routes,
            banks.routes,
            curating.routes,
            inventory.routes,
        ],
        middleware=[DefineMiddleware(KeyOrPassword), JsonLimit()],
    )
    return Router(
        settings.prefix or "/",
        route_handlers=[guarded, status, live],
        exception_handlers={
            NahmiError: failures.known,
            HTTPException: failures.of_framework,
            Exception: failures.unforeseen_message,
        },
        include_in_schema=False,  # its own documentation describes it
    )
