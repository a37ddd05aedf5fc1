# SPDX-License-Identifier: Apache-2.0
"""Action rules in SQL."""

from collections.abc import Sequence

from sqlalchemy import Connection, RowMapping, delete, select

from nahmi.core.bank import Action, Category
from nahmi.errors import ErrorCode, StoreError
from nahmi.operate.changes import Topic
from nahmi.protect.actions import ActionRule, NewActionRule, check_rule
from nahmi.store.sql.database import Database
from nahmi.store.sql.match_tables import action_rule
from nahmi.store.sql.reading import bank_by_id, missing_bank
from nahmi.store.sql.revisions import note_change
from nahmi.store.sql.upserts import insertion


class SqlRuleStore:
    """`RuleReader` and `RuleWriter` in a database; writes take part in a transaction `within`.

    Args:
        database: An opened store.
    """

    def __init__(self, database: Database) -> None:
        self._database = database

    def rules(self, member_id: int) -> Sequence[ActionRule]:
        """See `RuleReader.rules`."""
        query = select(action_rule).where(action_rule.c.member_id == member_id)
        with self._database.reading() as connection:
            rows = connection.execute(query.order_by(action_rule.c.rule_id)).mappings()
            return [_to_rule(row) for row in rows]

    def set_rule(self, rule: NewActionRule, *, within: Connection | None = None) -> ActionRule:
        """See `RuleWriter.set_rule`."""
        check_rule(rule)
        subject = "category" if rule.bank_id is None else "bank_id"
        values = {
            "member_id": rule.member_id,
            "bank_id": rule.bank_id,
            "category": rule.category,
            "action": rule.action.value,
        }
        with self._database.joining(within) as connection:
            if rule.bank_id is not None:
                _check_bank(connection, rule.bank_id, rule.member_id)
            new = insertion(connection, action_rule).values(values)
            kept = new.on_conflict_do_update(
                index_elements=["member_id", subject],
                index_where=action_rule.c[subject].is_not(None),
                set_={"action": new.excluded.action},
            )
            made = connection.execute(kept.returning(*action_rule.c)).mappings().one()
            note_change(connection, Topic.RULES)
            return _to_rule(made)

    def remove_rule(
        self, rule_id: int, *, member_id: int, within: Connection | None = None
    ) -> ActionRule:
        """See `RuleWriter.remove_rule`."""
        gone = delete(action_rule).where(
            action_rule.c.rule_id == rule_id, action_rule.c.member_id == member_id
        )
        with self._database.joining(within) as connection:
            row = connection.execute(gone.returning(*action_rule.c)).mappings().first()
            if row is None:
                raise StoreError(
                    ErrorCode.RULE_MISSING,
                    "There is no such action rule.",
                    hint="`nahmi rule list` shows them all.",
                )
            note_change(connection, Topic.RULES)
            return _to_rule(row)


def _check_bank(connection: Connection, bank_id: int, member_id: int) -> None:
    bank = bank_by_id(connection, bank_id)
    if bank.deleted_at is not None or not bank.may_be_asked_by(member_id):
        raise missing_bank()


def _to_rule(row: RowMapping) -> ActionRule:
    category = row["category"]
    return ActionRule(
        rule_id=row["rule_id"],
        member_id=row["member_id"],
        bank_id=row["bank_id"],
        category=None if category is None else Category(category),
        action=Action(row["action"]),
    )
