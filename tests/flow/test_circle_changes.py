# SPDX-License-Identifier: Apache-2.0
"""Whoever follows what changed of a circle's signals misses nothing, whatever it changed by."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from nahmi.access.identity import LOCAL
from nahmi.flows.circles.stewarding import leaves
from nahmi.partner.fold.tiers import Tier
from nahmi.partner.ports.fold import ChangedSignal
from nahmi.partner.statements.kinds import RetractReason
from nahmi.store.sql.circle_changes import SqlCircleChanges
from nahmi.testing.circle_nodes import Nodes, nodes_in
from nahmi.testing.circles import Member, catch_up, join, signal


@pytest.fixture
def nodes(tmp_path: Path) -> Iterator[Nodes]:
    with nodes_in(tmp_path) as made:
        yield made


@pytest.fixture
def home(nodes: Nodes) -> Member:
    return nodes.make("Home", "AE")


class Follower:
    """Follows what changed on a node.

    Args:
        node: The node.
        circle_id: Of which circle.
    """

    def __init__(self, node: Member, circle_id: str) -> None:
        self._changes = SqlCircleChanges(node.database)
        self._number = node.circle(circle_id).number
        self._after = 0

    def reads(self, limit: int = 100) -> list[ChangedSignal]:
        """What changed since it read last."""
        found = list(self._changes.changed(self._number, after=self._after, limit=limit))
        self._after = found[-1].change if found else self._after
        return found

    def tiers(self) -> dict[str, Tier]:
        """The same by signals."""
        return {one.held.signal.value: one.held.tier for one in self.reads() if one.held}


def test_time_and_rosters_change_signals_too(home: Member, nodes: Nodes) -> None:
    circle_id = home.founds()
    other = nodes.make("Other", "GB")
    wire = join(home, other, circle_id)
    catch_up(wire)
    home.share(circle_id, 1, 2)
    catch_up(wire)
    other.share(circle_id, 2)
    catch_up(wire)
    follower = Follower(home, circle_id)
    assert follower.tiers() == {signal(1).value: Tier.REVIEW, signal(2).value: Tier.ACTIONABLE}
    home.stewarding.change(LOCAL, circle_id, lambda was: leaves(was, other.org, is_expelled=True))
    home.keeping_up.rejudge(circle_id)
    assert follower.tiers()[signal(2).value] is Tier.REVIEW
    days = home.circle(circle_id).roster.roster.rules.retention_days
    home.now += timedelta(days=days + 1)
    home.keeping_up.rejudge(circle_id)
    assert follower.tiers() == {signal(1).value: Tier.WITHDRAWN, signal(2).value: Tier.WITHDRAWN}


def test_each_signal_keeps_its_record_and_comes_once(home: Member) -> None:
    circle_id = home.founds()
    home.share(circle_id, 1, 2, 3)
    follower = Follower(home, circle_id)
    first = {one.held.signal: one.record for one in follower.reads() if one.held}
    home.speaking.retract(LOCAL, circle_id, [signal(2)], RetractReason.ERROR)
    home.share(circle_id, 2)
    home.share(circle_id, 4)
    again = follower.reads()
    assert [one.held.signal for one in again if one.held] == [signal(2), signal(4)]
    assert again[0].record == first[signal(2)]
    assert again[1].record not in first.values()
    assert follower.reads() == []


def test_small_parts_come_to_the_same(home: Member) -> None:
    circle_id = home.founds()
    home.share(circle_id, *range(7))
    whole, parts = Follower(home, circle_id), Follower(home, circle_id)
    found: list[ChangedSignal] = []
    while some := parts.reads(limit=2):
        found += some
    assert found == whole.reads()
