# SPDX-License-Identifier: Apache-2.0
"""A node that follows a circle, killed over and over; it must end with what the log leaves."""

import random
import time
from pathlib import Path

from nahmi.testing.circle_crashes import KilledFollower
from soak.figures import Figures


def kill_followers(folder: Path, figures: Figures, seed: int, seconds: float) -> None:
    """Kill a follower again and again for so long.

    Args:
        folder: Where the nodes are made; it must be there.
        figures: Where the kills and what is wrong are counted.
        seed: Of the moments.
        seconds: After them it is killed no more.
    """
    follower = KilledFollower(folder, random.Random(seed))  # noqa: S311 - moments of a test
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        follower.run_and_die()
        if not follower.is_beginning():
            figures.note_wrong("a follower holds something else than the beginning of the log")
    figures.add("followers of a circle killed", follower.kills)
    if follower.finish() != follower.wanted:
        figures.note_lost("a follower that was killed does not end with what the log leaves")
