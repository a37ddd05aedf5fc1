# SPDX-License-Identifier: Apache-2.0
"""Where it is kept what members acknowledged."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Protocol

import msgspec

from nahmi.partner.ports.circle import Transaction
from nahmi.partner.receipts import SignedReceipt


class Acknowledged(msgspec.Struct, frozen=True, kw_only=True):
    """How far a member has read, as its newest receipt says.

    Attributes:
        org: The member.
        size: How many statements are in effect there.
        withdrawn_to: Withdrawals before this place are in effect there.
        fold: The hash of what the log leaves there, hexadecimal.
        at: When the receipt came.
    """

    org: str
    size: int
    withdrawn_to: int
    fold: str
    at: datetime


class ReceiptStore(Protocol):
    """Keeps what members acknowledged."""

    def receive(
        self, number: int, receipt: SignedReceipt, *, now: datetime, within: Transaction = None
    ) -> bool:
        """Keep a receipt; False for one that says less than what is known."""
        ...

    def receipts(self, number: int) -> Sequence[Acknowledged]:
        """The newest of each member."""
        ...

    def acknowledgements(self, number: int, seq: int) -> Mapping[str, datetime]:
        """Which members have a withdrawal in effect, and since when."""
        ...

    def acknowledged(
        self, number: int, seqs: Collection[int]
    ) -> Mapping[int, Mapping[str, datetime]]:
        """The same of some withdrawals; those that nobody has in effect are left out."""
        ...

    def newest(self, number: int) -> Sequence[SignedReceipt]:
        """The newest of each member as they were signed, to be handed on."""
        ...
