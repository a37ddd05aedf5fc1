# SPDX-License-Identifier: Apache-2.0
"""A server that only counts: `python -m bench.counting MICROSECONDS HOST:PORT`.

It counts for as long as another server works on a request, on a machine that is not disturbed, and
answers. A machine that lends its processors to others makes both slower alike, so what it shows at
its slowest is no fault of the other server.
"""

import sys
import time
from typing import Any

import uvicorn

_STEPS = 1_000


def _count(steps: int) -> int:
    total = 0
    for step in range(steps):
        total += step
    return total


def _steps(microseconds: float) -> int:
    """How far to count for so long, by the quickest of many tries."""
    quickest = min(_taken(_STEPS) for _ in range(2_000))
    return round(_STEPS * microseconds / (quickest * 1e6))


def _taken(steps: int) -> float:
    began = time.perf_counter()
    _count(steps)
    return time.perf_counter() - began


class Counting:
    """The application."""

    def __init__(self, steps: int) -> None:
        self._steps = steps

    async def __call__(self, scope: dict[str, Any], receive: Any, send: Any) -> None:  # noqa: ANN401 - as ASGI has it
        """Read the body, count, answer."""
        if scope["type"] != "http":
            return
        while (await receive()).get("more_body"):
            pass
        _count(self._steps)
        body = b'{"verdict":"no_match"}'
        headers = [(b"content-type", b"application/json"), (b"content-length", b"%d" % len(body))]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": body})


if __name__ == "__main__":
    microseconds, address = sys.argv[1:]
    host, _, port = address.partition(":")
    uvicorn.run(
        Counting(_steps(float(microseconds))),
        host=host,
        port=int(port),
        log_level="error",
        access_log=False,
        lifespan="off",
    )
