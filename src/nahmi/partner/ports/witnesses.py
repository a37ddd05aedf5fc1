# SPDX-License-Identifier: Apache-2.0
"""Where a witness keeps what it has confirmed."""

from typing import Protocol

from nahmi.partner.ports.circle import Transaction
from nahmi.partner.witness import Seen


class WitnessedStore(Protocol):
    """Keeps the newest state of each log that this node has cosigned as a witness."""

    def seen(self, number: int, *, within: Transaction) -> Seen:
        """That state; `Seen()` for none. Nobody else replaces it until the transaction ends."""
        ...

    def put(self, number: int, seen: Seen, *, within: Transaction) -> None:
        """Replace it."""
        ...
