# SPDX-License-Identifier: Apache-2.0
"""One writer at a time, across threads and processes."""

import fcntl
import os
import threading
import time
from pathlib import Path
from types import TracebackType
from typing import Self

from nahmi.errors import ErrorCode, SignalIndexError

_PAUSE_S = 0.002


class WriterLock:
    """A lock on a file; the system frees it when its process ends, however it ends.

    Re-entrant within a thread.

    Args:
        path: The file, made when it is missing.
        wait_s: How long to wait for another writer, seconds.
    """

    def __init__(self, path: Path, *, wait_s: float) -> None:
        self._path = path
        self._wait_s = wait_s
        self._threads = threading.RLock()
        self._depth = 0
        self._descriptor = -1

    @property
    def depth(self) -> int:
        """How many times its holder has entered it; 0 when it is free."""
        return self._depth

    def __enter__(self) -> Self:
        """Wait for the lock.

        Raises:
            SignalIndexError: INDEX_BUSY when another writer keeps it for longer than `wait_s`.
        """
        if not self._threads.acquire(timeout=self._wait_s):
            raise self._busy()
        try:
            if self._depth == 0:
                self._lock_file()
            self._depth += 1
        except BaseException:
            self._threads.release()
            raise
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._depth -= 1
        if self._depth == 0:
            fcntl.flock(self._descriptor, fcntl.LOCK_UN)
        self._threads.release()

    def try_enter(self) -> bool:
        """Take the lock if nobody holds it; whether that worked. Leave it with `__exit__`."""
        wait_s, self._wait_s = self._wait_s, 0.0
        try:
            self.__enter__()
        except SignalIndexError:
            return False
        finally:
            self._wait_s = wait_s
        return True

    def _lock_file(self) -> None:
        if self._descriptor < 0:
            self._descriptor = os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        deadline = time.monotonic() + self._wait_s
        while True:
            try:
                fcntl.flock(self._descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                if time.monotonic() >= deadline:
                    raise self._busy() from None
                time.sleep(_PAUSE_S)
            else:
                return

    def _busy(self) -> SignalIndexError:
        return SignalIndexError(
            ErrorCode.INDEX_BUSY,
            f"Another process has been writing to the index for more than {self._wait_s:g} s.",
            hint="Try again when it is done.",
        )

    def close(self) -> None:
        """Give the file back."""
        if self._descriptor >= 0:
            os.close(self._descriptor)
            self._descriptor = -1
