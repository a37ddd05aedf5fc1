# SPDX-License-Identifier: Apache-2.0
"""What is said of signals decides which entries this node has of them, in banks of their own.

A circle fills one bank for each category of what is actionable, and one for each of what goes to a
person: what a match asks for is set with the bank. What is held or withdrawn has no entry.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Final, Protocol

import msgspec

from nahmi.core.bank import Action, Bank, Category, EntryDraft
from nahmi.core.signal import Signal
from nahmi.flows.circles.validity import are_valid
from nahmi.partner.circles.members import CircleMember, Membership
from nahmi.partner.circles.roster import Roster
from nahmi.partner.fold.state import Claim, SignalState
from nahmi.partner.fold.tiers import Judged, Tier, judge
from nahmi.partner.gates import Gate, gates_of
from nahmi.partner.naming import assertion_id, short_of
from nahmi.partner.ports.circle import Circle, Transaction
from nahmi.partner.ports.fold import FoldStore, HeldSignal
from nahmi.protect.bank_rules import bank_name_of
from nahmi.protect.ports import BankDraft

PROVENANCE: Final = "circle:"
"""What the provenance of such an entry begins with; the circle's id follows."""

_ACTIONS: Final[Mapping[Tier, tuple[Action, ...]]] = {
    Tier.ACTIONABLE: (Action.HOLD,),
    Tier.REVIEW: (Action.REVIEW,),
}
"""What a new bank of a circle asks for. A curator may change it; a similar fingerprint alone blocks
nothing for good, however many assert it."""

_BANK_OF: Final[Mapping[Tier, Tier]] = {
    Tier.ACTIONABLE: Tier.ACTIONABLE,
    Tier.REVIEW: Tier.REVIEW,
    Tier.CONTESTED: Tier.REVIEW,
}


class CircleBanks(Protocol):
    """The part of a bank store that is needed here; see `nahmi.protect.ports.BankWriter`."""

    def create_bank(self, bank: BankDraft, *, now: datetime, within: Transaction = None) -> Bank:
        """See `BankWriter.create_bank`."""
        ...

    def add_entries(
        self,
        bank_id: int,
        drafts: Iterable[EntryDraft],
        *,
        now: datetime,
        within: Transaction = None,
    ) -> Sequence[int]:
        """See `BankWriter.add_entries`."""
        ...

    def delete_entries(
        self, entry_ids: Sequence[int], *, now: datetime, within: Transaction = None
    ) -> int:
        """See `BankWriter.delete_entries`."""
        ...


class Harmless(Protocol):
    """Knows what this node's banks of what must not match hold."""

    def near(self, signals: Sequence[Signal]) -> Sequence[int]:
        """How many harmless signals lie within the limit of each of some."""
        ...


class Judging:
    """Judges signals, and brings this node's entries to where they stand.

    Args:
        folds: Has what is said of them.
        banks: Has this node's banks.
        harmless: Knows what must not match.
        common_hosts: Names of hosts that too many pages share.
    """

    def __init__(
        self,
        *,
        folds: FoldStore,
        banks: CircleBanks,
        harmless: Harmless,
        common_hosts: Collection[str] = (),
    ) -> None:
        self._folds = folds
        self._banks = banks
        self._harmless = harmless
        self._common_hosts = frozenset(common_hosts)

    def judge(
        self,
        circle: Circle,
        touched: Mapping[bytes, Signal | None],
        *,
        now: datetime,
        within: Transaction,
        fresh: Mapping[bytes, SignalState] | None = None,
    ) -> None:
        """Judge signals anew, and let the entries follow.

        Args:
            circle: Their circle, with its present roster.
            touched: The signals by what stands for them; None for one that is held already.
            now: The present moment.
            within: The transaction.
            fresh: All that is said of signals of which nothing was said before.
        """
        held = self._folds.signals(circle.number, touched, within=within)
        signals = {
            key: signal or held[key].signal
            for key, signal in touched.items()
            if signal is not None or key in held
        }
        states = self._states(circle, signals, held, fresh or {}, within)
        early = self._early(circle, states, within)
        gates = self._gates(states, held)
        roster, now_s = circle.roster.roster, int(now.timestamp())
        judged = {
            key: HeldSignal(
                signal=state.signal,
                judged=judge(_without(state, early.get(key)), roster, held=gates[key], now_s=now_s),
                held=gates[key],
                is_let_through=key in held and held[key].is_let_through,
                entry_id=held[key].entry_id if key in held else None,
                record=held[key].record if key in held else 0,
            )
            for key, state in states.items()
        }
        moved = self._move(circle, held, judged, now, within)
        self._folds.put_signals(circle.number, judged | moved, within=within)
        # What was redacted leaves no trace of the signal, here as little as in the log.
        unsaid = [key for key, state in states.items() if not state.claims]
        self._folds.drop_signals(circle.number, unsaid, within=within)

    def _states(
        self,
        circle: Circle,
        signals: Mapping[bytes, Signal],
        held: Mapping[bytes, HeldSignal],
        fresh: Mapping[bytes, SignalState],
        within: Transaction,
    ) -> dict[bytes, SignalState]:
        """All that is said of signals; of new ones it need not be read from the store."""
        found = {key: fresh[key] for key in signals if key in fresh and key not in held}
        asked = {key: signal for key, signal in signals.items() if key not in found}
        return found | self._folds.states(circle.number, asked, within=within)

    def _gates(
        self, states: Mapping[bytes, SignalState], held: Mapping[bytes, HeldSignal]
    ) -> dict[bytes, tuple[Gate, ...]]:
        """Why signals are held; a gate that was told to let one through stays open."""
        asked = [key for key in states if not (key in held and held[key].is_let_through)]
        signals = [states[key].signal for key in asked]
        valid = are_valid(signals)
        near = self._harmless.near(
            [one for one, is_valid in zip(signals, valid, strict=True) if is_valid]
        )
        found: dict[bytes, tuple[Gate, ...]] = dict.fromkeys(states, ())
        counts = iter(near)
        for key, is_valid in zip(asked, valid, strict=True):
            state = states[key]
            count = next(counts) if is_valid else 0
            found[key] = gates_of(
                state.signal,
                is_valid=is_valid,
                quality=_quality(state.claims),
                harmless_near=count,
                common_hosts=self._common_hosts,
            )
        return found

    def _early(
        self, circle: Circle, states: Mapping[bytes, SignalState], within: Transaction
    ) -> dict[bytes, set[str]]:
        """Whose assertions were taken back further on in the log than it has been read here."""
        if circle.withdrawn_to <= circle.size:
            return {}
        names = {
            short_of(assertion_id(circle.circle_id, claim.org, state.signal)): (key, claim.org)
            for key, state in states.items()
            for claim in state.claims
        }
        gone: dict[bytes, set[str]] = defaultdict(set)
        for name, by in self._folds.early(circle.number, names, within=within).items():
            key, org = names[name]
            if by in {"", org}:
                gone[key].add(org)
        return gone

    def _move(
        self,
        circle: Circle,
        before: Mapping[bytes, HeldSignal],
        after: Mapping[bytes, HeldSignal],
        now: datetime,
        within: Transaction,
    ) -> dict[bytes, HeldSignal]:
        """Take entries away and add them; the signals whose entries are others now."""
        moving = [
            key
            for key, one in after.items()
            if _place(one.judged) != (_place(before[key].judged) if key in before else None)
        ]
        gone = [entry for key in moving if (entry := after[key].entry_id) is not None]
        if gone:
            self._banks.delete_entries(gone, now=now, within=within)
        places: dict[tuple[Tier, Category], list[bytes]] = defaultdict(list)
        for key in moving:
            if (place := _place(after[key].judged)) is not None:
                places[place].append(key)
        moved = {
            key: msgspec.structs.replace(after[key], entry_id=None)
            for key in moving
            if after[key].entry_id is not None
        }
        banks = self._folds.banks(circle.number, within=within) if places else {}
        for place, keys in places.items():
            bank_id = banks.get(place) or self._new_bank(circle, *place, now, within)
            drafts = (_draft(circle, after[key]) for key in keys)
            ids = self._banks.add_entries(bank_id, drafts, now=now, within=within)
            for key, entry_id in zip(keys, ids, strict=True):
                moved[key] = msgspec.structs.replace(after[key], entry_id=entry_id)
        return moved

    def _new_bank(
        self, circle: Circle, tier: Tier, category: Category, now: datetime, within: Transaction
    ) -> int:
        # The circle's id keeps two circles of one name apart; people see the name first.
        words = f"{circle.roster.roster.name} {circle.circle_id[:8]} {category} {tier}"
        draft = BankDraft(
            name=bank_name_of(words),
            category=category,
            actions=_ACTIONS[tier],
            member_id=circle.member_id,
        )
        made = self._banks.create_bank(draft, now=now, within=within)
        self._folds.put_bank(circle.number, tier, category, made.bank_id, within=within)
        return made.bank_id


def _place(judged: Judged) -> tuple[Tier, Category] | None:
    """The bank that a signal belongs in; None for none."""
    tier = _BANK_OF.get(judged.tier)
    return None if tier is None or judged.category is None else (tier, judged.category)


def _without(state: SignalState, orgs: Collection[str] | None) -> SignalState:
    if not orgs:
        return state
    claims = tuple(claim for claim in state.claims if claim.org not in orgs)
    return msgspec.structs.replace(state, claims=claims)


def _quality(claims: Sequence[Claim]) -> int | None:
    """The best that anybody tells: fingerprints of one signal have one quality, or nobody says."""
    return max((claim.quality for claim in claims if claim.quality is not None), default=None)


def _draft(circle: Circle, one: HeldSignal) -> EntryDraft:
    return EntryDraft(
        signal=one.signal,
        source=circle.roster.roster.name,
        provenance=f"{PROVENANCE}{circle.circle_id}",
    )


def rejudged(roster: Roster, later: Roster) -> bool:
    """Whether a new roster can change where signals stand that were judged before.

    Whoever is new has said nothing so far, and a key that only signs no more goes on counting.
    """
    if roster.rules != later.rules:
        return True
    return any(_weighs(member) != _weighs(later.member(member.org)) for member in roster.members)


def _weighs(member: CircleMember | None) -> object:
    """All of a member on which it depends what its word does."""
    if member is None:
        return None
    places = [
        (key.kid, key.distrusted_from) for key in member.keys if key.distrusted_from is not None
    ]
    return member.membership is Membership.EXPELLED, member.country, member.group, places
