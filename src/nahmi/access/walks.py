# SPDX-License-Identifier: Apache-2.0
"""Query walks: someone who steps from query to query to learn what a bank holds.

Honest queries lie about 128 bits from one another; copies of one picture lie close, but few of
them come from one principal in a row. Each principal keeps a short window of distinct queries, and
principals that have not asked for longest are forgotten first, so memory is bounded.
"""

from collections import OrderedDict, deque
from typing import Final

NEAR_BITS: Final = 40
WINDOW: Final = 64
NEAR_QUERIES: Final = 16
_BITS = 256


class WalkDetector:
    """Counts near queries of each principal.

    Args:
        principals: How many are remembered, 1 or more.
        near_queries: So many near ones in the window are a walk.
    """

    def __init__(self, *, principals: int = 4096, near_queries: int = NEAR_QUERIES) -> None:
        self._most = max(principals, 1)
        self._near = near_queries
        self._windows: OrderedDict[str, deque[int]] = OrderedDict()

    def __repr__(self) -> str:
        """Without the queries."""
        return f"WalkDetector({len(self._windows)} principals)"

    def note(self, principal: str, query: bytes) -> bool:
        """Note a query; whether the principal walks.

        The same query again is no step: it teaches nothing new.

        Args:
            principal: Who asks, such as key:7.
            query: A fingerprint of 32 bytes; other lengths are not judged.
        """
        if len(query) * 8 != _BITS:
            return False
        value = int.from_bytes(query)
        window = self._windows.setdefault(principal, deque(maxlen=WINDOW))
        self._windows.move_to_end(principal)
        if len(self._windows) > self._most:
            self._windows.popitem(last=False)
        near = sum((value ^ earlier).bit_count() <= NEAR_BITS for earlier in window)
        if value not in window:
            window.append(value)
        return near >= self._near
