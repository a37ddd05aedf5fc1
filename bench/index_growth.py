# SPDX-License-Identifier: Apache-2.0
"""How the time of one search grows with the number of signals: the curve, as exponents."""

import itertools
import math

from bench.report import Cell, Table

Times = dict[tuple[str, int], tuple[float, float]]
"""Median and 99th percentile of one search in microseconds, by spread and number of signals."""

_GOAL = 0.5
"""Slower than the square root."""


def table(times: Times) -> Table:
    """One row for each size; an exponent of 1 is linear growth, 0.5 that of the square root."""
    grown = Table(
        title="Growth of one search (nahmi)",
        columns=(
            "signals", "spread", "p50 us", "p99 us", "exponent since the size before",
            "exponent since the smallest",
        ),
        notes=["Exponents are of the median: e where it grows like signals to the power of e."],
    )  # fmt: skip
    for sizes in _by_spread(times):
        for before, (spread_name, size) in zip([sizes[0], *sizes], sizes, strict=False):
            p50, p99 = times[spread_name, size]
            steps: list[Cell] = [
                _exponent(times, start, (spread_name, size)) for start in (before, sizes[0])
            ]
            grown.rows.append([size, spread_name, p50, p99, *steps])
    return grown


def goals(times: Times) -> list[list[Cell]]:
    """The goal speaks of the whole curve; its steps are in the table."""
    rows: list[list[Cell]] = []
    for smallest, *_, largest in (sizes for sizes in _by_spread(times) if len(sizes) > 1):
        exponent = _exponent(times, smallest, largest)
        figure = f"exponent of p50 from {smallest[1]:,}"
        is_met = exponent is not None and exponent < _GOAL
        rows.append([largest[1], largest[0], figure, f"< {_GOAL}", exponent, is_met])
    return rows


def _by_spread(times: Times) -> list[list[tuple[str, int]]]:
    return [
        list(group) for _, group in itertools.groupby(sorted(times), key=lambda place: place[0])
    ]


def _exponent(times: Times, small: tuple[str, int], large: tuple[str, int]) -> float | None:
    if small == large:
        return None
    return math.log(times[large][0] / times[small][0]) / math.log(large[1] / small[1])
