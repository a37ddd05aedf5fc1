# SPDX-License-Identifier: Apache-2.0
"""What matches ask for: the action rules of a principal's member, changed on the record."""

from collections.abc import Callable, Sequence
from typing import Protocol

import msgspec

from nahmi.access.identity import Principal
from nahmi.errors import ErrorCode, StoreError
from nahmi.flows.ledger import Ledger, Transaction
from nahmi.protect.actions import ActionRule, NewActionRule, RuleReader


class RuleStore(RuleReader, Protocol):
    """Action rules whose changes take part in a transaction; see `RuleWriter`."""

    def set_rule(self, rule: NewActionRule, *, within: Transaction = None) -> ActionRule:
        """See `RuleWriter.set_rule`."""
        ...

    def remove_rule(
        self, rule_id: int, *, member_id: int, within: Transaction = None
    ) -> ActionRule:
        """See `RuleWriter.remove_rule`."""
        ...


class Ruling:
    """The action rules of a principal's member. Safe to share between threads.

    Args:
        store: Keeps rules.
        ledger: Makes the changes.
        follow: Brings this process to where the store is.
    """

    def __init__(self, *, store: RuleStore, ledger: Ledger, follow: Callable[[], object]) -> None:
        self._store = store
        self._ledger = ledger
        self._follow = follow

    def rules(self, principal: Principal) -> Sequence[ActionRule]:
        """The member's rules, oldest first.

        Raises:
            StoreError: The store could not be read.
        """
        return self._store.rules(principal.member_id)

    def rule(self, principal: Principal, rule_id: int) -> ActionRule:
        """One of `rules`.

        Raises:
            StoreError: RULE_MISSING.
        """
        for rule in self.rules(principal):
            if rule.rule_id == rule_id:
                return rule
        raise StoreError(ErrorCode.RULE_MISSING, "There is no such action rule.")

    def set(self, principal: Principal, rule: NewActionRule) -> ActionRule:
        """Make a rule, or give the one for the same bank or category another action.

        Raises:
            InputError: INPUT_INVALID: it names neither a bank nor a category, or both.
            StoreError: BANK_MISSING.
        """
        own = msgspec.structs.replace(rule, member_id=principal.member_id)
        with self._ledger.change(principal, "rule:set") as change:
            made = self._store.set_rule(own, within=change.transaction)
            change.object = f"rule:{made.rule_id}"
            change.detail["action"] = made.action.value
        self._follow()
        return made

    def remove(self, principal: Principal, rule_id: int) -> ActionRule:
        """Drop a rule.

        Raises:
            StoreError: RULE_MISSING.
        """
        with self._ledger.change(principal, "rule:remove", f"rule:{rule_id}") as change:
            self.rule(principal, rule_id)
            gone = self._store.remove_rule(
                rule_id, member_id=principal.member_id, within=change.transaction
            )
        self._follow()
        return gone
