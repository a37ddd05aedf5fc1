# SPDX-License-Identifier: Apache-2.0
"""Where circles stand, who is how far, and what needs a person."""

from datetime import datetime
from typing import Annotated, Any, Final

import msgspec
import typer

from nahmi.access.identity import LOCAL
from nahmi.bootstrap.open_circles import open_circles
from nahmi.cli.circles.arguments import (
    CircleName,
    Command,
    canonical_signal,
    find_circle,
    fingerprint,
)
from nahmi.cli.circles.saying import SignalText
from nahmi.cli.options import Json, emit, parse_signal, table
from nahmi.flows.circles.looking import Overview
from nahmi.partner.base64_texts import read_base64
from nahmi.partner.keys import read_public_key
from nahmi.partner.statements.text import read


def list_(ctx: typer.Context, *, as_json: Json = False) -> None:
    """List the circles that this node takes part in."""
    with open_circles(ctx.obj) as (_, circles):
        found = circles.looking.circles(LOCAL)
    if as_json:
        emit("circles/1", {"circles": [_facts(one) for one in found]})
        return
    rows = [
        (
            one.circle.roster.roster.name,
            one.circle.circle_id,
            one.circle.standing,
            len(one.circle.roster.roster.active),
            f"{one.circle.size:,}",
            one.circle.error,
        )
        for one in found
    ]
    table([("CIRCLE", "ID", "STANDING", "MEMBERS", "STATEMENTS", "ERROR"), *rows])


def show(ctx: typer.Context, circle: CircleName, *, as_json: Json = False) -> None:
    """Show a circle: its rules, how far this node is, and where its signals stand."""
    with open_circles(ctx.obj) as (_, circles):
        one = circles.looking.circle(LOCAL, find_circle(circles, circle).circle_id)
    facts = _facts(one)
    if as_json:
        emit("circle/1", facts)
        return
    rules = facts.pop("rules")
    table([(name.replace("_", " "), _shown(value)) for name, value in facts.items()])
    typer.echo("")
    table([(name.replace("_", " "), _shown(value)) for name, value in rules.items()])


def members(ctx: typer.Context, circle: CircleName, *, as_json: Json = False) -> None:
    """List members, their keys, and how far each has read."""
    with open_circles(ctx.obj) as (_, circles):
        found = circles.looking.members(LOCAL, find_circle(circles, circle).circle_id)
    if as_json:
        emit("members/1", {"members": [msgspec.to_builtins(one) for one in found]})
        return
    rows = [
        (
            one.member.name,
            one.member.country,
            one.member.sector,
            one.member.membership,
            " ".join(one.member.roles),
            "" if one.behind is None else f"{one.behind:,}",
            one.member.keys[-1].kid,
        )
        for one in found
    ]
    table([("MEMBER", "IN", "SECTOR", "STANDING", "ROLES", "BEHIND", "KEY"), *rows])


def key(ctx: typer.Context) -> None:
    """Show the fingerprint of the key with which your organisation speaks."""
    with open_circles(ctx.obj) as (_, circles):
        typer.echo(fingerprint(circles.keys.first(LOCAL.member_id).public))


def attention(ctx: typer.Context, circle: CircleName, *, as_json: Json = False) -> None:
    """List signals that need a person: contested ones, and those that a gate holds."""
    with open_circles(ctx.obj) as (_, circles):
        found = circles.looking.attention(
            LOCAL, find_circle(circles, circle).circle_id, limit=1_000
        )
    rows = [
        (
            f"{one.signal.signal_type}:{one.signal.value}",
            one.tier,
            one.judged.category or "",
            one.judged.organisations,
            " ".join(one.held),
        )
        for _, one in found
    ]
    if as_json:
        names = ("signal", "tier", "category", "organisations", "held")
        emit("attention/1", {"signals": [dict(zip(names, row, strict=True)) for row in rows]})
        return
    table([("SIGNAL", "TIER", "CATEGORY", "AGREE", "HELD BY"), *rows])


def signal(
    ctx: typer.Context, circle: CircleName, text: SignalText, *, as_json: Json = False
) -> None:
    """Show all that is said of one signal, and where it stands."""
    wanted = canonical_signal(parse_signal(text))
    with open_circles(ctx.obj) as (_, circles):
        found = find_circle(circles, circle)
        state, held = circles.looking.state(LOCAL, found.circle_id, wanted)
        roster = found.roster.roster
    if as_json:
        facts = {"claims": state.claims, "opinions": state.words, "judged": held.judged}
        emit("signal/1", msgspec.to_builtins(facts))
        return
    typer.echo(f"{held.tier}: {held.judged.organisations} organisations agree.")
    names = {one.org: one.name for one in roster.members}
    rows: list[tuple[str, str, str]] = [
        (names.get(claim.org, claim.org), claim.category, claim.retracted or "stands")
        for claim in state.claims
    ]
    rows += [
        (names.get(word.org, word.org), f"opinion {word.value:+d}", word.basis)
        for word in state.words
    ]
    table([("MEMBER", "SAYS", ""), *rows])


def let_through(
    ctx: typer.Context,
    circle: CircleName,
    text: SignalText,
    *,
    hold: Annotated[bool, typer.Option("--hold", help="Let gates hold it again.")] = False,
) -> None:
    """Decide that the gates of this node must not hold a signal."""
    wanted = canonical_signal(parse_signal(text))
    with open_circles(ctx.obj) as (_, circles):
        found = find_circle(circles, circle)
        circles.looking.let_through(LOCAL, found.circle_id, wanted, is_let_through=not hold)
    typer.echo("Decided.")


def withdrawals(ctx: typer.Context, circle: CircleName, *, as_json: Json = False) -> None:
    """List the newest withdrawals, and which members have them in effect."""
    with open_circles(ctx.obj) as (_, circles):
        found = find_circle(circles, circle)
        listed = circles.looking.withdrawals(LOCAL, found.circle_id)
        names = {one.org: one.name for one in found.roster.roster.members}
    if as_json:
        rows: list[dict[str, Any]] = [
            {
                "seq": one.logged.seq,
                "acknowledged": {org: at.isoformat() for org, at in one.acknowledged.items()},
                "missing": list(one.missing),
            }
            for one in listed
        ]
        emit("withdrawals/1", {"withdrawals": rows})
        return
    table(
        [
            ("PLACE", "IN EFFECT AT", "NOT YET AT"),
            *(
                (
                    one.logged.seq,
                    ", ".join(names.get(org, org) for org in one.acknowledged),
                    ", ".join(names.get(org, org) for org in one.missing),
                )
                for one in listed
            ),
        ]
    )


def log(
    ctx: typer.Context,
    circle: CircleName,
    *,
    after: Annotated[int, typer.Option(min=0, help="Leave out so many at the beginning.")] = 0,
    limit: Annotated[int, typer.Option(min=1, max=10_000, help="Statements at most.")] = 50,
    as_json: Json = False,
) -> None:
    """Show what was said, statement after statement, without the signals themselves."""
    with open_circles(ctx.obj) as (_, circles):
        found = find_circle(circles, circle)
        listed = circles.looking.statements(LOCAL, found.circle_id, after=after, limit=limit)
        names = {one.org: one.name for one in found.roster.roster.members}
    rows = []
    for one in listed:
        said = None if one.statement is None else read(one.statement)
        rows.append(
            (
                one.seq,
                "" if said is None else said.at,
                one.kind,
                "" if said is None else names.get(said.org, said.org),
                "" if said is None else said.id,
                "" if said is None else said.key,
            )
        )
    if as_json:
        columns = ("seq", "at", "kind", "member", "id", "key")
        emit("log/1", {"statements": [dict(zip(columns, row, strict=True)) for row in rows]})
        return
    table([("PLACE", "AT", "KIND", "MEMBER", "ID", "KEY"), *rows])


def evidence(ctx: typer.Context, circle: CircleName) -> None:
    """Print what shows that a log contradicted itself, to be brought before the other members."""
    with open_circles(ctx.obj) as (_, circles):
        found = find_circle(circles, circle)
    if found.evidence:
        typer.echo(found.evidence)
    else:
        typer.echo("nahmi: This log has not contradicted itself.", err=True)


def _facts(one: Overview) -> dict[str, Any]:
    circle, roster = one.circle, one.circle.roster.roster
    return {
        "name": roster.name,
        "circle": circle.circle_id,
        "description": roster.description,
        "standing": circle.standing.value,
        "home": roster.home.url,
        "home_key": fingerprint(read_public_key(read_base64(roster.home.log_key) or b"")),
        "upstream": circle.upstream,
        "roster_version": roster.version,
        "members": len(roster.active),
        "statements": circle.size,
        "withdrawals_up_to": circle.withdrawn_to,
        "heard_at": circle.heard_at,
        "waiting": one.waiting,
        "refused": one.refused,
        "error": circle.error,
        "signals": {tier.value: count for tier, count in sorted(one.tiers.items())},
        "rules": msgspec.to_builtins(roster.rules),
    }


def _shown(value: object) -> str:
    if isinstance(value, dict):
        return ", ".join(f"{name} {_shown(count)}" for name, count in value.items())
    if isinstance(value, list | tuple):
        return ", ".join(map(str, value))
    if isinstance(value, datetime):
        return f"{value:%Y-%m-%d %H:%M:%S} UTC"
    return f"{value:,}" if isinstance(value, int) else str(value or "")


COMMANDS: Final[dict[str, Command]] = {
    "list": list_,
    "show": show,
    "members": members,
    "key": key,
    "attention": attention,
    "signal": signal,
    "let-through": let_through,
    "withdrawals": withdrawals,
    "log": log,
    "evidence": evidence,
}
"""The commands by name."""
