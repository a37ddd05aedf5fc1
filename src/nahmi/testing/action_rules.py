# SPDX-License-Identifier: Apache-2.0
# ruff: noqa: S101 - assert is how a test kit speaks
"""The contract of stores of action rules as a test class that adapters subclass."""

from abc import abstractmethod
from functools import partial
from typing import Protocol

from nahmi.core.bank import Action, Category
from nahmi.errors import ErrorCode
from nahmi.protect.actions import NewActionRule, RuleReader, RuleWriter
from nahmi.testing.refusals import refusal_of


class RuleStore(RuleReader, RuleWriter, Protocol):
    """Everything that an adapter offers."""


class RuleStoreContract:
    """What every store of rules must do; subclass it and say how to make an empty one."""

    @abstractmethod
    def new_store(self) -> RuleStore:
        """An empty store with the members 1 and 2, whose banks 1 and 2 of member 1 are there and
        whose bank 3 is deleted.
        """  # noqa: D205 - one sentence

    def test_a_subject_has_one_rule(self) -> None:
        """Setting it again changes the action and keeps the number."""
        store = self.new_store()
        of_bank = store.set_rule(NewActionRule(member_id=1, bank_id=1, action=Action.HOLD))
        of_kind = store.set_rule(
            NewActionRule(member_id=1, category=Category.NCII, action=Action.BLOCK)
        )
        assert list(store.rules(1)) == [of_bank, of_kind]
        assert (of_kind.bank_id, of_kind.category) == (None, Category.NCII)
        softer = store.set_rule(NewActionRule(member_id=1, bank_id=1, action=Action.LOG))
        assert (softer.rule_id, softer.action) == (of_bank.rule_id, Action.LOG)
        assert list(store.rules(1)) == [softer, of_kind]
        store.set_rule(NewActionRule(member_id=1, bank_id=2, action=Action.LOG))
        store.set_rule(NewActionRule(member_id=1, category=Category.TEST, action=Action.LOG))
        assert len({rule.rule_id for rule in store.rules(1)}) == len(store.rules(1))

    def test_members_have_rules_of_their_own(self) -> None:
        """For the same category, and nobody removes another's."""
        store = self.new_store()
        rules = [
            store.set_rule(NewActionRule(member_id=member, category=Category.NCII, action=action))
            for member, action in ((1, Action.HOLD), (2, Action.LOG))
        ]
        assert [list(store.rules(member)) for member in (1, 2)] == [[rules[0]], [rules[1]]]
        missing = refusal_of(lambda: store.remove_rule(rules[0].rule_id, member_id=2))
        assert missing is ErrorCode.RULE_MISSING
        assert store.remove_rule(rules[0].rule_id, member_id=1) == rules[0]
        assert list(store.rules(1)) == []
        gone = refusal_of(lambda: store.remove_rule(rules[0].rule_id, member_id=1))
        assert gone is ErrorCode.RULE_MISSING

    def test_refusals(self) -> None:
        """No bank, a deleted one, both or neither."""
        store = self.new_store()
        cases = [
            (NewActionRule(member_id=1, bank_id=99, action=Action.LOG), ErrorCode.BANK_MISSING),
            (NewActionRule(member_id=1, bank_id=3, action=Action.LOG), ErrorCode.BANK_MISSING),
            (NewActionRule(member_id=2, bank_id=1, action=Action.LOG), ErrorCode.BANK_MISSING),
            (NewActionRule(member_id=1, action=Action.LOG), ErrorCode.INPUT_INVALID),
            (
                NewActionRule(member_id=1, bank_id=1, category=Category.TEST, action=Action.LOG),
                ErrorCode.INPUT_INVALID,
            ),
        ]
        for number, (rule, code) in enumerate(cases):
            assert refusal_of(partial(store.set_rule, rule)) is code, number
        assert list(store.rules(1)) == []
