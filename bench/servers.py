# SPDX-License-Identifier: Apache-2.0
"""Servers that run while a block does, and the requests that are sent to them."""

import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from http import HTTPStatus
from http.client import HTTPConnection, HTTPException
from pathlib import Path

import msgspec

from bench.node import Command

_START_S = 300.0


@contextmanager
def nahmi(
    folder: Path, *options: str, cores: Sequence[str] = (), database: str = ""
) -> Iterator[int]:
    """Serve the node that `bench.node.make` made; its port."""
    port = free_port()
    binary = str(Path(sys.executable).parent / "nahmi")
    store = ("--database", database) if database else ()
    command = [binary, "--node", str(folder / "node"), *store, "serve", "--port", str(port)]
    with running([*cores, *command, *options], port, "/health/ready"):
        yield port


@contextmanager
def running(command: Sequence[str], port: int, ready: str = "/") -> Iterator[None]:
    """Run a server until the block ends, once it answers at a path."""
    with subprocess.Popen(command) as process:  # noqa: S603 - our own
        try:
            _wait(port, process, ready)
            yield
        finally:
            process.terminate()


def make_key(command: Command, *permissions: str) -> str:
    """The text of a key that may do this."""
    asked = [word for permission in permissions for word in ("--permission", permission)]
    made = subprocess.run(  # noqa: S603 - our own
        [*command, "key", "create", "bench", "--budget", "1000000000", "--json", *asked],
        check=True,
        capture_output=True,
    )
    text: str = msgspec.json.decode(made.stdout)["text"]
    return text


def post(path: str, body: bytes, key: str, *, media_type: str = "application/json") -> bytes:
    """A request as it goes over the wire."""
    head = (
        f"POST {path} HTTP/1.1\r\nHost: node\r\nAuthorization: Bearer {key}\r\n"
        f"Content-Type: {media_type}\r\nContent-Length: {len(body)}\r\n\r\n"
    )
    return head.encode() + body


def core(number: int) -> list[str]:
    """Pin a command to a core, where the system can."""
    cores = sorted(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else []
    return ["taskset", "-c", str(cores[number])] if len(cores) > 1 else []


def free_port() -> int:
    """A port of the loopback interface that nobody uses."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def _wait(port: int, process: "subprocess.Popen[bytes]", ready: str) -> None:
    # A socket takes connections before the server behind it has loaded.
    until = time.monotonic() + _START_S
    while time.monotonic() < until:
        assert process.poll() is None, "the server ended"
        with suppress(OSError, HTTPException):
            asked = HTTPConnection("127.0.0.1", port, timeout=_START_S)
            asked.request("GET", ready)
            if asked.getresponse().status < HTTPStatus.INTERNAL_SERVER_ERROR:
                return
        time.sleep(0.05)
    raise AssertionError("the server did not start")
