# SPDX-License-Identifier: Apache-2.0
"""`nahmi exchange say` and what becomes of it."""

from collections.abc import Callable
from typing import Annotated, Any

import typer

from nahmi.access.identity import LOCAL
from nahmi.bootstrap import open_node
from nahmi.bootstrap.exchanges import open_opining
from nahmi.bootstrap.operation import open_subscribing
from nahmi.cli.commands.exchanging.fetching import Name
from nahmi.cli.options import Json, emit, parse_signal, table
from nahmi.core.signal import Signal
from nahmi.operate.opinions import OPINION_KIND


def say(
    ctx: typer.Context,
    exchange: Name,
    what: Annotated[
        str,
        typer.Argument(
            metavar="ENTRY_OR_SIGNAL", help="An entry's number, or a signal as TYPE:VALUE."
        ),
    ],
    *,
    agree: Annotated[
        bool, typer.Option("--agree/--disagree", help="Whether it is what it is shared as.")
    ],
    reason: Annotated[
        str, typer.Option(help="Why you disagree, as the exchange names its reasons.")
    ] = "",
) -> None:
    """Tell an exchange that you agree or disagree with what it shares; a serving node sends it."""
    with open_node(ctx.obj):  # so that the signal types of plug-ins are known
        meant = _meant(what)
        with open_opining(ctx.obj) as (opining, _):
            count = opining.say(LOCAL, exchange, meant, agrees=agree, reason=reason)
    typer.echo(f"{count} opinions wait to be sent to {exchange}.")


def dead(ctx: typer.Context, *, as_json: Json = False) -> None:
    """List the opinions that exchanges refused, or that could not be sent, newest first."""
    with open_opining(ctx.obj) as (_, outbox):
        letters = outbox.dead_letters(LOCAL.member_id, kind=OPINION_KIND)
    if as_json:
        shown = [
            {
                "message_id": letter.message_id,
                "exchange_id": letter.target_id,
                "created_at": letter.created_at,
                "attempts": letter.attempts,
                "error": letter.last_error,
            }
            for letter in letters
        ]
        emit("dead_opinions/1", {"messages": shown})
        return
    rows = [
        (one.message_id, one.target_id, f"{one.created_at:%Y-%m-%d %H:%M}", one.last_error)
        for one in letters
    ]
    table([("MESSAGE", "EXCHANGE", "SAID (UTC)", "ERROR"), *rows])


def retry(
    ctx: typer.Context,
    message: Annotated[int, typer.Argument(metavar="MESSAGE", help="The message's number.")],
) -> None:
    """Send an opinion again; a serving node sends it."""
    with open_subscribing(ctx.obj) as subscribing:
        subscribing.retry(LOCAL, message)
    typer.echo(f"Message {message} will be sent again.")


def _meant(what: str) -> int | Signal:
    """A number is an entry; everything else is a signal."""
    return int(what) if what.isdecimal() and what.isascii() else parse_signal(what)


COMMANDS: tuple[tuple[Callable[..., Any], str], ...] = (
    (say, "say"),
    (dead, "dead"),
    (retry, "retry"),
)
