# SPDX-License-Identifier: Apache-2.0
"""Store and index stay together: after crashes, and with two writers at once."""

import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pytest

from nahmi.bootstrap import Node, init_node, open_node
from nahmi.core.bank import Category, EntryDraft
from nahmi.core.match import Verdict
from nahmi.core.signal import Signal
from nahmi.flows.match import content_of
from nahmi.protect.ports import BankDraft

NOW = datetime(2026, 1, 1, tzinfo=UTC)
PROGRAM = str(Path(sys.executable).with_name("nahmi"))


def signals(count: int, seed: int = 7) -> list[Signal]:
    rows = np.random.default_rng(seed).integers(0, 256, (count, 32), dtype=np.uint8)
    return [Signal("pdq", row.tobytes().hex()) for row in rows]


def add(node: Node, some: list[Signal]) -> range:
    bank = node.store.bank("B")
    drafts = [EntryDraft(signal=signal) for signal in some]
    return node.store.add_entries(bank.bank_id, drafts, now=NOW)


def verdicts(node: Node, some: list[Signal]) -> list[Verdict]:
    answers = node.matcher().match([content_of([signal]) for signal in some])
    return [answer.verdict for answer in answers]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    with init_node(tmp_path / "node") as node:
        node.store.create_bank(BankDraft(name="B", category=Category.TEST), now=NOW)
    return tmp_path / "node"


def test_a_crash_between_store_and_index_loses_nothing(folder: Path) -> None:
    some = signals(100)
    with open_node(folder) as node:
        add(node, some)  # the process ends here, before the index learns of it
        assert node.index.status().signals == 0
    with open_node(folder) as node:
        assert verdicts(node, some) == [Verdict.MATCH] * 100
        assert node.index.status().signals == 100
    with open_node(folder) as node:
        assert node.index.status().signals == 100, "catching up twice adds nothing twice"


def test_removals_follow_too(folder: Path) -> None:
    some = signals(10)
    with open_node(folder) as node:
        ids = add(node, some)
        node.catch_up()
        node.store.delete_entries(ids[:5], now=NOW)
        node.catch_up()
        assert node.index.status().signals == 5
        assert verdicts(node, some) == [Verdict.NO_MATCH] * 5 + [Verdict.MATCH] * 5
        node.store.restore_entries(ids[:2])
        node.catch_up()
        assert node.index.status().signals == 7


def test_a_batch_gives_each_item_its_own_answer(folder: Path) -> None:
    some = signals(50)
    with open_node(folder) as node:
        ids = list(add(node, some))
        node.catch_up()
        contents = [content_of(some[3:5]), content_of([]), content_of([some[0]])]
        answers = node.matcher().match(contents)
        found = [sorted(match.entry.entry_id for match in answer.matches) for answer in answers]
        assert found == [[ids[3], ids[4]], [], [ids[0]]]
        assert answers[1].verdict is Verdict.NO_USABLE_FINGERPRINT


def test_two_writers_at_once(folder: Path, tmp_path: Path) -> None:
    writers = []
    for seed in (1, 2):
        file = tmp_path / f"{seed}.txt"
        file.write_text("".join(f"pdq {one.value}\n" for one in signals(5000, seed)))
        arguments = [PROGRAM, "--node", str(folder), "bank", "import", "B", str(file)]
        writers.append(subprocess.Popen(arguments, stdout=subprocess.PIPE, stderr=subprocess.PIPE))
    for writer in writers:
        out, err = writer.communicate(timeout=60)
        assert (writer.returncode, err) == (0, b"")
        assert out.startswith(b"Added 5000 entries")
    with open_node(folder) as node:
        assert node.index.status().signals == 10_000
        assert verdicts(node, signals(50, 1) + signals(50, 2)) == [Verdict.MATCH] * 100
