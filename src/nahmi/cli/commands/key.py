# SPDX-License-Identifier: Apache-2.0
"""`nahmi key`."""

from datetime import timedelta
from typing import Annotated

import msgspec
import typer

from nahmi.access.api_keys import DEFAULT_LIFE_DAYS, KeyText
from nahmi.access.identity import LOCAL, ApiKey
from nahmi.access.roles import Permission
from nahmi.bootstrap.granting import open_granting
from nahmi.cli.options import Json, choice, emit, now, table
from nahmi.flows.granting.keys import LONGEST_OVERLAP, NewKey

app = typer.Typer(
    rich_markup_mode=None,
    add_completion=False,
    no_args_is_help=True,
    help="Make, list, replace and revoke API keys.",
    epilog="\b\nExample:\n  nahmi key create uploads --permission protect:content:match",
)
KeyId = Annotated[int, typer.Argument(metavar="KEY", help="The key's number.")]


@app.command()
def create(  # noqa: PLR0913 - each is an option of its own
    ctx: typer.Context,
    label: Annotated[str, typer.Argument(metavar="LABEL", help="What it is for.")],
    *,
    permission: Annotated[
        list[str], typer.Option("--permission", help="What it may do. Repeatable.")
    ],
    budget: Annotated[int, typer.Option(min=1, help="Queries a day.")] = 100_000,
    days: Annotated[int, typer.Option(min=1, help="Days until it expires.")] = DEFAULT_LIFE_DAYS,
    as_json: Json = False,
) -> None:
    """Make a key and show its text, this once."""
    new = NewKey(
        label=label,
        permissions=tuple(choice(item, Permission, "A permission") for item in permission),
        daily_budget=budget,
        life=timedelta(days=days),
    )
    with open_granting(ctx.obj) as node:
        made, text = node.keys.add(LOCAL, new)
    _show(made, text, as_json=as_json)


@app.command("list")
def list_(ctx: typer.Context, *, as_json: Json = False) -> None:
    """List the keys."""
    with open_granting(ctx.obj) as node:
        keys = node.keys.keys(LOCAL)
    if as_json:
        emit("keys/1", {"keys": msgspec.to_builtins(keys)})
        return
    moment = now()
    rows = [
        (k.key_id, k.prefix, k.label, k.daily_budget, "on" if k.is_valid(moment) else "off")
        for k in keys
    ]
    table([("KEY", "PREFIX", "LABEL", "BUDGET", "STATE"), *rows])


@app.command()
def rotate(
    ctx: typer.Context,
    key: KeyId,
    *,
    overlap_hours: Annotated[
        int,
        typer.Option(
            min=0, max=LONGEST_OVERLAP.days * 24, help="Hours for which the old key goes on."
        ),
    ] = 24,
    as_json: Json = False,
) -> None:
    """Make a key that may do what an old one may, and show its text, this once.

    Both are good until the overlap is over.
    """
    with open_granting(ctx.obj) as node:
        made, text = node.keys.rotate(LOCAL, key, overlap=timedelta(hours=overlap_hours))
    _show(made, text, as_json=as_json)


@app.command()
def revoke(ctx: typer.Context, key: KeyId) -> None:
    """Refuse a key from now on."""
    with open_granting(ctx.obj) as node:
        node.keys.revoke(LOCAL, key)
    typer.echo(f"Key {key} is refused from now on.")


def _show(made: ApiKey, text: KeyText, *, as_json: bool) -> None:
    if as_json:
        emit("key/1", {"key": msgspec.to_builtins(made), "text": text.reveal()})
    else:
        typer.echo(f"Key {made.key_id}. Keep its text now, it is not shown again:")
        typer.echo(text.reveal())
