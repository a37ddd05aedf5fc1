# SPDX-License-Identifier: Apache-2.0
"""`nahmi restore`."""

from pathlib import Path
from typing import Annotated

import msgspec
import typer

from nahmi.bootstrap.backup import Restored
from nahmi.bootstrap.backup import restore as restore_node
from nahmi.cli.exits import ERROR, OK
from nahmi.cli.options import Json, emit

app = typer.Typer(rich_markup_mode=None, add_completion=False)


@app.command(epilog="\b\nExample:\n  nahmi --node /srv/nahmi-new restore nahmi-2026-12-01.tar.gz")
def restore(
    ctx: typer.Context,
    file: Annotated[Path, typer.Argument(metavar="FILE", help="What `nahmi backup` wrote.")],
    *,
    as_json: Json = False,
) -> int:
    """Make a new node from a backup.

    The folder that --node names must be missing or empty. Every part is compared with its sum, the
    store is brought to the newest schema, the search index is made anew, and the audit log is
    checked; exit code 2 when it was altered. A damaged backup restores nothing.

    What was revoked, withdrawn or deleted after the backup is back: do it again before you serve.
    """
    restored = restore_node(ctx.obj, file)
    if as_json:
        fields = {"node": str(ctx.obj.folder), "audit_first_broken": restored.first_broken}
        emit("restore/1", {**fields, "backup": msgspec.to_builtins(restored.backup)})
    else:
        _print(ctx.obj.folder, restored)
    return OK if restored.first_broken is None else ERROR


def _print(folder: Path, restored: Restored) -> None:
    backup = restored.backup
    typer.echo(f"Made a node in {folder} of the state of {backup.made_at:%Y-%m-%d %H:%M} UTC.")
    typer.echo("What was revoked, withdrawn or deleted since then is back: do it again.")
    if not backup.has_key:
        typer.echo(
            f"The backup holds no node key: put yours at {folder / 'node.key'}, mode 0600. "
            "If it is lost, `nahmi init` makes another; set up webhooks and second factors anew."
        )
    broken = restored.first_broken
    if broken is None:
        typer.echo("The audit log is whole.")
    else:
        typer.echo(f"The audit log was altered: record {broken} is the first that is broken.")
