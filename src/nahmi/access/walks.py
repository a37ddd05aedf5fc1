# SPDX-License-Identifier: Apache-2.0
"""Query walks: someone who steps from query to query to learn what a bank holds.

Honest queries lie about 128 bits from one another; copies of one picture lie close, but few of
them come from one principal in a row. Each principal keeps a short window of distinct queries, and
principals that have not asked for longest are forgotten first, so memory is bounded.
"""

from collections import OrderedDict
from collections.abc import Sequence
from threading import Lock
from typing import Final

import numpy as np
from numpy.typing import NDArray

from nahmi import kernels

NEAR_BITS: Final = 40
WINDOW: Final = 64
NEAR_QUERIES: Final = 16
_BYTES = 32
_MANY = 16
"""So many queries at once are compared with one another in one go; fewer one by one."""

_Rows = NDArray[np.uint64]


class WalkDetector:
    """Counts near queries of each principal. Safe to share between threads.

    Args:
        principals: How many are remembered, 1 or more.
        near_queries: So many near ones among the last 64 are a walk.
    """

    def __init__(self, *, principals: int = 4096, near_queries: int = NEAR_QUERIES) -> None:
        self._most = max(principals, 1)
        self._near = near_queries
        self._windows: OrderedDict[str, _Window] = OrderedDict()
        self._lock = Lock()

    def __repr__(self) -> str:
        """Without the queries."""
        return f"WalkDetector({len(self._windows)} principals)"

    def note(self, principal: str, queries: Sequence[bytes]) -> int:
        """Note queries; how many of them are steps of a walk.

        The same query again is no step: it teaches nothing new.

        Args:
            principal: Who asks, such as key:7.
            queries: Fingerprints of 32 bytes, in the order in which they came; other lengths are
                not judged.
        """
        window = self._window(principal)
        judged = [query for query in queries if len(query) == _BYTES]
        with window.lock:
            if len(judged) < _MANY:
                return sum(window.note(query) >= self._near for query in judged)
            return int(np.count_nonzero(window.note_many(judged) >= self._near))

    def _window(self, principal: str) -> "_Window":
        with self._lock:
            window = self._windows.get(principal)
            if window is None:
                window = self._windows[principal] = _Window()
                if len(self._windows) > self._most:
                    self._windows.popitem(last=False)
            self._windows.move_to_end(principal)
            return window


class _Window:
    """The last distinct queries of one principal, the oldest overwritten first.

    Attributes:
        lock: To be held by whoever notes something.
    """

    def __init__(self) -> None:
        self.lock = Lock()
        self._rows: _Rows = np.zeros((WINDOW, 4), np.uint64)
        self._bytes = self._rows.view(np.uint8)
        self._count = 0

    def note(self, query: bytes) -> int:
        """How many of the queries before it are near this one; 0 when it is among them."""
        asked = np.frombuffer(query, np.uint8)
        _, _, bits = kernels.scan(self._bytes[: self._count], asked[np.newaxis], NEAR_BITS)
        if len(bits) and not bits[0]:  # the nearest is this very query
            return 0
        self._bytes[self._count % WINDOW] = asked
        self._count += 1
        return len(bits)

    def note_many(self, queries: Sequence[bytes]) -> NDArray[np.int64]:
        """The same for many queries: a number for each that is new."""
        earlier = np.roll(self._rows, -self._count, axis=0)[-self._count :][: self._count]
        known = {row.tobytes() for row in earlier}
        new = [query for query in dict.fromkeys(queries) if query not in known]
        rows = np.concatenate([earlier, np.frombuffer(b"".join(new), np.uint64).reshape(-1, 4)])
        for row in rows[len(earlier) :][-WINDOW:]:
            self._rows[self._count % WINDOW] = row
            self._count += 1
        return kernels.near_before(rows.view(np.uint8), len(earlier), WINDOW, NEAR_BITS)
