# SPDX-License-Identifier: Apache-2.0
"""One time limit over many steps, so that a peer that trickles cannot stretch it."""

import time
from collections.abc import Callable


class Deadline:
    """A moment that starts to draw near when it is made.

    Args:
        seconds: From now on.
        clock: Seconds that never run backwards.
    """

    def __init__(self, seconds: float, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._at = clock() + seconds

    def left_s(self) -> float:
        """Seconds that are left, above 0.

        Raises:
            TimeoutError: None are.
        """
        left = self._at - self._clock()
        if left <= 0:
            raise TimeoutError
        return left
