# SPDX-License-Identifier: Apache-2.0
"""A node that serves inside a test: the real server, on a socket file or the loopback interface."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import uvicorn
from litestar.types import ASGIApp

_START_S = 30.0


@contextmanager
def serving(app: ASGIApp, folder: Path) -> Iterator[httpx.Client]:
    """Serve an application until the block ends.

    Args:
        app: As `nahmi.api.app.make_app` returns it.
        folder: For the socket file; its path must be short.

    Yields:
        A client that speaks to it.

    Raises:
        AssertionError: It did not start.
    """
    path = folder / "http"
    with _running(app, uds=str(path)):
        transport = httpx.HTTPTransport(uds=str(path))
        with httpx.Client(transport=transport, base_url="http://node", timeout=60) as client:
            yield client


@contextmanager
def serving_at(app: ASGIApp, port: int) -> Iterator[str]:
    """Serve an application on the loopback interface until the block ends.

    For clients of others, which know nothing of socket files.

    Args:
        app: As `nahmi.api.app.make_app` returns it.
        port: At which it listens.

    Yields:
        Its address, without a slash at the end.

    Raises:
        AssertionError: It did not start.
    """
    with _running(app, host="127.0.0.1", port=port):
        yield f"http://127.0.0.1:{port}"


@contextmanager
def _running(app: ASGIApp, **place: Any) -> Iterator[None]:  # noqa: ANN401 - of uvicorn
    config = uvicorn.Config(
        app,
        loop="asyncio",
        http="httptools",
        ws="none",
        log_config=None,
        access_log=False,
        server_header=False,
        timeout_graceful_shutdown=5,
        **place,
    )
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, name="nahmi-testing-server")
    thread.start()
    try:
        _wait(server, thread)
        yield
    finally:
        server.should_exit = True
        thread.join()


def _wait(server: uvicorn.Server, thread: threading.Thread) -> None:
    pause = threading.Event()
    for _ in range(int(_START_S / 0.01)):
        if server.started:
            return
        if not thread.is_alive():
            break
        pause.wait(0.01)
    raise AssertionError("the server did not start")
