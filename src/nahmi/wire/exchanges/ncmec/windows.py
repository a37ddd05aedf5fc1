# SPDX-License-Identifier: Apache-2.0
"""How long a window of time to ask NCMEC for: worth its opening, and short enough to be drained.

To open a window is dear for the exchange, to go on in one is cheap, and so is an empty one. A page
link of a window dies after some hours, so a window must not hold more than can be read until then.
"""

from typing import Final

import msgspec

FULL: Final = 100_000
"""Entries above which a window is too long."""

SPARSE: Final = 2_000
"""Entries below which a window could be longer."""

FLOOR_S: Final = 60
"""A window that is so short is drained whatever it holds: a single second may hold thousands."""

_QUIET: Final = 4
_FACTOR: Final = 4


class Pace(msgspec.Struct, frozen=True):
    """What windows so far say about the next one.

    Attributes:
        seconds: How long it should be, 1 or more; 0 for everything that there is.
        quiet: How many in a row were sparse.
        narrowed: How often in a row the next one was found too full at its first page.
    """

    seconds: int = 0
    quiet: int = 0
    narrowed: int = 0

    def length(self, room_s: int) -> int:
        """How long the next window is.

        Args:
            room_s: Seconds up to the moment until which is asked, 1 or more.
        """
        return min(self.seconds or room_s, room_s)

    def after(self, length_s: int, count: int) -> "Pace":
        """What is known after a window was drained.

        Args:
            length_s: How long it was.
            count: How many entries it had.
        """
        if count > FULL:
            return Pace(max(1, length_s // _FACTOR))
        # The last window of a fetch is as short as what was left, which says nothing of the next.
        if count >= SPARSE:
            return Pace(self.seconds)
        if self.quiet + 1 < _QUIET:
            return Pace(self.seconds, self.quiet + 1)
        return Pace(self.seconds * 2)

    def narrower(self, length_s: int, left: int, newest_s: int) -> "Pace | None":
        """A shorter window, when the first page of this one says that it is too full.

        Each time in a row it is cut more.

        Args:
            length_s: How long this one is.
            left: About how many entries it has.
            newest_s: The latest moment that its first page names, from its beginning.
        """
        if left <= FULL or length_s <= FLOOR_S:
            return None
        cut = length_s // _FACTOR // 2**self.narrowed
        bound = newest_s - 1 if 1 < newest_s <= length_s else length_s
        return Pace(max(1, min(cut, bound)), 0, self.narrowed + 1)
