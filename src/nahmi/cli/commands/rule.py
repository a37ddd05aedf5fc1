# SPDX-License-Identifier: Apache-2.0
"""`nahmi rule`."""

from typing import Annotated

import msgspec
import typer

from nahmi.access.audit import AuditEvent
from nahmi.bootstrap.operation import open_operation
from nahmi.cli.options import Json, choice, emit, now, table
from nahmi.core.bank import Action, Category
from nahmi.core.member import OWN_MEMBER
from nahmi.protect.actions import ActionRule, NewActionRule

app = typer.Typer(
    rich_markup_mode=None,
    add_completion=False,
    no_args_is_help=True,
    help="Say what a match asks for, by bank or by category.",
    epilog="\b\nExample:\n  nahmi rule set block --category csam_a1",
)


@app.command("list")
def list_(ctx: typer.Context, *, as_json: Json = False) -> None:
    """List the rules. A bank's rule goes before its category's, and both before its own actions."""
    with open_operation(ctx.obj) as node:
        rules = node.rules.rules(OWN_MEMBER)
        names = {bank.bank_id: bank.name for bank in node.banks.banks(include_deleted=True)}
    if as_json:
        emit("rules/1", {"rules": msgspec.to_builtins(rules)})
        return
    rows = [(rule.rule_id, _subject(rule, names), rule.action) for rule in rules]
    table([("RULE", "MATCHES IN", "ACTION"), *rows])


@app.command("set")
def set_(
    ctx: typer.Context,
    action: Annotated[
        str, typer.Argument(metavar="ACTION", help="One of: " + ", ".join(Action) + ".")
    ],
    *,
    bank: Annotated[str | None, typer.Option(help="For matches in this bank.")] = None,
    category: Annotated[
        str | None, typer.Option(help="For matches in banks of this category.")
    ] = None,
) -> None:
    """Make or change the rule of a bank or a category.

    Whatever a rule says, content is blocked only when an exact SHA-256 match in a bank with the
    label `attested` agrees; otherwise it is held.
    """
    wanted = choice(action, Action, "The action")
    of = None if category is None else choice(category, Category, "The category")
    with open_operation(ctx.obj) as node:
        bank_id = None if bank is None else node.banks.bank(bank).bank_id
        new = NewActionRule(member_id=OWN_MEMBER, bank_id=bank_id, category=of, action=wanted)
        with node.changing() as change:
            rule = node.rules.set_rule(new, within=change)
            node.audit.append(_record("rule:set", rule), within=change)
    typer.echo(f"Rule {rule.rule_id}: matches in {bank or of} ask for {rule.action}.")


@app.command()
def remove(
    ctx: typer.Context,
    rule: Annotated[int, typer.Argument(metavar="RULE", help="The rule's number.")],
) -> None:
    """Remove a rule; what remains decides."""
    with open_operation(ctx.obj) as node, node.changing() as change:
        gone = node.rules.remove_rule(rule, member_id=OWN_MEMBER, within=change)
        node.audit.append(_record("rule:remove", gone), within=change)
    typer.echo(f"Rule {rule} is gone.")


def _subject(rule: ActionRule, names: dict[int, str]) -> str:
    if rule.bank_id is None:
        return f"category {rule.category}"
    return f"bank {names.get(rule.bank_id, rule.bank_id)}"


def _record(event: str, rule: ActionRule) -> AuditEvent:
    to: dict[str, str | int | bool] = {"action": rule.action.value}
    if rule.bank_id is not None:
        to["bank_id"] = rule.bank_id
    if rule.category is not None:
        to["category"] = rule.category.value
    return AuditEvent(
        at=now(),
        member_id=OWN_MEMBER,
        actor="local",
        event=event,
        object=f"rule:{rule.rule_id}",
        detail=to,
    )
