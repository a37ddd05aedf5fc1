# SPDX-License-Identifier: Apache-2.0
"""What journeys tell whoever measures them: durations and outcomes, never what was asked about."""

from collections.abc import Mapping
from typing import Protocol

from nahmi.core.bank import Action
from nahmi.core.match import Verdict

Outcome = tuple[Verdict, Action | None]
"""Verdict and action of an answer."""


class Meter(Protocol):
    """Takes note of what happened; quick, and never fails."""

    def answered(self, channel: str, seconds: float, outcomes: Mapping[Outcome, int]) -> None:
        """Questions were answered.

        Args:
            channel: How they were asked.
            seconds: How long it took, all together.
            outcomes: How many answers of each kind; some may be of none.
        """
        ...

    def decoded(self, seconds: float, outcome: str) -> None:
        """Content was fingerprinted, or could not be.

        Args:
            seconds: How long it took, its wait for a decoder included.
            outcome: `ok`, or the code of the error.
        """
        ...
