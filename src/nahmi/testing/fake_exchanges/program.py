# SPDX-License-Identifier: Apache-2.0
"""What all fakes have in common: a server, a clock, and faults that a test asks for."""

from abc import ABC, abstractmethod
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from io import BufferedIOBase
from threading import Lock
from typing import Self

from nahmi.testing.loopback import Asked, Behaviour, LoopbackServer, reply

Interference = Callable[[Asked], Behaviour | None]
"""What to answer instead; None where the program is to answer itself."""


class FakeProgram(ABC):
    """A program of somebody else, on the loopback interface.

    Attributes:
        now: The program's own clock; a test turns it.
        interfere: Asked before each answer; see `Interference`.
    """

    def __init__(self) -> None:
        self.now = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
        self.interfere: Interference = lambda _: None
        self._lock = Lock()
        self._server = LoopbackServer(self._behave)

    @property
    def base_url(self) -> str:
        """Where it is, without a slash at the end."""
        return self._server.url("")

    @property
    def asked(self) -> list[Asked]:
        """Requests so far, in the order of their arrival."""
        return self._server.asked

    def turn_clock(self, ahead: timedelta) -> None:
        """Let time pass for the program."""
        self.now += ahead

    @abstractmethod
    def answer(self, asked: Asked) -> Behaviour:
        """What it says to a request."""

    def close(self) -> None:
        """Listen no more."""
        self._server.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _behave(self, asked: Asked, answer: BufferedIOBase) -> None:
        with self._lock:
            behaviour = self.interfere(asked) or self.answer(asked)
        behaviour(asked, answer)


def faults(*behaviours: Behaviour | None, when: str = "") -> Interference:
    """Answer the next requests like this, one after the other, and all later ones as usual.

    Args:
        behaviours: None where the program is to answer itself.
        when: Only requests whose path holds this count.
    """
    left = list(behaviours)

    def interfere(asked: Asked) -> Behaviour | None:
        return left.pop(0) if left and when in asked.path else None

    return interfere


def cut_short(behaviour: Behaviour, keep: float = 0.5) -> Behaviour:
    """The same answer with a part of its body only, and a length that says nothing is missing.

    Args:
        behaviour: An answer with a head and a body.
        keep: Which part of the body is left, 0..1.
    """

    def behave(asked: Asked, answer: BufferedIOBase) -> None:
        whole = _Written()
        behaviour(asked, whole)  # type: ignore[arg-type]  # only written to
        _, _, body = bytes(whole.data).partition(b"\r\n\r\n")
        reply(200, body[: int(len(body) * keep)])(asked, answer)

    return behave


class _Written:
    def __init__(self) -> None:
        self.data = bytearray()

    def write(self, data: bytes) -> int:
        self.data += data
        return len(data)
