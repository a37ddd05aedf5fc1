# SPDX-License-Identifier: Apache-2.0
"""What a soak counts, and how it ends."""

from collections import Counter
from collections.abc import Sequence
from threading import Lock

_MOST_SHOWN = 20


class Figures:
    """Counts of all threads."""

    def __init__(self) -> None:
        self._lock = Lock()
        self.counts: Counter[str] = Counter()
        self.wrong: list[str] = []
        self.lost: list[str] = []
        self.longest_lag_s = 0.0

    def add(self, what: str, count: int = 1) -> None:
        """Something happened so many times."""
        with self._lock:
            self.counts[what] += count

    def note_wrong(self, what: str) -> None:
        """An answer that no node may give."""
        with self._lock:
            self.wrong.append(what)

    def note_lost(self, what: str) -> None:
        """Something that was acknowledged and is not there."""
        with self._lock:
            self.lost.append(what)

    def note_lag(self, seconds: float) -> None:
        """How long another process answered as before a change."""
        with self._lock:
            self.longest_lag_s = max(self.longest_lag_s, seconds)

    @property
    def is_right(self) -> bool:
        """Whether nothing was wrong and nothing lost."""
        return not self.wrong and not self.lost


def print_table(title: str, rows: Sequence[tuple[str, str]]) -> None:
    """A table that can be quoted as it is."""
    width = max(len(name) for name, _ in rows)
    print(f"\n{title}\n")
    for name, value in rows:
        print(f"  {name:<{width}}  {value}")
    print(flush=True)


def print_faults(kind: str, faults: Sequence[str]) -> None:
    """What was wrong, at most so much of it."""
    for fault in faults[:_MOST_SHOWN]:
        print(f"{kind}: {fault}")
    if len(faults) > _MOST_SHOWN:
        print(f"{kind}: and {len(faults) - _MOST_SHOWN} more")
