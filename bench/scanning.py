# SPDX-License-Identifier: Apache-2.0
"""Whole scans, process start included: `nahmi scan` beside the same loop with threatexchange.

Figures are pictures a processor second (user and system time of the process and its children), so
that a scan does not look quicker for using more than one core; wall time stands beside them.
"""

import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

import msgspec

from bench import corpus, node, signals
from bench.corpus import Corpus
from bench.options import Options
from bench.report import Cell, Table
from bench.timing import spread

_PEER = "threatexchange loop"
_PEER_SCAN = [sys.executable, "-m", "bench.peer_scan"]
_GOALS = {"nahmi scan": 8.0, "nahmi scan --fast": 12.0}


class Run(msgspec.Struct, frozen=True):
    """One scan: processor and wall seconds."""

    processor_s: float
    wall_s: float


def run(pictures: Corpus, options: Options) -> list[Table]:
    with tempfile.TemporaryDirectory(prefix="nahmi-bench-") as name:
        folder = Path(name)
        hashes = folder / "signals.txt"
        count = options.pick(100_000, 10_000)
        hashes.write_text("\n".join(row.tobytes().hex() for row in signals.uniform(count, 5)))
        nahmi = _fill_node(folder, hashes)
        return [
            _measure(paths, folder / name, nahmi, options.pick(4, 3), count)
            for name, paths in (("web", pictures.web), ("camera", pictures.camera))
            if paths
        ]


def _fill_node(folder: Path, hashes: Path) -> node.Command:
    listing = folder / "signals.csv"
    lines = ["signal_type,value", *(f"pdq,{value}" for value in hashes.read_text().split())]
    listing.write_text("\n".join(lines) + "\n")
    made = node.make(folder)
    node.call(made, "bank", "import", node.BANK, str(listing))
    node.quiet([*_PEER_SCAN, "build", str(hashes), str(folder / "peer.index")])
    return made


def _measure(
    paths: Sequence[Path], files: Path, nahmi: node.Command, rounds: int, count: int
) -> Table:
    files.mkdir()
    for path in paths:
        (files / path.name).write_bytes(path.read_bytes())
    runs: dict[str, list[Run]] = {contender: [] for contender in _commands(nahmi, files)}
    for number in range(rounds + 1):
        for contender, command in _commands(nahmi, files).items():
            done = _timed(command)
            if number:  # The first round warms the caches of the disk.
                runs[contender].append(done)
    table = Table(
        title=f"Whole scans, {files.name}: {corpus.describe(paths)}; "
        f"{count:,} signals; {rounds} rounds in turn",
        columns=("what", "pictures/processor s", f"times {_PEER}", "goal", "", "wall s"),
        notes=[
            "From process start to output. The peer unpickles its index, as its own tool does.",
            "A scan of few pictures pays for the start of its processes.",
        ],
    )
    for contender, found in runs.items():
        pairs = zip(runs[_PEER], found, strict=True)
        ratio = spread([peer.processor_s / ours.processor_s for peer, ours in pairs])
        goal = _GOALS.get(contender)
        verdict: list[Cell] = [None, ""] if goal is None else [f">= {goal:g}", ratio.median >= goal]
        speed = spread([len(paths) / run.processor_s for run in found])
        table.rows.append(
            [contender, speed, ratio, *verdict, spread([run.wall_s for run in found])]
        )
    return table


def _commands(nahmi: node.Command, files: Path) -> dict[str, list[str]]:
    scan = [*nahmi, "scan", str(files), "--jobs", "1", "--restart"]
    return {
        _PEER: [*_PEER_SCAN, "scan", str(files.parent / "peer.index"), str(files)],
        "nahmi scan": [*scan, "--robust", "none"],
        "nahmi scan --fast": [*scan, "--robust", "none", "--fast"],
        "nahmi scan, all orientations and trims": [*scan, "--robust", "full"],
        "nahmi scan --fast, all orientations and trims": [*scan, "--robust", "full", "--fast"],
    }


def _timed(command: Sequence[str]) -> Run:
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    start = time.perf_counter()
    done = subprocess.run(  # noqa: S603 - our own
        command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, check=False
    )
    wall_s = time.perf_counter() - start
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    # Exit code 2 says that some pictures had too little detail; one that breaks has no summary.
    assert b" files" in done.stderr, f"{command} failed"
    processor_s = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return Run(processor_s, wall_s)
