# SPDX-License-Identifier: Apache-2.0
"""Serves rendered pages on loopback with the headers of production."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread

from nahmi.web.assets import BY_ADDRESS, CACHE_FOR_EVER
from nahmi.web.headers import PAGE_HEADERS

Pages = Callable[[str], str | None]
"""From a path to the page there; None where there is none."""


@contextmanager
def serving(pages: Pages) -> Iterator[str]:
    """Serve pages while the block runs.

    Args:
        pages: Is asked for every path that is no asset.

    Yields:
        The address, without a slash at its end.
    """

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asset = BY_ADDRESS.get(self.path)
            if asset is not None:
                headers = {"content-type": asset.media_type, "cache-control": CACHE_FOR_EVER}
                self.reply(200, headers, asset.content)
                return
            page = pages(self.path)
            headers = {"content-type": "text/html; charset=utf-8", **PAGE_HEADERS}
            self.reply(200 if page else 404, headers, (page or "").encode())

        def reply(self, status: int, headers: dict[str, str], body: bytes) -> None:
            self.send_response(status)
            for name, value in {**headers, "content-length": str(len(body))}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
