# SPDX-License-Identifier: Apache-2.0
"""`nahmi exchange list`, `show`, `fetch` and `remove`."""

import time
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Annotated, Any, Final

import msgspec
import typer

from nahmi.access.identity import LOCAL
from nahmi.bootstrap import open_node
from nahmi.bootstrap.background import Background
from nahmi.bootstrap.clock import now
from nahmi.bootstrap.exchanges import exchanges_of, fetch_runner_of, open_exchanges
from nahmi.cli.exits import ERROR, OK
from nahmi.cli.options import Json, emit, table
from nahmi.cli.progress import Progress
from nahmi.flows.exchanges import Exchanges, Listed
from nahmi.operate.exchanges import Tally, unknown_in_words
from nahmi.operate.jobs import ENDED, Job, JobState

Name = Annotated[str, typer.Argument(metavar="EXCHANGE", help="The exchange's name.")]

_LOOK_EVERY_S: Final = 0.1


def list_(ctx: typer.Context, *, as_json: Json = False) -> None:
    """List the exchanges, and what came of their last fetch."""
    with open_exchanges(ctx.obj) as exchanges:
        found = exchanges.listed()
    if as_json:
        emit("exchanges/1", {"exchanges": [_facts(one) for one in found]})
        return
    rows = [
        (
            one.name,
            f"{one.records:,}",
            f"{one.entries:,}",
            _moment(_completed(one)),
            _in_words(one.behind(now())),
            _state(one),
            "" if one.job is None else one.job.error_code,
        )
        for one in found
    ]
    head = ("EXCHANGE", "RECORDS", "ENTRIES", "COMPLETE (UTC)", "BEHIND", "STATE", "ERROR")
    table([head, *rows])


def show(ctx: typer.Context, exchange: Name, *, as_json: Json = False) -> None:
    """Show one exchange: how far it is, and what came of the last fetch."""
    with open_exchanges(ctx.obj) as exchanges:
        one = exchanges.one(exchange)
    if as_json:
        emit("exchange/1", {"exchange": _facts(one)})
        return
    table([(name.replace("_", " "), _shown(value)) for name, value in _facts(one).items()])


def fetch(
    ctx: typer.Context,
    exchange: Name,
    *,
    anew: Annotated[
        bool,
        typer.Option("--anew", help="Begin from nothing; what is not brought again is withdrawn."),
    ] = False,
    as_json: Json = False,
) -> int:
    """Fetch now, and wait for the end. What is interrupted goes on where it was.

    A fetch that is under way already is waited for. The exit code is 2 when it fails.
    """
    with open_node(ctx.obj) as node:
        exchanges = exchanges_of(node)
        job = exchanges.ask(LOCAL, exchange, is_anew=anew)
        with Background({"fetch": fetch_runner_of(node).run}):
            ended = _attend(exchanges, job, as_json=as_json)
    if as_json:
        emit("exchange-fetch/1", {"job": msgspec.to_builtins(ended)})
    elif ended.state is JobState.DONE:
        found = ended.result
        typer.echo(
            f"{found['records']} records: added {found['added']} entries, changed "
            f"{found['changed']}, withdrew {found['withdrawn']}."
        )
        if found["refused"] or found["unused"]:
            kinds = f" ({found['unknown']})" if found["unknown"] else ""
            typer.echo(
                f"nahmi: {found['refused']} signals refused, "
                f"{found['unused']} records of no type that this node has{kinds}.",
                err=True,
            )
    else:
        typer.echo(f"nahmi: {ended.error_detail or f'The job is {ended.state}.'}", err=True)
    return OK if ended.state is JobState.DONE else ERROR


def remove(ctx: typer.Context, exchange: Name) -> None:
    """Withdraw every entry that came from an exchange, and forget its records."""
    with open_node(ctx.obj) as node:
        exchanges = exchanges_of(node)
        settings = exchanges.one(exchange).settings
        count = exchanges.remove(LOCAL, exchange)
    typer.echo(f"Withdrew {count} entries of {exchange}.")
    if settings is not None and settings.every_minutes:
        typer.echo("nahmi: node.toml still names it: a serving node fetches it again.", err=True)


def _attend(exchanges: Exchanges, job: Job, *, as_json: bool) -> Job:
    """Wait for the end of a job, whichever process does it."""
    with Progress(is_quiet=as_json).rows() as on_rows:
        while job.state not in ENDED:
            time.sleep(_LOOK_EVERY_S)
            job = exchanges.look(job)
            on_rows(job.done)
    return job


def _facts(one: Listed) -> dict[str, Any]:
    """What is shown of an exchange; nothing of its configuration, which may hold secrets."""
    known, settings = one.state, one.settings
    tally = Tally() if known is None else known.tally
    reached = None if known is None or known.checkpoint is None else known.checkpoint.reached_at
    lag = one.behind(now())
    facts: dict[str, Any] = {
        "exchange": one.name,
        "class": "" if settings is None else settings.via,
        "bank": "" if settings is None else settings.bank,
        "state": _state(one),
        "records": one.records,
        "entries": one.entries,
        "asked_at": None if known is None else known.asked_at,
        "next_at": _next(one),
        "reached_at": reached,
        "completed_at": _completed(one),
        "behind_s": None if lag is None else round(lag.total_seconds()),
        "job": None if one.job is None else one.job.job_id,
        "error": "" if one.job is None else one.job.error_detail,
        "brought": tally.records,
        "added": tally.added,
        "changed": tally.changed,
        "withdrawn": tally.withdrawn,
        "refused": tally.refused,
        "unused": tally.unused,
        "opinions_waiting": one.opinions.waiting,
        "opinions_dead": one.opinions.dead,
    }
    return facts | {"unknown": unknown_in_words(tally)}


def _state(one: Listed) -> str:
    """Where an exchange stands, in a word."""
    if one.settings is None:
        return "not in node.toml"
    if one.job is None:
        return "never fetched"
    return one.job.state.value


def _completed(one: Listed) -> datetime | None:
    return None if one.state is None else one.state.completed_at


def _next(one: Listed) -> datetime | None:
    every = 0 if one.settings is None else one.settings.every_minutes
    if not every or one.state is None or one.state.asked_at is None:
        return None
    return one.state.asked_at + timedelta(minutes=every)


def _in_words(lag: timedelta | None) -> str:
    if lag is None:
        return ""
    minutes = lag // timedelta(minutes=1)
    hours, days = minutes // 60, lag.days
    return f"{days} d" if days else f"{hours} h" if hours else f"{minutes} min"


def _moment(moment: datetime | None) -> str:
    return "" if moment is None else f"{moment:%Y-%m-%d %H:%M}"


def _shown(value: object) -> str:
    if isinstance(value, datetime):
        return f"{_moment(value)} UTC"
    return f"{value:,}" if isinstance(value, int) else str(value or "")


COMMANDS: tuple[tuple[Callable[..., Any], str], ...] = (
    (list_, "list"),
    (show, "show"),
    (fetch, "fetch"),
    (remove, "remove"),
)
