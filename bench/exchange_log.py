# SPDX-License-Identifier: Apache-2.0
"""A circle's log as it grows: one more assertion, a proof and a page cost what they cost before."""

import random
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import msgspec

from bench.exchange_nodes import found
from bench.options import Options
from bench.report import Table
from bench.timing import Spread, seconds, spread
from nahmi.access.identity import LOCAL
from nahmi.bootstrap.circles import Circles
from nahmi.bootstrap.open_circles import open_circles
from nahmi.core.bank import Category
from nahmi.core.signal import Signal
from nahmi.partner.merkle.hashing import leaf_hashes
from nahmi.partner.merkle.tiles import append
from nahmi.partner.ports.circle import Circle
from nahmi.partner.ports.log import Logged
from nahmi.partner.voice import AssertionDraft
from nahmi.store.sql.circles import SqlCircleStore
from nahmi.testing.node_process import make_node

_AT_ONCE = 50_000
_ROUNDS = 30
_PAGE = 1_000
_BYTES = 420
"""As long as an assertion is."""


def run(options: Options) -> Table:
    table = Table(
        title="A log as it grows: milliseconds, median (least to most)",
        columns=("statements", "append one", "prove one", "prove growth", f"page of {_PAGE:,}"),
        notes=[
            "`append one` asserts a signal at the home, up to its entry and a new checkpoint.",
            "`prove` one statement at any place, and that the log of any earlier size is its part.",
            "The log was filled through the store, with statements that nobody said.",
        ],
    )
    sizes = options.sizes((10_000, 100_000, 1_000_000, 10_000_000), quick=(10_000, 100_000))
    with tempfile.TemporaryDirectory(prefix="nahmi-bench-") as name:
        make_node(Path(name) / "node")
        with open_circles(Path(name) / "node") as (node, circles):
            circle_id, chance = found(circles), random.Random(4)  # noqa: S311 - places
            _say(circles, circle_id, 0)
            for size in sizes:
                _fill(circles.circles, node.store.database.writing, circle_id, size)
                with node.store.database.writing() as within:
                    known = circles.circles.take(circle_id, within=within)
                    circles.hosting.sign(known, within=within)
                table.rows.append([size, *_measured(circles, circle_id, chance, size)])
    return table


def _measured(
    circles: Circles, circle_id: str, chance: random.Random, size: int
) -> Iterator[Spread]:
    numbers = iter(range(size, size + 10 * _ROUNDS))
    yield _ms(lambda: _say(circles, circle_id, next(numbers)))
    circle, out = circles.circles.circle(circle_id), circles.handing_out
    whole = circle.size
    yield _ms(lambda: out.inclusion(circle, chance.randrange(whole), whole))
    yield _ms(lambda: out.consistency(circle, chance.randrange(1, whole), whole))
    yield _ms(lambda: list(out.page(circle, after=chance.randrange(whole - _PAGE), limit=_PAGE)))


def _ms(work: Callable[[], object]) -> Spread:
    work()
    return spread([seconds(work) * 1_000 for _ in range(_ROUNDS)])


def _say(circles: Circles, circle_id: str, number: int) -> None:
    chance = random.Random(number)  # noqa: S311 - the same at every run
    draft = AssertionDraft(
        signal=Signal("pdq", ("0f" * 16 + chance.randbytes(16).hex())), category=Category.TEST
    )
    circles.speaking.share(LOCAL, circle_id, [draft])


def _fill(store: SqlCircleStore, begin: Callable[[], object], circle_id: str, size: int) -> None:
    """Add statements until there are so many."""
    while (circle := store.circle(circle_id)).size < size:
        with begin() as within:  # type: ignore[attr-defined]
            _add(store, store.take(circle_id, within=within), size - circle.size, within)


def _add(store: SqlCircleStore, circle: Circle, missing: int, within: object) -> None:
    count = min(_AT_ONCE, missing)
    texts = [b'{"number":%d}'.ljust(_BYTES) % (circle.size + place) for place in range(count)]
    logged = [
        Logged(
            seq=circle.size + place,
            kind="assert",
            about=text[:16],
            before_seq=None,
            logged_us=circle.last_us + 1 + place,
            statement=text,
            proof=b'{"sig":"%s"}' % (b"A" * 88),
        )
        for place, text in enumerate(texts)
    ]
    tree = append(_Tiles(store, circle.number, within), circle.tree, leaf_hashes(texts))
    tiles = {(tile.level, tile.number): tile.hashes for tile in tree.tiles}
    store.append(circle.number, logged, tiles, within=within)
    last_us = circle.last_us + count
    store.put(msgspec.structs.replace(circle, tree=tree.frontier, last_us=last_us), within=within)


class _Tiles:
    def __init__(self, store: SqlCircleStore, number: int, within: object) -> None:
        self._store, self._number, self._within = store, number, within

    def tile(self, level: int, number: int) -> bytes:
        return self._store.tile(self._number, level, number, within=self._within)
