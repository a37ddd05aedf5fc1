# SPDX-License-Identifier: Apache-2.0
"""Whether the node lives, and whether it can answer."""

from typing import Any

import msgspec
from litestar import Request, Router, get

from nahmi.api.services import services_of


class Health(msgspec.Struct, frozen=True):
    """How the node is.

    Attributes:
        status: `ok`.
    """

    status: str


@get("/live", sync_to_thread=False, summary="Is the process alive?")
def live() -> Health:
    """The process answers; neither store nor index is touched."""
    return Health("ok")


@get("/ready", sync_to_thread=True, summary="Can the node answer?")
def ready(request: Request[Any, Any, Any]) -> Health:
    """Store and index answer. A load balancer sends requests to nodes that are ready."""
    services_of(request.app).probe()
    return Health("ok")


routes = Router("/health", route_handlers=[live, ready], tags=["health"])
