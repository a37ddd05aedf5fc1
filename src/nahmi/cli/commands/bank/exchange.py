# SPDX-License-Identifier: Apache-2.0
"""Importing and exporting banks, a line at a time."""

import gzip
import sys
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from itertools import chain
from pathlib import Path
from typing import Annotated, TextIO, cast

import msgspec
import typer

from nahmi.bootstrap import open_node, open_to_ask
from nahmi.cli.exits import ERROR, OK
from nahmi.cli.options import BankName, Json, choice, emit, now, safe
from nahmi.cli.progress import Progress
from nahmi.core.bank import EntryRun
from nahmi.errors import ErrorCode, InputError, NahmiError
from nahmi.flows.disk import replacing
from nahmi.flows.importing import import_runs
from nahmi.protect.formats import BadLine, Format, detect_format, read_runs, write_entries
from nahmi.protect.ports import Added
from nahmi.protect.signals.registry import signal_types

_SHOWN = 20

FormatName = Annotated[
    str | None,
    typer.Option("--format", help="csv, jsonl, threatexchange or threatexchange_csv."),
]


def import_(  # noqa: PLR0913 - each is an option of its own
    ctx: typer.Context,
    bank: BankName,
    file: Annotated[str, typer.Argument(help="The file, also as .gz, or - for standard input.")],
    *,
    format_name: FormatName = None,
    source: Annotated[
        str, typer.Option(help="Who contributed it, where a line does not say.")
    ] = "",
    strict: Annotated[bool, typer.Option("--strict", help="Take all lines or none.")] = False,
    as_json: Json = False,
) -> int:
    """Add the entries of a file: CSV, JSON lines, or the text of Meta's threatexchange tool.

    Lines that are no entry are reported and the others are taken; the exit code is then 2.
    Signals that the bank has already are passed over and counted as known, so an import that broke
    off goes on when the same command is run again.
    """
    bad: list[BadLine] = []
    tally = _Tally()
    with open_node(ctx.obj) as node, tally.told(), _reading(file) as lines:
        bank_id = node.store.bank(bank).bank_id
        first = next(lines, "")
        form = _format(format_name) or detect_format(file, first)
        runs = read_runs(
            chain([first], lines),
            form,
            validate=_validate,
            on_bad=None if strict else bad.append,
        )
        if source:
            runs = (_attributed(run, source) for run in runs)
        if strict:
            tally.count(node.store.add_new_entries(bank_id, runs, now=now()))
            node.catch_up()
        else:
            with Progress(is_quiet=as_json).rows() as on_rows:
                import_runs(
                    runs,
                    bank_id,
                    writer=node.store,
                    catch_up=node.catch_up,
                    clock=now,
                    on_batch=lambda batch: on_rows(tally.count(batch)),
                )
    if as_json:
        refused = [msgspec.to_builtins(line) for line in bad]
        emit("bank-import/1", {"added": tally.added, "known": tally.known, "refused": refused})
    else:
        for one in bad[:_SHOWN]:
            typer.echo(f"nahmi: line {one.number}: {one.reason}", err=True)
        if len(bad) > _SHOWN:
            typer.echo(f"nahmi: and {len(bad) - _SHOWN} more; see all with --json", err=True)
        typer.echo(
            f"Added {tally.added} entries; {tally.known} were known, {len(bad)} lines refused."
        )
    return ERROR if bad else OK


class _Tally:
    """What has landed in the bank so far."""

    added = 0
    known = 0

    def count(self, batch: Added) -> int:
        """How many entries were dealt with in all."""
        self.added += len(batch.entry_ids)
        self.known += batch.known
        return self.added + self.known

    @contextmanager
    def told(self) -> Iterator[None]:
        """If the import breaks off, say what of it is in the bank nevertheless."""
        try:
            yield
        except NahmiError as error:
            if self.added:
                raise type(error)(
                    error.code, error.detail, hint=f"{error.hint} {self._kept()}".strip()
                ) from error
            raise
        except KeyboardInterrupt:
            typer.echo(f"nahmi: Interrupted. {self._kept()}", err=True)
            raise

    def _kept(self) -> str:
        return f"{self.added} entries were added before; importing again passes over them."


def export(
    ctx: typer.Context,
    bank: BankName,
    file: Annotated[str, typer.Argument(help="The file, or - for standard output.")] = "-",
    *,
    format_name: FormatName = None,
) -> None:
    """Write a bank's entries to a file; its ending decides on the format, or --format."""
    with open_to_ask(ctx.obj) as node:
        target = node.store.bank(bank)
        form = _format(format_name) or (
            Format.JSONL if file.endswith((".jsonl", ".ndjson")) else Format.CSV
        )
        drafts = (entry.draft for entry in node.store.stream_entries(target.bank_id))
        _write(write_entries(drafts, form), file)


def _write(lines: Iterable[str], file: str) -> None:
    if file == "-":
        sys.stdout.writelines(lines)
        return
    with replacing(Path(file), "write the export") as stream:
        stream.writelines(line.encode() for line in lines)


@contextmanager
def _reading(file: str) -> Iterator[TextIO]:
    if file == "-":
        yield sys.stdin
        return
    opening = gzip.open if file.endswith(".gz") else open
    try:
        with opening(file, "rt", encoding="utf-8", errors="surrogateescape", newline="") as lines:
            yield cast("TextIO", lines)
    except FileNotFoundError as error:
        raise InputError(ErrorCode.FILE_MISSING, f"There is no file {safe(file)!r}.") from error
    except (OSError, EOFError) as error:
        raise InputError(
            ErrorCode.FILE_UNREADABLE, f"The file {safe(file)!r} cannot be read."
        ) from error


def _format(name: str | None) -> Format | None:
    return None if name is None else cast("Format", choice(name, Format, "--format"))


def _validate(signal_type: str, texts: Sequence[str]) -> Sequence[str | InputError]:
    return signal_types().get(signal_type).validate_all(texts)


def _attributed(run: EntryRun, source: str) -> EntryRun:
    if run.like.source:
        return run
    return EntryRun(msgspec.structs.replace(run.like, source=source), run.values)


COMMANDS = (
    (
        import_,
        "import",
        """\b
Examples:
  nahmi bank import KNOWN hashes.csv --source "Hotline X"
  threatexchange dataset -s pdq | nahmi bank import KNOWN - --format threatexchange""",
    ),
    (export, "export", "\b\nExample:\n  nahmi bank export KNOWN - | gzip > known.csv.gz"),
)
"""Function, name, epilog."""
