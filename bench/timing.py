# SPDX-License-Identifier: Apache-2.0
"""Clocks and their summaries: percentiles, interleaved rounds, ratios with their spread."""

import gc
import os
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

import msgspec
import numpy as np


class Spread(msgspec.Struct, frozen=True):
    """A figure from several rounds: median, smallest and largest."""

    median: float
    low: float
    high: float


def spread(figures: Sequence[float]) -> Spread:
    return Spread(float(np.median(figures)), min(figures), max(figures))


@contextmanager
def no_collection() -> Iterator[None]:
    """Keep the garbage collector out of what is timed."""
    gc.collect()
    gc.disable()
    try:
        yield
    finally:
        gc.enable()


def seconds(work: Callable[[], object], clock: Callable[[], float] = time.perf_counter) -> float:
    """How long one call takes."""
    start = clock()
    work()
    return clock() - start


def interleaved(
    contenders: dict[str, Callable[[], object]],
    *,
    rounds: int,
    clock: Callable[[], float] = time.perf_counter,
) -> dict[str, list[float]]:
    """Seconds of every contender in every round, one after the other within each round.

    A machine that is shared speeds up and slows down; contenders that take turns meet the same
    weather, so their ratio holds where the single figures do not.
    """
    taken: dict[str, list[float]] = {name: [] for name in contenders}
    with no_collection():
        for _ in range(rounds):
            for name, work in contenders.items():
                taken[name].append(seconds(work, clock))
    return taken


def ratios(taken: dict[str, list[float]], *, baseline: str, subject: str) -> Spread:
    """How many times faster `subject` is than `baseline`, round by round."""
    pairs = zip(taken[baseline], taken[subject], strict=True)
    return spread([slow / fast for slow, fast in pairs])


@contextmanager
def uninterrupted(*, is_wanted: bool) -> Iterator[None]:
    """Let no ordinary process take the processor away meanwhile; caches and memory stay shared.

    Raises:
        PermissionError: The system does not allow it to this user.
    """
    if not is_wanted:
        yield
        return
    os.sched_setscheduler(0, os.SCHED_RR, os.sched_param(1))
    try:
        yield
    finally:
        os.sched_setscheduler(0, os.SCHED_OTHER, os.sched_param(0))


def latencies_us(work: Callable[[int], object], count: int) -> tuple[float, float]:
    """Median and 99th percentile in microseconds of `work(0)` ... `work(count - 1)`."""
    marks = np.empty(count + 1, dtype=np.int64)
    with no_collection():
        marks[0] = time.perf_counter_ns()
        for number in range(count):
            work(number)
            marks[number + 1] = time.perf_counter_ns()
    taken = np.diff(marks) / 1000
    return float(np.percentile(taken, 50)), float(np.percentile(taken, 99))
