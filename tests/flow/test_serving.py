# SPDX-License-Identifier: Apache-2.0
"""A node that serves: stopped, renewed, killed; who asks meanwhile gets answers."""

import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from http.client import HTTPException
from pathlib import Path

import pytest

from nahmi.bootstrap.place import NodePlace
from nahmi.cli.app import run
from nahmi.operate.settings import Settings
from nahmi.serving.listening import listen
from nahmi.serving.supervisor import PROGRAM
from nahmi.serving.task import Task
from nahmi.testing.node_process import Caller, NodeProcess, free_port, make_node

pytestmark = [pytest.mark.enable_socket, pytest.mark.allow_hosts(["127.0.0.1"])]

PATIENCE_S = 60.0
PAUSE_S = 0.01
KNOWN, UNKNOWN = "00" * 32, "0f" * 32
BODY = b'{"signals": [{"type": "pdq", "value": "' + KNOWN.encode() + b'"}]}'


def wait_until(is_so: Callable[[], bool]) -> None:
    until = time.monotonic() + PATIENCE_S
    while not is_so():
        assert time.monotonic() < until, "it did not come about"
        time.sleep(0.02)


def listens(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


class HalfSent:
    """A question of which the node has the head and a part of the body."""

    def __init__(self, port: int, key: str) -> None:
        self._socket = socket.create_connection(("127.0.0.1", port), PATIENCE_S)
        self._socket.sendall(
            f"POST /api/v1/match HTTP/1.1\r\nHost: node\r\nAuthorization: Bearer {key}\r\n"
            f"Content-Length: {len(BODY)}\r\n\r\n".encode()
            + BODY[:5]
        )

    def finish(self) -> bytes:
        self._socket.sendall(BODY[5:])
        return self.answer()

    def answer(self) -> bytes:
        found = b""
        while part := self._socket.recv(4096):
            found += part
        self._socket.close()
        return found


class Asker:
    """Asks again and again until it is told to stop.

    Args:
        port: Where the node listens.
        key: With which to ask.
        is_fresh: Over a new connection each time; otherwise over the same one if it can.
    """

    def __init__(self, port: int, key: str, *, is_fresh: bool) -> None:
        self._port, self._key, self._is_fresh = port, key, is_fresh
        self._stop = threading.Event()
        self.answers = 0
        self.wrong: list[str] = []
        self.lost = 0
        self._thread = threading.Thread(target=self._run)
        self._thread.start()

    def _run(self) -> None:
        with Caller(self._port, self._key) as caller:
            while not self._stop.wait(PAUSE_S):
                try:
                    for value, verdict in ((KNOWN, "match"), (UNKNOWN, "no_match")):
                        reply = caller.match("pdq", value)
                        if reply.status != 200 or reply.json()["verdict"] != verdict:
                            self.wrong.append(f"{reply.status} {reply.body!r}")
                        self.answers += 1
                    page = caller.ask("GET", "/console/sign-in")
                    if page.status != 200 or b"<form" not in page.body:
                        self.wrong.append(f"a page: {page.status}")
                except (OSError, HTTPException):
                    self.lost += 1
                if self._is_fresh:
                    caller.close()

    def stop(self) -> None:
        self._stop.set()
        self._thread.join()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "node"


def test_one_process_drains_finishes_and_ends_with_0(folder: Path) -> None:
    key = make_node(folder, settings="[serve]\ndrain_s = 600")
    with NodeProcess(folder) as node, Caller(node.port, key) as caller:
        assert caller.add([KNOWN]).status == 201
        half = HalfSent(node.port, key)
        node.send(signal.SIGTERM)
        wait_until(lambda: caller.ask("GET", "/health/ready").status == 503)
        assert caller.ask("GET", "/health/live").status == 200
        assert caller.match("pdq", KNOWN).status == 200, "it still serves"
        node.send(signal.SIGTERM)  # whoever asks twice waits for no load balancer
        wait_until(lambda: not listens(node.port))
        last = caller.match("pdq", KNOWN)
        assert (last.status, last.headers["connection"]) == (200, "close")
        answer = half.finish()
        assert answer.startswith(b"HTTP/1.1 200 "), answer
        assert b'"match"' in answer
        assert node.process.wait(PATIENCE_S) == 0


def test_renewed_processes_lose_no_request_and_killed_ones_are_replaced(folder: Path) -> None:
    key = make_node(folder)
    with NodeProcess(folder, workers=2) as node:
        with Caller(node.port, key) as caller:
            assert caller.add([KNOWN]).status == 201
        wait_until(lambda: len(node.workers()) == 2 and node.said().count("node:start") == 2)
        wait_until(lambda: all(_answers(node, key) for _ in range(10)))  # both know it
        first = node.workers()
        askers = [Asker(node.port, key, is_fresh=is_fresh) for is_fresh in (True, False)]
        node.send(signal.SIGHUP)
        wait_until(lambda: not set(first) & set(node.workers()))
        wait_until(lambda: len(node.workers()) == 2)
        assert all(asker.lost == 0 for asker in askers)
        killed, other = node.workers()
        os.kill(killed, signal.SIGKILL)
        wait_until(lambda: len(set(node.workers()) - {killed}) == 2)
        assert other in node.workers()
        for asker in askers:
            asker.stop()
            assert asker.answers > 0
            assert not asker.wrong
            assert asker.lost <= 1, "whoever was being served by the process that was killed"
        wait_until(lambda: node.said().count("node:start") == 5)
        assert node.stop() == 0


def _answers(node: NodeProcess, key: str) -> bool:
    with Caller(node.port, key) as caller:
        return caller.match("pdq", KNOWN).json()["verdict"] == "match"


def test_a_process_whose_supervisor_is_gone_stops(folder: Path) -> None:
    make_node(folder)
    ours, theirs = socket.socketpair()
    sockets = [theirs, *listen("127.0.0.1", free_port())]
    numbers = [one.fileno() for one in sockets]
    task = Task(NodePlace(folder), Settings(layout=1))
    process = subprocess.Popen(
        [sys.executable, "-P", "-c", PROGRAM, *map(str, numbers)],
        pass_fds=numbers,
        env={**os.environ, **task.as_environment()},
        stderr=subprocess.DEVNULL,
    )
    for one in sockets:
        one.close()
    with ours:
        assert b"ready" in ours.recv(100)
        assert process.poll() is None
    assert process.wait(PATIENCE_S) == 0


@pytest.mark.usefixtures("own_logs")
@pytest.mark.parametrize("workers", ["1", "2"])
def test_a_node_that_cannot_be_opened_says_so_in_one_line(
    folder: Path, capsys: pytest.CaptureFixture[str], workers: str
) -> None:
    make_node(folder)
    (folder / "nahmi.sqlite3").write_bytes(b"no database at all, but long enough to be looked at")
    serve = ["serve", "--port", str(free_port()), "--workers", workers]
    assert run(["--node", str(folder), *serve]) == 2
    line = capsys.readouterr().err.splitlines()[-1]
    assert line.startswith("nahmi: ")
    assert line.endswith("[store_corrupt]")
