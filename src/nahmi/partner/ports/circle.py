# SPDX-License-Identifier: Apache-2.0
"""What a node knows of a circle."""

from datetime import datetime
from enum import StrEnum
from typing import Any

import msgspec

from nahmi.partner.circles.roster import SignedRoster
from nahmi.partner.merkle.frontier import Frontier

Transaction = Any
"""A store's writing transaction."""


class Standing(StrEnum):
    """Whether a node goes on with a circle."""

    HOME = "home"
    """The circle's log is kept here."""
    FOLLOWING = "following"
    """The log is read from another node."""
    STOPPED = "stopped"
    """The log contradicted itself, so it is followed no further."""
    LEFT = "left"
    """Our organisation takes part no more."""


class Circle(msgspec.Struct, frozen=True, kw_only=True):
    """A circle as one node knows it.

    Attributes:
        number: Of the circle on this node, from 1.
        circle_id: The circle's id.
        member_id: Whose membership it is on this node.
        own_org: That member's id in the circle.
        upstream: From where the log is read, such as `https://nahmi.example`; empty at its home.
        standing: Whether the node goes on with it.
        tree: The Merkle tree over the statements of the log that are held here.
        fold: The hash of what they leave, 0..2^256 - 1.
        roster: The circle's present one, as these statements leave it, with its signatures.
        checkpoint: The newest checkpoint of statements that are all held here, a signed note; empty
            where not even the first was heard of.
        believed: The newest checkpoint that was believed here; the log may have gone on from what
            is held. At its home: the newest one while its witnesses have not confirmed it.
        withdrawn_to: Withdrawals before this place in the log are in effect here.
        last_us: The moment that the last statement has in the log, microseconds since 1970.
        polled_at: When the log was asked for last, whatever came of it.
        heard_at: When its home was last heard through whoever handed it over.
        error: Why the last try failed; empty when it did not.
        evidence: What shows that the log contradicted itself; empty when it did not.
    """

    number: int
    circle_id: str
    member_id: int
    own_org: str
    upstream: str = ""
    standing: Standing
    tree: Frontier = Frontier()
    fold: int = 0
    roster: SignedRoster
    checkpoint: str = ""
    believed: str = ""
    withdrawn_to: int = 0
    last_us: int = 0
    polled_at: datetime | None = None
    heard_at: datetime | None = None
    error: str = ""
    evidence: str = ""

    @property
    def size(self) -> int:
        """How many statements of the log are held here."""
        return self.tree.size

    @property
    def is_home(self) -> bool:
        """Whether the log is kept here."""
        return self.standing is Standing.HOME
