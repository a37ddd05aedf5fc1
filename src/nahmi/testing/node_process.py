# SPDX-License-Identifier: Apache-2.0
"""A node that serves in processes of its own, on the loopback interface: stopped, killed, asked.

Example:
    In a test that may use sockets::

        key = make_node(tmp_path / "node")
        with NodeProcess(tmp_path / "node") as node, Caller(node.port, key) as caller:
            assert caller.match("pdq", "00" * 32).status == 200
            node.kill()
"""

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from http import HTTPStatus
from http.client import HTTPConnection, HTTPException
from pathlib import Path
from typing import Any, Final, Self

import msgspec

from nahmi.bootstrap import init_node, now
from nahmi.core.bank import Category
from nahmi.protect.ports import BankDraft
from nahmi.testing.keys import give_key

BANK: Final = "KNOWN"
_START_S: Final = 120.0
_PAUSE_S: Final = 0.02


def make_node(folder: Path, *, settings: str = "") -> str:
    """Make a node with one empty bank.

    Args:
        folder: Where; there must be nothing.
        settings: What else is to stand in `node.toml`.

    Returns:
        The text of a key that may do everything.
    """
    with init_node(folder) as node:
        node.store.create_bank(BankDraft(name=BANK, category=Category.TEST), now=now())
    text = give_key(folder)
    with (folder / "node.toml").open("a", encoding="utf-8") as file:
        file.write(f"\n{settings}\n")
    return text


def free_port() -> int:
    """A port of the loopback interface at which nobody listens now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


class NodeProcess:
    """`nahmi serve`, ended when the block ends.

    Args:
        folder: The node's.
        workers: Server processes.
        port: At which it listens; a free one if none is named.
    """

    def __init__(self, folder: Path, *, workers: int = 1, port: int | None = None) -> None:
        self.port = port or free_port()
        self._output = folder.parent / f"{folder.name}.log"
        self._command = [
            str(Path(sys.executable).with_name("nahmi")),
            *("--node", str(folder)),
            *("serve", "--port", str(self.port), "--workers", str(workers)),
        ]
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def process(self) -> "subprocess.Popen[bytes]":
        """The process that was started."""
        if self._process is None:
            raise AssertionError("it was not started")
        return self._process

    def start(self) -> None:
        """Start it and wait until it can answer.

        Raises:
            AssertionError: It ended instead.
        """
        with self._output.open("ab") as log:
            self._process = subprocess.Popen(  # noqa: S603 - our own
                self._command,
                env={**os.environ, "TMPDIR": str(self._output.parent)},  # what a kill leaves behind
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
            )
        until = time.monotonic() + _START_S
        while time.monotonic() < until:
            if self._process.poll() is not None:
                raise AssertionError(f"it ended: {self.said()}")
            with suppress(OSError, HTTPException), Caller(self.port) as caller:
                if caller.ask("GET", "/health/ready").status == HTTPStatus.OK:
                    return
            time.sleep(_PAUSE_S)
        raise AssertionError(f"it did not start: {self.said()}")

    def said(self) -> str:
        """What it wrote since it was first started."""
        return self._output.read_text(encoding="utf-8")

    def send(self, number: signal.Signals) -> None:
        """Send it a signal."""
        self.process.send_signal(number)

    def kill(self) -> None:
        """End it at once, as when the machine takes its memory."""
        self.process.kill()
        self.process.wait()

    def stop(self) -> int:
        """Tell it to stop; its exit code."""
        self.process.terminate()
        return self.process.wait(_START_S)

    def workers(self) -> list[int]:
        """The server processes of a node with several, by their numbers."""
        return [
            int(pid)
            for pid in _children(self.process.pid)
            if b"nahmi.serving.process" in _command_line(pid)
        ]

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        if self._process is None or self._process.poll() is not None:
            return
        self._process.terminate()
        try:
            self._process.wait(_START_S)
        except subprocess.TimeoutExpired:
            self.kill()


def _children(pid: int) -> list[str]:
    folder = Path(f"/proc/{pid}/task/{pid}")
    return (folder / "children").read_text(encoding="ascii").split()


def _command_line(pid: str) -> bytes:
    with suppress(OSError):
        return Path(f"/proc/{pid}/cmdline").read_bytes()
    return b""


class Reply(msgspec.Struct, frozen=True):
    """An answer.

    Attributes:
        status: Its number.
        headers: Names in lower case.
        body: Its bytes.
    """

    status: int
    headers: Mapping[str, str]
    body: bytes

    def json(self) -> Any:  # noqa: ANN401 - whatever was answered
        """The body as a value."""
        return msgspec.json.decode(self.body)


class Caller:
    """Asks a node over one connection that stays open, as a platform's servers do.

    Args:
        port: Where it listens.
        key: With which to ask; none is sent when empty.
        timeout_s: How long to wait for an answer.

    Attributes:
        is_fresh: Whether nothing was asked over this connection yet.
    """

    def __init__(self, port: int, key: str = "", *, timeout_s: float = 60) -> None:
        self._connection = HTTPConnection("127.0.0.1", port, timeout=timeout_s)
        self._headers = {"authorization": f"Bearer {key}"} if key else {}
        self.is_fresh = True

    def ask(
        self,
        method: str,
        path: str,
        body: object = None,
        *,
        raw: bytes | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> Reply:
        """Send a request and read its answer.

        Args:
            method: Such as POST.
            path: With what follows it.
            body: To be sent as JSON.
            raw: To be sent as it is.
            headers: Beside those that every request has.

        Raises:
            OSError: There is no connection, or it broke.
            HTTPException: It was closed before the answer was whole.
        """
        sent = {**self._headers, **(headers or {})}
        content = raw
        if body is not None:
            sent["content-type"] = "application/json"
            content = msgspec.json.encode(body)
        self.is_fresh = self._connection.sock is None
        try:
            self._connection.request(method, path, content, sent)
            answer = self._connection.getresponse()
            read = answer.read()
        except (OSError, HTTPException):
            self._connection.close()
            raise
        names = {name.lower(): value for name, value in answer.getheaders()}
        return Reply(answer.status, names, read)

    def add(self, values: Sequence[str], *, kind: str = "pdq", bank_id: int = 1) -> Reply:
        """Add signals to a bank."""
        signals = [{"type": kind, "value": value} for value in values]
        return self.ask("POST", f"/api/v1/banks/{bank_id}/entries", {"signals": signals})

    def match(self, kind: str, value: str, *, reference: str = "") -> Reply:
        """Ask whether a signal is known."""
        asked = {"signals": [{"type": kind, "value": value}], "reference": reference}
        return self.ask("POST", "/api/v1/match", asked)

    def close(self) -> None:
        """Close the connection."""
        self._connection.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()
