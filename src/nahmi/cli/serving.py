# SPDX-License-Identifier: Apache-2.0
"""The server: interface and console in one process, or in several that share a socket."""

import atexit
import gc
import logging
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.metadata import version
from pathlib import Path

import msgspec
import uvicorn
from litestar.types import ASGIApp

from nahmi.api.app import make_app
from nahmi.api.hot_match import PATH, HotMatch
from nahmi.api.problems import status_of
from nahmi.bootstrap.logs import configure_logs
from nahmi.bootstrap.metrics import share_metrics
from nahmi.bootstrap.place import NodePlace
from nahmi.bootstrap.requests import Attended
from nahmi.bootstrap.service import Service
from nahmi.bootstrap.tracing import TracedApp, make_traces
from nahmi.errors import ErrorCode, RequestError
from nahmi.flows.tracing import Tracing
from nahmi.operate.settings import Settings
from nahmi.web.app import make_console
from nahmi.web.front import Front

_log = logging.getLogger("nahmi.serve")
_RUBBISH = (20_000, 20, 50)
"""How many new objects there are before the interpreter looks for rubbish among them."""
_FOLDER = "NAHMI_SERVE_NODE"
_DATABASE = "NAHMI_SERVE_DATABASE"
_SETTINGS = "NAHMI_SERVE_SETTINGS"


def run(place: NodePlace, settings: Settings) -> None:
    """Serve until the process is told to stop; requests under way are finished first.

    With several workers a hangup signal replaces them one after the other.

    Args:
        place: Where the node is.
        settings: What its operator set.
    """
    configure_logs(sys.stderr)
    # Worker processes find out here what they serve: they are started anew, not forked.
    os.environ[_FOLDER] = str(place.folder.absolute())
    os.environ[_DATABASE] = place.database or ""
    os.environ[_SETTINGS] = msgspec.json.encode(settings).decode()
    serve = settings.serve
    if serve.workers > 1:
        share_metrics()
    uvicorn.run(
        "nahmi.cli.serving:app",
        factory=True,
        host=serve.host,
        port=serve.port,
        workers=serve.workers,
        loop="uvloop",
        http="httptools",
        ws="none",
        interface="asgi3",
        access_log=False,
        log_config=None,
        server_header=False,
        date_header=True,
        proxy_headers=bool(serve.trusted_proxies),
        forwarded_allow_ips=list(serve.trusted_proxies),
        limit_concurrency=settings.limits.concurrent,
        timeout_graceful_shutdown=serve.stop_s,
    )


def app() -> ASGIApp:
    """The application of one server process."""
    configure_logs(sys.stderr)
    place = NodePlace(Path(os.environ[_FOLDER]), os.environ[_DATABASE] or None)
    settings = msgspec.json.decode(os.environ[_SETTINGS], type=Settings)
    traces = make_traces(settings.telemetry)
    front = with_console(make_app(lambda: _opened(place, settings, traces), settings))
    if traces is None:
        return front
    atexit.register(traces.close)
    return TracedApp(front, traces, known={PATH})


@contextmanager
def _opened(place: NodePlace, settings: Settings, tracing: Tracing | None) -> Iterator[Service]:
    told = {"pid": os.getpid(), "port": settings.serve.port, "version": version("nahmi")}
    with Service(place, settings, tracing=tracing) as service:
        # Requests leave hardly any rubbish in circles. What has been loaded stays for good, and
        # need not be looked through again and again while callers wait.
        gc.collect()
        gc.freeze()
        gc.set_threshold(*_RUBBISH)
        _log.info("node:start", extra=told)
        yield service
    _log.info("node:stop", extra=told)


def with_console(interface: HotMatch) -> Front:
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
