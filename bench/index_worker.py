# SPDX-License-Identifier: Apache-2.0
"""Measures one index in a process of its own, so that its memory is seen and given back.

Called by `bench.index` as `python -m bench.index_worker JOB`, JOB as JSON; the answer is the last
line of standard output.
"""

import ctypes
import gc
import sys
import time
from pathlib import Path

import msgspec
import numpy as np
import psutil

from bench import signals
from bench.index_engines import ENGINES, Engine, Nahmi, brute_force
from bench.timing import latencies_us, seconds, uninterrupted
from nahmi.store.index import Index

_SINGLES_S = 15.0
"""About how long the measurement of single queries may take."""

_BATCH_S = 4.0
"""About how long a batched measurement takes."""


class Job(msgspec.Struct, frozen=True):
    """What to measure: paths of two .npy files and of a folder for the index."""

    engine: str
    rows: str
    strangers: str
    folder: str
    singles: int
    checked: int
    seed: int
    realtime: bool


class Figures(msgspec.Struct, kw_only=True):
    """What came out; times as named, memory in bytes a signal."""

    build_s: float
    p50_us: float
    p99_us: float
    one_thread_qps: float
    two_threads_qps: float
    memory_bytes: float
    file_bytes: float | None = None
    open_s: float | None = None
    hits_per_query: float


def main() -> None:
    job = msgspec.json.decode(sys.argv[1], type=Job)
    print(msgspec.json.encode(measure(job)).decode())


def measure(job: Job) -> Figures:
    strangers = np.load(job.strangers)
    engine = ENGINES[job.engine](Path(job.folder))
    before = _own_memory()
    build_s = seconds(lambda: engine.build(np.load(job.rows, mmap_mode="r")))
    signals.release(Path(job.rows))
    rows = np.load(job.rows, mmap_mode="r")
    rng = np.random.default_rng(job.seed)  # the same queries for every engine, none twice
    fresh = lambda count: signals.queries(rows, strangers, count, rng)  # noqa: E731
    engine.many(fresh(64), 1)
    singles = _singles(engine, fresh(20), job.singles)
    prepared = engine.prepare(fresh(singles))
    with uninterrupted(is_wanted=job.realtime):
        p50, p99 = latencies_us(lambda number: engine.one(prepared[number]), singles)
    batches = [fresh(_batch_size(p50)) for _ in range(2)]
    with uninterrupted(is_wanted=job.realtime):
        one_thread = _rate(engine, batches[0], threads=1)
        two_threads = _rate(engine, batches[1], threads=2)
    used = _own_memory() - before
    hits = _check(engine, np.asarray(rows), fresh(job.checked))
    size = engine.size_bytes()
    return Figures(
        build_s=build_s,
        p50_us=p50,
        p99_us=p99,
        one_thread_qps=one_thread,
        two_threads_qps=two_threads,
        memory_bytes=used / len(rows),
        file_bytes=None if size is None else size / len(rows),
        open_s=_open_s(engine),
        hits_per_query=hits,
    )


def _singles(engine: Engine, queries: signals.Rows, most: int) -> int:
    """As many as asked for, fewer where that would take very long; 400 at least."""
    prepared = engine.prepare(queries)
    taken = seconds(lambda: [engine.one(query) for query in prepared]) / len(prepared)
    return int(np.clip(_SINGLES_S / taken, min(400, most), most))


def _rate(engine: Engine, queries: signals.Rows, *, threads: int) -> float:
    return len(queries) / seconds(lambda: engine.many(queries, threads))


def _batch_size(p50_us: float) -> int:
    return int(np.clip(_BATCH_S * 1e6 / p50_us, 64, 100_000))


def _check(engine: Engine, rows: signals.Rows, queries: signals.Rows) -> float:
    """Recall and precision are 1, or there is no figure at all."""
    found, expected = engine.found(queries), brute_force(rows, queries)
    assert found == expected, "the index differs from brute force"
    return sum(map(len, found)) / len(queries)


def _open_s(engine: Engine) -> float | None:
    if not isinstance(engine, Nahmi) or engine.index is None:
        return None
    engine.index.close()
    start = time.perf_counter()
    index = Index.open(engine.folder)
    taken = time.perf_counter() - start
    index.close()
    return taken


def _own_memory() -> int:
    """Resident memory without the file of rows that the measurement itself maps."""
    gc.collect()
    trim = getattr(ctypes.CDLL(None), "malloc_trim", None)
    if trim is not None:  # What was freed while building is no part of an index.
        trim(0)
    process = psutil.Process()
    total = process.memory_info().rss
    mapped = [part.rss for part in process.memory_maps() if part.path.endswith(".npy")]
    return int(total - sum(mapped))


if __name__ == "__main__":
    main()
