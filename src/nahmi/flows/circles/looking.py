# SPDX-License-Identifier: Apache-2.0
"""What people see of a circle: where it stands, who is how far, and what needs a person."""

from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Final, Protocol

import msgspec

from nahmi.access.identity import Principal
from nahmi.core.signal import Signal
from nahmi.errors import ErrorCode, PartnerError
from nahmi.flows.circles.judging import Judging
from nahmi.flows.ledger import Ledger
from nahmi.partner.checkpoint import read_checkpoint
from nahmi.partner.circles.members import CircleMember
from nahmi.partner.circles.missing import circle_missing
from nahmi.partner.fold.state import SignalState
from nahmi.partner.fold.tiers import Tier
from nahmi.partner.naming import signal_key
from nahmi.partner.notes import read_note
from nahmi.partner.ports.circle import Circle, Transaction
from nahmi.partner.ports.fold import ChangedSignal, CircleChanges, FoldStore, HeldSignal
from nahmi.partner.ports.log import CircleStore, Logged
from nahmi.partner.ports.outgoing import OutgoingStore, Pending
from nahmi.partner.ports.receipts import Acknowledged, ReceiptStore
from nahmi.partner.statements.kinds import AnyStatement
from nahmi.partner.statements.text import read

_WITHDRAWALS: Final = ("retract", "redact")
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)


class CircleViews(Protocol):
    """Looks into what circles' logs leave."""

    def tiers(self, number: int) -> Mapping[Tier, int]:
        """How many signals stand where."""
        ...

    def listed(
        self, number: int, tiers: Sequence[Tier], *, after: bytes, limit: int
    ) -> Sequence[tuple[bytes, HeldSignal]]:
        """Signals that stand somewhere, in the order of what stands for them."""
        ...

    def of_entry(self, entry_id: int) -> tuple[int, bytes] | None:
        """The circle's number and the signal that an entry of this node stands for."""
        ...

    def of_bank(self, bank_id: int) -> int | None:
        """The number of the circle that fills a bank; None for a bank of our own."""
        ...

    def newest(
        self, number: int, kinds: Sequence[str], *, before: int | None = None, limit: int
    ) -> Sequence[Logged]:
        """The newest statements of some kinds, before a place in the log."""
        ...

    def at(self, number: int, seqs: Collection[int]) -> Mapping[int, Logged]:
        """Statements at some places."""
        ...


class MemberView(msgspec.Struct, frozen=True, kw_only=True):
    """A member, and how far it has read.

    Attributes:
        member: The member.
        acknowledged: Its newest receipt; None where none has come here.
        behind: How many statements it has not acknowledged; None where nothing has come.
    """

    member: CircleMember
    acknowledged: Acknowledged | None
    behind: int | None


class Overview(msgspec.Struct, frozen=True, kw_only=True):
    """A circle as people see it.

    Attributes:
        circle: The circle.
        tiers: How many signals stand where.
        waiting: Statements of our own that the home has not taken.
        refused: Statements of our own that it did not take.
        behind: How many statements the log is known to have beyond those held here.
    """

    circle: Circle
    tiers: Mapping[Tier, int]
    waiting: int
    refused: int
    behind: int = 0


class Withdrawn(msgspec.Struct, frozen=True, kw_only=True):
    """Something that was taken back, and where that is in effect.

    Attributes:
        logged: The statement that took it back.
        acknowledged: Since when each member has it in effect.
        missing: Members that have not said so.
    """

    logged: Logged
    acknowledged: Mapping[str, datetime]
    missing: tuple[str, ...]


class Looking:
    """Shows circles to people. Safe to share between threads.

    Args:
        circles: Has the circles.
        views: Looks into what their logs leave.
        changes: Knows what changed of it.
        receipts: Has what members acknowledged.
        outgoing: Has what our organisation says.
        folds: Has what is said of signals.
        judging: Judges anew what a person lets through.
        ledger: Puts on record what is read and done.
        follow: Brings this process to where the store is.
    """

    def __init__(  # noqa: PLR0913 - each is a part of its own
        self,
        *,
        circles: CircleStore,
        views: CircleViews,
        changes: CircleChanges,
        receipts: ReceiptStore,
        outgoing: OutgoingStore,
        folds: FoldStore,
        judging: Judging,
        ledger: Ledger,
        follow: Callable[[], object],
    ) -> None:
        self._circles = circles
        self._views = views
        self._changes = changes
        self._receipts = receipts
        self._outgoing = outgoing
        self._folds = folds
        self._judging = judging
        self._ledger = ledger
        self._follow = follow

    def circles(self, principal: Principal) -> list[Overview]:
        """The circles of the principal's member, in the order in which they came."""
        found = self._circles.circles(member_id=principal.member_id)
        return [self._overview(circle) for circle in found]

    def circle(self, principal: Principal, circle_id: str) -> Overview:
        """One of them.

        Raises:
            PartnerError: CIRCLE_MISSING.
        """
        return self._overview(self.own(principal, circle_id))

    def own(self, principal: Principal, circle_id: str) -> Circle:
        """One of them, as it is kept.

        Raises:
            PartnerError: CIRCLE_MISSING.
        """
        circle = self._circles.circle(circle_id)
        if circle.member_id != principal.member_id:
            raise circle_missing()
        return circle

    def members(self, principal: Principal, circle_id: str) -> list[MemberView]:
        """Who belongs to a circle, and how far each has read.

        Raises:
            PartnerError: CIRCLE_MISSING.
        """
        circle = self.own(principal, circle_id)
        receipts = {one.org: one for one in self._receipts.receipts(circle.number)}
        return [
            MemberView(
                member=member,
                acknowledged=receipts.get(member.org),
                behind=_behind(circle, member, receipts.get(member.org)),
            )
            for member in circle.roster.roster.members
        ]

    def attention(
        self, principal: Principal, circle_id: str, *, after: bytes = b"", limit: int = 50
    ) -> Sequence[tuple[bytes, HeldSignal]]:
        """Signals that need a person: contested ones and those that a gate holds.

        Raises:
            PartnerError: CIRCLE_MISSING.
            StoreError: That they were read could not be recorded.
        """
        circle = self.own(principal, circle_id)
        found = self._views.listed(
            circle.number, (Tier.CONTESTED, Tier.HELD), after=after, limit=limit
        )
        self._ledger.note(principal, "circle:read", f"circle:{circle.number}", count=len(found))
        return found

    def signals(
        self,
        principal: Principal,
        circle_id: str,
        tiers: Sequence[Tier],
        *,
        after: bytes = b"",
        limit: int = 50,
    ) -> Sequence[tuple[bytes, HeldSignal]]:
        """Signals that stand somewhere.

        Raises:
            PartnerError: CIRCLE_MISSING.
            StoreError: That they were read could not be recorded.
        """
        circle = self.own(principal, circle_id)
        found = self._views.listed(circle.number, tiers, after=after, limit=limit)
        self._ledger.note(principal, "circle:read", f"circle:{circle.number}", count=len(found))
        return found

    def changed(
        self, principal: Principal, circle_id: str, *, after: int, limit: int
    ) -> Sequence[ChangedSignal]:
        """Where signals stand that were judged after some change.

        Raises:
            PartnerError: CIRCLE_MISSING.
            StoreError: That they were read could not be recorded.
        """
        circle = self.own(principal, circle_id)
        found = self._changes.changed(circle.number, after=after, limit=limit)
        if found:
            self._ledger.note(principal, "circle:read", f"circle:{circle.number}", count=len(found))
        return found

    def state(
        self, principal: Principal, circle_id: str, signal: Signal
    ) -> tuple[SignalState, HeldSignal]:
        """All that is said of one signal, and where it stands.

        Raises:
            PartnerError: CIRCLE_MISSING, or SIGNAL_MISSING: nothing was ever said of it.
            StoreError: That it was read could not be recorded.
        """
        circle = self.own(principal, circle_id)
        key = signal_key(signal)
        with self._ledger.change(principal, "circle:read", f"circle:{circle.number}") as change:
            held = self._folds.signals(circle.number, [key], within=change.transaction)
            states = self._folds.states(circle.number, {key: signal}, within=change.transaction)
        if key not in held:
            raise unsaid()
        return states[key], held[key]

    def signal(self, principal: Principal, circle_id: str, key: bytes) -> Signal:
        """The signal that 16 bytes stand for.

        Raises:
            PartnerError: CIRCLE_MISSING, or SIGNAL_MISSING: nothing was ever said of it.
        """
        number = self.own(principal, circle_id).number
        found = self._views.listed(number, tuple(Tier), after=_before(key), limit=1)
        for name, held in found:
            if name == key:
                return held.signal
        raise unsaid()

    def texts(
        self, principal: Principal, circle_id: str, seqs: Collection[int]
    ) -> dict[int, AnyStatement]:
        """What was said at some places of a log; those that were destroyed are left out.

        Raises:
            PartnerError: CIRCLE_MISSING.
        """
        number = self.own(principal, circle_id).number
        return {
            seq: read(logged.statement)
            for seq, logged in self._views.at(number, seqs).items()
            if logged.statement is not None
        }

    def statement(self, principal: Principal, circle_id: str, seq: int) -> Logged:
        """One statement of a log.

        Raises:
            PartnerError: CIRCLE_MISSING, or STATEMENT_MISSING: the log is not so long here.
            StoreError: That it was read could not be recorded.
        """
        found = self.statements(principal, circle_id, after=seq, limit=1)
        if not found:
            raise PartnerError(ErrorCode.STATEMENT_MISSING, "The log has no such place here.")
        return found[0]

    def place_at(self, principal: Principal, circle_id: str, at: datetime) -> int:
        """The place of the first statement that the log took at a moment or after it.

        Raises:
            PartnerError: CIRCLE_MISSING.
        """
        circle = self.own(principal, circle_id)
        wanted, low, high = _to_us(at), 0, circle.size
        while low < high:  # moments rise with places
            middle = (low + high) // 2
            [logged] = self._circles.statements(circle.number, after=middle, limit=1)
            low, high = (middle + 1, high) if logged.logged_us < wanted else (low, middle)
        return low

    def of_entry(self, principal: Principal, entry_id: int) -> tuple[str, Signal] | None:
        """The circle's id and the signal that an entry stands for; None for an entry of our own."""
        found = self._views.of_entry(entry_id)
        if found is None:
            return None
        number, key = found
        circles = self._circles.circles(member_id=principal.member_id)
        circle = next((one for one in circles if one.number == number), None)
        if circle is None:
            return None
        [(_, held)] = self._views.listed(number, tuple(Tier), after=_before(key), limit=1)
        return circle.circle_id, held.signal

    def of_bank(self, principal: Principal, bank_id: int) -> Circle | None:
        """The circle that fills a bank; None for a bank of our own."""
        number = self._views.of_bank(bank_id)
        circles = self._circles.circles(member_id=principal.member_id)
        return next((one for one in circles if one.number == number), None)

    def let_through(
        self, principal: Principal, circle_id: str, signal: Signal, *, is_let_through: bool = True
    ) -> None:
        """Decide as a person that gates of this node must not hold a signal, or may again.

        Raises:
            PartnerError: CIRCLE_MISSING, or SIGNAL_MISSING: nothing was ever said of it.
            StoreError: The store could not be changed.
        """
        circle = self.own(principal, circle_id)
        key = signal_key(signal)
        event = "circle:let_through" if is_let_through else "circle:hold"
        with self._ledger.change(principal, event, f"circle:{circle.number}") as change:
            now = self._circles.take(circle_id, within=change.transaction)
            self._set(now, key, change.transaction, is_let_through=is_let_through)
            self._judging.judge(now, {key: signal}, now=change.now, within=change.transaction)
        self._follow()

    def withdrawals(
        self,
        principal: Principal,
        circle_id: str,
        *,
        before: int | None = None,
        limit: int = 20,
    ) -> list[Withdrawn]:
        """The newest withdrawals before a place in the log, and where they are in effect.

        Raises:
            PartnerError: CIRCLE_MISSING.
        """
        circle = self.own(principal, circle_id)
        home = circle.roster.roster.home.org
        readers = [one.org for one in circle.roster.roster.active if one.org != home]
        newest = self._views.newest(circle.number, _WITHDRAWALS, before=before, limit=limit)
        known = self._receipts.acknowledged(circle.number, [logged.seq for logged in newest])
        return [
            Withdrawn(
                logged=logged,
                acknowledged=(have := known.get(logged.seq, {})),
                missing=tuple(org for org in readers if org not in have),
            )
            for logged in newest
        ]

    def statements(
        self, principal: Principal, circle_id: str, *, after: int, limit: int
    ) -> Sequence[Logged]:
        """Part of a log.

        Raises:
            PartnerError: CIRCLE_MISSING.
            StoreError: That it was read could not be recorded.
        """
        circle = self.own(principal, circle_id)
        self._ledger.note(principal, "circle:read", f"circle:{circle.number}", count=limit)
        return self._circles.statements(circle.number, after=after, limit=limit)

    def refused(
        self, principal: Principal, circle_id: str, *, limit: int = 20
    ) -> Sequence[Pending]:
        """Our newest statements that the home did not take.

        Raises:
            PartnerError: CIRCLE_MISSING.
        """
        return self._outgoing.refused(self.own(principal, circle_id).number, limit=limit)

    def _set(
        self, circle: Circle, key: bytes, within: Transaction, *, is_let_through: bool
    ) -> None:
        held = self._folds.signals(circle.number, [key], within=within).get(key)
        if held is None:
            raise unsaid()
        changed = msgspec.structs.replace(held, is_let_through=is_let_through)
        self._folds.put_signals(circle.number, {key: changed}, within=within)

    def _overview(self, circle: Circle) -> Overview:
        waiting, refused = self._outgoing.depth(circle.number)
        return Overview(
            circle=circle,
            tiers=self._views.tiers(circle.number),
            waiting=waiting,
            refused=refused,
            behind=max(0, signed_size(circle.believed) - circle.size),
        )


def signed_size(checkpoint: str) -> int:
    """How many statements a checkpoint speaks of; 0 for none."""
    return read_checkpoint(read_note(checkpoint.encode()).text).size if checkpoint else 0


def unsaid() -> PartnerError:
    """What is raised of a signal of which nothing was ever said in a circle."""
    return PartnerError(ErrorCode.SIGNAL_MISSING, "Nothing was ever said of this in the circle.")


def _behind(circle: Circle, member: CircleMember, known: Acknowledged | None) -> int | None:
    if member.org == circle.own_org:
        return 0
    return None if known is None else max(0, circle.size - known.size)


def _to_us(at: datetime) -> int:
    return (at - _EPOCH) // timedelta(microseconds=1)


def _before(key: bytes) -> bytes:
    """The place right before a key in their order."""
    number = int.from_bytes(key, "big")
    return b"" if number == 0 else (number - 1).to_bytes(len(key), "big")
