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
_LEAST = 20


class MemoryWatch:
    """Looks at a process and all below it, in a thread.

    Args:
        pid: Of the process that was started.
    """

    def __init__(self, pid: int) -> None:
        self._pid = pid
        self._began = time.monotonic()
        self.samples: list[tuple[float, dict[int, int]]] = []
        self._stop = Event()
        self._thread = Thread(target=self._run, name="memory")
        self._thread.start()

    def _run(self) -> None:
        while not self._stop.wait(_EVERY_S):
            at = time.monotonic() - self._began
            self.samples.append((at, {pid: _anonymous_bytes(pid) for pid in family(self._pid)}))

    def stop(self) -> None:
        """Look no more."""
        self._stop.set()
        self._thread.join()

    def told(self) -> list[tuple[str, str]]:
        """First, last and slope of the processes that were there all the time, for the table."""
        late = self.samples[len(self.samples) // 3 :]
        if len(late) < _LEAST:
            return [("memory", "too short to say")]
        stayed = set.intersection(*(set(taken) for _, taken in late))
        at = np.array([moment for moment, _ in late])
        taken = np.array([sum(one[pid] for pid in stayed) for _, one in late]) / _MEBIBYTE
        slope = np.polyfit(at / 60, taken, 1)[0]
        return [
            (
                "memory of all processes at last, MiB",
                f"{sum(late[-1][1].values()) / _MEBIBYTE:,.0f}",
            ),
            (f"memory of {len(stayed)} that stayed, MiB", f"{taken[0]:,.0f} to {taken[-1]:,.0f}"),
            (f"its slope over {at[-1] - at[0]:.0f} s, MiB a minute", f"{slope:+.2f}"),
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
