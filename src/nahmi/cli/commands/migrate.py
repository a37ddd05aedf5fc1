# SPDX-License-Identifier: Apache-2.0
"""`nahmi migrate`."""

from typing import Annotated

import typer

from nahmi.bootstrap import check_schema, migrate
from nahmi.cli.exits import ERROR, OK
from nahmi.cli.options import Json, emit

app = typer.Typer(rich_markup_mode=None, add_completion=False)


@app.command("migrate", epilog="\b\nExample:\n  nahmi migrate --check || nahmi migrate")
def migrate_(
    ctx: typer.Context,
    *,
    check: Annotated[
        bool, typer.Option("--check", help="Change nothing; exit code 2 when it is behind.")
    ] = False,
    as_json: Json = False,
) -> int:
    """Bring the node's store to the schema that this nahmi needs.

    Run it after an upgrade of nahmi, with a backup at hand. It happens wholly or not at all;
    other commands refuse a store that is behind.
    """
    schema = check_schema(ctx.obj) if check else migrate(ctx.obj)
    if as_json:
        emit("migrate/1", {"before": schema.before, "newest": schema.newest})
    elif not schema.is_behind:
        typer.echo(f"The store has the newest schema, {schema.newest}.")
    elif check:
        typer.echo(f"The store has schema {schema.before}; this nahmi needs {schema.newest}.")
    else:
        typer.echo(f"The store went from schema {schema.before} to {schema.newest}.")
    return ERROR if check and schema.is_behind else OK
