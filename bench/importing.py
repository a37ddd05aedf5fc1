# SPDX-License-Identifier: Apache-2.0
"""Rows a second into a bank: `nahmi bank import`, search index included, process start included."""

import tempfile
from pathlib import Path

from bench import node, signals
from bench.corpus import Corpus
from bench.options import Options
from bench.report import Table
from bench.timing import seconds

_GOAL = 100_000


def run(_pictures: Corpus, options: Options) -> list[Table]:
    table = Table(
        title="Import into a bank",
        columns=("rows", "format", "seconds", "rows/s", "goal", ""),
        notes=["One process, its start included; at the end every row can be found."],
    )
    for count in options.sizes((100_000, 1_000_000), quick=(100_000,)):
        for form in ("csv", "jsonl"):
            with tempfile.TemporaryDirectory(prefix="nahmi-bench-") as name:
                taken = _import(Path(name), count, form)
            speed = count / taken
            table.rows.append([count, form, taken, speed, f">= {_GOAL:,}", speed >= _GOAL])
    return [table]


def _import(folder: Path, count: int, form: str) -> float:
    values = (row.tobytes().hex() for row in signals.uniform(count, seed=6))
    listing = folder / f"signals.{form}"
    with listing.open("w", encoding="ascii") as out:
        if form == "csv":
            out.write("signal_type,value\n")
            out.writelines(f"pdq,{value}\n" for value in values)
        else:
            out.writelines(f'{{"signal_type":"pdq","value":"{value}"}}\n' for value in values)
    made = node.make(folder)
    return seconds(lambda: node.call(made, "bank", "import", node.BANK, str(listing)))
