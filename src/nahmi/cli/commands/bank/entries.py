# SPDX-License-Identifier: Apache-2.0
"""Filling banks and looking into them."""

from collections.abc import Sequence
from typing import Annotated

import msgspec
import typer

from nahmi.bootstrap import open_node, open_to_ask
from nahmi.cli.enrolment import Refused, enrol
from nahmi.cli.exits import ERROR, OK
from nahmi.cli.options import BankName, Jobs, Json, emit, moment, now, parse_signal, safe, table
from nahmi.core.bank import Entry
from nahmi.flows.enrol import signal_drafts
from nahmi.protect.enrolment import Attribution

Ids = Annotated[list[int], typer.Argument(metavar="ENTRY...", help="Numbers of entries.", min=1)]
Type = Annotated[str | None, typer.Option("--type", help="Only this signal type.")]
Page = Annotated[int, typer.Option(min=1, max=100_000, help="At most so many.")]
After = Annotated[int, typer.Option(min=0, help="Go on after this entry.")]


def add(  # noqa: PLR0913 - each is an option of its own
    ctx: typer.Context,
    bank: BankName,
    sources: Annotated[
        list[str] | None, typer.Argument(metavar="SOURCE...", help="As for nahmi scan.")
    ] = None,
    *,
    signal: Annotated[
        list[str] | None, typer.Option("--signal", help="TYPE:VALUE. Repeatable.")
    ] = None,
    source: Annotated[str, typer.Option(help="Who contributed it.")] = "",
    note: Annotated[str, typer.Option(help="A word for curators.")] = "",
    expires: Annotated[
        str | None, typer.Option(help="From then on it does not match, such as 2027-01-31.")
    ] = None,
    jobs: Jobs = None,
    as_json: Json = False,
) -> int:
    """Add pictures or signals to a bank.

    Pictures that are too plain to tell from others are refused with the reason. What the bank has
    already is left as it is. The exit code is 2 when something was refused.
    """
    said = Attribution(source=source, note=note, expires_at=moment(expires))
    with open_node(ctx.obj) as node:
        signals = [parse_signal(text) for text in signal or ()]
        target = node.store.bank(bank)
        drafts = signal_drafts(signals, said)
        enrolled = node.enroller(None).add(target, drafts)
        added, known = len(enrolled.entry_ids), enrolled.known
        refused: list[Refused] = []
        if sources:
            done = enrol(node, target, sources, said, jobs=jobs)
            added, known, refused = added + done.added, known + done.known, done.refused
        node.catch_up()
    if as_json:
        problems = [msgspec.to_builtins(item) for item in refused]
        emit("bank-add/1", {"added": added, "known": known, "refused": problems})
    else:
        for item in refused:
            typer.echo(f"nahmi: {safe(item.name)}: {item.reason} [{item.code}]", err=True)
        typer.echo(f"Added {added} entries; {known} were there; {len(refused)} files refused.")
    return ERROR if refused else OK


def remove(ctx: typer.Context, entries: Ids, *, as_json: Json = False) -> None:
    """Delete entries: they stop matching at once. `undo` brings them back."""
    with open_node(ctx.obj) as node:
        count = node.store.delete_entries(entries, now=now())
        node.catch_up()
    _count("removed", count, as_json=as_json)


def undo(ctx: typer.Context, entries: Ids, *, as_json: Json = False) -> None:
    """Bring deleted entries back."""
    with open_node(ctx.obj) as node:
        count = node.store.restore_entries(entries)
        node.catch_up()
    _count("restored", count, as_json=as_json)


def list_entries(  # noqa: PLR0913 - each is an option of its own
    ctx: typer.Context,
    bank: BankName,
    *,
    signal_type: Type = None,
    after: After = 0,
    limit: Page = 100,
    deleted: Annotated[bool, typer.Option("--deleted", help="Deleted ones as well.")] = False,
    as_json: Json = False,
) -> None:
    """List the entries of a bank, a page at a time."""
    with open_to_ask(ctx.obj) as node:
        found = node.store.entries(
            node.store.bank(bank).bank_id,
            after=after,
            limit=limit,
            signal_type=signal_type,
            include_deleted=deleted,
        )
    _print(found, as_json=as_json)


def search(  # noqa: PLR0913 - each is an option of its own
    ctx: typer.Context,
    bank: BankName,
    text: Annotated[str, typer.Argument(help="Words, or the beginning of a signal.")],
    *,
    signal_type: Type = None,
    after: After = 0,
    limit: Page = 100,
    as_json: Json = False,
) -> None:
    """Search a bank's entries by source, provenance, note, content or the start of the signal."""
    with open_to_ask(ctx.obj) as node:
        found = node.store.entries(
            node.store.bank(bank).bank_id,
            after=after,
            limit=limit,
            signal_type=signal_type,
            text=text,
        )
    _print(found, as_json=as_json)


def _print(found: Sequence[Entry], *, as_json: bool) -> None:
    last = found[-1].entry_id if found else None
    if as_json:
        emit("entries/1", {"entries": [msgspec.to_builtins(item) for item in found], "last": last})
    elif not found:
        typer.echo("There are no such entries.")
    else:
        head = ("ENTRY", "TYPE", "SIGNAL", "VARIANT", "SOURCE", "PROVENANCE", "STATE")
        table([head, *map(_row, found)])


def _row(entry: Entry) -> tuple[object, ...]:
    draft = entry.draft
    state = "deleted" if entry.deleted_at else "on" if entry.is_active(now()) else "off"
    signal = draft.signal
    origin = (draft.source or "-", draft.provenance or "-")
    return (entry.entry_id, signal.signal_type, signal.value, draft.variant, *origin, state)


def _count(word: str, count: int, *, as_json: bool) -> None:
    if as_json:
        emit(f"bank-{word}/1", {word: count})
    else:
        typer.echo(f"{count} entries {word}.")


COMMANDS = (
    (
        add,
        "add",
        """\b
Examples:
  nahmi bank add KNOWN pictures/ extra.jpg
  nahmi bank add KNOWN --signal md5:d41d8cd98f00b204e9800998ecf8427e""",
    ),
    (remove, "remove", None),
    (undo, "undo", None),
    (list_entries, "entries", None),
    (search, "search", "\b\nExample:\n  nahmi bank search KNOWN hotline --type pdq"),
)
"""Function, name, epilog."""
