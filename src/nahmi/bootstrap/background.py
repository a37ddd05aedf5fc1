# SPDX-License-Identifier: Apache-2.0
"""Work that goes on beside requests: one thread a journey, told to stop when the node closes."""

from collections.abc import Callable
from threading import Event, Thread
from typing import Self

Journey = Callable[[Event], None]
"""Goes on until the event is set."""


class Background:
    """Threads that work until the block ends.

    Args:
        journeys: By name.
    """

    def __init__(self, journeys: dict[str, Journey]) -> None:
        self._stop = Event()
        self._threads = [
            Thread(target=journey, args=(self._stop,), name=f"nahmi-{name}", daemon=True)
            for name, journey in journeys.items()
        ]
        for thread in self._threads:
            thread.start()

    @property
    def is_alive(self) -> bool:
        """Whether every journey goes on."""
        return all(thread.is_alive() for thread in self._threads)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        for thread in self._threads:
            thread.join()
