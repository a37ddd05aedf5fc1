# SPDX-License-Identifier: Apache-2.0
"""What one hostile owner among 310 members gets through, with each defence and without it.

The gates, the door, the rules and the tiers are those of the service; only the store is a
dictionary, so that one of them at a time can be taken away.
"""

from collections import Counter, defaultdict
from collections.abc import Mapping
from enum import StrEnum
from itertools import count
from typing import Any

import msgspec

from bench.corpus import Corpus
from bench.options import Options
from bench.report import Table
from nahmi.core.signal import Signal
from nahmi.errors import PartnerError
from nahmi.flows.circles.books import claim_of, word_of
from nahmi.flows.circles.door import Door
from nahmi.partner.circles.members import CircleRole
from nahmi.partner.circles.roster import Home, Roster, SignedRoster
from nahmi.partner.circles.rules import Quorum
from nahmi.partner.fold.state import Claim, SignalState, Word
from nahmi.partner.fold.tiers import Tier, judge
from nahmi.partner.gates import Gate, gates_of
from nahmi.partner.naming import assertion_id
from nahmi.partner.ports.circle import Circle, Standing
from nahmi.partner.statements.kinds import Basis
from nahmi.partner.voice import Voice
from nahmi.testing.circles import START
from nahmi.testing.poisoning import MEMBERS, RULES, SHARE, Kind, World, members_of

_CIRCLE = "circle"
_SEEN = 0.5
_CRAFTED = """One owner of five organisations in five countries says each of what it crafts
five times. Of what it crafts, 45 % lies near pictures that the home knows to be harmless, 20 % is
made to match many, 15 % has no detail, 10 % are digests of empty files and the like, and 10 % are
harmless pictures that nobody has banked."""
_NOTES = [
    _CRAFTED.replace("\n", " "),
    f"Honest people look at {_SEEN:.0%} of what comes in and disagree with what is wrong.",
    "Goal: at most 5 % reach partners, and nothing harmless is acted upon.",
]


class Defence(StrEnum):
    """What can be taken away."""

    MUST_NOT_MATCH = "bank of what must not match"
    SHAPE = "lopsided and common"
    QUALITY = "least quality"
    DRIFT = "a key's record"
    QUOTA = "daily quota"
    GROUPS = "owners count once"
    QUORUM = "quorum"
    PEOPLE = "people who disagree"


_GATES: Mapping[Defence, tuple[Gate, ...]] = {
    Defence.MUST_NOT_MATCH: (Gate.MUST_NOT_MATCH,),
    Defence.SHAPE: (Gate.LOPSIDED, Gate.COMMON),
    Defence.QUALITY: (Gate.LOW_QUALITY,),
}


def run(_pictures: Corpus, options: Options) -> list[Table]:
    world = World(1, each=options.pick(20, 8), at=START)
    handed_in = Counter(one.kind for one in world.said)
    crafted = handed_in.total() - handed_in[Kind.HONEST]
    table = Table(
        title=f"{MEMBERS} members, {handed_in.total():,} assertions, {SHARE:.0%} of them crafted",
        columns=(
            "without",
            "crafted that reach partners",
            "of all crafted, %",
            "harmless signals acted upon",
            "honest refused",
            "honest signals acted upon",
        ),
        notes=_NOTES,
    )
    without: list[frozenset[Defence]] = [
        frozenset(),
        *(frozenset({one}) for one in Defence),
        frozenset({Defence.GROUPS, Defence.PEOPLE}),
        frozenset({Defence.DRIFT, Defence.GROUPS, Defence.PEOPLE}),
        frozenset(Defence),
    ]
    for some in without:
        taken, acted = simulate(world, some)
        through = taken.total() - taken[Kind.HONEST]
        table.rows.append(
            [
                _named(some),
                through,
                100 * through / crafted,
                len(acted & world.benign),
                handed_in[Kind.HONEST] - taken[Kind.HONEST],
                len(acted - world.benign),
            ]
        )
    return [table]


def simulate(world: World, without: frozenset[Defence]) -> tuple[Counter[Kind], set[Signal]]:
    """How many of each kind get into the log, and which signals are acted upon."""
    circle = _circle(world, without)
    gates = _gates(world, without)
    quotas = _Quotas(is_forgetful=Defence.DRIFT in without)
    taken: Counter[Kind] = Counter()
    claims: dict[Signal, list[Claim]] = defaultdict(list)
    for seq, one in enumerate(world.said):
        voice = _voice(world, one.by.org, one.by.key)
        said = voice.asserts(one.draft, rev=1, is_revision=False)
        door = Door(circle, quotas, gates, world.at, None)
        try:
            door.check(said, circle)
        except PartnerError:
            pass
        else:
            taken[one.kind] += 1
            claims[one.draft.signal].append(claim_of(said, seq))
        door.close()
    words = {} if Defence.PEOPLE in without else _words(world, claims)
    now_s, roster = int(world.at.timestamp()), circle.roster.roster
    acted = {
        signal
        for signal, some in claims.items()
        if judge(_state(signal, some, words), roster, now_s=now_s).tier is Tier.ACTIONABLE
    }
    return taken, acted


def _gates(world: World, without: frozenset[Defence]) -> dict[Signal, tuple[Gate, ...]]:
    drafts = [one.draft for one in world.said]
    near = world.harmless.near([draft.signal for draft in drafts])
    open_ = {gate for one in without for gate in _GATES.get(one, ())}
    found = {}
    for draft, harmless in zip(drafts, near, strict=True):
        closed = gates_of(draft.signal, quality=draft.quality, harmless_near=harmless)
        if kept := tuple(gate for gate in closed if gate not in open_):
            found[draft.signal] = kept
    return found


def _words(world: World, claims: Mapping[Signal, list[Claim]]) -> dict[Signal, list[Word]]:
    """What people think of some of what was crafted and got in."""
    found: dict[Signal, list[Word]] = defaultdict(list)
    for seq, (who, signal) in zip(count(len(world.said)), world.disagreeing(_SEEN)):
        if claims.get(signal):
            about = assertion_id(_CIRCLE, claims[signal][0].org, signal)
            voice = _voice(world, who.org, who.key)
            said = voice.opines(about, -100, Basis.HUMAN_REVIEW, "", rev=1)
            found[signal].append(word_of(said, seq))
    return found


def _state(signal: Signal, claims: list[Claim], words: Mapping[Signal, list[Word]]) -> SignalState:
    return SignalState(signal=signal, claims=tuple(claims), words=tuple(words.get(signal, ())))


def _voice(world: World, org: str, key: Any) -> Voice:  # noqa: ANN401 - a signing key
    return Voice(circle=_CIRCLE, org=org, key=key, at=world.at, random=world.random)


def _circle(world: World, without: frozenset[Defence]) -> Circle:
    members = tuple(members_of(world, is_grouped=Defence.GROUPS not in without))
    rules = RULES
    if Defence.QUORUM in without:
        alone = Quorum(organisations=1, jurisdictions=1)
        rules = msgspec.structs.replace(rules, quorum=alone)
    if Defence.QUOTA in without:
        rules = msgspec.structs.replace(rules, daily_quota=1_000_000)
    steward = msgspec.structs.replace(members[0], roles=tuple(sorted(CircleRole)))
    roster = Roster(
        circle=_CIRCLE,
        version=1,
        previous="",
        name="A circle",
        home=Home(org=steward.org, url="https://home.example", log="1", log_key=""),
        members=(steward, *members[1:]),
        rules=rules,
        made_at="2026-11-27T12:00:00Z",
    )
    return Circle(
        number=1,
        circle_id=_CIRCLE,
        member_id=1,
        own_org=steward.org,
        standing=Standing.HOME,
        roster=SignedRoster(roster=roster, approvals=()),
    )


class _Quotas:
    """Counts in memory; a forgetful one knows no record."""

    def __init__(self, *, is_forgetful: bool) -> None:
        self._is_forgetful = is_forgetful
        self._made: Counter[str] = Counter()
        self._bad: Counter[str] = Counter()

    def made(self, number: int, kid: str, day: str, *, within: object) -> int:
        del number, day, within
        return self._made[kid]

    def count(  # noqa: PLR0913 - see `QuotaStore`
        self, number: int, kid: str, day: str, *, made: int, bad: int, within: object
    ) -> None:
        del number, day, within
        self._made[kid] += made
        self._bad[kid] += bad

    def since(self, number: int, kid: str, day: str, *, within: object) -> tuple[int, int]:
        del number, day, within
        return (0, 0) if self._is_forgetful else (self._made[kid], self._bad[kid])


def _named(without: frozenset[Defence]) -> str:
    if not without:
        return "nothing: all defences hold"
    if without == frozenset(Defence):
        return "any defence"
    return ", ".join(one for one in Defence if one in without)
