# SPDX-License-Identifier: Apache-2.0
"""Uploads to a node beside a scan of the same files: what HTTP, keys and the match log cost.

Both use all cores, and both decode in sandboxed workers. The load generator shares the cores with
the server.
"""

import os
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

import msgspec

from bench import corpus, http_load, node, servers, signals
from bench.corpus import Corpus
from bench.options import Options
from bench.report import Table
from bench.timing import spread
from nahmi.bootstrap import make_fingerprinter, open_node
from nahmi.flows.scan import Job, Journal, Robustness, scan
from nahmi.flows.sources import read_sources
from nahmi.media import SandboxedFingerprinter

_GOAL = 0.8
_CONNECTIONS = 8
_SIGNALS = 100_000
_MOST = 480


_KINDS = {
    "the pictures as they are": (Robustness.NONE, "false"),
    "all orientations and trims": (Robustness.FULL, "true"),
}


def run(pictures: Corpus, options: Options) -> list[Table]:
    with tempfile.TemporaryDirectory(prefix="nahmi-bench-") as name:
        folder = Path(name)
        command = node.make(folder)
        _fill(command, folder)
        key = servers.make_key(command, "protect:content:match")
        workers = os.cpu_count() or 1
        with make_fingerprinter(workers=workers) as fingerprinter, servers.nahmi(folder) as port:
            bench = _Bench(folder, pictures.web[:_MOST], fingerprinter, workers, port, key)
            return [bench.table(options.pick(5, 2))]


class _Bench(msgspec.Struct):
    folder: Path
    paths: Sequence[Path]
    fingerprinter: SandboxedFingerprinter
    workers: int
    port: int
    key: str

    def table(self, rounds: int) -> Table:
        table = Table(
            title=f"Uploads, web: {corpus.describe(self.paths)}; {_SIGNALS:,} signals; "
            f"{rounds} rounds in turn",
            columns=("what", "pictures/s", "share of the scan", "goal", ""),
            notes=[
                f"{self.workers} decoding processes each, started before.",
                f"{_CONNECTIONS} connections; the load generator shares the cores with the server.",
            ],
        )
        for words, (robust, variants) in _KINDS.items():
            scans, uploads = [], []
            for number in range(rounds + 1):
                scanned, served = self._scan(robust), self._upload(variants)
                if number:  # The first round warms caches and starts workers.
                    scans.append(scanned)
                    uploads.append(served)
            share = spread([ours / theirs for ours, theirs in zip(uploads, scans, strict=True)])
            table.rows += [
                [f"scan, {words}", spread(scans), None, None, ""],
                [
                    f"POST /match/content, {words}",
                    spread(uploads),
                    share,
                    f">= {_GOAL:g}",
                    share.median >= _GOAL,
                ],
            ]
        return table

    def _scan(self, robust: Robustness) -> float:
        """Pictures a second."""
        sources = [str(path) for path in self.paths]
        job = Job(sources=tuple(sources), robust=robust)
        with open_node(self.folder / "node") as opened:
            matcher = opened.matcher()
            began = time.perf_counter()
            with Journal(opened.journals(), job, restart=True) as journal:
                scan(
                    read_sources(sources, stdin=sys.stdin),
                    job=job,
                    fingerprinter=self.fingerprinter,
                    matcher=matcher,
                    journal=journal,
                    workers=self.workers,
                    on_record=lambda _: None,
                )
                journal.finish()
            return len(self.paths) / (time.perf_counter() - began)

    def _upload(self, variants: str) -> float:
        """Pictures a second."""
        path = f"/api/v1/match/content?variants={variants}"
        requests = (
            servers.post(path, file.read_bytes(), self.key, media_type="application/octet-stream")
            for file in self.paths
        )
        load = http_load.run(
            self.folder / "requests",
            requests,
            port=self.port,
            connections=_CONNECTIONS,
            seconds=600,
        )
        assert set(load.statuses) == {200}, load.statuses
        return load.per_second


def _fill(command: node.Command, folder: Path) -> None:
    listing = folder / "signals.csv"
    lines = [f"pdq,{row.tobytes().hex()}" for row in signals.uniform(_SIGNALS, 5)]
    listing.write_text("\n".join(["signal_type,value", *lines]) + "\n")
    node.call(command, "bank", "import", node.BANK, str(listing))
