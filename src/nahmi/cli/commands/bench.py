# SPDX-License-Identifier: Apache-2.0
"""`nahmi bench`."""

import os
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Annotated

import numpy as np
import typer

from nahmi.bootstrap import init_node, make_fingerprinter
from nahmi.cli.options import Json, emit, table
from nahmi.flows.scan import Robustness
from nahmi.flows.scan.job import plan_of
from nahmi.testing.media import as_jpeg, scene

app = typer.Typer(rich_markup_mode=None, add_completion=False)

_ROUNDS = 8
_QUERIES = 2000


@app.command(epilog="\b\nAgainst other tools, from a checkout of the sources:\n  make bench")
def bench(
    *,
    signals: Annotated[
        int, typer.Option(min=1000, max=20_000_000, help="Signals in the index.")
    ] = 1_000_000,
    pictures: Annotated[int, typer.Option(min=1, max=1000, help="Different pictures.")] = 12,
    as_json: Json = False,
) -> None:
    """Measure this machine: fingerprints and queries per second, on generated data.

    Uses a temporary folder and leaves your node alone. Single runs differ by some percent.
    """
    workers = os.cpu_count() or 1
    files = [as_jpeg(scene(seed, width=1600, height=1200)) for seed in range(pictures)]
    rates = {
        "exact": _hashes_per_second(files, workers, fast=False, robust=Robustness.NONE),
        "fast": _hashes_per_second(files, workers, fast=True, robust=Robustness.NONE),
        "full": _hashes_per_second(files, workers, fast=False, robust=Robustness.FULL),
    }
    added, batch, single = _queries_per_second(signals)
    if as_json:
        fields: dict[str, object] = {
            "workers": workers,
            "signals": signals,
            "pictures_per_s": rates,
            "added_per_s": added,
            "queries_per_s_batch": batch,
            "queries_per_s_single": single,
        }
        emit("bench/1", fields)
        return
    table(
        [
            ("fingerprints a second, JPEG of 1.9 megapixels", f"{rates['exact']:,.0f}"),
            ("  the same, fast mode", f"{rates['fast']:,.0f}"),
            ("  with all altered forms", f"{rates['full']:,.0f}"),
            (f"queries a second among {signals:,} signals, batch", f"{batch:,.0f}"),
            ("  one by one", f"{single:,.0f}"),
            ("signals added a second", f"{added:,.0f}"),
            ("workers", workers),
        ]
    )
    typer.echo("Against other tools, from a checkout of the sources: make bench")


def _hashes_per_second(
    pictures: list[bytes], workers: int, *, fast: bool, robust: Robustness
) -> float:
    plan = plan_of(fast=fast, robust=robust)
    with make_fingerprinter(workers=workers) as fingerprinter, ThreadPoolExecutor(workers) as pool:
        list(pool.map(lambda one: fingerprinter.fingerprint(one, plan), pictures))  # warm up
        work = pictures * _ROUNDS
        started = time.perf_counter()
        list(pool.map(lambda one: fingerprinter.fingerprint(one, plan), work))
        return len(work) / (time.perf_counter() - started)


def _queries_per_second(signals: int) -> tuple[float, float, float]:
    rng = np.random.default_rng(7)
    rows = rng.integers(0, 256, (signals, 32), dtype=np.uint8)
    queries = rows[rng.integers(0, signals, _QUERIES)]
    with (
        tempfile.TemporaryDirectory(prefix="nahmi-bench-") as folder,
        init_node(Path(folder) / "node") as node,
    ):
        started = time.perf_counter()
        node.index.add(np.arange(signals, dtype=np.uint64), rows)
        added = signals / (time.perf_counter() - started)
        node.index.search(queries)
        started = time.perf_counter()
        node.index.search(queries)
        batch = _QUERIES / (time.perf_counter() - started)
        started = time.perf_counter()
        for query in queries[: _QUERIES // 4]:
            node.index.search(query[None, :])
        single = _QUERIES // 4 / (time.perf_counter() - started)
    return added, batch, single
