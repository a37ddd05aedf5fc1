# SPDX-License-Identifier: Apache-2.0
"""How processes learn that something changed: numbers that rise, and a signal to look at them.

A process that keeps something in memory notes the revision that it belongs to, and reads anew when
the number has risen. The signal only says "look now"; what counts is the number, which rises in
the transaction that makes the change.
"""

from enum import StrEnum
from typing import Protocol


class Topic(StrEnum):
    """What a revision counts the changes of."""

    BANKS = "banks"
    """Banks and entries."""
    ACCESS = "access"
    """Members, people and keys; not their sessions, and not what they have used."""
    RULES = "rules"
    """Action rules."""
    CIRCLES = "circles"
    """Circles and their logs."""


class RevisionReader(Protocol):
    """Reads how often things have changed."""

    def revisions(self) -> dict[Topic, int]:
        """The number of each topic, 0 or more; one short query.

        Raises:
            StoreError: The store cannot be read.
        """
        ...


class ChangeSignal(Protocol):
    """Wakes up whoever waits for a change that any process makes."""

    def wait(self, timeout_s: float) -> bool:
        """Wait for a change.

        Args:
            timeout_s: How long at most, in seconds, 0 or more.

        Returns:
            Whether something may have changed since the last call; the first call says yes.

        Raises:
            StoreError: The store cannot be reached; the call after the one that reaches it again
                says yes.
        """
        ...

    def close(self) -> None:
        """Let go of the store."""
        ...
