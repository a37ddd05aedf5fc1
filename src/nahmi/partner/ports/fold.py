# SPDX-License-Identifier: Apache-2.0
"""Where it is kept what circles' logs leave."""

from collections.abc import Collection, Mapping, Sequence
from typing import Protocol

import msgspec

from nahmi.core.bank import Category
from nahmi.core.signal import Signal
from nahmi.partner.fold.state import Claim, SignalState, Word
from nahmi.partner.fold.tiers import Judged, Tier
from nahmi.partner.gates import Gate
from nahmi.partner.ports.circle import Transaction


class HeldClaim(msgspec.Struct, frozen=True, kw_only=True):
    """What is held of an assertion.

    Attributes:
        signal: 16 bytes that stand for its signal.
        org: Whose it is.
        rev: Its newest revision.
        seq: Where the newest revision stands.
        is_live: It has not been taken back.
        claim: What counts of it; None when nothing of it does.
        is_closed: Its text was destroyed, and nothing is said under its id again.
    """

    signal: bytes
    org: str
    rev: int
    seq: int
    is_live: bool
    claim: Claim | None
    is_closed: bool = False


class HeldWord(msgspec.Struct, frozen=True, kw_only=True):
    """What is held of an opinion.

    Attributes:
        signal: 16 bytes that stand for the signal that it is about; none when that is unknown.
        assertion: 16 bytes of the id of the assertion that it is about.
        org: Whose it is.
        rev: Its newest revision.
        seq: Where that stands.
        word: What counts of it; None when nothing does.
    """

    signal: bytes
    assertion: bytes
    org: str
    rev: int
    seq: int
    word: Word | None


class HeldSighting(msgspec.Struct, frozen=True, kw_only=True):
    """What is held of a sighting.

    Attributes:
        signal: 16 bytes that stand for the signal that it is about; none when that is unknown.
        assertion: 16 bytes of the id of the assertion that it is about.
        rev: Its newest revision.
        seq: Where that stands.
        count: How often on its day.
    """

    signal: bytes
    assertion: bytes
    rev: int
    seq: int
    count: int


class HeldSignal(msgspec.Struct, frozen=True, kw_only=True):
    """Where a signal stands in a circle, on this node.

    Attributes:
        signal: The signal.
        judged: Where it stands, and why.
        held: Why gates keep it back.
        is_let_through: A curator of this node decided that they must not.
        entry_id: The entry that makes it match; None for none.
        record: Names it in lists of changes on this node, and tells nothing of it; 0 for one that
            is new.
    """

    signal: Signal
    judged: Judged
    held: tuple[Gate, ...] = ()
    is_let_through: bool = False
    entry_id: int | None = None
    record: int = 0

    @property
    def tier(self) -> Tier:
        """How far it may be acted upon."""
        return self.judged.tier


class FoldStore(Protocol):
    """Keeps what a circle's log leaves. What stands for a signal or id has 16 bytes."""

    def claims(
        self, number: int, assertions: Collection[bytes], *, within: Transaction
    ) -> dict[bytes, HeldClaim]:
        """Assertions by their ids."""
        ...

    def words(
        self, number: int, opinions: Collection[bytes], *, within: Transaction
    ) -> dict[bytes, HeldWord]:
        """Opinions by their ids."""
        ...

    def sightings(
        self, number: int, ids: Collection[bytes], *, within: Transaction
    ) -> dict[bytes, HeldSighting]:
        """Sightings by their ids."""
        ...

    def states(
        self, number: int, signals: Mapping[bytes, Signal], *, within: Transaction
    ) -> dict[bytes, SignalState]:
        """All that counts of some signals."""
        ...

    def signals(
        self, number: int, signals: Collection[bytes], *, within: Transaction
    ) -> dict[bytes, HeldSignal]:
        """Where some signals stand."""
        ...

    def put_claims(
        self, number: int, claims: Mapping[bytes, HeldClaim], *, within: Transaction
    ) -> None:
        """Keep assertions."""
        ...

    def put_words(
        self, number: int, words: Mapping[bytes, HeldWord], *, within: Transaction
    ) -> None:
        """Keep opinions."""
        ...

    def put_sightings(
        self, number: int, sightings: Mapping[bytes, HeldSighting], *, within: Transaction
    ) -> None:
        """Keep sightings."""
        ...

    def detach(self, number: int, assertion: bytes, signal: bytes, *, within: Transaction) -> None:
        """Let what was said of an assertion count for its signal no longer."""
        ...

    def due(self, number: int, now_s: int, *, limit: int, within: Transaction) -> set[bytes]:
        """Signals for which it is time to be judged anew."""
        ...

    def make_due(self, number: int, *, within: Transaction) -> None:
        """Let every signal of a circle be judged anew, one after another."""
        ...

    def early(
        self, number: int, assertions: Collection[bytes], *, within: Transaction
    ) -> dict[bytes, str]:
        """Which assertions were taken back further on in the log than it has been read here.

        Returns:
            By whom; empty for a steward who may take back what anybody says.
        """
        ...

    def put_early(
        self, number: int, assertions: Mapping[bytes, tuple[int, str]], *, within: Transaction
    ) -> None:
        """Note such assertions: the place where each is taken back, and by whom."""
        ...

    def drop_early(self, number: int, *, before: int, within: Transaction) -> None:
        """Forget those whose place has been read by now."""
        ...

    def put_signals(
        self, number: int, signals: Mapping[bytes, HeldSignal], *, within: Transaction
    ) -> None:
        """Keep where signals stand."""
        ...

    def drop_signals(self, number: int, signals: Collection[bytes], *, within: Transaction) -> None:
        """Keep no longer where signals stand of which every assertion was redacted."""
        ...

    def banks(self, number: int, *, within: Transaction) -> dict[tuple[Tier, Category], int]:
        """The banks that a circle fills, one for each tier that matches and each category."""
        ...

    def put_bank(
        self, number: int, tier: Tier, category: Category, bank_id: int, *, within: Transaction
    ) -> None:
        """Note that a circle fills a bank."""
        ...


class ChangedSignal(msgspec.Struct, frozen=True, kw_only=True):
    """Where a signal stands since it was judged last.

    Attributes:
        change: The number of the judgement, rising without end in each circle.
        record: Names the signal.
        held: Where it stands; None once all that was said of it is destroyed.
    """

    change: int
    record: int
    held: HeldSignal | None


class CircleChanges(Protocol):
    """Knows in which order it changed where signals stand."""

    def changed(self, number: int, *, after: int, limit: int) -> Sequence[ChangedSignal]:
        """What was judged after a change; of each signal its newest judgement only.

        Args:
            number: The circle's.
            after: The number of that change, 0 for everything.
            limit: How many at most.
        """
        ...
