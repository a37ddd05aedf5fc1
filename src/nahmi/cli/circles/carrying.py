# SPDX-License-Identifier: Apache-2.0
"""Circles between nodes that no network joins: files that people carry."""

from pathlib import Path
from typing import Annotated, Final

import msgspec
import typer

from nahmi.bootstrap.open_circles import open_circles
from nahmi.cli.circles.arguments import CircleName, Command, find_circle
from nahmi.cli.circles.carried_files import lines_of, new_file, read_letter, write_lines_to
from nahmi.cli.options import Json, emit
from nahmi.cli.progress import Progress
from nahmi.partner.invitations import Application

CarriedFile = Annotated[Path, typer.Argument(metavar="FILE", help="The file that is carried.")]


def pack(  # noqa: PLR0913 - each is a fact of its own
    ctx: typer.Context,
    circle: CircleName,
    file: CarriedFile,
    *,
    after: Annotated[
        int, typer.Option(min=0, help="Leave out so many statements, which the reader has.")
    ] = 0,
    for_: Annotated[
        list[str] | None,
        typer.Option("--for", help="Encrypt for this age key (age1…). Repeatable.", metavar="KEY"),
    ] = None,
    as_json: Json = False,
) -> None:
    """Write a circle's log into a file for a member that no network reaches."""
    with open_circles(ctx.obj) as (_, circles):
        found = find_circle(circles, circle)
        head, lines = circles.packing.pack(found, after=after)
        write_lines_to(file, lines, for_ or [])
    if as_json:
        emit("packed/1", {"circle": head.circle, "after": after, "made_at": head.made_at})
    else:
        typer.echo("Packed. Whoever unpacks the file brings a receipt back.")


def unpack(
    ctx: typer.Context,
    file: CarriedFile,
    *,
    identity: Annotated[
        Path | None, typer.Option(help="Holds the age secret key that opens the file.")
    ] = None,
    receipt: Annotated[
        Path | None, typer.Option(help="Write a receipt here, to be brought back.")
    ] = None,
    as_json: Json = False,
) -> None:
    """Check a file that was brought from another member, and take over what is new in it."""
    with (
        open_circles(ctx.obj) as (_, circles),
        lines_of(file, identity) as lines,
        Progress(is_quiet=as_json).rows() as on_rows,
    ):
        done = circles.unpacking.unpack(lines, on_progress=on_rows)
    if receipt is not None and done.receipt is not None:
        with new_file(receipt) as stream:
            stream.write(msgspec.json.encode(done.receipt))
    if as_json:
        emit(
            "unpacked/1",
            {
                "circle": done.circle.circle_id,
                "taken": done.taken,
                "statements": done.circle.size,
                "has_receipt": done.receipt is not None,
            },
        )
        return
    typer.echo(f"Took over {done.taken} statements; there are {done.circle.size} here.")
    if done.receipt is None:
        typer.echo("nahmi: There is no receipt: you may not read this circle.", err=True)


def receipt(ctx: typer.Context, file: CarriedFile) -> None:
    """Take in a receipt that was brought back from whoever unpacked a file."""
    with open_circles(ctx.obj) as (_, circles):
        taken = circles.unpacking.receive(read_letter(file)).receipt
    typer.echo(f"The member {taken.org} has {taken.size} statements in effect.")


def genesis(ctx: typer.Context, circle: CircleName, file: CarriedFile) -> None:
    """Write a circle's first roster, for whoever joins without a network."""
    with open_circles(ctx.obj) as (_, circles):
        first = circles.circles.genesis(find_circle(circles, circle).number)
    with new_file(file) as stream:
        stream.write(msgspec.json.encode(first))
    typer.echo("Written. Hand it over together with the invitation.")


def application(ctx: typer.Context, file: CarriedFile) -> None:
    """Take in the application that was brought from whoever joins without a network."""
    one = Application.read(read_letter(file))
    with open_circles(ctx.obj) as (_, circles):
        circles.stewarding.receive(one.circle, one)
    typer.echo("Taken in. `nahmi circle invitations` shows the fingerprint to compare.")


COMMANDS: Final[dict[str, Command]] = {
    "pack": pack,
    "unpack": unpack,
    "receipt": receipt,
    "genesis": genesis,
    "application": application,
}
"""The commands by name."""
