# SPDX-License-Identifier: Apache-2.0
"""From matches to what the caller is asked to do: a member's action rules, and two bounds on them.

The bounds hold whatever rules say. Blocking needs two signals: a perceptual match can be wrong, so
an exact match of an attested entry must agree. And what a bank of false alarms knows too is for a
person to look at.
"""

from collections.abc import Iterable, Sequence
from enum import StrEnum
from typing import Final, Protocol

import msgspec

from nahmi.core.bank import Action, Bank, Category
from nahmi.core.match import Match
from nahmi.errors import ErrorCode, InputError

ATTESTED: Final = "attested"
"""The label of a bank whose entries a person or an authority vouches for, one by one."""

STRENGTH: Final = {action: rank for rank, action in enumerate(Action)}
"""How much an action does, mildest first."""

_EXACT = "sha256"


class NewActionRule(msgspec.Struct, frozen=True, kw_only=True):
    """What is needed to make a rule: a bank or a category, never both and never neither.

    Attributes:
        member_id: Whose matches it judges.
        bank_id: For matches in this bank.
        category: For matches in banks of this category.
        action: What such a match asks for.
    """

    member_id: int
    bank_id: int | None = None
    category: Category | None = None
    action: Action


class ActionRule(msgspec.Struct, frozen=True, kw_only=True):
    """What matches in a bank, or in banks of a category, ask for.

    Attributes:
        rule_id: From 1, never reused.
        member_id: Whose matches it judges.
        bank_id: For matches in this bank; None for a rule of a category.
        category: For matches in banks of this category; None for a rule of a bank.
        action: What such a match asks for.
    """

    rule_id: int
    member_id: int
    bank_id: int | None
    category: Category | None
    action: Action


class Ground(StrEnum):
    """Where a match's action comes from, most specific first."""

    BANK_RULE = "bank_rule"
    CATEGORY_RULE = "category_rule"
    BANK = "bank"


class Bound(StrEnum):
    """Why less is done than was asked for."""

    TWO_SIGNALS = "two_signals"
    MUST_NOT_MATCH = "must_not_match"


class Because(msgspec.Struct, frozen=True, kw_only=True):
    """What one match asks for.

    Attributes:
        entry_id: The entry that was hit.
        bank_id: Its bank.
        ground: Where the action comes from.
        rule_id: The rule; None when the bank's own actions decide.
        asked: The action before any bound.
    """

    entry_id: int
    bank_id: int
    ground: Ground
    rule_id: int | None
    asked: Action


class Decision(msgspec.Struct, frozen=True, kw_only=True):
    """What the caller is asked to do, and why.

    Attributes:
        action: None when nothing matched.
        because: What each match asks for, in the order of the matches.
        bound: Why the action is milder than what was asked for; None when it is not.
    """

    action: Action | None
    because: tuple[Because, ...] = ()
    bound: Bound | None = None


def check_rule(rule: NewActionRule) -> NewActionRule:
    """The rule, when it names a bank or a category.

    Raises:
        InputError: INPUT_INVALID: it names both or neither.
    """
    if (rule.bank_id is None) == (rule.category is None):
        raise InputError(
            ErrorCode.INPUT_INVALID, "An action rule names either a bank or a category."
        )
    return rule


def decide(matches: Sequence[Match], rules: Iterable[ActionRule], *, member_id: int) -> Decision:
    """What the matches of one item of content ask for together.

    1. Each match asks for what the rule of its bank says, else the rule of its category, else the
       strictest of its bank's own actions.
    2. The strictest of these counts.
    3. A match in a bank of what must not match leaves at most REVIEW: signals contradict each
       other, so a person decides. In another member's shared bank such a match is itself at most
       REVIEW, but does not soften what others ask for.
    4. BLOCK is left only when an exact SHA-256 match in an attested bank asks for HOLD or BLOCK;
       otherwise it becomes HOLD, which can be undone.

    Args:
        matches: From `nahmi.protect.matching.judge`.
        rules: Of any members; those of others do not count.
        member_id: Who asks.
    """
    own = [rule for rule in rules if rule.member_id == member_id]
    because = tuple(_ask(match, own) for match in matches)
    if not because:
        return Decision(action=None)
    asks = [_bounded(reason.asked, match) for reason, match in zip(because, matches, strict=True)]
    wanted = strictest(reason.asked for reason in because)
    action, bound = strictest(asks), None
    if any(_contradicts(match.bank, member_id) for match in matches):
        action = mildest((action, Action.REVIEW))
    if action is not wanted:
        bound = Bound.MUST_NOT_MATCH
    if action is Action.BLOCK and not any(map(_agrees, matches, asks)):
        action, bound = Action.HOLD, Bound.TWO_SIGNALS
    return Decision(action=action, because=because, bound=bound)


def strictest(actions: Iterable[Action]) -> Action:
    """The action that does most; there must be one."""
    return max(actions, key=STRENGTH.__getitem__)


def mildest(actions: Iterable[Action]) -> Action:
    """The action that does least; there must be one."""
    return min(actions, key=STRENGTH.__getitem__)


def _ask(match: Match, rules: Sequence[ActionRule]) -> Because:
    bank = match.bank
    of_bank = [rule for rule in rules if rule.bank_id == bank.bank_id]
    of_category = [
        rule for rule in rules if rule.bank_id is None and rule.category is bank.category
    ]
    for ground, fitting in ((Ground.BANK_RULE, of_bank), (Ground.CATEGORY_RULE, of_category)):
        if fitting:
            rule = max(fitting, key=lambda one: STRENGTH[one.action])
            return _because(match, ground, rule.rule_id, rule.action)
    # A bank keeps at least one action; should that ever fail, a person looks.
    asked = strictest(bank.actions) if bank.actions else Action.REVIEW
    return _because(match, Ground.BANK, None, asked)


def _because(match: Match, ground: Ground, rule_id: int | None, asked: Action) -> Because:
    return Because(
        entry_id=match.entry.entry_id,
        bank_id=match.bank.bank_id,
        ground=ground,
        rule_id=rule_id,
        asked=asked,
    )


def _bounded(asked: Action, match: Match) -> Action:
    if match.bank.category is Category.MUST_NOT_MATCH:
        return mildest((asked, Action.REVIEW))
    return asked


def _contradicts(bank: Bank, member_id: int) -> bool:
    return bank.category is Category.MUST_NOT_MATCH and bank.member_id == member_id


def _agrees(match: Match, ask: Action) -> bool:
    return (
        match.signal_type == _EXACT
        and match.distance == 0
        and ATTESTED in match.bank.labels
        and STRENGTH[ask] >= STRENGTH[Action.HOLD]
    )


class RuleReader(Protocol):
    """Reads action rules."""

    def rules(self, member_id: int) -> Sequence[ActionRule]:
        """A member's rules, oldest first."""
        ...


class RuleWriter(Protocol):
    """Changes action rules. Each call is one transaction."""

    def set_rule(self, rule: NewActionRule) -> ActionRule:
        """Make a rule; one for the same bank or category gets the new action.

        Raises:
            InputError: INPUT_INVALID: as `check_rule`.
            StoreError: BANK_MISSING: there is no such bank, it is deleted, or it is another
                member's and not shared.
        """
        ...

    def remove_rule(self, rule_id: int, *, member_id: int) -> ActionRule:
        """Drop a rule.

        Raises:
            StoreError: RULE_MISSING: the member has no such rule.
        """
        ...
