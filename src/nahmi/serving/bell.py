# SPDX-License-Identifier: Apache-2.0
"""Sleep that ends when a signal comes.

A handler may run while the main thread holds any lock, an event's own among them, so it must not
set one. The system writes a byte to a socket instead.
"""

import selectors
import signal
import socket
from collections.abc import Callable, Mapping
from types import FrameType, TracebackType
from typing import Self

Handler = Callable[[], None]
_Before = Callable[[int, FrameType | None], object] | int | None
_AT_ONCE = 4096


class Bell:
    """Takes signals while the block runs; of the main thread.

    Args:
        handlers: What to note when a signal comes; they must not wait for anything.
    """

    def __init__(self, handlers: Mapping[signal.Signals, Handler]) -> None:
        self._handlers = handlers
        self._before: dict[signal.Signals, _Before] = {}
        self._ours, self._theirs = socket.socketpair()
        self._ours.settimeout(0)
        self._theirs.settimeout(0)
        self._selector = selectors.DefaultSelector()
        self._selector.register(self._ours, selectors.EVENT_READ)

    def rest(self, seconds: float) -> None:
        """Sleep until a signal comes, at most so long."""
        if self._selector.select(seconds):
            self._ours.recv(_AT_ONCE)

    def __enter__(self) -> Self:
        self._number = signal.set_wakeup_fd(self._theirs.fileno(), warn_on_full_buffer=False)
        for number in self._handlers:
            self._before[number] = signal.signal(number, self._handle)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        for number, handler in self._before.items():
            signal.signal(number, handler)
        signal.set_wakeup_fd(self._number)
        self._selector.close()
        self._ours.close()
        self._theirs.close()

    def _handle(self, number: int, frame: FrameType | None) -> None:
        del frame
        self._handlers[signal.Signals(number)]()
