# SPDX-License-Identifier: Apache-2.0
"""A load generator that costs little: prepared requests over connections that stay open.

`python -m bench.http_load REQUESTS PORT CONNECTIONS SECONDS` reads requests from a file (each
preceded by its length, four bytes), sends each once, and prints requests a second and latencies as
JSON. It runs on the core that the server does not use.
"""

import asyncio
import gc
import struct
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

import msgspec
import numpy as np
import uvloop

_LENGTH = struct.Struct("<I")


class Load(msgspec.Struct):
    """What a run showed: requests a second, latencies in milliseconds, answers by status."""

    per_second: float
    p50_ms: float
    p99_ms: float
    statuses: dict[int, int]
    matches: int


class _Connection(asyncio.Protocol):
    """One request at a time; the next one goes out when the answer is whole.

    Where the server closes the connection after each answer, as a synchronous gunicorn worker
    does, the next request goes over a new one.
    """

    def __init__(self, requests: Iterator[bytes], run: "_Run") -> None:
        self._requests = requests
        self._run = run
        self._answer = bytearray()
        self._sent_at = 0
        self._is_done = False

    def connection_made(self, transport: asyncio.Transport) -> None:
        self._transport = transport
        self._next()

    def data_received(self, data: bytes) -> None:
        self._answer += data
        head = self._answer.find(b"\r\n\r\n")
        if head < 0:
            return
        length = _content_length(self._answer[: head + 2])
        if len(self._answer) < head + 4 + length:
            return
        self._run.note(self._answer, time.perf_counter_ns() - self._sent_at)
        is_last = b"connection: close" in self._answer[:head].lower()
        self._answer.clear()
        if not is_last:
            self._next()

    def connection_lost(self, error: Exception | None) -> None:
        if error is None and not self._answer and not self._is_done and self._run.goes_on():
            self._run.connect_again()
        else:
            self._run.end(lost=error)

    def _next(self) -> None:
        request = next(self._requests, None) if self._run.goes_on() else None
        if request is None:
            self._is_done = True
            self._transport.close()
            return
        self._run.wait(self._send, request)

    def _send(self, request: bytes) -> None:
        self._sent_at = time.perf_counter_ns()
        self._transport.write(request)


class _Run:
    def __init__(self, connections: int, seconds: float, rate: float) -> None:
        self._open = connections
        self._until = time.monotonic() + seconds
        self._taken: list[int] = []
        self._statuses: dict[int, int] = {}
        self._matches = 0
        self._pause = connections / rate if rate else 0.0
        self._over = asyncio.Event()
        self._failed: BaseException | None = None
        self._tasks: set[asyncio.Future] = set()  # type: ignore[type-arg]  # connections on their way

    def begin(self, requests: Iterator[bytes], port: int) -> None:
        """Open the connections."""
        self._connect = lambda: asyncio.get_running_loop().create_connection(
            lambda: _Connection(requests, self), "127.0.0.1", port
        )
        for _ in range(self._open):
            self.connect_again()

    def connect_again(self) -> None:
        task = asyncio.ensure_future(self._connect())
        self._tasks.add(task)
        task.add_done_callback(self._connected)

    def _connected(self, task: "asyncio.Future") -> None:  # type: ignore[type-arg]  # as above
        self._tasks.discard(task)
        if (error := task.exception()) is not None:
            self._failed = error  # without a connection nobody would ever end the run
            self._over.set()

    def goes_on(self) -> bool:
        return time.monotonic() < self._until

    def wait(self, send: "asyncio.Future", request: bytes) -> None:  # type: ignore[type-arg]  # a callback
        if self._pause:
            # Evenly spread pauses around the mean keep the connections from moving in step.
            delay = self._pause * (0.5 + (len(self._taken) * 0.618) % 1)
            asyncio.get_running_loop().call_later(delay, send, request)
        else:
            send(request)

    def note(self, answer: bytearray, taken_ns: int) -> None:
        status = int(answer[9:12])
        self._statuses[status] = self._statuses.get(status, 0) + 1
        self._matches += answer.find(b'"match"') > 0 or answer.find(b"bank_content_id") > 0
        self._taken.append(taken_ns)

    def end(self, *, lost: Exception | None) -> None:
        if lost is not None:
            raise lost
        self._open -= 1
        if self._open == 0:
            self._over.set()

    async def result(self, began: float) -> Load:
        await self._over.wait()
        if self._failed is not None:
            raise self._failed
        taken = np.array(self._taken) / 1e6
        return Load(
            per_second=len(taken) / (time.monotonic() - began),
            p50_ms=float(np.percentile(taken, 50)),
            p99_ms=float(np.percentile(taken, 99)),
            statuses=self._statuses,
            matches=self._matches,
        )


def _content_length(head: bytearray) -> int:
    at = head.lower().index(b"content-length:") + len(b"content-length:")
    return int(head[at : head.index(b"\r\n", at)])


def read(path: Path) -> Iterator[bytes]:
    data = path.read_bytes()
    at = 0
    while at < len(data):
        (length,) = _LENGTH.unpack_from(data, at)
        yield data[at + 4 : at + 4 + length]
        at += 4 + length


def write(path: Path, requests: Iterator[bytes]) -> None:
    with path.open("wb") as out:
        for request in requests:
            out.write(_LENGTH.pack(len(request)) + request)


def run(  # noqa: PLR0913 - each is a fact of its own
    path: Path,
    requests: Iterator[bytes],
    *,
    port: int,
    connections: int,
    seconds: float,
    rate: float = 0.0,
    cores: Sequence[str] = (),
) -> Load:
    """Send requests from a process of its own and wait for the end.

    Args:
        path: Where they are written first.
        requests: Each is sent once.
        port: Of the server.
        connections: How many requests are under way at once.
        seconds: How long.
        rate: Requests a second; 0 for as many as are answered.
        cores: The beginning of the command, which pins it to a core.
    """
    with started(
        path, requests, port=port, connections=connections, seconds=seconds, rate=rate, cores=cores
    ) as process:
        out, _ = process.communicate()
        assert process.returncode == 0, "the load generator failed"
        return msgspec.json.decode(out, type=Load)


def started(  # noqa: PLR0913 - as `run`
    path: Path,
    requests: Iterator[bytes],
    *,
    port: int,
    connections: int,
    seconds: float,
    rate: float = 0.0,
    cores: Sequence[str] = (),
) -> "subprocess.Popen[bytes]":
    """As `run`, without waiting: what is printed at its end is a `Load` as JSON."""
    write(path, requests)
    arguments = [str(path), str(port), str(connections), str(seconds), str(rate)]
    return subprocess.Popen(  # noqa: S603 - our own
        [*cores, sys.executable, "-m", "bench.http_load", *arguments], stdout=subprocess.PIPE
    )


async def _main(path: Path, port: int, connections: int, seconds: float, rate: float) -> Load:
    requests = iter(list(read(path)))
    gc.disable()
    run = _Run(connections, seconds, rate)
    began = time.monotonic()
    run.begin(requests, port)
    return await run.result(began)


if __name__ == "__main__":
    name, port, connections, seconds, rate = sys.argv[1:]
    done = uvloop.run(_main(Path(name), int(port), int(connections), float(seconds), float(rate)))
    print(msgspec.json.encode(done).decode())
