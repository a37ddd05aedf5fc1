# SPDX-License-Identifier: Apache-2.0
"""What our organisation says, until the home of its circle has taken it."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Protocol

import msgspec

from nahmi.partner.ports.circle import Transaction


class Pending(msgspec.Struct, frozen=True, kw_only=True):
    """A statement of our own that the home of its circle has not taken so far.

    Attributes:
        number: Of the statement on this node, in the order in which they were said.
        about: 16 bytes of its id.
        rev: Its revision.
        kind: As in the statement.
        statement: Its canonical bytes.
        proof: How it is signed, JSON.
        error: Why it was not taken; empty while it waits.
    """

    number: int = 0
    about: bytes
    rev: int
    kind: str
    statement: bytes
    proof: bytes
    error: str = ""

    def __repr__(self) -> str:
        return f"Pending(number={self.number}, kind={self.kind!r})"


class OutgoingStore(Protocol):
    """Keeps statements until the home of their circle has taken them."""

    def put(
        self, number: int, said: Sequence[Pending], *, now: datetime, within: Transaction
    ) -> None:
        """Keep statements, to be sent in this order."""
        ...

    def waiting(self, number: int, *, limit: int) -> Sequence[Pending]:
        """The oldest that wait."""
        ...

    def newest(
        self, number: int, about: Collection[bytes], *, within: Transaction
    ) -> dict[bytes, Pending]:
        """The newest that waits of some ids."""
        ...

    def settle(self, number: int, outcomes: Mapping[int, str]) -> None:
        """What came of some: empty for taken, else why not."""
        ...

    def refused(self, number: int, *, limit: int) -> Sequence[Pending]:
        """The newest that were not taken."""
        ...

    def depth(self, number: int) -> tuple[int, int]:
        """How many wait, and how many were not taken."""
        ...
