# SPDX-License-Identifier: Apache-2.0
"""`nahmi job`."""

from typing import Annotated

import msgspec
import typer

from nahmi.access.identity import LOCAL
from nahmi.bootstrap.operation import open_operation
from nahmi.cli.options import Json, emit, table
from nahmi.core.member import OWN_MEMBER
from nahmi.operate.jobs import Job

Number = Annotated[int, typer.Argument(metavar="JOB", help="The job's number.")]

app = typer.Typer(
    rich_markup_mode=None,
    add_completion=False,
    no_args_is_help=True,
    help="See how far long work is, and stop it.",
    epilog="\b\nExample:\n  nahmi job list",
)


@app.command("list")
def list_(
    ctx: typer.Context,
    *,
    before: Annotated[
        int | None, typer.Option(help="Only jobs with smaller numbers than this.")
    ] = None,
    limit: Annotated[int, typer.Option(min=1, max=1000, help="How many at most.")] = 100,
    as_json: Json = False,
) -> None:
    """List the jobs, newest first."""
    with open_operation(ctx.obj) as node:
        jobs = node.jobs.jobs(OWN_MEMBER, before=before, limit=limit)
    if as_json:
        emit("jobs/1", {"jobs": msgspec.to_builtins(jobs)})
        return
    rows = [
        (job.job_id, job.kind, job.state, _steps(job), f"{job.created_at:%Y-%m-%d %H:%M}")
        for job in jobs
    ]
    table([("JOB", "KIND", "STATE", "DONE", "ASKED FOR (UTC)"), *rows])


@app.command()
def show(ctx: typer.Context, job: Number, *, as_json: Json = False) -> None:
    """Show a job: how far it is, what came of it, or why it failed."""
    with open_operation(ctx.obj) as node:
        found = node.jobs.job(job, member_id=OWN_MEMBER)
    if as_json:
        emit("job/1", {"job": msgspec.to_builtins(found)})
        return
    facts = [
        ("job", found.job_id),
        ("kind", found.kind),
        ("state", found.state),
        ("done", _steps(found)),
        ("asked for by", found.created_by),
        *found.detail.items(),
        *found.result.items(),
        *([(found.error_code, found.error_detail)] if found.error_code else []),
    ]
    table(facts)


@app.command()
def cancel(ctx: typer.Context, job: Number) -> None:
    """Stop a job that has not ended; what it did before stands."""
    with (
        open_operation(ctx.obj) as node,
        node.ledger.change(LOCAL, "job:cancel", f"job:{job}") as change,
    ):
        ended = node.jobs.cancel(
            job, member_id=OWN_MEMBER, now=change.now, within=change.transaction
        )
    typer.echo(f"Job {job} is {ended.state.value}.")


def _steps(job: Job) -> str:
    return f"{job.done:,}" if job.total is None else f"{job.done:,} of {job.total:,}"
