# SPDX-License-Identifier: Apache-2.0
"""What a node has acknowledged, and so must answer from then on, whatever happens to it.

A change whose answer did not come may have been made or not: nothing is claimed of its signals.
While a change is under way the same holds, and for some time after it where several processes
serve, because those that did not make it learn of it a moment later.
"""

import random
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from enum import Enum
from threading import Lock
from typing import Final

import msgspec

from nahmi.core.match import Verdict

_VERDICTS: Final = {"in": Verdict.MATCH, "out": Verdict.NO_MATCH}
_NEAR: Final = 100


class State(Enum):
    """Whether a signal is banked, as far as its owner knows."""

    IN = "in"
    OUT = "out"
    UNSURE = "unsure"


class Claim(msgspec.Struct, frozen=True):
    """What must be answered about a signal.

    Attributes:
        verdict: The only right one; None when any is.
        since: The moment from which on it is right, of `time.monotonic`.
        number: Differs from that of every earlier claim.
    """

    verdict: Verdict | None
    since: float
    number: int


class Acknowledged:
    """Signals and the changes to them that a node has confirmed; for many threads.

    Args:
        seed: Of the signals, which are random.

    Attributes:
        changes: How many were acknowledged.
        references: Of matches that were answered.
    """

    def __init__(self, seed: int) -> None:
        self._random = random.Random(seed)  # noqa: S311 - signals for a test
        self._lock = Lock()
        self._claims: dict[str, Claim] = {}
        self._entries: dict[str, int] = {}
        self.changes = 0
        self._order: list[str] = []
        self._count = 0
        self.references: list[str] = []

    def new_signals(self, count: int) -> list[str]:
        """Signals that nobody has banked; far from one another and from all others."""
        with self._lock:
            return [self._random.randbytes(32).hex() for _ in range(count)]

    @contextmanager
    def changing(self, signals: Sequence[str], then: State) -> Iterator[None]:
        """While the block runs nothing is claimed; at its end `then` is, unless it fails."""
        self._claim(signals, State.UNSURE)
        yield
        self._claim(signals, then)

    def settle(self, signals: Sequence[str], state: State) -> None:
        """From now on this is claimed."""
        self._claim(signals, state)

    def note_entries(self, signals: Sequence[str], entry_ids: Sequence[int]) -> None:
        """Which entries signals have become."""
        with self._lock:
            self._entries.update(zip(signals, entry_ids, strict=True))

    def entry_of(self, signal: str) -> int | None:
        """The entry of a signal, if that was told."""
        return self._entries.get(signal)

    def claim_on(self, signal: str) -> Claim:
        """What must be answered now; of a signal that nobody has banked, that it is unknown."""
        return self._claims.get(signal, Claim(Verdict.NO_MATCH, 0.0, 0))

    @staticmethod
    def verdict_in(state: State) -> Verdict | None:
        """What is answered about signals of a state; None when that is not known."""
        return _VERDICTS.get(state.value)

    def pick(self, state: State, chance: float) -> str | None:
        """One signal of a state, if there is one near that place.

        Args:
            state: The state.
            chance: 0..1, where to look.
        """
        with self._lock:
            start = int(chance * len(self._order))
            for signal in self._order[start : start + _NEAR]:
                if self._claims[signal].verdict is _VERDICTS.get(state.value):
                    return signal
        return None

    def known(self, state: State) -> list[str]:
        """The signals of a state, in the order in which they were first banked."""
        with self._lock:
            wanted = _VERDICTS.get(state.value)
            return [signal for signal, claim in self._claims.items() if claim.verdict is wanted]

    def note_match(self, reference: str) -> None:
        """A match was answered under this reference, so it is in the match log."""
        with self._lock:
            self.references.append(reference)

    def _claim(self, signals: Sequence[str], state: State) -> None:
        with self._lock:
            self._count += 1
            self.changes += state is not State.UNSURE
            claim = Claim(_VERDICTS.get(state.value), time.monotonic(), self._count)
            self._order += [signal for signal in signals if signal not in self._claims]
            self._claims.update(dict.fromkeys(signals, claim))
