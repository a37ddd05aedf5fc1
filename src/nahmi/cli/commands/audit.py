# SPDX-License-Identifier: Apache-2.0
"""`nahmi audit`."""

from typing import Annotated

import msgspec
import typer

from nahmi.bootstrap import open_access
from nahmi.cli.exits import ERROR, OK
from nahmi.cli.options import Json, emit, table

app = typer.Typer(
    rich_markup_mode=None,
    add_completion=False,
    no_args_is_help=True,
    help="Read and check the audit log.",
    epilog="\b\nExample:\n  nahmi audit verify",
)


@app.command()
def verify(ctx: typer.Context, *, as_json: Json = False) -> int:
    """Check the whole chain; exit code 2 and the first broken record when it was altered."""
    with open_access(ctx.obj) as access:
        broken = access.audit.first_broken()
    if as_json:
        emit("audit_verify/1", {"first_broken": broken})
    elif broken is None:
        typer.echo("The audit log is whole.")
    else:
        typer.echo(f"The audit log was altered: record {broken} is the first that is broken.")
    return OK if broken is None else ERROR


@app.command("list")
def list_(
    ctx: typer.Context,
    *,
    after: Annotated[int, typer.Option(min=0, help="Records after this number.")] = 0,
    limit: Annotated[int, typer.Option(min=1, max=1000, help="So many at most.")] = 100,
    as_json: Json = False,
) -> None:
    """List records, oldest first."""
    with open_access(ctx.obj) as access:
        records = access.audit.records(after=after, limit=limit)
    if as_json:
        rows = [{"sequence": item.sequence, **msgspec.to_builtins(item.event)} for item in records]
        emit("audit/1", {"records": rows})
        return
    rows_ = [
        (r.sequence, r.event.at.isoformat(), r.event.actor, r.event.event, r.event.object)
        for r in records
    ]
    table([("NUMBER", "WHEN", "WHO", "WHAT", "TO"), *rows_])
