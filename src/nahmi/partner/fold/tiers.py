# SPDX-License-Identifier: Apache-2.0
"""How far a signal may be acted upon: held, for review, actionable, contested, or withdrawn."""

from collections.abc import Collection, Mapping
from enum import StrEnum

import msgspec

from nahmi.core.bank import Category
from nahmi.partner.circles.roster import Roster
from nahmi.partner.circles.rules import FULL_WEIGHT
from nahmi.partner.fold.state import Claim, SignalState, Word
from nahmi.partner.fold.weights import DAY_S, Record, Said, score, weight
from nahmi.partner.statements.kinds import Basis

AGREES_FROM = 50
"""An opinion of a person that is at least so positive counts as having looked and agreed."""

_BY_PEOPLE = frozenset({Basis.HUMAN_REVIEW, Basis.APPEAL})


class Tier(StrEnum):
    """How far a signal may be acted upon."""

    WITHDRAWN = "withdrawn"
    """Nobody asserts it: it does not match."""
    HELD = "held"
    """A gate keeps it back until a person lets it through: it does not match."""
    CONTESTED = "contested"
    """Somebody who looked says no: it goes to a person and nothing acts by itself."""
    REVIEW = "review"
    """It is asserted, by fewer than the circle asks for: it goes to a person."""
    ACTIONABLE = "actionable"
    """Enough independent organisations looked and agree."""


class Judged(msgspec.Struct, frozen=True, kw_only=True):
    """Where a signal stands, and why.

    Attributes:
        tier: How far it may be acted upon.
        category: As what most assert it; None when nobody does.
        organisations: Independent ones that looked and agree.
        jurisdictions: Countries that these come from.
        against: The weight of people's disagreement, 0..100 for each.
        score: All words together, see `nahmi.partner.fold.weights`.
        until_s: Until when this holds if nothing more is said, Unix time in seconds; None for ever.
    """

    tier: Tier
    category: Category | None = None
    organisations: int = 0
    jurisdictions: int = 0
    against: float = 0.0
    score: float = 0.0
    until_s: int | None = None


def judge(
    state: SignalState,
    roster: Roster,
    *,
    held: Collection[str] = (),
    now_s: int,
    records: Mapping[str, Record] | None = None,
) -> Judged:
    """Where a signal stands.

    Args:
        state: What is said of it.
        roster: The circle's present one.
        held: Why gates keep it back; none for not.
        now_s: Unix time in seconds.
        records: How often organisations were right before; empty for no difference.
    """
    known = records or {}
    live = [claim for claim in state.claims if _counts(claim, roster, now_s)]
    if not live:
        return Judged(tier=Tier.WITHDRAWN)
    if len(live) == 1 and not state.words:
        # What nearly every signal is: one organisation asserts it, and nobody has said more.
        return _judge_one(live[0], roster, is_held=bool(held), now_s=now_s, record=known)
    words = [word for word in state.words if _is_trusted(word.org, word.key, word.seq, roster)]
    attesters = _attesters(live, words)
    against = _against(words, roster, now_s, known)
    members = [one for org in attesters if (one := roster.member(org)) is not None]
    organisations = len({one.independent_of for one in members})
    jurisdictions = len({one.country for one in members})
    category = _category(live)
    total = score(roster, _said(live, words), now_s, known)
    quorum = roster.rules.quorum
    has_quorum = organisations >= quorum.organisations and jurisdictions >= quorum.jurisdictions
    if held:
        tier = Tier.HELD
    elif against >= roster.rules.contest_at:
        tier = Tier.CONTESTED
    elif has_quorum and total > 0 and category is not Category.SELF_REPORTED:
        tier = Tier.ACTIONABLE
    else:
        tier = Tier.REVIEW
    return Judged(
        tier=tier,
        category=category,
        organisations=organisations,
        jurisdictions=jurisdictions,
        against=against,
        score=total,
        until_s=_until(live, words, roster, now_s),
    )


def _judge_one(
    claim: Claim, roster: Roster, *, is_held: bool, now_s: int, record: Mapping[str, Record]
) -> Judged:
    """Where a signal stands that one organisation asserts and of which nobody says more."""
    count = int(claim.is_reviewed)
    total = weight(roster, claim.org, claim.at_s, now_s, record.get(claim.org, Record()))
    is_enough = count >= roster.rules.quorum.organisations and total > 0
    if is_held:
        tier = Tier.HELD
    elif is_enough and claim.category is not Category.SELF_REPORTED:
        tier = Tier.ACTIONABLE
    else:
        tier = Tier.REVIEW
    return Judged(
        tier=tier,
        category=claim.category,
        organisations=count,
        jurisdictions=count,
        score=total,
        until_s=end_of(claim, roster),
    )


def _until(live: Collection[Claim], words: Collection[Word], roster: Roster, now_s: int) -> int:
    """Until when a signal stands where it stands: where words fade, until the day is over."""
    end = min(end_of(claim, roster) for claim in live)
    if not words or not roster.rules.half_life_days:
        return end
    return min(end, now_s - now_s % DAY_S + DAY_S)


def end_of(claim: Claim, roster: Roster) -> int:
    """From when on a claim does not count, Unix time in seconds.

    The circle's present rules decide: whoever shortens how long things are kept means those that
    were said before, too.
    """
    retained = claim.at_s + roster.rules.retention_days * DAY_S
    return retained if claim.until_s is None else min(claim.until_s, retained)


def _counts(claim: Claim, roster: Roster, now_s: int) -> bool:
    return (
        claim.retracted is None
        and now_s < end_of(claim, roster)
        and _is_trusted(claim.org, claim.key, claim.seq, roster)
    )


def _is_trusted(org: str, key: str, seq: int, roster: Roster) -> bool:
    member = roster.member(org)
    return member is not None and member.counts(key, seq)


def _attesters(live: Collection[Claim], words: Collection[Word]) -> set[str]:
    """Who looked and agrees. Whoever both asserts and disagrees elsewhere is not counted twice."""
    asserted = {claim.org for claim in live if claim.is_reviewed}
    agreed = {word.org for word in words if word.basis in _BY_PEOPLE and word.value >= AGREES_FROM}
    return asserted | agreed


def _against(
    words: Collection[Word], roster: Roster, now_s: int, records: Mapping[str, Record]
) -> float:
    """The weight of people's disagreement; of each organisation its strongest."""
    strongest: dict[str, float] = {}
    for word in words:
        if word.value < 0 and word.basis in _BY_PEOPLE:
            heavy = weight(roster, word.org, word.at_s, now_s, records.get(word.org, Record()))
            strongest[word.org] = max(strongest.get(word.org, 0.0), -word.value * heavy)
    return sum(strongest.values()) * FULL_WEIGHT / 100


def _category(live: Collection[Claim]) -> Category:
    """As what most assert it; among equals what was said first."""
    counts: dict[Category, tuple[int, int]] = {}
    for claim in live:
        count, first = counts.get(claim.category, (0, claim.seq))
        counts[claim.category] = (count + 1, min(first, claim.seq))
    return max(counts, key=lambda one: (counts[one][0], -counts[one][1]))


def _said(live: Collection[Claim], words: Collection[Word]) -> list[Said]:
    """One word of each organisation: its disagreement before its agreement, or its assertion."""
    said = {claim.org: Said(claim.org, 1.0, claim.at_s) for claim in live}
    for word in words:
        one = Said(word.org, word.value / 100, word.at_s)
        before = said.get(word.org)
        if before is None or one.value < before.value:
            said[word.org] = one
    return list(said.values())
