# SPDX-License-Identifier: Apache-2.0
"""What a node asks of the node from which it reads a circle's log."""

from collections.abc import Sequence
from typing import Protocol

import msgspec

from nahmi.partner.pages import Line
from nahmi.partner.receipts import SignedReceipt


class Ahead(msgspec.Struct, frozen=True, kw_only=True):
    """A statement further on in a log than it has been read, with the proof that it is there.

    Attributes:
        line: The statement.
        proof: From its leaf to the root of the checkpoint.
    """

    line: Line
    proof: tuple[bytes, ...]


class Withdrawals(msgspec.Struct, frozen=True, kw_only=True):
    """What was taken back further on in a log.

    Attributes:
        checkpoint: The log's newest, a signed note.
        upto: All withdrawals before this place are among these.
        found: In their order.
    """

    checkpoint: str
    upto: int
    found: tuple[Ahead, ...]


class Taken(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What became of a statement that was handed in.

    Attributes:
        seq: Its place in the log; None when it was not taken.
        code: Why not, as an error code.
        detail: Why not, in a sentence.
    """

    seq: int | None = None
    code: str = ""
    detail: str = ""


class LogSource(Protocol):
    """From where a log is read: another node, or a file."""

    def page(self, *, after: int, limit: int, wait_s: float) -> bytes:
        """Part of the log.

        Args:
            after: How many statements the reader has.
            limit: Statements at most.
            wait_s: How long to wait for new ones when there are none.
        """
        ...

    def consistency(self, old_size: int, new_size: int) -> Sequence[bytes]:
        """That the log of one size is the beginning of that of another."""
        ...


class Upstream(LogSource, Protocol):
    """The node from which one circle's log is read. Every call can fail as calls do.

    Each method raises WireError where the node cannot be reached, and PartnerError where it
    refuses: CIRCLE_DENIED for whoever is no member.
    """

    def withdrawals(self, *, after: int, limit: int) -> Withdrawals:
        """What was taken back from a place in the log on."""
        ...

    def submit(self, lines: Sequence[Line]) -> Sequence[Taken]:
        """Hand statements in; what became of each."""
        ...

    def receive(self, receipt: SignedReceipt) -> None:
        """Hand over a receipt."""
        ...
