# SPDX-License-Identifier: Apache-2.0
"""`nahmi backup`."""

from pathlib import Path
from typing import Annotated

import msgspec
import typer

from nahmi.bootstrap.backup import back_up
from nahmi.cli.options import Json, emit

app = typer.Typer(rich_markup_mode=None, add_completion=False)


@app.command(
    epilog="\b\nExample:\n  nahmi --node /srv/nahmi backup /backups/nahmi-2026-12-01.tar.gz"
)
def backup(
    ctx: typer.Context,
    file: Annotated[Path, typer.Argument(metavar="FILE", help="A new file, such as nahmi.tar.gz.")],
    *,
    with_key: Annotated[
        bool, typer.Option("--with-key", help="Put the node key in too; then guard the file as it.")
    ] = False,
    as_json: Json = False,
) -> None:
    """Write the node into one file, also while it serves.

    The file holds one state of the banks, the match and audit logs, people and keys, and the
    settings, with a sum of each part. It holds neither the search index, which is made from the
    banks, nor scans. Only you may read it; move it to another machine.

    The node key stays out unless --with-key says otherwise. Keep it elsewhere: without it, webhooks
    and second factors of a restored node must be set up anew.
    """
    manifest = back_up(ctx.obj, file, with_key=with_key)
    size = file.stat().st_size
    if as_json:
        emit("backup/1", {"file": str(file), "size_bytes": size, **msgspec.to_builtins(manifest)})
        return
    typer.echo(f"Wrote {file}, {size / 1e6:,.1f} MB, readable only by you.")
    typer.echo(
        "It holds the node key: guard it as you guard the node."
        if manifest.has_key
        else "It does not hold the node key: keep node.key elsewhere."
    )
