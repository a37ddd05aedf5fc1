# SPDX-License-Identifier: Apache-2.0
"""A follower that is killed at any moment goes on, and ends with what the log leaves."""

import random
from pathlib import Path

from nahmi.testing.circle_crashes import KilledFollower

KILLS = 50


def test_fifty_kills_leave_what_the_log_leaves(tmp_path: Path) -> None:
    follower = KilledFollower(tmp_path, random.Random(5))  # noqa: S311 - moments of a test
    while follower.kills < KILLS:
        follower.run_and_die()
        if follower.kills % 10 == 0:
            assert follower.is_beginning()
    assert follower.finish() == follower.wanted
    assert len(follower.wanted.matching) > 20
    assert len(set(follower.wanted.tiers)) >= 4
