# SPDX-License-Identifier: Apache-2.0
"""Signatures of whole pages are checked in a process beside the one that applies them."""

import socket
import sys
import threading
import time
from collections.abc import Collection, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from typing import Final

import msgspec

from nahmi.errors import NahmiError
from nahmi.media.process import WorkerProcess
from nahmi.media.protocol import receive, send
from nahmi.partner.checking import unchecked
from nahmi.partner.pages import split_page
from nahmi.partner.statements.signing import Verifier

_SECONDS: Final = 300.0
_RESTS_AFTER_S: Final = 60.0
_THREADS: Final = 2


class _Asked(msgspec.Struct, frozen=True):
    """A page to be checked."""

    data: bytes
    keys: dict[str, bytes]


class _Answered(msgspec.Struct, frozen=True):
    """Which of its statements are not shown to be signed as they say; None for no page."""

    places: tuple[int, ...] | None


_decode_asked: Final = msgspec.msgpack.Decoder(_Asked).decode
_decode_answered: Final = msgspec.msgpack.Decoder(_Answered).decode


class SignatureWorker:
    """Checks pages in a process that is started when it is needed. Safe between threads."""

    def __init__(self) -> None:
        self._process: WorkerProcess | None = None
        self._used_at = 0.0
        self._turn = threading.Lock()

    def check(self, data: bytes, keys: Mapping[str, bytes]) -> Collection[int] | None:
        """See `nahmi.flows.circles.ahead.SignatureChecks`."""
        with self._turn:
            try:
                if self._process is None:
                    self._process = WorkerProcess(__name__, environment={})
                self._process.send(_Asked(data, dict(keys)))
                answer = _decode_answered(self._process.receive(_SECONDS))
            except (EOFError, OSError, TimeoutError, msgspec.DecodeError):
                self._end()
                return None
            self._used_at = time.monotonic()
            return None if answer.places is None else frozenset(answer.places)

    def rest(self) -> None:
        """End the process when it has not been needed for a while."""
        with self._turn:
            if time.monotonic() - self._used_at > _RESTS_AFTER_S:
                self._end()

    def close(self) -> None:
        """End the process."""
        with self._turn:
            self._end()

    def _end(self) -> None:
        if self._process is not None:
            self._process.end()
            self._process = None


def main() -> None:
    """Serve one socket, until the other side is gone."""
    channel = socket.socket(fileno=int(sys.argv[1]))
    verifiers = [Verifier() for _ in range(_THREADS)]
    with (
        suppress(EOFError, BrokenPipeError, ConnectionResetError),
        ThreadPoolExecutor(_THREADS) as threads,
    ):
        while True:
            body, _ = receive(channel)
            send(channel, _answer(_decode_asked(body), verifiers, threads))


def _answer(asked: _Asked, verifiers: Sequence[Verifier], threads: ThreadPoolExecutor) -> _Answered:
    try:
        lines = split_page(asked.data)
    except NahmiError:
        return _Answered(None)
    # OpenSSL lets other threads run while it looks at a signature.
    share = -(-len(lines) // len(verifiers))
    begun = [
        threads.submit(unchecked, lines[first : first + share], asked.keys, verifier, first=first)
        for first, verifier in zip(range(0, len(lines), max(share, 1)), verifiers, strict=False)
    ]
    return _Answered(tuple(place for one in begun for place in one.result()))
