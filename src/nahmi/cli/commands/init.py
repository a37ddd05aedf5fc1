# SPDX-License-Identifier: Apache-2.0
"""`nahmi init`."""

import typer

from nahmi.bootstrap import init_node
from nahmi.cli.options import Json, emit

app = typer.Typer(rich_markup_mode=None, add_completion=False)


@app.command(epilog="\b\nExample:\n  nahmi --node /srv/nahmi init")
def init(ctx: typer.Context, *, as_json: Json = False) -> int:
    """Make a node: a folder with banks and a search index.

    The folder is the one that --node or the variable NAHMI_NODE names, ./nahmi-node otherwise.
    Fingerprints are sensitive: only you may read the folder.
    """
    init_node(ctx.obj).close()
    folder = ctx.obj.folder
    if as_json:
        emit("init/1", {"node": str(folder)})
    else:
        typer.echo(f"Made a node in {folder}. Next: nahmi bank create KNOWN --category test")
    return 0
