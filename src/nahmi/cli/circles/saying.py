# SPDX-License-Identifier: Apache-2.0
"""What your organisation says in a circle."""

from typing import Annotated, Final

import typer

from nahmi.access.identity import LOCAL
from nahmi.bootstrap.open_circles import open_circles
from nahmi.cli.circles.arguments import CircleName, Command, canonical_signal, find_circle
from nahmi.cli.exits import ERROR, OK
from nahmi.cli.options import BankName, Json, choice, emit, parse_signal
from nahmi.cli.progress import Progress
from nahmi.flows.circles.sharing import Shared
from nahmi.flows.circles.speaking import Spoken
from nahmi.partner.statements.kinds import RetractReason, ReviewMethod

SignalText = Annotated[
    str, typer.Argument(metavar="SIGNAL", help="Written as TYPE:VALUE, such as pdq:f8f8f0...")
]
Reason = Annotated[str, typer.Option(help=f"One of {', '.join(RetractReason)}.", metavar="REASON")]


def share(
    ctx: typer.Context,
    circle: CircleName,
    bank: BankName,
    *,
    review: Annotated[
        str, typer.Option(help="Who looked before entries came into the bank: human or automatic.")
    ] = ReviewMethod.HUMAN.value,
    as_json: Json = False,
) -> int:
    """Assert every signal of a bank in a circle. What was said before is not said again."""
    method = choice(review, ReviewMethod, "A review")
    with open_circles(ctx.obj) as (_, circles), Progress(is_quiet=as_json).rows() as on_rows:
        found = find_circle(circles, circle)
        shared = circles.sharing.share(
            LOCAL, found.circle_id, bank, review=method, on_progress=on_rows
        )
    return _report(shared, as_json=as_json)


def withdraw(  # noqa: PLR0913 - each is an option of its own
    ctx: typer.Context,
    circle: CircleName,
    signal: Annotated[
        list[str] | None,
        typer.Argument(metavar="[SIGNAL]...", help="Written as TYPE:VALUE."),
    ] = None,
    *,
    bank: Annotated[str, typer.Option(help="All signals of this bank.")] = "",
    reason: Reason = RetractReason.WITHDRAWN_BY_SUBJECT.value,
    as_json: Json = False,
) -> int:
    """Take back what you asserted. It stops matching at all members, before everything else."""
    why = choice(reason, RetractReason, "A reason")
    with open_circles(ctx.obj) as (_, circles):
        found = find_circle(circles, circle)
        if bank:
            shared = circles.sharing.withdraw(LOCAL, found.circle_id, bank, why)
        else:
            signals = [canonical_signal(parse_signal(text)) for text in signal or ()]
            spoken = circles.speaking.retract(LOCAL, found.circle_id, signals, why)
            shared = Shared(looked_at=len(signals), said=spoken.said, refused=spoken.refused)
    return _report(shared, as_json=as_json)


def dispute(
    ctx: typer.Context,
    circle: CircleName,
    signal: SignalText,
    *,
    reason: Annotated[str, typer.Option(help="In a few words, without personal data.")] = "",
) -> int:
    """Say that you looked, and that a signal does not stand for what others say."""
    return _opine(ctx, circle, signal, -100, reason)


def agree(
    ctx: typer.Context,
    circle: CircleName,
    signal: SignalText,
    *,
    reason: Annotated[str, typer.Option(help="In a few words, without personal data.")] = "",
) -> int:
    """Say that you looked, and that a signal stands for what others say."""
    return _opine(ctx, circle, signal, 100, reason)


def _opine(ctx: typer.Context, circle: str, text: str, value: int, reason: str) -> int:
    signal = canonical_signal(parse_signal(text))
    with open_circles(ctx.obj) as (_, circles):
        found = find_circle(circles, circle)
        spoken = circles.answering.opine(LOCAL, found.circle_id, signal, value, reason=reason)
    typer.echo(f"Said of {spoken.said} assertions.")
    return _code(spoken)


def _report(shared: Shared, *, as_json: bool) -> int:
    if as_json:
        emit(
            "shared/1",
            {
                "entries": shared.looked_at,
                "said": shared.said,
                "refused": shared.refused,
                "reasons": list(shared.reasons),
            },
        )
    else:
        typer.echo(f"{shared.looked_at} signals, said of {shared.said}.")
        for reason in shared.reasons:
            typer.echo(f"nahmi: not taken: {reason}", err=True)
    return ERROR if shared.refused else OK


def _code(spoken: Spoken) -> int:
    for answer in spoken.answers:
        if answer.seq is None:
            typer.echo(f"nahmi: not taken: {answer.detail}", err=True)
    return ERROR if spoken.refused else OK


COMMANDS: Final[dict[str, Command]] = {
    "share": share,
    "withdraw": withdraw,
    "dispute": dispute,
    "agree": agree,
}
"""The commands by name."""
