# SPDX-License-Identifier: Apache-2.0
"""Exact radius search beside threatexchange and FAISS, on random and on real fingerprints."""

import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import msgspec
import numpy as np

from bench import index_growth, index_live, signals
from bench.corpus import Corpus
from bench.index_engines import ENGINES
from bench.index_worker import Figures, Job
from bench.options import Options
from bench.report import Cell, Table

_COLUMNS = (
    "signals", "spread", "index", "p50 us", "p99 us", "q/s 1 thread", "q/s 2 threads",
    "memory B", "file B", "build s", "open s", "hits a query",
)  # fmt: skip
_LIVE_COLUMNS = (
    "signals", "spread", "open ms", "visible p50 ms", "visible p99 ms", "adds/s one by one",
    "adds/s by 1,000", "search p50 us meanwhile", "search p99 us meanwhile",
)  # fmt: skip
_PEERS_UP_TO = 10_000_000
"""Above it only nahmi and the flat index are measured: the others do not fit in memory."""

_GOALS_AT = 10_000_000
_PEER = "threatexchange PDQIndex"


def run(corpus: Corpus, options: Options) -> list[Table]:
    figures = Table(
        title=f"Exact search, limit {signals.LIMIT_BITS}, half altered members, half strangers",
        columns=_COLUMNS,
        notes=["Every engine's answers were compared with brute force on a sample: no difference."],
    )
    live = Table(title="Changes, seen from another process (nahmi)", columns=_LIVE_COLUMNS)
    goals = Table(title="Goals", columns=("signals", "spread", "figure", "goal", "measured", ""))
    pool, strangers = _pools(corpus, options)
    times: index_growth.Times = {}
    for size in options.sizes((100_000, 1_000_000, 10_000_000), quick=(100_000,)):
        for spread_name in ("uniform", "real"):
            print(f"index: {size:,} {spread_name}", file=sys.stderr, flush=True)
            times[spread_name, size] = _measure(
                size, spread_name, (pool, strangers), options, (figures, live, goals)
            )
    goals.rows += index_growth.goals(times)
    return [figures, index_growth.table(times), live, goals]


def _pools(corpus: Corpus, options: Options) -> tuple[signals.Rows, signals.Rows]:
    """Fingerprints for the list, and of pictures that are not in it: every tenth picture."""
    pictures = [*corpus.pictures]
    listed = [path for number, path in enumerate(pictures) if number % 10]
    name = f"{'own' if options.corpus else 'default'}-{len(pictures)}"
    per_picture = max(4, (2_000 if options.quick else 20_000) // len(pictures))
    return (
        signals.real_pool(listed, f"{name}-listed", per_picture=per_picture),
        signals.real_pool(pictures[::10], f"{name}-strangers", per_picture=per_picture),
    )


def _measure(
    size: int,
    spread_name: str,
    pools: tuple[signals.Rows, signals.Rows],
    options: Options,
    tables: tuple[Table, Table, Table],
) -> tuple[float, float]:
    figures, live, goals = tables
    with tempfile.TemporaryDirectory(prefix="nahmi-bench-") as name:
        folder = Path(name)
        rows, strangers = _write(folder, size, spread_name, pools)
        measured: dict[str, Figures] = {}
        for engine in _engines(size, options):
            paths = (str(rows), str(strangers), str(folder / "index"))
            job = Job(
                engine,
                *paths,
                singles=options.pick(3000, 500),
                checked=20,
                seed=size,
                realtime=options.realtime,
            )
            measured[engine] = _in_own_process(job)
            figures.rows.append([size, spread_name, engine, *_cells(measured[engine])])
        seen = index_live.measure(
            folder / "index",
            strangers,
            rounds=options.pick(300, 50),
            adding_s=options.pick(8.0, 2.0),
        )
        live.rows.append([size, spread_name, *msgspec.structs.astuple(seen)])
        shutil.rmtree(folder / "index")
    for row in [*_against(measured), *_alone(size, spread_name, measured["nahmi"], seen)]:
        verdict = row[-1] if size >= _GOALS_AT else "(goal is for 10M)"
        goals.rows.append([size, spread_name, *row[:-1], verdict])
    return measured["nahmi"].p50_us, measured["nahmi"].p99_us


def _engines(size: int, options: Options) -> list[str]:
    wanted = [*ENGINES] if size <= _PEERS_UP_TO else ["nahmi", "FAISS BinaryFlat"]
    return ["nahmi"] if options.alone else wanted


def _write(
    folder: Path, size: int, spread_name: str, pools: tuple[signals.Rows, signals.Rows]
) -> tuple[Path, Path]:
    rows, strangers = folder / "rows.npy", folder / "strangers.npy"
    out = np.lib.format.open_memmap(rows, "w+", np.uint8, (size, 32))
    if spread_name == "uniform":
        signals.fill_uniform(out, seed=size)
        np.save(strangers, signals.uniform(50_000, seed=1))
    else:
        signals.fill_clustered(out, pools[0], seed=size)
        np.save(strangers, pools[1])
    out.flush()
    return rows, strangers


def _in_own_process(job: Job) -> Figures:
    print(f"  {job.engine}", file=sys.stderr, flush=True)
    command = [sys.executable, "-m", "bench.index_worker", msgspec.json.encode(job).decode()]
    done = subprocess.run(command, check=True, stdout=subprocess.PIPE)  # noqa: S603 - our own
    return msgspec.json.decode(done.stdout.splitlines()[-1], type=Figures)


def _cells(figures: Figures) -> list[Cell]:
    return [
        figures.p50_us, figures.p99_us, figures.one_thread_qps, figures.two_threads_qps,
        figures.memory_bytes, figures.file_bytes, figures.build_s, figures.open_s,
        figures.hits_per_query,
    ]  # fmt: skip


def _against(measured: dict[str, Figures]) -> list[list[Cell]]:
    """Ratios to the peers; the goals are stated for 10 million signals."""
    ours = measured["nahmi"]
    faiss = [name for name in measured if name.startswith("FAISS")]
    fastest = [min(faiss, key=lambda name: measured[name].p50_us)] if faiss else []
    pairs = [(_PEER, 40, 75)] if _PEER in measured else []
    pairs += [(name, 20, 20) for name in fastest]
    rows: list[list[Cell]] = []
    for name, times, batched in pairs:
        peer = measured[name]
        rows += [
            _at_least(f"p50, times {name}", times, peer.p50_us / ours.p50_us),
            _at_least(f"p99, times {name}", times, peer.p99_us / ours.p99_us),
            _at_least(
                f"q/s on 2 threads, times {name}",
                batched,
                ours.two_threads_qps / peer.two_threads_qps,
            ),
        ]
    return rows


def _alone(size: int, spread_name: str, ours: Figures, seen: index_live.Live) -> list[list[Cell]]:
    p99_us = 2000 if size > _GOALS_AT else {"uniform": 300, "real": 700}[spread_name]
    return [
        _at_most("p99, us", p99_us, ours.p99_us),
        _at_most("bytes a signal, files", 130, ours.file_bytes or 0.0),
        _at_most("opening, s", 1, ours.open_s or 0.0),
        _at_most("add to visible p99, ms", 10, seen.visible_p99_ms),
        _at_least("adds/s while answering", 50_000, seen.batch_adds),
    ]


def _at_least(figure: str, goal: float, measured: float) -> list[Cell]:
    return [figure, f">= {goal:,}", measured, measured >= goal]


def _at_most(figure: str, goal: float, measured: float) -> list[Cell]:
    return [figure, f"<= {goal:,}", measured, measured <= goal]
