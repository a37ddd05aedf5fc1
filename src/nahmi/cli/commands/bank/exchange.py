# SPDX-License-Identifier: Apache-2.0
"""Importing and exporting banks, a line at a time."""

import gzip
import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from itertools import chain, islice
from pathlib import Path
from typing import Annotated, TextIO, cast

import msgspec
import typer

from nahmi.bootstrap import open_node
from nahmi.cli.exits import ERROR, OK
from nahmi.cli.options import BankName, Json, choice, emit, now, safe
from nahmi.core.bank import EntryDraft
from nahmi.core.signal import Signal
from nahmi.errors import ErrorCode, InputError
from nahmi.flows.disk import replacing
from nahmi.protect.formats import BadLine, Format, detect_format, read_entries, write_entries
from nahmi.protect.signals.registry import signal_types

_BATCH = 50_000
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
    Importing the same file twice adds its entries twice.
    """
    bad: list[BadLine] = []
    added = 0
    with open_node(ctx.obj) as node, _reading(file) as lines:
        target = node.store.bank(bank)
        first = next(lines, "")
        form = _format(format_name) or detect_format(file, first)
        drafts = read_entries(
            chain([first], lines),
            form,
            validate=_validate,
            on_bad=None if strict else bad.append,
        )
        if source:
            drafts = (_attributed(draft, source) for draft in drafts)
        size = sys.maxsize if strict else _BATCH
        while True:
            head = next(drafts, None)
            if head is None:
                break
            batch = chain([head], islice(drafts, size - 1))
            added += len(node.store.add_entries(target.bank_id, batch, now=now()))
        node.catch_up()
    if as_json:
        emit("bank-import/1", {"added": added, "refused": [msgspec.to_builtins(b) for b in bad]})
    else:
        for one in bad[:_SHOWN]:
            typer.echo(f"nahmi: line {one.number}: {one.reason}", err=True)
        if len(bad) > _SHOWN:
            typer.echo(f"nahmi: and {len(bad) - _SHOWN} more; see all with --json", err=True)
        typer.echo(f"Added {added} entries; {len(bad)} lines refused.")
    return ERROR if bad else OK


def export(
    ctx: typer.Context,
    bank: BankName,
    file: Annotated[str, typer.Argument(help="The file, or - for standard output.")] = "-",
    *,
    format_name: FormatName = None,
) -> None:
    """Write a bank's entries to a file; its ending decides on the format, or --format."""
    with open_node(ctx.obj) as node:
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


def _validate(signal_type: str, text: str) -> Signal:
    return Signal(signal_type, signal_types().get(signal_type).validate(text))


def _attributed(draft: EntryDraft, source: str) -> EntryDraft:
    return draft if draft.source else msgspec.structs.replace(draft, source=source)


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
