# SPDX-License-Identifier: Apache-2.0
"""Rows a second into a bank: `nahmi bank import`, search index included, process start included."""

import tempfile
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

from bench import node, signals
from bench.corpus import Corpus
from bench.options import Options
from bench.report import Table
from bench.timing import seconds

_GOAL = 100_000

Write = Callable[[Iterable[str]], Iterator[str]]
"""Turns signals into the lines of a list."""


def run(_pictures: Corpus, options: Options) -> list[Table]:
    table = Table(
        title="Import into a bank",
        columns=("rows", "format", "seconds", "rows/s", "goal", "", "again, rows/s"),
        notes=[
            "One process, its start included; at the end every row can be found.",
            "`again` imports the same file once more: every row is known.",
            "In `csv, notes` each row has a quality and a note of its own.",
        ],
    )
    for count in options.sizes((100_000, 1_000_000), quick=(100_000,)):
        for form, write in _FORMS.items():
            with tempfile.TemporaryDirectory(prefix="nahmi-bench-") as name:
                first, again = _import(Path(name), count, form, write)
            speed = count / first
            met = f">= {_GOAL:,}", speed >= _GOAL
            table.rows.append([count, form, first, speed, *met, count / again])
    return [table]


def _import(folder: Path, count: int, form: str, write: Write) -> tuple[float, float]:
    """Seconds for the first import of a list, and for the second."""
    values = (row.tobytes().hex() for row in signals.uniform(count, seed=6))
    listing = folder / f"signals.{form.partition(',')[0]}"
    with listing.open("w", encoding="ascii") as out:
        out.writelines(write(values))
    made = node.make(folder)
    first, again = (
        seconds(lambda: node.call(made, "bank", "import", node.BANK, str(listing)))
        for _ in range(2)
    )
    return first, again


def _csv(values: Iterable[str]) -> Iterator[str]:
    yield "signal_type,value\n"
    yield from (f"pdq,{value}\n" for value in values)


def _csv_with_notes(values: Iterable[str]) -> Iterator[str]:
    yield "signal_type,value,quality,note\n"
    yield from (f"pdq,{value},{50 + n % 50},case {n}\n" for n, value in enumerate(values))


def _jsonl(values: Iterable[str]) -> Iterator[str]:
    yield from (f'{{"signal_type":"pdq","value":"{value}"}}\n' for value in values)


_FORMS: dict[str, Write] = {"csv": _csv, "jsonl": _jsonl, "csv, notes": _csv_with_notes}
