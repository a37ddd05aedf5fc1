# SPDX-License-Identifier: Apache-2.0
"""From content to questions, and from answers to candidates and a verdict."""

from datetime import UTC, datetime
from pathlib import Path

import msgspec
import numpy as np
import pytest

from nahmi.core.bank import Bank, Category, Entry, EntryDraft
from nahmi.core.match import Verdict
from nahmi.core.signal import ContentFingerprints, Fingerprint, Signal
from nahmi.protect.matching import judge
from nahmi.protect.querying import (
    candidates,
    digests_to_compute,
    entry_ids,
    queries,
    search_limit,
)
from nahmi.protect.signals.digests import DIGEST_NAMES
from nahmi.store.index import Index

NOW = datetime(2026, 11, 24, tzinfo=UTC)
BANK = Bank(bank_id=1, name="A", category=Category.TEST, limit_bits=20, created_at=NOW)
WIDE = msgspec.structs.replace(BANK, bank_id=2, name="B", limit_bits=40)
PDQ = Fingerprint("pdq", "0" * 64, quality=100, canon="pdq-canon-v1")
TURNED = Fingerprint("pdq", "f" * 64, quality=100, canon="pdq-canon-v1", variant="rotate90")
SHA256 = Fingerprint("sha256", "a" * 64)


def content(*fingerprints: Fingerprint) -> ContentFingerprints:
    return ContentFingerprints("image/png", 9, 9, 1, 99, fingerprints)


def entry(entry_id: int, bank_id: int, signal: Signal) -> Entry:
    return Entry(entry_id=entry_id, bank_id=bank_id, draft=EntryDraft(signal=signal), added_at=NOW)


def test_perceptual_fingerprints_become_rows_once_each() -> None:
    twin = msgspec.structs.replace(PDQ, variant="trim")
    asked = queries(content(PDQ, twin, TURNED, SHA256))
    assert asked.near == (PDQ, TURNED)
    assert asked.rows.dtype == np.uint8
    assert asked.rows.tolist() == [[0] * 32, [255] * 32]
    assert asked.exact == {SHA256.signal: SHA256}


def test_low_quality_is_not_asked_about() -> None:
    asked = queries(content(msgspec.structs.replace(PDQ, quality=49)))
    assert asked.near == ()
    assert asked.rows.shape == (0, 32)


def test_a_page_asks_for_its_hosts() -> None:
    url = Fingerprint("url", "https://www.example.org/")
    asked = queries(content(url)).exact
    assert asked[Signal("url_host", "example.org")] is url


def test_queries_do_not_show_what_they_hold() -> None:
    assert repr(queries(content(PDQ, SHA256))) == "Queries(near=1, exact=1, compared=0)"


def test_one_search_serves_the_widest_bank() -> None:
    assert search_limit([BANK, WIDE]) == 40
    assert search_limit([]) == 0


@pytest.fixture
def index(tmp_path: Path) -> Index:
    rows = np.zeros((4, 32), dtype=np.uint8)
    rows[:, :4] = 0xFF  # 32 bits from PDQ
    rows[3] = 0
    made = Index.create(tmp_path / "index")
    made.add(np.array([1, 2, 3, 4], dtype=np.uint64), rows)
    yield made
    made.close()


def test_the_answers_become_a_verdict(index: Index) -> None:
    asked = queries(content(PDQ, TURNED, SHA256))
    hits = index.search(asked.rows, limit_bits=search_limit([BANK, WIDE]))
    assert entry_ids(hits) == [1, 2, 3, 4]
    near = [entry(1, 1, PDQ.signal), entry(2, 2, PDQ.signal), entry(4, 9, PDQ.signal)]
    same = [entry(5, 1, SHA256.signal), entry(6, 9, SHA256.signal), entry(7, 1, PDQ.signal)]
    found = list(candidates(asked, hits, near=near, same=same, banks=[BANK, WIDE]))
    assert {item.entry.entry_id for item in found} == {1, 2, 5}
    answer = judge(content(PDQ, TURNED, SHA256), found, now=NOW)
    assert answer.verdict is Verdict.MATCH
    assert [(m.entry.entry_id, m.distance, m.index_version) for m in answer.matches] == [
        (5, 0, 0),
        (2, 32, hits.index_version),
    ]


def test_weak_digests_bring_their_proof_along() -> None:
    assert digests_to_compute(frozenset()) == ()
    assert digests_to_compute({"sha256"}) == ("sha256",)
    assert digests_to_compute({"md5"}) == ("sha256", "md5")
    assert digests_to_compute({"md5", "sha1", "sha256"}) == DIGEST_NAMES
