# SPDX-License-Identifier: Apache-2.0
"""`nahmi scan`."""

import os
import sys
from pathlib import Path
from typing import Annotated

import msgspec
import typer

from nahmi.bootstrap import make_fingerprinter, open_to_ask
from nahmi.cli.exits import ERROR, MATCH, OK
from nahmi.cli.options import Fast, Jobs, Json, Limit, Robust, choice, emit, safe
from nahmi.cli.progress import Progress
from nahmi.cli.words import Language
from nahmi.errors import ErrorCode, InputError
from nahmi.flows.scan import (
    Job,
    Journal,
    Robustness,
    Summary,
    check_format,
    write_results,
)
from nahmi.flows.scan import (
    scan as run_scan,
)
from nahmi.flows.sources import STDIN, count_items, read_sources
from nahmi.flows.sources.objects import is_url

app = typer.Typer(rich_markup_mode=None, add_completion=False)

EPILOG = """\b
Examples:
  nahmi scan uploads/
  nahmi scan uploads/ --out found.jsonl --report found.html
  nahmi scan backup.tar.gz s3://bucket/2026/ --fast --jobs 8
  find / -name '*.jpg' -newer stamp | nahmi scan -
  nahmi scan uploads/ --restart           forget what an interrupted scan did"""


@app.command(epilog=EPILOG)
def scan(  # noqa: PLR0913 - each is an option of its own
    ctx: typer.Context,
    sources: Annotated[
        list[str],
        typer.Argument(
            metavar="SOURCE...",
            help="Folders, pictures, archives (.zip, .tar, .tar.gz ...), lists of names (.txt, "
            ".jsonl), s3://bucket/prefix, or - for names on standard input.",
        ),
    ],
    *,
    jobs: Jobs = None,
    fast: Fast = False,
    robust: Robust = Robustness.FULL.value,
    limit: Limit = None,
    bank: Annotated[
        list[str] | None, typer.Option("--bank", help="Ask this bank only. Repeatable.")
    ] = None,
    out: Annotated[
        Path | None, typer.Option(help="Write results as .jsonl, .csv or .parquet.")
    ] = None,
    report: Annotated[Path | None, typer.Option(help="Write an HTML report.")] = None,
    lang: Annotated[str, typer.Option(help="Language of the report: en or ar.")] = "en",
    bank_pictures: Annotated[
        Path | None,
        typer.Option(help="Folder of the pictures in the bank, to show them in the report."),
    ] = None,
    restart: Annotated[
        bool,
        typer.Option(
            "--restart/--resume", help="Begin anew, or go on where this scan was interrupted."
        ),
    ] = False,
    journals: Annotated[
        Path | None,
        typer.Option(
            "--journal",
            metavar="DIR",
            help="Keep the scan's progress there instead of in the node's folder; the default for "
            "a node that may only be read is the user's state folder.",
        ),
    ] = None,
    allow_unreadable: Annotated[
        bool,
        typer.Option(
            "--allow-unreadable", help="Exit code 0 although some files could not be judged."
        ),
    ] = False,
    as_json: Json = False,
) -> int:
    """Look for known content.

    Every file gets an answer: match, no match, no usable fingerprint, or unreadable with the
    reason. An interrupted scan goes on where it stopped when the same command is run again. The
    exit code is 1 when something matched, 2 when nothing did but some files could not be judged,
    otherwise 0.
    """
    if lang not in ("en", "ar"):
        raise InputError(ErrorCode.INPUT_INVALID, "The report's language is en or ar.")
    language: Language = "ar" if lang == "ar" else "en"
    if out is not None:
        check_format(out)
    job = Job(
        sources=tuple(_absolute(source) for source in sources),
        fast=fast,
        robust=choice(robust, Robustness, "--robust"),
        banks=tuple(bank or ()),
        limit_bits=limit,
    )
    workers = jobs or os.cpu_count() or 1
    with (
        open_to_ask(ctx.obj) as node,
        make_fingerprinter(workers=workers) as fingerprinter,
        Journal(node.journals(journals), job, restart=restart) as journal,
    ):
        progress = Progress(is_quiet=as_json)
        if node.read_only and journals is None:
            place = safe(str(journal.path.parent))
            progress.say(f"The node may only be read; the scan's journal is in {place}.")
        if journal.done:
            progress.say(f"Going on where this scan stopped: {journal.done} files are done.")
        found = read_sources(sources, stdin=sys.stdin, skip=journal.has)
        try:
            with progress.bar(lambda: count_items(sources), done=journal.done) as on_record:
                run_scan(
                    found,
                    job=job,
                    fingerprinter=node.plugins.beside(fingerprinter),
                    matcher=node.matcher(),
                    journal=journal,
                    workers=workers,
                    on_record=on_record,
                )
        except KeyboardInterrupt:
            progress.say(
                f"Interrupted; {journal.done} files are done. The same command goes on from there."
            )
            raise
        summary = Summary.of(journal.records())
        if out is not None:
            write_results(journal.records(), out)
        if report is not None:
            # Slow to import, and few scans have a report.
            from nahmi.cli.report import Report, write_report  # noqa: PLC0415

            write_report(
                Report(list(journal.records()), summary, language, bank_pictures),
                report,
                fingerprinter,
            )
        _print(journal, summary, as_json=as_json)
        journal.finish()
    unjudged = summary.unreadable + summary.no_usable_fingerprint
    if summary.matches:
        return MATCH
    return ERROR if unjudged and not allow_unreadable else OK


def _print(journal: Journal, summary: Summary, *, as_json: bool) -> None:
    if as_json:
        fields = msgspec.to_builtins(summary)
        emit("scan/1", {"summary": fields, "results": list(journal.records())})
        return
    for record in journal.records():
        for match in record.matches[:1]:
            origin = match.provenance or match.source or f"entry {match.entry_id}"
            typer.echo(
                f"match\t{safe(record.name)}\t{match.bank}\t{safe(origin)}\t"
                f"{match.distance}/{match.limit_bits}\t{match.variant}"
            )
        if not record.matches and record.reason:
            outcome = record.outcome.value
            typer.echo(f"{outcome}\t{safe(record.name)}\t{record.reason}")
    typer.echo(
        f"{summary.items} files: {summary.matches} matched, {summary.no_match} did not, "
        f"{summary.no_usable_fingerprint} without a usable fingerprint, "
        f"{summary.unreadable} unreadable.",
        err=True,
    )


def _absolute(source: str) -> str:
    return source if source == STDIN or is_url(source) else str(Path(source).absolute())
