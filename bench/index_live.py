# SPDX-License-Identifier: Apache-2.0
"""A growing index seen from another process: when a signal is found, what adding costs."""

import multiprocessing
import time
from multiprocessing.connection import Connection
from multiprocessing.synchronize import Event
from pathlib import Path

import msgspec
import numpy as np

from bench import signals
from nahmi.store.index import Index

_FIRST_KEY = 1 << 40
_BATCH = 1000
_CONTEXT = multiprocessing.get_context("spawn")


class Live(msgspec.Struct, kw_only=True):
    """What came out.

    Attributes:
        open_ms: Opening the index in a process that has not seen it.
        visible_p50_ms: From the call of `add` to the first search of another process that finds
            the signal.
        visible_p99_ms: The same, 99th percentile.
        single_adds: Signals a second when added one by one, another process searching.
        batch_adds: Signals a second in batches of 1,000, another process searching.
        search_p50_us: Single searches of the other process during the batches.
        search_p99_us: The same, 99th percentile.
    """

    open_ms: float
    visible_p50_ms: float
    visible_p99_ms: float
    single_adds: float
    batch_adds: float
    search_p50_us: float
    search_p99_us: float


def measure(folder: Path, strangers: Path, *, rounds: int, adding_s: float) -> Live:
    """Changes the index: what is added stays."""
    rng = np.random.default_rng(time.time_ns())
    with Index.open(folder) as index:
        open_ms, visible = _visibility(index, folder, rng, rounds)
        searcher = _Searcher(folder, strangers)
        single = _adds(index, rng, batch=1, adding_s=adding_s / 4)
        searcher.mark()
        batched = _adds(index, rng, batch=_BATCH, adding_s=adding_s)
        p50, p99 = searcher.stop()
    return Live(
        open_ms=open_ms,
        visible_p50_ms=float(np.percentile(visible, 50)),
        visible_p99_ms=float(np.percentile(visible, 99)),
        single_adds=single,
        batch_adds=batched,
        search_p50_us=p50,
        search_p99_us=p99,
    )


def _visibility(
    index: Index, folder: Path, rng: np.random.Generator, rounds: int
) -> tuple[float, list[float]]:
    ours, theirs = _CONTEXT.Pipe()
    reader = _CONTEXT.Process(target=_await_signals, args=(folder, theirs), daemon=True)
    reader.start()
    open_ms = ours.recv()
    taken = []
    for number in range(rounds):
        row = rng.integers(0, 256, (1, 32), dtype=np.uint8)
        ours.send(row)
        ours.recv()
        start = time.monotonic_ns()
        index.add(np.array([_FIRST_KEY + number], dtype=np.uint64), row)
        taken.append((ours.recv() - start) / 1e6)
    ours.send(None)
    reader.join()
    return open_ms, taken


def _await_signals(folder: Path, pipe: Connection) -> None:
    """The other process: searches for each announced row until it is found."""
    start = time.perf_counter()
    index = Index.open(folder, read_only=True)
    pipe.send((time.perf_counter() - start) * 1000)
    while (row := pipe.recv()) is not None:
        assert len(index.search(row, limit_bits=0).key) == 0
        pipe.send("searching")
        while len(index.search(row, limit_bits=0).key) == 0:
            pass
        pipe.send(time.monotonic_ns())  # One clock for all processes of a machine.
    index.close()


def _adds(index: Index, rng: np.random.Generator, *, batch: int, adding_s: float) -> float:
    rows = rng.integers(0, 256, (100_000, 32), dtype=np.uint8)
    keys = np.arange(len(rows), dtype=np.uint64) + _FIRST_KEY
    added, start = 0, time.perf_counter()
    while time.perf_counter() - start < adding_s:
        first = added % len(rows)
        index.add(keys[first : first + batch], rows[first : first + batch])
        added += batch
    return added / (time.perf_counter() - start)


class _Searcher:
    """A process that searches without pause and notes how long each search took."""

    def __init__(self, folder: Path, strangers: Path) -> None:
        self._stop = _CONTEXT.Event()
        self._marked = _CONTEXT.Event()
        self._ours, theirs = _CONTEXT.Pipe()
        arguments = (folder, strangers, self._stop, self._marked, theirs)
        self._process = _CONTEXT.Process(target=_search, args=arguments, daemon=True)
        self._process.start()
        self._ours.recv()

    def mark(self) -> None:
        """Count from now on."""
        self._marked.set()

    def stop(self) -> tuple[float, float]:
        """Median and 99th percentile in microseconds since the mark."""
        self._stop.set()
        answer: tuple[float, float] = self._ours.recv()
        self._process.join()
        return answer


def _search(folder: Path, strangers: Path, stop: Event, marked: Event, pipe: Connection) -> None:
    queries = signals.altered(np.load(strangers), np.random.default_rng(time.time_ns()))
    index = Index.open(folder, read_only=True)
    index.search(queries[:100])
    pipe.send("ready")
    taken: list[int] = []
    counting = False
    while not stop.is_set():
        if not counting and marked.is_set():
            counting, taken = True, []
        query = queries[len(taken) % len(queries)][None]
        start = time.perf_counter_ns()
        index.search(query)
        taken.append(time.perf_counter_ns() - start)
    index.close()
    pipe.send(tuple(float(np.percentile(taken, share)) / 1000 for share in (50, 99)))
