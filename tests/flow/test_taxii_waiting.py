# SPDX-License-Identifier: Apache-2.0
"""Objects that are handed in where the circle's home is another node: they wait, and it is told."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any
from uuid import uuid4

import msgspec
import pytest

from nahmi.access.identity import LOCAL
from nahmi.access.roles import Permission
from nahmi.bootstrap import init_node
from nahmi.bootstrap.circle_objects import CircleObjects
from nahmi.bootstrap.circles import Circles
from nahmi.bootstrap.open_circles import open_circles
from nahmi.core.bank import Category
from nahmi.flows.circles.founding import NewCircle, Organisation
from nahmi.partner.circles.members import Sector
from nahmi.partner.circles.rules import Rules
from nahmi.partner.ports.circle import Circle, Standing
from nahmi.partner.taxii.statuses import Status
from nahmi.testing.circle_log import CATEGORIES, TYPES


class Member:
    """A member of a circle whose log is kept elsewhere; that node is out of reach for now."""

    def __init__(self, circles: Circles, objects: CircleObjects) -> None:
        self.circles = circles
        self.objects = objects
        made = circles.founding.found(
            LOCAL,
            NewCircle(
                name="Open seas",
                url="https://home.example",
                organisation=Organisation(name="Ours", sector=Sector.HOTLINE, country="BR"),
                rules=Rules(signal_types=TYPES, categories=CATEGORIES),
            ),
        )
        self.circle: Circle = msgspec.structs.replace(
            made, standing=Standing.FOLLOWING, upstream="https://home.example"
        )
        circles.circles.put(self.circle)

    def hand_in(self, *objects: dict[str, Any]) -> Status:
        return self.objects.statuses.hand_in(
            LOCAL, self.circle, Category.TEST, objects, status_id=str(uuid4())
        )

    def look(self, status: Status) -> dict[str, Any]:
        found = self.objects.statuses.status(LOCAL, self.circle, status.status_id)
        assert found is not None
        return found.resource()

    def home_answers(self, *errors: str) -> None:
        """What the home says to what waits, in its order; empty for what it takes."""
        waiting = self.circles.outgoing.waiting(self.circle.number, limit=100)
        outcomes = {one.number: error for one, error in zip(waiting, errors, strict=True)}
        self.circles.outgoing.settle(self.circle.number, outcomes)


@pytest.fixture
def member(tmp_path: Path) -> Iterator[Member]:
    place = tmp_path / "node"
    init_node(place).close()
    with open_circles(place) as (node, circles):
        yield Member(circles, CircleObjects(node.store.database, circles.speaking))


def pdq(number: int, **more: object) -> dict[str, Any]:
    return {
        "type": "indicator",
        "id": f"indicator--{number}",
        "modified": "2026-11-27T17:00:00.000Z",
        "pattern": f"{number:064x}",
        "pattern_type": "pdq",
        **more,
    }


def test_what_waits_is_told_until_the_home_has_answered(member: Member) -> None:
    status = member.hand_in(pdq(1), pdq(2), pdq(3))
    said = status.resource()
    assert (said["status"], said["pending_count"], len(said["pendings"])) == ("pending", 3, 3)
    assert member.look(status) == said
    member.home_answers("", "The circle does not take this.", "")
    now = member.look(status)
    assert (now["status"], now["success_count"], now["pending_count"]) == ("complete", 2, 0)
    assert now["failures"] == [
        {
            "id": "indicator--2",
            "version": "2026-11-27T17:00:00.000Z",
            "message": "The circle does not take this.",
        }
    ]


def test_what_was_refused_before_says_nothing_of_what_was_taken_later(member: Member) -> None:
    refused = member.hand_in(pdq(1))
    member.home_answers("The circle does not take this.")
    taken = member.hand_in(pdq(1))
    member.home_answers("")
    assert member.look(taken)["success_count"] == 1
    assert member.look(refused)["failure_count"] == 1


def test_what_waits_is_taken_back_after_it(member: Member) -> None:
    member.hand_in(pdq(1))
    status = member.hand_in(pdq(1, revoked=True))
    assert status.resource()["pending_count"] == 1
    kinds = [one.kind for one in member.circles.outgoing.waiting(member.circle.number, limit=9)]
    assert kinds == ["assert", "retract"]


def test_opinions_need_a_permission_of_their_own(member: Member) -> None:
    opinion = {
        "type": "opinion",
        "id": "opinion--1",
        "opinion": "agree",
        "object_refs": ["indicator--00000000-0000-5000-8000-000000000000"],
    }
    contributor = msgspec.structs.replace(
        LOCAL, permissions=LOCAL.permissions - {Permission.PARTNER_OPINION_WRITE}
    )
    for principal, count in ((contributor, 1), (LOCAL, 0)):
        status = member.objects.statuses.hand_in(
            principal, member.circle, None, [opinion], status_id=str(uuid4())
        )
        assert status.resource()["failure_count"] == count


def test_a_status_is_for_the_circle_s_own_members(member: Member) -> None:
    status = member.hand_in(pdq(1))
    other = msgspec.structs.replace(LOCAL, member_id=7)
    assert member.objects.statuses.status(other, member.circle, status.status_id) is None
    assert member.objects.statuses.status(LOCAL, member.circle, str(uuid4())) is None


@pytest.mark.parametrize(
    "reference", ["indicator--nothing", "malware--1", "indicator--00", "identity--x", ""]
)
def test_references_that_are_none_are_refused(member: Member, reference: str) -> None:
    opinion = {
        "type": "opinion",
        "id": "opinion--1",
        "opinion": "agree",
        "object_refs": [reference],
    }
    sighting = {
        "type": "sighting",
        "id": "sighting--1",
        "sighting_of_ref": reference or "x",
        "created": "2026-11-27T17:00:00.000Z",
    }
    revoked = {"type": "indicator", "id": reference or "x", "revoked": True}
    assert member.hand_in(opinion, sighting, revoked).resource()["failure_count"] == 3
