# SPDX-License-Identifier: Apache-2.0
"""`nahmi match`."""

from typing import Annotated

import msgspec
import typer

from nahmi.bootstrap import Node, make_fingerprinter, open_to_ask
from nahmi.cli.exits import ERROR, MATCH, OK
from nahmi.cli.options import (
    Fast,
    Json,
    Limit,
    Robust,
    choice,
    emit,
    open_content,
    parse_signal,
    safe,
)
from nahmi.cli.words import variant_in_words
from nahmi.core.signal import ContentFingerprints, Signal
from nahmi.errors import ErrorCode, InputError, NahmiError
from nahmi.flows.match import content_of
from nahmi.flows.scan import Outcome, Record, Robustness
from nahmi.flows.scan.job import plan_of
from nahmi.flows.scan.record import MatchRecord, failed, record_of
from nahmi.protect.plan import FingerprintPlan
from nahmi.protect.ports import Fingerprinter
from nahmi.protect.signal_type import IndexKind
from nahmi.protect.signals.registry import signal_types

app = typer.Typer(rich_markup_mode=None, add_completion=False)

EPILOG = """\b
Examples:
  nahmi match upload.jpg
  cat upload.jpg | nahmi match - --json
  nahmi match --signal sha256:e3b0c442... --url https://example.org/a
  if nahmi match upload.jpg; then echo unknown; fi"""


@app.command(epilog=EPILOG)
def match(  # noqa: PLR0913 - each is an option of its own
    ctx: typer.Context,
    files: Annotated[
        list[str] | None,
        typer.Argument(metavar="[FILE]...", help="Files, or - for standard input."),
    ] = None,
    *,
    signal: Annotated[
        list[str] | None, typer.Option("--signal", help="TYPE:VALUE. Repeatable.")
    ] = None,
    url: Annotated[
        list[str] | None, typer.Option("--url", help="A web address. Repeatable.")
    ] = None,
    bank: Annotated[
        list[str] | None, typer.Option("--bank", help="Ask this bank only. Repeatable.")
    ] = None,
    limit: Limit = None,
    robust: Robust = Robustness.FULL.value,
    fast: Fast = False,
    as_json: Json = False,
) -> int:
    """Ask whether files, signals or URLs are known.

    The exit code is 1 when something matched; 2 when a question could not be answered, which
    includes pictures without a usable fingerprint; otherwise 0.
    """
    plan = plan_of(fast=fast, robust=choice(robust, Robustness, "--robust"))
    asked = [(text, parse_signal(text)) for text in signal or ()]
    asked += [(text, Signal("url", text)) for text in url or ()]
    if not asked and not files:
        raise InputError(
            ErrorCode.INPUT_INVALID,
            "There is nothing to match.",
            hint="Name a file, --signal or --url; see nahmi match --help.",
        )
    with open_to_ask(ctx.obj) as node:
        contents = [(text.partition(":")[0], content_of([one])) for text, one in asked]
        problems = _read(node, files or [], plan, contents)
        records = problems + _answers(node, contents, bank or [], limit)
        if as_json:
            emit("match/1", {"results": [msgspec.to_builtins(record) for record in records]})
        else:
            for record in records:
                _print(record)
    outcomes = {record.outcome for record in records}
    if Outcome.MATCH in outcomes:
        return MATCH
    return OK if outcomes == {Outcome.NO_MATCH} else ERROR


def _read(
    node: Node,
    files: list[str],
    plan: FingerprintPlan,
    contents: list[tuple[str, ContentFingerprints]],
) -> list[Record]:
    """Fingerprint files into `contents`; the records of those that could not be read."""
    if not files:
        return []
    problems = []
    with make_fingerprinter(workers=1) as own:
        fingerprinter = node.plugins.beside(own)
        for name in files:
            try:
                contents.append((name, _fingerprint(name, fingerprinter, plan)))
            except NahmiError as error:
                problems.append(failed(name, error))
    return problems


def _fingerprint(
    name: str, fingerprinter: Fingerprinter, plan: FingerprintPlan
) -> ContentFingerprints:
    with open_content(name) as stream:
        return fingerprinter.fingerprint(stream, plan)


def _answers(
    node: Node,
    contents: list[tuple[str, ContentFingerprints]],
    banks: list[str],
    limit: int | None,
) -> list[Record]:
    found = node.matcher().match([item for _, item in contents], banks=banks, limit_bits=limit)
    return [record_of(name, item, one) for (name, item), one in zip(contents, found, strict=True)]


def _print(record: Record) -> None:
    name = safe(record.name)
    if record.outcome is not Outcome.MATCH:
        why = f": {record.reason}" if record.reason else ""
        typer.echo(f"{name}: {record.outcome.value.replace('_', ' ')}{why}")
    for one in record.matches:
        origin = one.provenance or one.source or "no provenance"
        typer.echo(
            f"{name}: match in {one.bank}, entry {one.entry_id} ({safe(origin)}): "
            f"{one.signal_type}, {_nearness(one)}, {variant_in_words(one.variant)}"
        )


def _nearness(match: MatchRecord) -> str:
    if signal_types().index_kind(match.signal_type) is IndexKind.COMPARED:
        return f"{match.distance} by its own measure"
    return f"{match.distance} of at most {match.limit_bits} bits"
