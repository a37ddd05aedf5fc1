# SPDX-License-Identifier: Apache-2.0
"""`nahmi demo`."""

import os
import shutil
import sys
import time
from pathlib import Path
from typing import Annotated

import numpy as np
import typer

from nahmi.bootstrap import Node, init_node, make_fingerprinter
from nahmi.cli.enrolment import enrol
from nahmi.cli.options import now
from nahmi.cli.progress import Progress
from nahmi.cli.report import Report, write_report
from nahmi.cli.showcase.corpus import Corpus, make_corpus
from nahmi.cli.showcase.partners import show_partners
from nahmi.cli.showcase.result import print_result
from nahmi.cli.showcase.welcome import serve_demo
from nahmi.cli.showcase.words import IN_ARABIC
from nahmi.cli.words import Language
from nahmi.core.bank import Category, CropPolicy
from nahmi.errors import ErrorCode, InputError
from nahmi.flows.scan import Job, Journal, Record, Summary, scan, write_results
from nahmi.flows.sources import count_items, read_sources
from nahmi.media import SandboxedFingerprinter
from nahmi.protect.enrolment import Attribution
from nahmi.protect.ports import BankDraft

app = typer.Typer(rich_markup_mode=None, add_completion=False)

BANK = "DEMO_PICTURES"
_MARK = ".nahmi-demo"
_FIRST_RANDOM_KEY = 1 << 62  # far above any entry's number, so that they are never taken for one


@app.command()
def demo(
    *,
    folder: Annotated[Path, typer.Option(help="Where to put it; made anew each time.")] = Path(
        "demo"
    ),
    signals: Annotated[
        int, typer.Option(min=0, max=20_000_000, help="Random signals to hide the pictures among.")
    ] = 1_000_000,
    with_partners: Annotated[
        bool, typer.Option("--partners", help="Two nodes that share signals in a circle.")
    ] = False,
    is_served: Annotated[
        bool, typer.Option("--serve/--no-serve", help="Start the node at the end.")
    ] = True,
) -> None:
    """See nahmi at work on harmless pictures.

    Makes a node, fills a bank with photographs and drawn scenes, hides them among a million random
    signals, scans a folder of altered copies and unrelated pictures, and writes a report in English
    and Arabic. Then the node is served, with a link that signs you in, until you press Ctrl-C.

    With --partners it starts two organisations' nodes instead, and says how to join a circle, share
    a bank, dispute and withdraw, all in the browser.
    """
    progress = Progress()
    _clear(folder)
    if with_partners:
        show_partners(folder)
        return
    say = progress.say
    say("1/4 Making pictures ...")
    corpus = make_corpus(folder / "pictures")
    workers = os.cpu_count() or 1
    with init_node(folder / "node") as node:
        say(f"2/4 Filling the bank {BANK} ...")
        draft = BankDraft(name=BANK, category=Category.TEST, crops=CropPolicy.CENTRE)
        bank = node.store.create_bank(draft, now=now())
        done = enrol(node, bank, [str(corpus.originals)], Attribution(source="nahmi demo"))
        node.catch_up()
        originals = sum(1 for _ in corpus.originals.iterdir())
        say(
            f"    {originals} pictures ({corpus.photographs} photographs), "
            f"{done.added} entries with crops and digests"
        )
        _hide(node, signals)
        say(f"    hidden among {signals:,} random signals")
        say("3/4 Scanning a folder of altered copies and unrelated pictures ...")
        with make_fingerprinter(workers=workers) as fingerprinter:
            started = time.perf_counter()
            records = _scan(node, corpus, fingerprinter, workers, progress)
            seconds = time.perf_counter() - started
            say("4/4 Writing reports ...")
            write_results(records, folder / "results.jsonl")
            for language in ("en", "ar"):
                _report(records, corpus, folder, language, fingerprinter)
    print_result(records, corpus, seconds)
    typer.echo(_next_steps(folder))
    if is_served:
        serve_demo(folder, BANK)


def _scan(
    node: Node,
    corpus: Corpus,
    fingerprinter: SandboxedFingerprinter,
    workers: int,
    progress: Progress,
) -> list[Record]:
    sources = [str(corpus.uploads)]
    job = Job(sources=tuple(sources))
    with (
        Journal(node.journals(), job, restart=True) as journal,
        progress.bar(lambda: count_items(sources)) as on_record,
    ):
        scan(
            read_sources(sources, stdin=sys.stdin),
            job=job,
            fingerprinter=fingerprinter,
            matcher=node.matcher(),
            journal=journal,
            workers=workers,
            on_record=on_record,
        )
        records = list(journal.records())
        journal.finish()
    return records


def _hide(node: Node, signals: int) -> None:
    if signals:
        rng = np.random.default_rng(7)
        rows = rng.integers(0, 256, (signals, 32), dtype=np.uint8)
        keys = np.arange(_FIRST_RANDOM_KEY, _FIRST_RANDOM_KEY + signals, dtype=np.uint64)
        node.index.add(keys, rows)


def _report(
    records: list[Record],
    corpus: Corpus,
    folder: Path,
    language: Language,
    fingerprinter: SandboxedFingerprinter,
) -> None:
    report = Report(
        records,
        Summary.of(records),
        language,
        corpus.originals,
        is_revealed=True,
        notes=corpus.done
        if language == "en"
        else {name: IN_ARABIC[words] for name, words in corpus.done.items()},
    )
    write_report(report, folder / f"report.{language}.html", fingerprinter)


def _clear(folder: Path) -> None:
    """Empty the demo's folder, but only one that a demo made."""
    if folder.exists():
        if not (folder / _MARK).is_file():
            raise InputError(
                ErrorCode.INPUT_INVALID,
                f"The folder {str(folder)!r} was not made by a demo and is left alone.",
                hint="Name another one with --folder.",
            )
        shutil.rmtree(folder)
    folder.mkdir(parents=True)
    (folder / _MARK).touch()


def _next_steps(folder: Path) -> str:
    # Started through make, the command is in .venv and not on the path.
    nahmi = "nahmi" if shutil.which("nahmi") else os.path.relpath(sys.argv[0])
    return f"""
Look at the report:        {folder}/report.en.html
The same in Arabic:        {folder}/report.ar.html
Try your own picture:      {nahmi} --node {folder}/node match PICTURE
Put your own into a bank:  {nahmi} --node {folder}/node bank add {BANK} PICTURE
Scan your own folder:      {nahmi} --node {folder}/node scan FOLDER --report found.html
Everything else:           {nahmi} --help"""
