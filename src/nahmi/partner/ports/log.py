# SPDX-License-Identifier: Apache-2.0
"""Where circles and their logs are kept."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Protocol

import msgspec

from nahmi.partner.circles.roster import SignedRoster
from nahmi.partner.ports.circle import Circle, Transaction


class Logged(msgspec.Struct, frozen=True):
    """A statement in a log.

    Attributes:
        seq: Its place, from 0 without gaps.
        kind: As in the statement.
        about: 16 bytes of its id.
        before_seq: Where the statement before it of the same id stands; None for none.
        logged_us: Its moment in the log, microseconds since 1970; each one's is larger than that
            of the one before.
        statement: Its canonical bytes; None once they were destroyed.
        proof: How it is signed, JSON; None once it was destroyed.
    """

    seq: int
    kind: str
    about: bytes
    before_seq: int | None
    logged_us: int
    statement: bytes | None
    proof: bytes | None

    def __repr__(self) -> str:
        return f"Logged(seq={self.seq}, kind={self.kind!r})"


class CircleStore(Protocol):
    """Keeps circles, their logs and what these leave."""

    def circles(self, *, member_id: int | None = None) -> Sequence[Circle]:
        """All circles, or those of a member, in the order in which they came."""
        ...

    def circle(self, circle_id: str, *, within: Transaction = None) -> Circle:
        """One circle.

        Raises:
            PartnerError: CIRCLE_MISSING.
        """
        ...

    def take(self, circle_id: str, *, within: Transaction) -> Circle:
        """One circle, which nobody else changes until the transaction ends.

        Raises:
            PartnerError: CIRCLE_MISSING.
        """
        ...

    def add(self, new: Circle, *, now: datetime, within: Transaction = None) -> Circle:
        """A circle that is not here yet, with its first roster; its number does not count.

        Raises:
            PartnerError: CIRCLE_EXISTS.
        """
        ...

    def genesis(self, number: int) -> SignedRoster:
        """The first roster of a circle."""
        ...

    def put(self, circle: Circle, *, within: Transaction = None) -> None:
        """Keep a circle as it is now."""
        ...

    def lease(self, number: int, token: str, *, now: datetime, until: datetime) -> bool:
        """Be the one process that keeps up with a circle for a while; False when another is."""
        ...

    def is_due(self, number: int, now_s: int) -> bool:
        """Whether any signal of a circle is to be judged anew."""
        ...

    def tile(self, number: int, level: int, tile: int, *, within: Transaction = None) -> bytes:
        """Hashes of the tree's tiles; empty for a tile that is not there."""
        ...

    def append(
        self,
        number: int,
        logged: Sequence[Logged],
        tiles: Mapping[tuple[int, int], bytes],
        *,
        within: Transaction,
    ) -> None:
        """Add statements at the end of a log, and the tiles that change with them."""
        ...

    def statements(
        self, number: int, *, after: int, limit: int, within: Transaction = None
    ) -> Sequence[Logged]:
        """Statements in their order.

        Args:
            number: The circle's.
            after: How many to leave out at the beginning.
            limit: How many at most.
            within: A writing transaction to take part in.
        """
        ...

    def withdrawals(self, number: int, *, after: int, limit: int) -> Sequence[Logged]:
        """Statements that take something back, from a place in the log on, in their order."""
        ...

    def at(self, number: int, seqs: Collection[int], *, within: Transaction) -> dict[int, Logged]:
        """Statements at some places."""
        ...

    def gaps(self, number: int, *, within: Transaction) -> set[int]:
        """Places whose statements were destroyed before they came here, unexplained so far."""
        ...

    def open_gap(self, number: int, seq: int, *, within: Transaction) -> None:
        """Note such a place."""
        ...

    def close_gaps(self, number: int, seqs: Collection[int], *, within: Transaction) -> None:
        """The log says that these were destroyed."""
        ...

    def destroy(self, number: int, seqs: Collection[int], *, within: Transaction) -> None:
        """Destroy the text of statements; their places and hashes stay."""
        ...
