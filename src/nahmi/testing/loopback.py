# SPDX-License-Identifier: Apache-2.0
"""A real HTTP server on the loopback interface that answers as a test says, also badly.

Example:
    In a test that may use sockets::

        with LoopbackServer(reply(200, b"benign")) as server:
            call(server.url("/x"))
        assert server.asked[0].path == "/x"
"""

import socket
import ssl
import threading
from collections.abc import Callable
from contextlib import suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from io import BufferedIOBase
from typing import Any, Self

import msgspec


class Asked(msgspec.Struct, frozen=True):
    """One request that arrived.

    Attributes:
        method: GET, POST and so on.
        path: As it was sent.
        headers: Names in lower case.
        body: Its bytes.
    """

    method: str
    path: str
    headers: dict[str, str]
    body: bytes


Behaviour = Callable[[Asked, BufferedIOBase], None]
"""Writes the bytes of an answer, or does not; then the connection is closed."""


def reply(status: int, body: bytes = b"", **headers: str) -> Behaviour:
    """An ordinary answer with its length.

    Args:
        status: Its number.
        body: Its bytes.
        headers: More headers, `_` for `-`; one of them may contradict the length.
    """
    lines = {"content-length": str(len(body))}
    lines |= {name.replace("_", "-"): value for name, value in headers.items()}
    head = "".join(f"{name}: {value}\r\n" for name, value in lines.items())

    def behave(asked: Asked, answer: BufferedIOBase) -> None:
        del asked
        answer.write(f"HTTP/1.1 {status} Said\r\n{head}\r\n".encode() + body)

    return behave


class LoopbackServer:
    """Listens from its making to its closing; each connection has a thread of its own.

    Args:
        behaviour: What to answer; may be replaced at any time through the attribute.
        tls: Speak TLS with this certificate.
        host: A loopback address; IPv6 where it holds a colon.

    Attributes:
        asked: Requests so far, in the order of their arrival.
    """

    def __init__(
        self, behaviour: Behaviour, *, tls: ssl.SSLContext | None = None, host: str = "127.0.0.1"
    ) -> None:
        self.behaviour = behaviour
        self.asked: list[Asked] = []
        self._scheme = "http" if tls is None else "https"
        self._server = _Server((host, 0), self, tls)
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,))
        self._thread.start()

    @property
    def port(self) -> int:
        """Where it listens."""
        return self._server.server_port

    def url(self, path: str = "/", *, host: str = "127.0.0.1") -> str:
        """The address of a path, under a name that leads here."""
        return f"{self._scheme}://{host}:{self.port}{path}"

    def close(self) -> None:
        """Listen no more; connections that are open end by themselves."""
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False
    request_queue_size = 128

    def __init__(
        self, place: tuple[str, int], owner: LoopbackServer, tls: ssl.SSLContext | None
    ) -> None:
        self.owner = owner
        self.tls = tls
        if ":" in place[0]:
            self.address_family = socket.AF_INET6
        super().__init__(place, _Handler)

    def handle_error(self, request: Any, client_address: Any) -> None:  # noqa: ANN401 - as above
        """Callers that hang up are what tests want to see, so nothing is printed."""


class _Handler(BaseHTTPRequestHandler):
    server: _Server
    protocol_version = "HTTP/1.1"

    def setup(self) -> None:
        """Speak TLS in this connection's own thread, so that a slow caller stops no other."""
        if self.server.tls is not None:
            self.request = self.server.tls.wrap_socket(self.request, server_side=True)
        super().setup()

    def finish(self) -> None:
        """Close what `setup` put in place of the server's own socket; no farewell is sent."""
        super().finish()
        if self.server.tls is not None:
            self.request.close()

    def do_GET(self) -> None:
        """Any request."""
        headers = {name.lower(): value for name, value in self.headers.items()}
        body = self.rfile.read(int(headers.get("content-length", "0")))
        asked = Asked(self.command, self.path, headers, body)
        self.server.owner.asked.append(asked)
        self.close_connection = True
        with suppress(OSError):  # the caller may hang up at any point
            self.server.owner.behaviour(asked, self.wfile)
            self.wfile.flush()

    do_POST = do_PUT = do_DELETE = do_GET  # noqa: N815 - http.server's names

    def log_message(self, *_: object) -> None:
        """Say nothing."""
