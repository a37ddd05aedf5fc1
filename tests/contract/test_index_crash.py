# SPDX-License-Identifier: Apache-2.0
"""A process killed at any step of a change leaves the old or the new state, never a torn one."""

import os
import shutil
import signal
import sys
from collections.abc import Callable
from pathlib import Path
from types import FrameType

import numpy as np
import pytest

from nahmi.store.index import Index

ROWS = np.random.default_rng(3).integers(0, 256, (9000, 32), dtype=np.uint8)
ALL = np.arange(9000, dtype=np.uint64)
START = 40


def add_one(index: Index) -> None:
    index.add(ALL[50:51], ROWS[50:51], watermark=2)


def add_many(index: Index) -> None:
    index.add(ALL[START:], ROWS[START:], watermark=2)


def remove_some(index: Index) -> None:
    index.remove(ALL[5:25:5], watermark=2)


def seal_and_merge(index: Index) -> None:
    index.compact()


NEW_KEYS = {
    add_one: {*range(START), 50},
    add_many: set(range(9000)),
    remove_some: set(range(START)) - {5, 10, 15, 20},
    seal_and_merge: set(range(START)),
}


# The long changes are cut at every second and third line, to keep the suite short.
STRIDE = {add_many: 2, seal_and_merge: 3}


@pytest.fixture(scope="module")
def before(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An index with signals in two segments and in the journal."""
    folder = tmp_path_factory.mktemp("index") / "before"
    with Index.create(folder) as index:
        index.add(ALL[:10], ROWS[:10])
        with index.exclusive():
            index._files.seal()
        index.add(ALL[10:20], ROWS[10:20])
        with index.exclusive():
            index._files.seal()
        index.add(ALL[20:START], ROWS[20:START], watermark=1)
    return folder


def run_and_die(folder: Path, change: Callable[[Index], None], last_line: int) -> bool:
    """Run a change in a child that is killed before its n-th line; whether it ended first."""
    child = os.fork()
    if child == 0:
        lines = 0

        def count(frame: FrameType, event: str, _: object) -> Callable[..., object] | None:
            nonlocal lines
            if "/store/index/" not in frame.f_code.co_filename:
                return None
            if event == "line":
                lines += 1
                if lines >= last_line:
                    os.kill(os.getpid(), signal.SIGKILL)
            return count

        index = Index.open(folder)
        sys.settrace(count)
        change(index)
        os._exit(0)
    _, status = os.waitpid(child, 0)
    return os.WIFEXITED(status)


def keys_in(index: Index) -> list[int]:
    return sorted(index.search(ROWS, limit_bits=0).key.tolist())


@pytest.mark.parametrize("change", NEW_KEYS, ids=lambda change: change.__name__)
def test_killed_at_any_line(change: Callable[[Index], None], before: Path, tmp_path: Path) -> None:
    old, new = set(range(START)), NEW_KEYS[change]
    outcomes = set()
    line, is_over = 0, False
    while not is_over:
        line += STRIDE.get(change, 1)
        folder = tmp_path / "index"
        shutil.copytree(before, folder)
        is_over = run_and_die(folder, change, line)
        with Index.open(folder) as index:
            found = keys_in(index)
            assert set(found) in (old, new), f"torn before line {line}"
            assert len(found) == len(set(found)), f"doubled before line {line}"
            if change is not remove_some and change is not seal_and_merge:
                assert index.watermark == (2 if set(found) == new else 1)
            index.verify()
            # The next change works, whatever the last writer left behind.
            index.add(ALL[8999:], ROWS[8999:])
            assert 8999 in keys_in(index)
            outcomes.add(frozenset(found))
        shutil.rmtree(folder)
    assert frozenset(new) in outcomes
    assert line > 20
