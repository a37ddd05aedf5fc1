# SPDX-License-Identifier: Apache-2.0
"""Circles for the tools of others, as files."""

from pathlib import Path
from typing import Annotated, Final

import msgspec
import typer

from nahmi.bootstrap.circle_objects import CircleObjects
from nahmi.bootstrap.clock import now
from nahmi.bootstrap.misp import make_misp_pusher
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


def push(  # noqa: PLR0913 - each is a fact of its own
    ctx: typer.Context,
    circle: CircleName,
    misp: Annotated[str, typer.Argument(metavar="URL", help="Of the MISP.")],
    *,
    key_file: Annotated[
        Path, typer.Option("--key-file", help="Holds the authentication key of a user of it.")
    ],
    internal: Annotated[
        bool, typer.Option("--internal", help="It may be in your own network, and speak http.")
    ] = False,
    as_json: Json = False,
) -> None:
    """Hand a circle to a MISP over its interface; only what it lacks or has older is sent."""
    with open_circles(ctx.obj) as (node, circles):
        found = find_circle(circles, circle)
        feeds = CircleObjects(node.store.database, circles.speaking).misp_feed
        pusher = make_misp_pusher(misp, key_file, internal=internal)
        done = pusher.push(feeds.events(found, until_s=int(now().timestamp())))
    if as_json:
        emit("push/1", msgspec.structs.asdict(done))
    else:
        typer.echo(
            f"{done.added} events added, {done.changed} changed, {done.unchanged} as before."
        )


COMMANDS: Final[dict[str, Command]] = {"feed": feed, "push": push}
"""The commands by name."""
