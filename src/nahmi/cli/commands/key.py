# SPDX-License-Identifier: Apache-2.0
"""`nahmi key`."""

import secrets
from datetime import timedelta
from typing import Annotated

import msgspec
import typer

from nahmi.access.api_keys import DEFAULT_LIFE_DAYS, PREFIX_BYTES, SECRET_BYTES, make_key
from nahmi.access.audit import AuditEvent
from nahmi.access.roles import Permission
from nahmi.bootstrap import Access, open_access
from nahmi.cli.options import Json, choice, emit, now, table
from nahmi.core.member import OWN_MEMBER

app = typer.Typer(
    rich_markup_mode=None,
    add_completion=False,
    no_args_is_help=True,
    help="Make, list and revoke API keys.",
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
    text = make_key(secrets.token_bytes(PREFIX_BYTES + SECRET_BYTES))
    permissions = [choice(item, Permission, "A permission") for item in permission]
    with open_access(ctx.obj) as access:
        made = access.keys.add_key(
            text,
            member_id=OWN_MEMBER,
            label=label,
            permissions=permissions,
            daily_budget=budget,
            created_by="local",
            now=now(),
            expires_at=now() + timedelta(days=days),
        )
        _note(access, "key:create", made.key_id)
    if as_json:
        emit("key/1", {"key": msgspec.to_builtins(made), "text": text.reveal()})
    else:
        typer.echo(f"Key {made.key_id}. Keep its text now, it is not shown again:")
        typer.echo(text.reveal())


@app.command("list")
def list_(ctx: typer.Context, *, as_json: Json = False) -> None:
    """List the keys."""
    with open_access(ctx.obj) as access:
        keys = access.keys.keys(OWN_MEMBER)
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
def revoke(ctx: typer.Context, key: KeyId) -> None:
    """Refuse a key from now on."""
    with open_access(ctx.obj) as access:
        access.keys.revoke_key(key, member_id=OWN_MEMBER, at=now())
        _note(access, "key:revoke", key)
    typer.echo(f"Key {key} is refused from now on.")


def _note(access: Access, event: str, key_id: int) -> None:
    access.audit.append(
        AuditEvent(
            at=now(), member_id=OWN_MEMBER, actor="local", event=event, object=f"key:{key_id}"
        )
    )
