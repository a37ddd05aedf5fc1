# SPDX-License-Identifier: Apache-2.0
"""The application of one server process: interface and console behind the gate."""

import gc
import logging
import os
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.metadata import version
from typing import TYPE_CHECKING, Final

from litestar.types import ASGIApp

from nahmi.api.app import make_app
from nahmi.api.hot import ROUTES, HotRoutes
from nahmi.api.problems import status_of
from nahmi.bootstrap.place import NodePlace
from nahmi.bootstrap.requests import Attended
from nahmi.bootstrap.service import Service
from nahmi.bootstrap.tracing import TracedApp, make_traces
from nahmi.errors import ErrorCode, RequestError
from nahmi.operate.settings import Settings
from nahmi.serving.gate import Gate
from nahmi.web.app import make_console
from nahmi.web.front import Front

if TYPE_CHECKING:  # the packages behind it are an extra
    from nahmi.wire.traces import Traces

_RUBBISH: Final = (20_000, 20, 50)
"""How many new objects there are before the interpreter looks for rubbish among them."""

_log = logging.getLogger("nahmi.serve")


def node_app(place: NodePlace, settings: Settings) -> Gate:
    """A node's application; the node is opened when the server starts.

    Args:
        place: Where the node is.
        settings: What its operator set.
    """
    traces = make_traces(settings.telemetry)
    interface = make_app(lambda: _opened(place, settings, traces), settings)
    app = with_console(interface)
    if traces is not None:
        app = TracedApp(app, traces, known=set(ROUTES))
    return Gate(app, settings.limits, interface.requests)


@contextmanager
def _opened(place: NodePlace, settings: Settings, traces: "Traces | None") -> Iterator[Service]:
    told = {"pid": os.getpid(), "port": settings.serve.port, "version": version("nahmi")}
    with Service(place, settings, tracing=traces) as service:
        # Requests leave hardly any rubbish in circles. What has been loaded stays for good, and
        # need not be looked through again and again while callers wait.
        gc.collect()
        gc.freeze()
        gc.set_threshold(*_RUBBISH)
        _log.info("node:start", extra=told)
        yield service
    if traces is not None:
        traces.close()  # the signal that stops a server ends its process right after this
    _log.info("node:stop", extra=told)


def with_console(interface: HotRoutes) -> ASGIApp:
    """The interface and the console, which share a node.

    Args:
        interface: Opens the node when the server starts.
    """

    def service() -> Service:
        if interface.service is None:
            raise RequestError(ErrorCode.SERVICE_BUSY, "The node starts or stops.")
        return interface.service

    console = make_console(service, status_of=status_of)
    return Front(interface, Attended(console, interface.requests))
