# SPDX-License-Identifier: Apache-2.0
"""`nahmi index`."""

import msgspec
import typer

from nahmi.bootstrap import Node, open_node, open_to_ask, rebuild_index
from nahmi.cli.options import Json, emit, table

app = typer.Typer(
    rich_markup_mode=None,
    add_completion=False,
    no_args_is_help=True,
    help="Look after the search index. It follows the banks by itself.",
    epilog="\b\nExample:\n  nahmi index verify && nahmi index compact",
)


@app.command()
def status(ctx: typer.Context, *, as_json: Json = False) -> None:
    """Show how many signals it holds and how it lies on disk."""
    with open_to_ask(ctx.obj) as node:
        _print(node, as_json=as_json)


@app.command()
def verify(ctx: typer.Context, *, as_json: Json = False) -> None:
    """Read every file and compare it with its checksums; exit code 2 when one is damaged."""
    with open_to_ask(ctx.obj) as node:
        node.index.verify()
        _print(node, as_json=as_json)


@app.command()
def compact(ctx: typer.Context, *, as_json: Json = False) -> None:
    """Merge segments and free what was removed. Searches go on meanwhile."""
    with open_node(ctx.obj) as node:
        node.index.compact()
        _print(node, as_json=as_json)


@app.command()
def rebuild(ctx: typer.Context, *, as_json: Json = False) -> None:
    """Fill the index again from the banks, for example after a disk was damaged."""
    rebuild_index(ctx.obj)
    with open_node(ctx.obj) as node:
        _print(node, as_json=as_json)


def _print(node: Node, *, as_json: bool) -> None:
    state = node.index.status()
    if as_json:
        emit("index/1", msgspec.to_builtins(state) | {"is_behind": node.is_behind()})
        return
    table(
        [
            ("signals", f"{state.signals:,}"),
            ("removed, not yet freed", f"{state.removed:,}"),
            ("segments", len(state.segments)),
            ("not yet in a segment", f"{state.journal:,}"),
            ("size on disk", f"{state.size_bytes / 1e6:,.1f} MB"),
            ("generation", state.generation),
            ("behind the banks", "yes" if node.is_behind() else "no"),
        ]
    )
