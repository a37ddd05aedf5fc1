# SPDX-License-Identifier: Apache-2.0
"""What a circle's log leaves, computed from scratch in memory: slow, short and without a store."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from typing import TypeVar

import msgspec

from nahmi.core.signal import Signal
from nahmi.flows.circles.books import claim_of, share, word_of
from nahmi.partner.circles.roster import Roster
from nahmi.partner.fold.state import MODULUS, Claim, SignalState, Word
from nahmi.partner.fold.tiers import Judged, judge
from nahmi.partner.naming import short_of
from nahmi.partner.statements.kinds import (
    AnyStatement,
    Assertion,
    Opinion,
    Redact,
    Retract,
    RosterChange,
    Sighting,
)
from nahmi.partner.statements.text import read

Said = tuple[int, AnyStatement]
Counted = TypeVar("Counted", Claim, Word)


class Oracle:
    """Folds a whole log at once.

    Args:
        log: All statements by their places, those included that were destroyed since.
    """

    def __init__(self, log: Mapping[int, bytes]) -> None:
        self.said = [(seq, read(log[seq])) for seq in sorted(log)]
        self.roster = [one.signed.roster for _, one in self.said if isinstance(one, RosterChange)][
            -1
        ]
        self.closed = {one.target for _, one in self.said if isinstance(one, Redact)}
        self.by_id: dict[str, list[Said]] = defaultdict(list)
        for place in self.said:
            self.by_id[place[1].id].append(place)

    def claims(self) -> dict[str, Claim]:
        """What counts of each assertion."""
        names = [name for name in self._names(Assertion) if name not in self.closed]
        found = {name: self._claim(self._trusted(name)) for name in names}
        return {name: claim for name, claim in found.items() if claim is not None}

    def words(self) -> dict[str, tuple[str, Word]]:
        """What counts of each opinion, and on which assertion."""
        found = {}
        for name in self._names(Opinion):
            for seq, one in self._trusted(name)[:1]:
                if isinstance(one, Opinion):
                    found[name] = one.assertion, word_of(one, seq)
        return found

    def sightings(self) -> dict[str, tuple[int, Sighting]]:
        """The newest of each day."""
        return {
            name: (seq, one)
            for name in self._names(Sighting)
            for seq, one in self.by_id[name][-1:]
            if isinstance(one, Sighting)
        }

    def states(self) -> dict[Signal, SignalState]:
        """All that is said of each signal."""
        signals = {one.id: one.signal for _, one in self.said if isinstance(one, Assertion)}
        claims: dict[Signal, list[Claim]] = defaultdict(list)
        words: dict[Signal, list[Word]] = defaultdict(list)
        seen: dict[Signal, int] = defaultdict(int)
        for name, claim in self.claims().items():
            claims[signals[name]].append(claim)
        for about, word in self.words().values():
            if about not in self.closed:
                words[signals[about]].append(word)
        for _, sighting in self.sightings().values():
            if sighting.assertion not in self.closed:
                seen[signals[sighting.assertion]] += sighting.count
        return {
            signal: SignalState(
                signal=signal,
                claims=_in_order(claims[signal]),
                words=_in_order(words[signal]),
                seen=seen[signal],
            )
            for signal in signals.values()
        }

    def forgotten(self) -> set[Signal]:
        """Signals of which every assertion was redacted."""
        said = {one.id: one.signal for _, one in self.said if isinstance(one, Assertion)}
        return set(said.values()) - {said[name] for name in said.keys() - self.closed}

    def judged(self, now_s: int) -> dict[Signal, Judged]:
        """Where each signal stands."""
        return {one: judge(state, self.roster, now_s=now_s) for one, state in self.states().items()}

    def fold(self) -> int:
        """The hash of all that counts."""
        counted = [(name, claim.seq) for name, claim in self.claims().items()]
        counted += [(name, word.seq) for name, (_, word) in self.words().items()]
        counted += [(name, seq) for name, (seq, _) in self.sightings().items()]
        return sum(share(short_of(name), seq) for name, seq in counted) % MODULUS

    def _names(self, kind: type) -> list[str]:
        return list(dict.fromkeys(one.id for _, one in self.said if isinstance(one, kind)))

    def _trusted(self, name: str) -> list[Said]:
        """What was said under an id, newest first, with keys that are trusted by now."""
        return [
            (seq, one) for seq, one in reversed(self.by_id[name]) if _trusts(self.roster, one, seq)
        ]

    def _claim(self, said: list[Said]) -> Claim | None:
        asserted = [(seq, one) for seq, one in said if isinstance(one, Assertion)]
        if not asserted:
            return None
        seq, one = asserted[0]
        after, newest = said[0]
        claim = claim_of(one, seq)
        if not isinstance(newest, Retract):
            return claim
        return msgspec.structs.replace(claim, key=newest.key, seq=after, retracted=newest.reason)


def _trusts(roster: Roster, one: AnyStatement, seq: int) -> bool:
    member = roster.member(one.org)
    return member is not None and member.trusts(one.key, seq)


def _in_order(said: Iterable[Counted]) -> tuple[Counted, ...]:
    return tuple(sorted(said, key=lambda one: one.seq))
