# SPDX-License-Identifier: Apache-2.0
"""Where a signal stands is one answer, whoever asks it how, and no owner decides it alone."""

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from nahmi.core.bank import Category
from nahmi.core.signal import Signal
from nahmi.partner.circles.members import (
    CircleMember,
    CircleRole,
    KeyState,
    MemberKey,
    Membership,
    Sector,
)
from nahmi.partner.circles.roster import Home, Roster
from nahmi.partner.circles.rules import Quorum, Rules
from nahmi.partner.fold.state import Claim, SignalState, Word
from nahmi.partner.fold.tiers import Tier, judge
from nahmi.partner.statements.kinds import Basis, RetractReason

DAY_S = 86_400
SIGNAL = Signal("pdq", "0f" * 32)
ORGS = [f"org{number}" for number in range(6)]
CATEGORIES = [Category.TEST, Category.CSAM_A1, Category.SELF_REPORTED]


def member(org: str, country: str, group: str, membership: Membership) -> CircleMember:
    return CircleMember(
        org=org,
        name=org,
        sector=Sector.HOTLINE,
        country=country,
        group=group,
        roles=(CircleRole.CONTRIBUTE,),
        keys=(
            MemberKey(kid=f"{org} good", public=""),
            MemberKey(kid=f"{org} bad", public="", state=KeyState.DISTRUSTED, distrusted_from=4),
        ),
        membership=membership,
    )


@st.composite
def rosters(draw: st.DrawFn) -> Roster:
    organisations = draw(st.integers(1, 3))
    rules = Rules(
        signal_types=("pdq",),
        categories=(Category.TEST,),
        quorum=Quorum(
            organisations=organisations, jurisdictions=draw(st.integers(1, organisations))
        ),
        contest_at=draw(st.sampled_from([1, 50, 100])),
        retention_days=draw(st.sampled_from([1, 10])),
        half_life_days=draw(st.sampled_from([0, 2])),
        weights={org: draw(st.sampled_from([0, 30, 100])) for org in ORGS[:2]},
    )
    members = tuple(
        member(
            org,
            draw(st.sampled_from(["AE", "GB", "KE"])),
            draw(st.sampled_from(["", "", "owner"])),
            draw(st.sampled_from([Membership.ACTIVE, Membership.LEFT, Membership.EXPELLED])),
        )
        for org in ORGS
    )
    return Roster(
        circle="c",
        version=1,
        previous="",
        name="c",
        home=Home(org=ORGS[0], url="", log="", log_key=""),
        members=members,
        rules=rules,
        made_at="",
    )


def claims() -> st.SearchStrategy[Claim]:
    return st.builds(
        Claim,
        org=st.sampled_from(ORGS),
        key=st.sampled_from(["good", "good", "bad"]),
        seq=st.integers(0, 9),
        at_s=st.integers(0, 3 * DAY_S),
        category=st.sampled_from(CATEGORIES),
        is_reviewed=st.booleans(),
        until_s=st.none() | st.integers(0, 20 * DAY_S),
        retracted=st.none() | st.none() | st.sampled_from(RetractReason),
    ).map(_with_key)


def words() -> st.SearchStrategy[Word]:
    return st.builds(
        Word,
        org=st.sampled_from(ORGS),
        key=st.sampled_from(["good", "bad"]),
        seq=st.integers(10, 19),
        at_s=st.integers(0, 3 * DAY_S),
        value=st.integers(-100, 100),
        basis=st.sampled_from(Basis),
    ).map(_with_key)


def _with_key(one: Claim | Word) -> Claim | Word:
    return msgspec.structs.replace(one, key=f"{one.org} {one.key}")


def states() -> st.SearchStrategy[SignalState]:
    return st.builds(
        SignalState,
        signal=st.just(SIGNAL),
        claims=st.lists(claims(), max_size=5, unique_by=lambda one: one.org).map(tuple),
        words=st.lists(words(), max_size=5).map(tuple),
    )


MOMENTS = st.integers(0, 15 * DAY_S)
HELD = st.sampled_from([(), ("common",)])


@given(roster=rosters(), claim=claims(), now_s=MOMENTS, held=HELD)
def test_the_short_way_for_one_assertion_leads_to_the_same(
    roster: Roster, claim: Claim, now_s: int, held: tuple[str, ...]
) -> None:
    """A word that weighs nothing makes it go the long way."""
    silent = Word(org="nobody", key="", seq=99, at_s=0, value=-100, basis=Basis.APPEAL)
    alone = SignalState(signal=SIGNAL, claims=(claim,))
    beside = msgspec.structs.replace(alone, words=(silent,))
    assert judge(alone, roster, held=held, now_s=now_s) == judge(
        beside, roster, held=held, now_s=now_s
    )


@given(roster=rosters(), state=states(), now_s=MOMENTS, data=st.data())
def test_the_order_in_which_things_are_held_does_not_matter(
    roster: Roster, state: SignalState, now_s: int, data: st.DataObject
) -> None:
    seqs = [one.seq for one in state.claims]
    mixed = msgspec.structs.replace(
        state,
        claims=tuple(data.draw(st.permutations(state.claims))),
        words=tuple(data.draw(st.permutations(state.words))),
    )
    one, other = (judge(each, roster, now_s=now_s) for each in (state, mixed))
    assert (one.tier, one.organisations, one.until_s) == (
        other.tier,
        other.organisations,
        other.until_s,
    )
    assert len(set(seqs)) < len(seqs) or one.category == other.category


@given(roster=rosters(), state=states(), now_s=MOMENTS)
def test_what_is_acted_upon_has_what_the_circle_asks_for(
    roster: Roster, state: SignalState, now_s: int
) -> None:
    judged = judge(state, roster, now_s=now_s)
    assert judge(state, roster, held=["common"], now_s=now_s).tier in {Tier.HELD, Tier.WITHDRAWN}
    if judged.tier is Tier.ACTIONABLE:
        assert judged.organisations >= roster.rules.quorum.organisations
        assert judged.jurisdictions >= roster.rules.quorum.jurisdictions
        assert judged.against < roster.rules.contest_at
        assert judged.score > 0
        assert judged.category is not Category.SELF_REPORTED


@given(roster=rosters(), state=states(), now_s=MOMENTS)
def test_no_owner_reaches_a_quorum_alone(roster: Roster, state: SignalState, now_s: int) -> None:
    owned = msgspec.structs.replace(
        roster,
        members=tuple(msgspec.structs.replace(one, group="owner") for one in roster.members),
    )
    judged = judge(state, owned, now_s=now_s)
    assert judged.organisations <= 1
    assert roster.rules.quorum.organisations == 1 or judged.tier is not Tier.ACTIONABLE


@given(roster=rosters(), state=states(), now_s=MOMENTS)
def test_nothing_counts_of_those_who_were_expelled(
    roster: Roster, state: SignalState, now_s: int
) -> None:
    gone = {one.org for one in roster.members if one.membership is Membership.EXPELLED}
    left = msgspec.structs.replace(
        state,
        claims=tuple(one for one in state.claims if one.org not in gone),
        words=tuple(one for one in state.words if one.org not in gone),
    )
    assert judge(state, roster, now_s=now_s) == judge(left, roster, now_s=now_s)


@given(roster=rosters(), state=states(), now_s=MOMENTS)
def test_it_stands_so_until_the_moment_that_it_says(
    roster: Roster, state: SignalState, now_s: int
) -> None:
    """Also where words fade; so it is enough to ask again then."""
    judged = judge(state, roster, now_s=now_s)
    later_s = now_s + 100 * DAY_S if judged.until_s is None else judged.until_s - 1
    later = judge(state, roster, now_s=later_s)
    assert (later.tier, later.category, later.until_s) == (
        judged.tier,
        judged.category,
        judged.until_s,
    )
