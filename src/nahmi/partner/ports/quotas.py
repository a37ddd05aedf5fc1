# SPDX-License-Identifier: Apache-2.0
"""How much keys say in a day."""

from typing import Protocol

from nahmi.partner.ports.circle import Transaction


class QuotaStore(Protocol):
    """Counts what keys assert in a day, and what of it was held back."""

    def made(self, number: int, kid: str, day: str, *, within: Transaction) -> int:
        """How much a key asserted on a day, such as `2026-11-27`."""
        ...

    def count(  # noqa: PLR0913 - each is a fact of its own
        self, number: int, kid: str, day: str, *, made: int, bad: int, within: Transaction
    ) -> None:
        """Count more of a key."""
        ...

    def since(self, number: int, kid: str, day: str, *, within: Transaction) -> tuple[int, int]:
        """How much a key asserted from a day on, and how much of it was held back."""
        ...
