# SPDX-License-Identifier: Apache-2.0
"""Keeping up with circles without a serving node, and checking what is held of them."""

from pathlib import Path
from typing import Annotated, Final

import msgspec
import typer

from nahmi.access.identity import LOCAL
from nahmi.bootstrap.open_circles import open_circles
from nahmi.cli.circles.arguments import CircleName, Command, find_circle, fingerprint
from nahmi.cli.exits import ERROR, OK
from nahmi.cli.options import Json, emit, table
from nahmi.cli.progress import Progress
from nahmi.errors import ErrorCode, InputError
from nahmi.partner.ports.circle import Standing
from nahmi.partner.statement_proofs import StatementProof
from nahmi.partner.statements.kinds import kind_of


def sync(ctx: typer.Context, circle: CircleName, *, as_json: Json = False) -> None:
    """Hand over what you said, and read the log to its end. A serving node does it by itself."""
    taken = submitted = 0
    with open_circles(ctx.obj) as (_, circles), Progress(is_quiet=as_json).rows() as on_rows:
        found = find_circle(circles, circle)
        if found.standing is not Standing.HOME:
            upstream = circles.upstream(found)
            is_end = False
            while not is_end:
                done = circles.keeping_up.round(found.circle_id, upstream)
                taken, submitted = taken + done.taken, submitted + done.submitted
                is_end = done.is_end
                on_rows(taken)
        else:
            circles.cosigning.confirm(found.circle_id)
        circles.keeping_up.rejudge(found.circle_id)
        size = circles.circles.circle(found.circle_id).size
    if as_json:
        emit("sync/1", {"taken": taken, "submitted": submitted, "statements": size})
    else:
        typer.echo(f"Read {taken} statements, handed over {submitted}; there are {size} here.")


def verify(ctx: typer.Context, circle: CircleName, *, as_json: Json = False) -> int:
    """Check all that is held of a log: its tree, its checkpoint, and every signature in it."""
    with open_circles(ctx.obj) as (_, circles), Progress(is_quiet=as_json).rows() as on_rows:
        found = find_circle(circles, circle)
        checked = circles.verifying.verify(found.circle_id, on_progress=on_rows)
    if as_json:
        emit(
            "verified/1",
            {"statements": checked.statements, "problem": checked.problem, "at": checked.at},
        )
    elif checked.problem:
        typer.echo(f"nahmi: At {checked.at}: {checked.problem}", err=True)
    else:
        typer.echo(
            f"{checked.statements} statements, all signed by their authors and all in the tree "
            "that the log's home signed."
        )
    return ERROR if checked.problem else OK


def proof(
    ctx: typer.Context,
    circle: CircleName,
    place: Annotated[int, typer.Argument(metavar="PLACE", min=0, help="Place in the log.")],
) -> None:
    """Print one statement with all that shows who said it and that it is in the log, as JSON."""
    with open_circles(ctx.obj) as (_, circles):
        found = circles.proving.prove(LOCAL, find_circle(circles, circle).circle_id, place)
    typer.echo(msgspec.json.format(msgspec.json.encode(found)).decode())


def check_proof(
    ctx: typer.Context,
    file: Annotated[Path, typer.Argument(metavar="FILE", help="What `circle proof` printed.")],
) -> None:
    """Check such a file. It needs neither a node nor a network, and shows whose keys to compare."""
    del ctx  # asks no node
    try:
        data = file.read_bytes()
    except OSError as error:
        raise InputError(ErrorCode.FILE_UNREADABLE, "The file cannot be read.") from error
    proven = StatementProof.read(data).check()
    said = proven.said
    table(
        [
            ("statement", kind_of(said)),
            ("said at", said.at),
            ("circle", said.circle),
            ("log size", f"{proven.size:,}"),
            ("log key", fingerprint(proven.log_key)),
            ("author key", fingerprint(proven.author_key)),
        ]
    )
    typer.echo("Signatures and tree are right. Compare both keys with the members of the circle.")


COMMANDS: Final[dict[str, Command]] = {
    "sync": sync,
    "verify": verify,
    "proof": proof,
    "check-proof": check_proof,
}
"""The commands by name."""
