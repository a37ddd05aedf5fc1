# SPDX-License-Identifier: Apache-2.0
"""The application: routes, who is let in, and one shape for every failure."""

from collections.abc import AsyncIterator, Callable
from contextlib import AbstractContextManager, asynccontextmanager

from litestar import Litestar, Response, Router
from litestar.di import Provide
from litestar.exceptions import HTTPException
from litestar.middleware import DefineMiddleware

from nahmi.api import failures, services, taxii
from nahmi.api.authentication import KeyAuthentication
from nahmi.api.callers import caller_of
from nahmi.api.description import description
from nahmi.api.hma import hma_router
from nahmi.api.hot import HotRoutes
from nahmi.api.limits import JsonLimit
from nahmi.api.partners import partners_router
from nahmi.api.repeats import Repeats
from nahmi.api.routes import ALL, health, metrics
from nahmi.bootstrap.requests import RequestLog
from nahmi.bootstrap.service import Service
from nahmi.errors import NahmiError
from nahmi.operate.settings import Settings

PREFIX = "/api/v1"

OpenService = Callable[[], AbstractContextManager[Service]]


def make_app(open_service: OpenService, settings: Settings) -> HotRoutes:
    """The application.

    Args:
        open_service: Opens the node when the server starts; it is closed when the server stops.
        settings: What the operator set; they say which routes are offered.
    """

    @asynccontextmanager
    async def lifespan(app: Litestar) -> AsyncIterator[None]:
        with open_service() as service:
            services.attach(app, service)
            hot.service = service
            yield
            hot.service = None

    machines = Router(
        PREFIX,
        route_handlers=ALL,
        dependencies={"caller": Provide(caller_of, sync_to_thread=False)},
        middleware=[DefineMiddleware(KeyAuthentication), Repeats(), JsonLimit()],
        security=[{"key": []}],
    )
    app = Litestar(
        [
            machines,
            health.routes,
            metrics.routes,
            partners_router(),
            taxii.taxii_router(),
            *([hma_router(settings.hma)] if settings.hma.enabled else []),
        ],
        lifespan=[lifespan],
        exception_handlers={
            NahmiError: failures.known,
            HTTPException: _of_framework,
            Exception: failures.unforeseen,
        },
        before_send=[failures.add_headers],
        openapi_config=description(PREFIX),
        request_max_body_size=None,  # each route has its own limit, which an operator can set
        logging_config=None,
    )
    hot = HotRoutes(app, RequestLog(settings.serve))
    return hot


def _of_framework(request: failures.AnyRequest, error: HTTPException) -> Response[bytes]:
    """A failure of an address that leads to no route, in the form of the interface it is below."""
    if request.scope["path"].startswith(f"{taxii.PATH}/"):
        return taxii.failures.of_framework(request, error)
    return failures.of_framework(request, error)
