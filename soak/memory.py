# SPDX-License-Identifier: Apache-2.0
"""What the processes of a node take of the machine's memory, over time.

Counted is anonymous memory, in which leaks are: pages of files, such as the index, are the system's
and shared by all.
"""

import time
from contextlib import suppress
from pathlib import Path
from threading import Event, Thread

import numpy as np

_EVERY_S = 1.0
_KIBIBYTE = 1024
_MEBIBYTE = 1 << 20
_LEAST = 10


class MemoryWatch:
    """Looks at a process and all below it, in a thread.

    Args:
        pid: Of the process that was started.
    """

    def __init__(self, pid: int) -> None:
        self._pid = pid
        self._began = time.monotonic()
        self.samples: list[tuple[float, int]] = []
        self._stop = Event()
        self._thread = Thread(target=self._run, name="memory")
        self._thread.start()

    def _run(self) -> None:
        while not self._stop.wait(_EVERY_S):
            at = time.monotonic() - self._began
            self.samples.append((at, sum(map(_anonymous_bytes, family(self._pid)))))

    def stop(self) -> None:
        """Look no more."""
        self._stop.set()
        self._thread.join()

    def told(self) -> list[tuple[str, str]]:
        """First, last and slope, for the table."""
        if len(self.samples) < _LEAST:
            return [("memory", "too short to say")]
        at, taken = np.array(self.samples, float).T
        half = len(at) // 2
        slope = np.polyfit(at[half:] / 60, taken[half:] / _MEBIBYTE, 1)[0]
        first, last = taken[: _LEAST // 2].mean(), taken[-_LEAST // 2 :].mean()
        return [
            ("memory at first, MiB", f"{first / _MEBIBYTE:,.0f}"),
            ("memory at last, MiB", f"{last / _MEBIBYTE:,.0f}"),
            ("slope over the second half, MiB a minute", f"{slope:+.2f}"),
        ]


def family(pid: int) -> list[int]:
    """A process and all that it and they started."""
    found = [pid]
    for one in found:
        with suppress(OSError):
            for task in Path(f"/proc/{one}/task").iterdir():
                found += map(int, (task / "children").read_text(encoding="ascii").split())
    return found


def _anonymous_bytes(pid: int) -> int:
    with suppress(OSError):
        for line in Path(f"/proc/{pid}/status").read_text(encoding="ascii").splitlines():
            name, _, value = line.partition(":")
            if name == "RssAnon":
                return int(value.split()[0]) * _KIBIBYTE
    return 0
