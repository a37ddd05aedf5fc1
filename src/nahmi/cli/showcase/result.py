# SPDX-License-Identifier: Apache-2.0
"""The demo's table: what was done to each copy, and whether it was found."""

import sys
from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path

from rich.console import Console
from rich.table import Table

from nahmi.cli.showcase.corpus import Corpus
from nahmi.cli.words import variant_in_words
from nahmi.flows.scan import Outcome, Record

_WIDTH = 110


def print_result(records: Sequence[Record], corpus: Corpus, seconds: float) -> None:
    """Print what the scan found, a line an alteration, then what else there was.

    Args:
        records: Of the scan.
        corpus: What was scanned.
        seconds: How long the scan took.
    """
    width = None if sys.stdout.isatty() else _WIDTH
    console = Console(highlight=False, width=width)
    console.print(_by_alteration(records, corpus))
    wrong = [
        record
        for record in records
        if record.outcome is Outcome.MATCH and Path(record.name).name not in corpus.done
    ]
    unrelated = sum(1 for record in records if Path(record.name).name.startswith("other"))
    console.print(f"\nUnrelated pictures: {unrelated}, of them taken for known: {len(wrong)}.")
    for record in records:
        if record.reason:
            name = Path(record.name).name
            console.print(f"No answer for {name}: {record.reason}", markup=False)
    rate = len(records) / seconds
    console.print(f"{len(records)} files in {seconds:.1f} s: {rate:.0f} files a second.")


def _by_alteration(records: Sequence[Record], corpus: Corpus) -> Table:
    table = Table(title="Altered copies, found again", title_justify="left")
    table.add_column("what was done to the copy")
    table.add_column("found", justify="right")
    table.add_column("for example")
    table.add_column("it is")
    table.add_column("hit by")
    table.add_column("bits", justify="right")
    groups: defaultdict[str, list[Record]] = defaultdict(list)
    for record in records:
        if words := corpus.done.get(Path(record.name).name):
            groups[words].append(record)
    for words, group in groups.items():
        hits = [record for record in group if _is_right(record, corpus)]
        example = (hits or group)[0]
        cells = [words, f"{len(hits)} of {len(group)}", Path(example.name).name]
        if hits:
            match = example.matches[0]
            crop = "" if match.entry_variant == "original" else " to a banked crop"
            how = variant_in_words(match.variant) + crop
            origin = match.provenance.removeprefix("file:")
            cells += [origin, how, f"{match.distance} of {match.limit_bits}"]
        table.add_row(*cells)
    return table


def _is_right(record: Record, corpus: Corpus) -> bool:
    wanted = f"file:{corpus.original_of[Path(record.name).name]}"
    return any(match.provenance == wanted for match in record.matches)
