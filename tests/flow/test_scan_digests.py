# SPDX-License-Identifier: Apache-2.0
"""A scan computes the digests that banks hold, also of types that they get while it runs."""

import hashlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import BinaryIO

import pytest

from nahmi.bootstrap import Node, init_node, now
from nahmi.core.bank import Category, EntryDraft
from nahmi.core.signal import ContentFingerprints, Signal
from nahmi.flows.scan import Job, Journal, Outcome, Record, Robustness, scan
from nahmi.flows.sources import Found
from nahmi.flows.sources.folders import file_item
from nahmi.flows.sources.items import held
from nahmi.media import SandboxedFingerprinter
from nahmi.protect.plan import FingerprintPlan
from nahmi.protect.ports import BankDraft
from nahmi.testing.media import as_jpeg, scene

PICTURES = [as_jpeg(scene(seed, width=200, height=160)) for seed in (1, 2)]
ALL = ("sha256", "sha1", "md5")


class Watched:
    """The real fingerprinter, and which digests it was asked for."""

    def __init__(self, real: SandboxedFingerprinter) -> None:
        self.real = real
        self.asked: list[tuple[str, ...]] = []

    def fingerprint(self, content: BinaryIO | bytes, plan: FingerprintPlan) -> ContentFingerprints:
        self.asked.append(plan.digests)
        return self.real.fingerprint(content, plan)


@pytest.fixture
def watched() -> Iterator[Watched]:
    with SandboxedFingerprinter() as real:
        yield Watched(real)


@pytest.fixture
def node(tmp_path: Path) -> Iterator[Node]:
    with init_node(tmp_path / "node") as made:
        made.store.create_bank(BankDraft(name="A", category=Category.TEST), now=now())
        yield made


def bank_digest(node: Node, name: str, data: bytes) -> None:
    draft = EntryDraft(signal=Signal(name, hashlib.new(name, data).hexdigest()))
    node.store.add_entries(1, [draft], now=now())


def scanned(node: Node, watched: Watched, found: Iterator[Found]) -> list[Record]:
    job = Job(sources=("x",), robust=Robustness.NONE)
    with Journal(node.journals(), job) as journal:
        scan(
            found,
            job=job,
            fingerprinter=watched,
            matcher=node.matcher(),
            journal=journal,
            workers=1,
            on_record=lambda _: None,
        )
        return list(journal.records())


def files(folder: Path) -> list[Path]:
    paths = [folder / "1.jpg", folder / "2.jpg"]
    for path, data in zip(paths, PICTURES, strict=True):
        path.write_bytes(data)
    return paths


@pytest.mark.parametrize(
    ("banked", "computed"),
    [
        ((), ()),
        (("sha256",), ("sha256",)),
        (("md5",), ("sha256", "md5")),
        (("sha1", "md5"), ALL),
    ],
)
def test_only_what_there_is_to_ask_about(
    node: Node,
    watched: Watched,
    tmp_path: Path,
    banked: tuple[str, ...],
    computed: tuple[str, ...],
) -> None:
    for name in banked:
        bank_digest(node, name, PICTURES[1])
    records = scanned(node, watched, (file_item(str(path)) for path in files(tmp_path)))
    assert watched.asked == [computed, computed]
    second = Outcome.MATCH if banked else Outcome.NO_MATCH
    assert [record.outcome for record in records] == [Outcome.NO_MATCH, second]


@pytest.mark.parametrize("name", ALL)
@pytest.mark.parametrize("is_file", [True, False])
def test_digests_that_come_during_the_scan_are_found(
    node: Node,
    watched: Watched,
    tmp_path: Path,
    name: str,
    is_file: bool,  # noqa: FBT001 - a parameter
) -> None:
    make: Callable[[int], Found] = (
        (lambda n: file_item(str(files(tmp_path)[n])))
        if is_file
        else (lambda n: held(str(n), PICTURES[n]))
    )

    def found() -> Iterator[Found]:
        yield make(0)
        bank_digest(node, name, PICTURES[0])
        yield make(1)

    first, second = scanned(node, watched, found())
    assert (first.outcome, second.outcome) == (Outcome.MATCH, Outcome.NO_MATCH)
    assert first.matches[0].signal_type == name
    # Content that is held in memory is not kept to be read again.
    assert len(watched.asked) == (4 if is_file else 2)


def test_a_file_that_is_gone_when_it_is_read_again_is_unreadable(
    node: Node, watched: Watched, tmp_path: Path
) -> None:
    path = files(tmp_path)[0]

    def found() -> Iterator[Found]:
        yield file_item(str(path))
        while not watched.asked:  # until its fingerprints are under way
            pass
        watched.real.layers()  # waits for the one worker
        path.unlink()
        bank_digest(node, "md5", PICTURES[0])

    (record,) = scanned(node, watched, found())
    assert record.outcome is Outcome.UNREADABLE
