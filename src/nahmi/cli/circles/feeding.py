# SPDX-License-Identifier: Apache-2.0
"""Circles for the tools of others, as files."""

from pathlib import Path
from typing import Annotated, Final

import typer

from nahmi.bootstrap.circle_objects import CircleObjects
from nahmi.bootstrap.clock import now
from nahmi.bootstrap.open_circles import open_circles
from nahmi.cli.circles.arguments import CircleName, Command, find_circle
from nahmi.cli.options import Json, emit


def feed(
    ctx: typer.Context,
    circle: CircleName,
    folder: Annotated[Path, typer.Argument(metavar="FOLDER", help="Made when it is not there.")],
    *,
    hashes: Annotated[
        bool,
        typer.Option(
            "--hashes", help="Also write hashes.csv. Addresses can be guessed from what is in it."
        ),
    ] = False,
    as_json: Json = False,
) -> None:
    """Write a circle as a MISP feed, or bring one up to date; only what changed is written."""
    with open_circles(ctx.obj) as (node, circles):
        found = find_circle(circles, circle)
        feeds = CircleObjects(node.store.database, circles.speaking).misp_feed
        done = feeds.write(found, folder, until_s=int(now().timestamp()), has_hashes=hashes)
    if as_json:
        emit("feed/1", {"events": done.events, "changed": done.changed})
    else:
        typer.echo(f"{done.events} events, {done.changed} of them new or changed.")


COMMANDS: Final[dict[str, Command]] = {"feed": feed}
"""The commands by name."""
