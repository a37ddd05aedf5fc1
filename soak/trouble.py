# SPDX-License-Identifier: Apache-2.0
"""Callers who are slow, and a node whose processes are killed and renewed."""

import os
import random
import signal
import socket
import time
from collections.abc import Callable
from contextlib import suppress
from threading import Event, Thread
from typing import Final

from nahmi.testing.node_process import NodeProcess
from soak.load import Shared

SETTINGS: Final = "[limits]\nhead_s = 5\nbody_s = 5\nanswer_s = 10\n[serve]\nstop_s = 10"
"""Of the node: times short enough to be run out of many times."""

_HELD_AT_MOST_S: Final = 20.0
_BYTE_EVERY_S: Final = 0.5
_TROUBLE_EVERY_S: Final = (2.0, 6.0)
_RENEWAL_S: Final = 60.0
_PIPELINED: Final = 30


class SlowCaller(Thread):
    """Holds a connection as long as it is let, again and again.

    Args:
        shared: With all others.
        number: Its own; says what it is slow at.
    """

    def __init__(self, shared: Shared, number: int) -> None:
        super().__init__(name=f"slow-{number}")
        self._shared = shared
        self._number = number

    def run(self) -> None:
        """See `Thread`."""
        ways = (self._head, self._body, self._answer)
        while not self._shared.is_over.wait(_BYTE_EVERY_S):
            with suppress(OSError), self._connected() as held:
                self._hold(held, ways[self._number % len(ways)])

    def _connected(self) -> socket.socket:
        return socket.create_connection(("127.0.0.1", self._shared.port), _BYTE_EVERY_S)

    def _hold(self, held: socket.socket, drip: Callable[[socket.socket, int], bool]) -> None:
        began, endings, turn = time.monotonic(), self._shared.endings, 0
        try:
            while drip(held, turn):
                turn += 1
                if self._shared.is_over.wait(_BYTE_EVERY_S):
                    return
                if time.monotonic() - began > _HELD_AT_MOST_S:
                    # What a killed process had sent, the system holds for longer.
                    if self._shared.endings == endings:
                        name = drip.__name__.strip("_")
                        self._shared.figures.note_wrong(f"a slow {name} kept its connection")
                    return
        except (ConnectionResetError, BrokenPipeError):
            pass
        self._shared.figures.add("slow callers ended")

    def _head(self, held: socket.socket, turn: int) -> bool:
        held.sendall(
            b"GET /health/live HTTP/1.1\r\nHost: node\r\nX-Slow: "[turn : turn + 1] or b"x"
        )
        return not _is_closed(held)

    def _body(self, held: socket.socket, turn: int) -> bool:
        if turn == 0:
            held.sendall(
                b"POST /api/v1/match HTTP/1.1\r\nHost: node\r\nContent-Length: 1000\r\n"
                b"Authorization: Bearer " + self._shared.key.encode() + b"\r\n\r\n"
            )
        held.sendall(b" ")
        return not _is_closed(held)

    @staticmethod
    def _answer(held: socket.socket, turn: int) -> bool:
        if turn == 0:
            held.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 12)
            held.sendall(
                b"GET /api/v1/schema/openapi.json HTTP/1.1\r\nHost: node\r\n\r\n" * _PIPELINED
            )
        return _is_open_in_the_system(held)


def _is_closed(held: socket.socket) -> bool:
    """Whether the other side has closed; what it said before that is read."""
    held.settimeout(0)
    try:
        while part := held.recv(1 << 16):
            del part
    except BlockingIOError:
        return False
    finally:
        held.settimeout(_BYTE_EVERY_S)
    return True


def _is_open_in_the_system(held: socket.socket) -> bool:
    """Whether the connection was broken off, without reading from it."""
    info = held.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, 1)
    return info[0] == 1  # established


class Troublemaker(Thread):
    """Kills and renews what serves, until it is told to leave it alone.

    Args:
        node: With several server processes.
        shared: With the callers.
        seed: Of what it does and when.
    """

    def __init__(self, node: NodeProcess, shared: Shared, seed: int) -> None:
        super().__init__(name="trouble")
        self._node = node
        self._shared = shared
        self._figures = shared.figures
        self._random = random.Random(seed)  # noqa: S311 - a choice of trouble
        self._enough = Event()

    def run(self) -> None:
        """See `Thread`."""
        ways = (self._kill_worker, self._renew, self._kill_all, self._restart)
        while not self._enough.wait(self._random.uniform(*_TROUBLE_EVERY_S)):
            self._shared.endings += 1
            try:
                self._random.choices(ways, (10, 4, 1, 1))[0]()
            except AssertionError as error:
                self._figures.note_wrong(f"the node did not come back: {error}")
                return

    def leave_alone(self) -> None:
        """Make no more trouble."""
        self._enough.set()
        self.join()

    def _kill_worker(self) -> None:
        workers = self._node.workers()
        if workers:
            with suppress(ProcessLookupError):
                os.kill(self._random.choice(workers), signal.SIGKILL)
            self._figures.add("server processes killed")

    def _renew(self) -> None:
        before = set(self._node.workers())
        self._node.send(signal.SIGHUP)
        until = time.monotonic() + _RENEWAL_S
        while before & set(self._node.workers()):
            if time.monotonic() > until:
                self._figures.note_wrong("a renewal did not end")
                return
            if self._enough.wait(_BYTE_EVERY_S):
                return
        self._figures.add("renewals (SIGHUP)")

    def _kill_all(self) -> None:
        workers = self._node.workers()
        self._node.kill()
        for worker in workers:
            with suppress(ProcessLookupError):
                os.kill(worker, signal.SIGKILL)
        self._start("whole nodes killed")

    def _restart(self) -> None:
        code = self._node.stop()
        if code != 0:
            self._figures.note_wrong(f"a node that was told to stop ended with {code}")
        self._start("nodes stopped and started (SIGTERM)")

    def _start(self, what: str) -> None:
        while _listens(self._node.port):  # until the last of the killed is gone
            time.sleep(0.01)
        self._node.start()
        self._figures.add(what)


def _listens(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0
