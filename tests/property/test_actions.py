# SPDX-License-Identifier: Apache-2.0
"""Whatever rules say: nothing is blocked on one signal, and contradictions go to a person."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nahmi.core.bank import Action, Bank, Category, Entry, EntryDraft
from nahmi.core.match import Match
from nahmi.core.signal import ORIGINAL, Signal
from nahmi.errors import InputError
from nahmi.protect.actions import (
    ATTESTED,
    STRENGTH,
    ActionRule,
    Bound,
    Ground,
    NewActionRule,
    check_rule,
    decide,
    strictest,
)

NOW = datetime(2026, 1, 2, tzinfo=UTC)
ACTIONS = st.sampled_from(Action)
BANKS = st.builds(
    Bank,
    bank_id=st.integers(1, 4),
    name=st.just("B"),
    category=st.sampled_from([Category.CSAM_A1, Category.NCII, Category.MUST_NOT_MATCH]),
    actions=st.lists(ACTIONS, min_size=1, max_size=2, unique=True).map(tuple),
    member_id=st.integers(1, 2),
    labels=st.sampled_from([(), (ATTESTED,), ("other",)]),
    created_at=st.just(NOW),
)


def match(bank: Bank, signal_type: str = "pdq", distance: int = 0, entry_id: int = 1) -> Match:
    return Match(
        entry=Entry(
            entry_id=entry_id,
            bank_id=bank.bank_id,
            draft=EntryDraft(signal=Signal(signal_type, "0")),
            added_at=NOW,
        ),
        bank=bank,
        signal_type=signal_type,
        distance=distance,
        limit_bits=31,
        variant=ORIGINAL,
        frame=0,
        index_version=1,
    )


MATCHES = st.lists(
    st.builds(
        match,
        BANKS,
        st.sampled_from(["pdq", "sha256", "md5", "url"]),
        st.integers(0, 3),
        st.integers(1, 9),
    ),
    max_size=5,
)
RULES = st.lists(
    st.builds(
        ActionRule,
        rule_id=st.integers(1, 99),
        member_id=st.integers(1, 2),
        bank_id=st.integers(1, 4),
        category=st.none(),
        action=ACTIONS,
    )
    | st.builds(
        ActionRule,
        rule_id=st.integers(1, 99),
        member_id=st.integers(1, 2),
        bank_id=st.none(),
        category=st.sampled_from(Category),
        action=ACTIONS,
    ),
    max_size=6,
)


def bank(**changes: object) -> Bank:
    fields = {
        "bank_id": 1,
        "name": "B",
        "category": Category.CSAM_A1,
        "created_at": NOW,
        **changes,
    }
    return Bank(**fields)  # type: ignore[arg-type]


def rule(action: Action, **to: object) -> ActionRule:
    fields = {"rule_id": 1, "member_id": 1, "bank_id": None, "category": None, **to}
    return ActionRule(action=action, **fields)  # type: ignore[arg-type]


@given(MATCHES, RULES)
def test_block_needs_an_exact_match_that_somebody_attests(
    matches: list[Match], rules: list[ActionRule]
) -> None:
    decision = decide(matches, rules, member_id=1)
    attested = [
        item
        for item in matches
        if item.signal_type == "sha256" and item.distance == 0 and ATTESTED in item.bank.labels
    ]
    if not attested:
        assert decision.action is not Action.BLOCK
    if all(item.signal_type == "pdq" for item in matches):
        assert decision.action is not Action.BLOCK


@given(MATCHES, RULES)
def test_what_must_not_match_is_looked_at_by_a_person(
    matches: list[Match], rules: list[ActionRule]
) -> None:
    decision = decide(matches, rules, member_id=1)
    doubted = [item for item in matches if item.bank.category is Category.MUST_NOT_MATCH]
    if any(item.bank.member_id == 1 for item in doubted) or (doubted and doubted == matches):
        assert decision.action in {Action.LOG, Action.REVIEW}
    for foreign in (item for item in doubted if item.bank.member_id != 1):
        rest = decide([item for item in matches if item is not foreign], rules, member_id=1)
        assert rest.action is None or STRENGTH[decision.action] >= STRENGTH[rest.action]


@given(MATCHES, RULES)
def test_bounds_only_soften_and_are_named_when_they_do(
    matches: list[Match], rules: list[ActionRule]
) -> None:
    decision = decide(matches, rules, member_id=1)
    assert (decision.action is None) == (not matches)
    assert [reason.entry_id for reason in decision.because] == [
        item.entry.entry_id for item in matches
    ]
    if decision.action is not None:
        asked = strictest(reason.asked for reason in decision.because)
        assert STRENGTH[decision.action] <= STRENGTH[asked]
        assert (decision.bound is None) == (decision.action is asked)


@given(MATCHES, RULES)
def test_rules_of_others_and_the_order_of_rules_do_not_count(
    matches: list[Match], rules: list[ActionRule]
) -> None:
    decision = decide(matches, rules, member_id=1)
    own = [item for item in rules if item.member_id == 1]
    assert decide(matches, own, member_id=1) == decision
    assert decide(matches, own[::-1], member_id=1).action is decision.action


@given(MATCHES, RULES, st.data())
def test_one_more_match_never_softens_unless_it_contradicts(
    matches: list[Match], rules: list[ActionRule], data: st.DataObject
) -> None:
    more = data.draw(st.builds(match, BANKS, st.just("pdq")))
    before, after = (decide(found, rules, member_id=1) for found in (matches, [*matches, more]))
    if before.action is not None and more.bank.category is not Category.MUST_NOT_MATCH:
        assert after.action is not None
        assert STRENGTH[after.action] >= STRENGTH[before.action]


def test_the_most_specific_rule_counts() -> None:
    item = match(bank(actions=(Action.LOG, Action.REVIEW)))
    of_bank, of_category = rule(Action.LOG, bank_id=1), rule(Action.HOLD, category="csam_a1")
    of_category = rule(Action.HOLD, category=Category.CSAM_A1, rule_id=2)
    cases = [
        ([of_bank, of_category], Action.LOG, Ground.BANK_RULE, 1),
        ([of_category], Action.HOLD, Ground.CATEGORY_RULE, 2),
        ([], Action.REVIEW, Ground.BANK, None),
    ]
    for rules, action, ground, rule_id in cases:
        decision = decide([item], rules, member_id=1)
        reason = decision.because[0]
        assert (decision.action, reason.ground, reason.rule_id) == (action, ground, rule_id)


def test_two_signals_block_together() -> None:
    near = match(bank(bank_id=1, actions=(Action.BLOCK,)))
    sure = bank(bank_id=2, actions=(Action.HOLD,), labels=(ATTESTED,))
    alone = decide([near], [], member_id=1)
    assert (alone.action, alone.bound) == (Action.HOLD, Bound.TWO_SIGNALS)
    agreed = decide([near, match(sure, "sha256", entry_id=2)], [], member_id=1)
    assert (agreed.action, agreed.bound) == (Action.BLOCK, None)
    for unsure in (match(sure, "md5"), match(bank(actions=(Action.HOLD,)), "sha256")):
        assert decide([near, unsure], [], member_id=1).action is Action.HOLD
    only_noted = bank(bank_id=2, actions=(Action.REVIEW,), labels=(ATTESTED,))
    assert decide([near, match(only_noted, "sha256")], [], member_id=1).action is Action.HOLD
    doubt = match(bank(bank_id=3, category=Category.MUST_NOT_MATCH, actions=(Action.BLOCK,)))
    doubted = decide([near, match(sure, "sha256"), doubt], [], member_id=1)
    assert (doubted.action, doubted.bound) == (Action.REVIEW, Bound.MUST_NOT_MATCH)


def test_a_rule_names_a_bank_or_a_category() -> None:
    for wrong in ({}, {"bank_id": 1, "category": Category.NCII}):
        with pytest.raises(InputError):
            check_rule(NewActionRule(member_id=1, action=Action.LOG, **wrong))
