# SPDX-License-Identifier: Apache-2.0
"""Metrics of the node, for Prometheus."""

from typing import Any

from litestar import MediaType, Request, Response, Router, get
from litestar.middleware import DefineMiddleware

from nahmi.access.roles import Permission
from nahmi.api.authentication import PERMISSION_OPT, KeyAuthentication, requires
from nahmi.api.services import services_of
from nahmi.bootstrap.metrics import exposition


@get(
    "/metrics",
    guards=[requires(Permission.NODE_STATUS_READ)],
    opt={PERMISSION_OPT: Permission.NODE_STATUS_READ},
    sync_to_thread=True,
    media_type=MediaType.TEXT,
    include_in_schema=False,
)
def metrics(request: Request[Any, Any, Any]) -> Response[bytes]:
    """What was measured since the node started."""
    text = exposition(services_of(request.app).facts())
    return Response(text, media_type="text/plain; version=0.0.4; charset=utf-8")


routes = Router("/", route_handlers=[metrics], middleware=[DefineMiddleware(KeyAuthentication)])
