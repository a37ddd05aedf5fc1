# SPDX-License-Identifier: Apache-2.0
"""Action rules: what matches in a bank, or in banks of a category, ask for."""

import msgspec
from litestar import Router, delete, get, put
from litestar.di import NamedDependency
from litestar.params import JSONBody

from nahmi.access.roles import Permission
from nahmi.api.callers import Caller
from nahmi.api.describing import Sample
from nahmi.api.fields import Id, IdField
from nahmi.api.operations import operation
from nahmi.api.paging import Cursor, Limit, Page, page, place, slice_after
from nahmi.core.bank import Action, Category
from nahmi.core.member import OWN_MEMBER
from nahmi.errors import ErrorCode
from nahmi.protect.actions import ActionRule, NewActionRule


class RuleReply(msgspec.Struct, frozen=True, kw_only=True):
    """An action rule.

    Attributes:
        rule_id: Its number, never reused.
        bank_id: For matches in this bank; null for a rule of a category.
        category: For matches in banks of this category; null for a rule of a bank.
        action: What such a match asks for.
    """

    rule_id: int
    bank_id: int | None
    category: Category | None
    action: Action


class RulePage(Page[RuleReply], frozen=True):
    """A part of the list of action rules."""


class NewRuleBody(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A rule: either of a bank or of a category.

    Attributes:
        bank_id: For matches in this bank.
        category: For matches in banks of this category.
        action: What such a match asks for.
    """

    action: Action
    bank_id: IdField | None = None
    category: Category | None = None


def rule_reply(rule: ActionRule) -> RuleReply:
    """A rule as callers see it."""
    return RuleReply(
        rule_id=rule.rule_id, bank_id=rule.bank_id, category=rule.category, action=rule.action
    )


_RULE = RuleReply(rule_id=4, bank_id=None, category=Category.CSAM_A1, action=Action.HOLD)


@operation(
    get,
    "/",
    permission=Permission.PROTECT_BANK_READ,
    summary="List the action rules",
    sample=Sample(reply=RulePage([_RULE])),
)
def list_rules(
    caller: NamedDependency[Caller], *, cursor: Cursor = None, limit: Limit = 100
) -> RulePage:
    """The rules of your member, oldest first. A bank's rule goes before its category's."""
    found = caller.journeys.ruling.rules(caller.principal)
    rest = slice_after(found, place(cursor), number=_number)
    return page(RulePage, rest, limit, number=_number, reply=rule_reply)


@operation(
    put,
    "/",
    permission=Permission.PROTECT_BANK_WRITE,
    summary="Set an action rule",
    sample=Sample(request=NewRuleBody(category=Category.CSAM_A1, action=Action.HOLD), reply=_RULE),
    problems=(ErrorCode.BANK_MISSING,),
    is_change=True,
)
def set_rule(caller: NamedDependency[Caller], data: JSONBody[NewRuleBody]) -> RuleReply:
    """Make the rule of a bank or a category, or give it another action.

    Whatever it says, content is blocked only when an exact match in a bank with the label
    `attested` agrees; otherwise it is held.
    """
    rule = NewActionRule(
        member_id=OWN_MEMBER, bank_id=data.bank_id, category=data.category, action=data.action
    )
    return rule_reply(caller.journeys.ruling.set(caller.principal, rule))


@operation(
    get,
    "/{rule_id:int}",
    permission=Permission.PROTECT_BANK_READ,
    summary="Read an action rule",
    sample=Sample(reply=_RULE),
    problems=(ErrorCode.RULE_MISSING,),
    is_tagged=True,
)
def read_rule(caller: NamedDependency[Caller], rule_id: Id) -> RuleReply:
    """One rule."""
    return rule_reply(caller.journeys.ruling.rule(caller.principal, rule_id))


@operation(
    delete,
    "/{rule_id:int}",
    permission=Permission.PROTECT_BANK_WRITE,
    summary="Drop an action rule",
    sample=Sample(reply=_RULE),
    problems=(ErrorCode.RULE_MISSING,),
    status=200,
    is_change=True,
)
def remove_rule(caller: NamedDependency[Caller], rule_id: Id) -> RuleReply:
    """Drop a rule; the bank's own actions count again."""
    return rule_reply(caller.journeys.ruling.remove(caller.principal, rule_id))


def _number(rule: ActionRule) -> int:
    return rule.rule_id


routes = Router(
    "/rules", route_handlers=[list_rules, set_rule, read_rule, remove_rule], tags=["rules"]
)
