# SPDX-License-Identifier: Apache-2.0
"""Entries from lines of text and back; a line that cannot be used is reported, never dropped."""

import csv
from collections.abc import Callable, Iterable, Iterator, Mapping
from enum import StrEnum
from functools import partial

import msgspec

from nahmi.core.bank import EntryDraft, EntryRun
from nahmi.errors import ErrorCode, InputError
from nahmi.protect.formats.rows import (
    COLUMNS,
    GUARD,
    Validate,
    guard,
    to_cells,
    unguard,
)
from nahmi.protect.formats.runs import BadLine, Record, to_runs

_TX_COLUMNS = ("signal_type", "signal_str", "collab", "category", "tags")
_TX_NEGATIVE = "NEGATIVE_CLASS"
_TX_TYPES = {"video_md5": "md5"}
_MARK = "\ufeff"


class Format(StrEnum):
    """A form in which entries travel."""

    CSV = "csv"
    JSONL = "jsonl"
    THREATEXCHANGE = "threatexchange"
    """Lines of `signal_type value`, as Meta's tool reads and prints them; signals only."""
    THREATEXCHANGE_CSV = "threatexchange_csv"
    """What `threatexchange dataset --csv` prints; collaboration and tags become source and note."""


def detect_format(name: str, first_line: str) -> Format:
    """The format that a file's name and first line speak for.

    Args:
        name: The file's name; `.gz` at its end does not count.
        first_line: Its first line; may be empty.
    """
    line = first_line.removeprefix(_MARK).strip()
    stem = name.lower().removesuffix(".gz")
    if line.startswith("{") or (not line and stem.endswith((".jsonl", ".ndjson"))):
        return Format.JSONL
    columns = set(line.split(","))
    if {"signal_type", "signal_str"} <= columns:
        return Format.THREATEXCHANGE_CSV
    if {"signal_type", "value"} <= columns or stem.endswith(".csv"):
        return Format.CSV
    if stem.endswith((".jsonl", ".ndjson")):
        return Format.JSONL
    return Format.THREATEXCHANGE


def read_entries(
    lines: Iterable[str],
    form: Format,
    *,
    validate: Validate,
    on_bad: Callable[[BadLine], None] | None = None,
) -> Iterator[EntryDraft]:
    """Entries from lines of text one by one, otherwise as `read_runs`."""
    for run in read_runs(lines, form, validate=validate, on_bad=on_bad):
        yield from run.drafts()


def read_runs(
    lines: Iterable[str],
    form: Format,
    *,
    validate: Validate,
    on_bad: Callable[[BadLine], None] | None = None,
) -> Iterator[EntryRun]:
    """Entries from lines of text, those together that follow one another and differ in the value.

    Args:
        lines: Lines with their ends, as a file opened with `newline=""` gives them.
        form: Their format.
        validate: Turns a signal type's name and texts into canonical forms.
        on_bad: Receives each line that is no entry; None stops at the first (strict).

    Raises:
        InputError: INPUT_INVALID: the header lacks a column, or a line is bad and `on_bad` None.
    """
    parse = {
        Format.CSV: _parse_csv,
        Format.JSONL: _parse_jsonl,
        Format.THREATEXCHANGE: _parse_text,
        Format.THREATEXCHANGE_CSV: _parse_tx_csv,
    }[form]
    yield from to_runs(parse(lines), validate, partial(_report, on_bad))


def _report(on_bad: Callable[[BadLine], None] | None, number: int, error: InputError) -> None:
    if on_bad is None:
        raise InputError(error.code, f"Line {number}: {error.detail}") from None
    on_bad(BadLine(number, error.detail))


def write_entries(drafts: Iterable[EntryDraft], form: Format) -> Iterator[str]:
    """Lines of text, with their ends, for entries; `read_entries` gives the entries back.

    The two forms of Meta's tool carry less than an entry: signals, and source and note.
    """
    if form is Format.JSONL:
        for draft in drafts:
            cells = {key: cell for key, cell in to_cells(draft).items() if cell}
            yield msgspec.json.encode(cells).decode() + "\n"
    elif form is Format.THREATEXCHANGE:
        for draft in drafts:
            yield f"{draft.signal.signal_type} {draft.signal.value}\n"
    else:
        is_tx = form is Format.THREATEXCHANGE_CSV
        line = _Line()
        writer = csv.writer(line)
        writer.writerow(_TX_COLUMNS if is_tx else COLUMNS)
        yield line.text
        for draft in drafts:
            cells = to_cells(draft)
            values = _to_tx(cells) if is_tx else list(cells.values())
            writer.writerow([guard(cell) for cell in values])
            yield line.text


class _Line:
    """Catches what a CSV writer writes."""

    text = ""

    def write(self, text: str) -> None:
        self.text = text


_Numbered = Iterator[tuple[int, str, Record | InputError]]
"""Number of the line, the signal's value, and the other cells: one object as long as they stay."""


def _parse_csv(lines: Iterable[str], value_column: str = "value") -> _Numbered:
    reader = csv.reader(lines, strict=True)
    header: list[str] = []
    place: int | None = None
    others: list[str] = []
    record: Record = {}
    while True:
        try:
            for values in reader:
                if not header:
                    header = [cell.removeprefix(_MARK).strip() for cell in values]
                    _check_header(header)
                    place = header.index(value_column) if value_column in header else None
                    names = [name for at, name in enumerate(header) if at != place]
                elif len(values) == len(header):
                    value = "" if place is None else values.pop(place)
                    if values != others or not record:
                        others = values
                        record = dict(zip(names, map(unguard, values), strict=True))
                    yield reader.line_num, unguard(value) if value[:1] == GUARD else value, record
                elif values:
                    reason = "The line has another number of cells than the header."
                    yield reader.line_num, "", _bad(reason)
        except csv.Error:
            yield reader.line_num, "", _bad("The line is no valid CSV.")
            continue
        return


def _check_header(header: list[str]) -> None:
    if "signal_type" not in header or not {"value", "signal_str"} & set(header):
        raise InputError(
            ErrorCode.INPUT_INVALID,
            "The CSV header lacks a column signal_type or value.",
            hint=f"The columns are {', '.join(COLUMNS)}.",
        )


def _parse_tx_csv(lines: Iterable[str]) -> _Numbered:
    seen: Record | InputError | None = None
    record: Record | InputError = {}
    for number, value, found in _parse_csv(lines, "signal_str"):
        if found is not seen:
            seen = found
            record = found if isinstance(found, InputError) else _from_tx(found)
        yield number, value, record


def _parse_jsonl(lines: Iterable[str]) -> _Numbered:
    decoder = msgspec.json.Decoder(dict[str, str | int | None])
    others: dict[str, str | int | None] | None = None
    record: Record = {}
    for number, line in enumerate(lines, 1):
        text = line.removeprefix(_MARK).strip()
        if not text:
            continue
        try:
            fields = decoder.decode(text)
        except (msgspec.DecodeError, UnicodeEncodeError):
            yield number, "", _bad("The line is no JSON object of texts.")
            continue
        value = fields.pop("value", None)
        if fields != others:
            others = fields
            record = {key: str(cell) for key, cell in fields.items() if cell is not None}
        yield number, "" if value is None else str(value), record


def _parse_text(lines: Iterable[str]) -> _Numbered:
    record: Record = {}
    for number, line in enumerate(lines, 1):
        signal_type, _, value = line.removeprefix(_MARK).strip().partition(" ")
        if signal_type and value:
            name = _TX_TYPES.get(signal_type, signal_type)
            if record.get("signal_type") != name:
                record = {"signal_type": name}
            yield number, value, record
        elif signal_type:
            yield number, "", _bad("The line is not a signal type, a blank and a value.")


def _from_tx(cells: Mapping[str, str]) -> Record | InputError:
    if cells.get("category") == _TX_NEGATIVE:
        return _bad("The partner marks this signal as not belonging to the list.")
    name = cells.get("signal_type", "")
    return {
        "signal_type": _TX_TYPES.get(name, name),
        "source": cells.get("collab", ""),
        "note": cells.get("tags", ""),
    }


def _to_tx(cells: Mapping[str, str]) -> list[str]:
    signal = (cells["signal_type"], cells["value"])
    return [*signal, cells["source"], "POSITIVE_CLASS", cells["note"]]


def _bad(reason: str) -> InputError:
    return InputError(ErrorCode.INPUT_INVALID, reason)
