# SPDX-License-Identifier: Apache-2.0
"""Waits for what takes long, and gives up as soon as whoever waits is told to."""

import threading
from collections.abc import Callable
from typing import Final, Generic, TypeVar

from nahmi.errors import ErrorCode, WireError

_LOOK_EVERY_S: Final = 0.2

_Got = TypeVar("_Got")


def attended(work: Callable[[], _Got], go_on: Callable[[], bool]) -> _Got:
    """What some work returns, or raises.

    It goes on in a thread of its own, because a socket that is read from cannot be told to stop.
    What is given up is left to its own deadline, and nobody hears of it any more.

    Args:
        work: What takes long.
        go_on: Asked several times a second.

    Raises:
        WireError: FETCH_FAILED: told to stop.
    """
    running = _Running(work)
    while running.is_alive():
        running.join(_LOOK_EVERY_S)
        if running.is_alive() and not go_on():
            raise stopped()
    return running.outcome()


def rest(seconds: float, go_on: Callable[[], bool]) -> None:
    """Wait, unless told to stop.

    Raises:
        WireError: FETCH_FAILED: told to stop.
    """
    attended(lambda: threading.Event().wait(seconds), go_on)


def stopped() -> WireError:
    """The error of whoever was told to stop."""
    return WireError(ErrorCode.FETCH_FAILED, "The fetch was told to stop.")


class _Running(threading.Thread, Generic[_Got]):
    """Work in a thread."""

    def __init__(self, work: Callable[[], _Got]) -> None:
        super().__init__(name="nahmi-exchange-call", daemon=True)
        self._work = work
        self._got: list[_Got] = []
        self._failure: BaseException | None = None
        self.start()

    def run(self) -> None:
        try:
            self._got.append(self._work())
        except BaseException as error:  # noqa: BLE001 - raised again by whoever waits
            self._failure = error

    def outcome(self) -> _Got:
        if self._failure is not None:
            raise self._failure
        return self._got[0]
