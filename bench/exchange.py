# SPDX-License-Identifier: Apache-2.0
"""Circles between two nodes over HTTP: the first sync, standing still, and one new assertion."""

import os
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from bench import exchange_log
from bench.corpus import Corpus
from bench.exchange_nodes import NAME, NodeFolder, assert_many, found, joined, make_pair
from bench.node import quiet
from bench.options import Options
from bench.report import Table
from bench.timing import Spread, seconds, spread
from nahmi.access.identity import LOCAL
from nahmi.bootstrap.circles import Circles
from nahmi.bootstrap.open_circles import open_circles
from nahmi.core.bank import Category
from nahmi.core.signal import Signal
from nahmi.partner.voice import AssertionDraft
from nahmi.testing.node_process import Caller, NodeProcess

_ALONE, _BATCHED = "one signature each", "one signature a batch"
_GOALS = {_ALONE: 8_000, _BATCHED: 30_000}
_POLLS = 200
_NEW = 12
_PATIENCE_S = 60.0


def run(_pictures: Corpus, options: Options) -> list[Table]:
    return [_first_sync(options), *_standing_still(options), exchange_log.run(options)]


def _first_sync(options: Options) -> Table:
    table = Table(
        title="First sync of a circle between two nodes, over HTTP on one machine",
        columns=(
            "assertions",
            "signed with",
            "seconds",
            "assertions/s",
            "goal",
            "",
            "processor s of the reader",
        ),
        notes=[
            "`nahmi circle sync`, its start included; at the end both nodes hold the same.",
            "Every signature is checked, and every signal is judged and has an entry that matches.",
            "The home serves from a process of its own on the same processors.",
        ],
    )
    for count in options.sizes((100_000, 1_000_000), quick=(50_000,)):
        for form, goal in _GOALS.items():
            held, took, busy = _synced(count, in_batches=form == _BATCHED)
            speed = held / took
            table.rows.append([held, form, took, speed, f">= {goal:,}", speed >= goal, busy])
    return table


def _synced(count: int, *, in_batches: bool) -> tuple[int, float, float]:
    """How many statements a new member reads, in how many seconds, and seconds of a processor."""
    with _pair() as (home, reader), open_circles(home.folder) as (_, circles):
        circle_id = found(circles)
        with NodeProcess(home.folder, port=home.port):
            with joined(circles, reader.folder, circle_id):
                pass
            assert_many(circles, circle_id, count, in_batches=in_batches)
            took, busy = _timed(reader)
        held = circles.circles.circle(circle_id).size
        with open_circles(reader.folder) as (_, other):
            read = other.circles.circle(circle_id)
            same = circles.circles.circle(circle_id)
            if (read.size, read.fold) != (same.size, same.fold):
                raise SystemExit("The two nodes do not hold the same.")
    return held, took, busy


def _timed(reader: NodeFolder) -> tuple[float, float]:
    before = os.times()
    took = seconds(lambda: quiet([*_nahmi(reader), "circle", "sync", NAME]))
    after = os.times()
    busy = after.children_user + after.children_system
    return took, busy - before.children_user - before.children_system


def _standing_still(options: Options) -> list[Table]:
    """What it costs when nothing happens, and how long it takes when something does."""
    polls = Table(
        title="A circle that stands still",
        columns=("polls", "requests each", "ms each", "slowest tenth, ms", "goal", ""),
        notes=["One poll: a signed request, its answer checked against what is held."],
    )
    news = Table(
        title="From one node's assertion until it matches at the other",
        columns=("assertions", "seconds, median (least to most)", "goal", ""),
        notes=["Both nodes serve. The end is when `/api/v1/match` finds it, asked every 5 ms."],
    )
    with _pair() as (home, reader), open_circles(home.folder) as (_, circles):
        circle_id = found(circles)
        with NodeProcess(home.folder, port=home.port):
            with joined(circles, reader.folder, circle_id) as other:
                assert_many(circles, circle_id, 5_000, in_batches=True)
                polls.rows.append(_polled(other, circle_id, options.pick(_POLLS, 50)))
            with NodeProcess(reader.folder, port=reader.port):
                took = _news(circles, circle_id, reader, options.pick(_NEW, 4))
        news.rows.append([options.pick(_NEW, 4), took, "< 2", took.high < 2])
    return [polls, news]


def _polled(other: Circles, circle_id: str, count: int) -> list[object]:
    circle = other.circles.circle(circle_id)
    upstream = other.upstream(circle)
    while not other.keeping_up.round(circle_id, upstream).is_end:
        pass
    counted = _Counted(upstream)
    waits = sorted(
        seconds(lambda: other.keeping_up.round(circle_id, counted)) * 1_000 for _ in range(count)
    )
    median, slow = waits[count // 2], waits[count * 9 // 10]
    return [count, counted.asked / count, median, slow, "< 5", median < 5]


class _Counted:
    """Counts what is asked of another node."""

    def __init__(self, upstream: object) -> None:
        self._upstream = upstream
        self.asked = 0

    def __getattr__(self, name: str) -> object:
        self.asked += 1
        return getattr(self._upstream, name)


def _news(circles: Circles, circle_id: str, reader: NodeFolder, count: int) -> Spread:
    took = []
    with Caller(reader.port, reader.key) as caller:
        _wait_for(caller, _new(circles, circle_id, 0))
        for number in range(1, count + 1):
            begun = time.perf_counter()
            _wait_for(caller, _new(circles, circle_id, number))
            took.append(time.perf_counter() - begun)
    return spread(took)


def _new(circles: Circles, circle_id: str, number: int) -> str:
    value = f"{number:02x}" * 8 + "0f" * 24
    draft = AssertionDraft(signal=Signal("pdq", value), category=Category.TEST)
    if circles.speaking.share(LOCAL, circle_id, [draft]).refused:
        raise SystemExit("The home refused a new assertion.")
    return value


def _wait_for(caller: Caller, value: str) -> None:
    until = time.monotonic() + _PATIENCE_S
    while caller.match("pdq", value).json()["verdict"] != "match":
        if time.monotonic() > until:
            raise SystemExit("A new assertion does not match at the other node.")
        time.sleep(0.005)


def _nahmi(node: NodeFolder) -> list[str]:
    return [str(Path(sys.executable).parent / "nahmi"), "--node", str(node.folder)]


@contextmanager
def _pair() -> Iterator[tuple[NodeFolder, NodeFolder]]:
    with tempfile.TemporaryDirectory(prefix="nahmi-bench-") as name:
        yield make_pair(Path(name))
