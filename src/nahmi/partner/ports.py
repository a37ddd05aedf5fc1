# SPDX-License-Identifier: Apache-2.0
"""What the partner pillar needs of a store; `nahmi.store` has it, `nahmi.bootstrap` joins them."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from enum import StrEnum
from typing import Any, Protocol

import msgspec

from nahmi.core.bank import Category
from nahmi.core.signal import Signal
from nahmi.partner.circles.members import CircleRole
from nahmi.partner.circles.roster import SignedRoster
from nahmi.partner.fold.state import Claim, SignalState, Word
from nahmi.partner.fold.tiers import Judged, Tier
from nahmi.partner.gates import Gate
from nahmi.partner.invitations import Application, Invited
from nahmi.partner.merkle.frontier import Frontier
from nahmi.partner.receipts import SignedReceipt
from nahmi.partner.witness import Seen

Transaction = Any
"""A store's writing transaction."""


class Standing(StrEnum):
    """Whether a node goes on with a circle."""

    HOME = "home"
    """The circle's log is kept here."""
    FOLLOWING = "following"
    """The log is read from another node."""
    STOPPED = "stopped"
    """The log contradicted itself, so it is followed no further."""
    LEFT = "left"
    """Our organisation takes part no more."""


class Circle(msgspec.Struct, frozen=True, kw_only=True):
    """A circle as one node knows it.

    Attributes:
        number: Of the circle on this node, from 1.
        circle_id: The circle's id.
        member_id: Whose membership it is on this node.
        own_org: That member's id in the circle.
        upstream: From where the log is read, such as `https://nahmi.example`; empty at its home.
        standing: Whether the node goes on with it.
        tree: The Merkle tree over the statements of the log that are held here.
        fold: The hash of what they leave, 0..2^256 - 1.
        roster: The circle's present one, as these statements leave it, with its signatures.
        checkpoint: The newest checkpoint of statements that are all held here, a signed note; empty
            where not even the first was heard of.
        believed: The newest checkpoint that was believed here; the log may have gone on from what
            is held. At its home: the newest one while its witnesses have not confirmed it.
        withdrawn_to: Withdrawals before this place in the log are in effect here.
        last_us: The moment that the last statement has in the log, microseconds since 1970.
        polled_at: When the log was asked for last, whatever came of it.
        heard_at: When its home was last heard through whoever handed it over.
        error: Why the last try failed; empty when it did not.
        evidence: What shows that the log contradicted itself; empty when it did not.
    """

    number: int
    circle_id: str
    member_id: int
    own_org: str
    upstream: str = ""
    standing: Standing
    tree: Frontier = Frontier()
    fold: int = 0
    roster: SignedRoster
    checkpoint: str = ""
    believed: str = ""
    withdrawn_to: int = 0
    last_us: int = 0
    polled_at: datetime | None = None
    heard_at: datetime | None = None
    error: str = ""
    evidence: str = ""

    @property
    def size(self) -> int:
        """How many statements of the log are held here."""
        return self.tree.size

    @property
    def is_home(self) -> bool:
        """Whether the log is kept here."""
        return self.standing is Standing.HOME


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


class WitnessedStore(Protocol):
    """Keeps the newest state of each log that this node has cosigned as a witness."""

    def seen(self, number: int, *, within: Transaction) -> Seen:
        """That state; `Seen()` for none. Nobody else replaces it until the transaction ends."""
        ...

    def put(self, number: int, seen: Seen, *, within: Transaction) -> None:
        """Replace it."""
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


class InvitationStore(Protocol):
    """Keeps invitations to circles whose home this node is."""

    def add(  # noqa: PLR0913 - each is a fact of its own
        self,
        number: int,
        token_digest: bytes,
        *,
        roles: Sequence[CircleRole],
        note: str,
        now: datetime,
        expires_at: datetime,
        within: Transaction = None,
    ) -> Invited:
        """Keep a new one."""
        ...

    def invitations(self, number: int) -> Sequence[Invited]:
        """All of a circle, newest first."""
        ...

    def invitation(self, invitation: int, *, within: Transaction = None) -> Invited:
        """One of them.

        Raises:
            PartnerError: INVITATION_INVALID: there is none of this number.
        """
        ...

    def open(self, number: int, token_digest: bytes, *, now: datetime) -> Invited:
        """The one that a token belongs to, while it can be answered.

        Raises:
            PartnerError: INVITATION_INVALID: it is unknown, used or expired.
        """
        ...

    def apply(
        self, invitation: int, application: Application, *, within: Transaction = None
    ) -> None:
        """Keep what came back; nobody else can answer it any more.

        Raises:
            PartnerError: INVITATION_INVALID: it has been answered.
        """
        ...

    def settle(self, invitation: int, state: str, *, within: Transaction = None) -> None:
        """Note what became of it."""
        ...


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
