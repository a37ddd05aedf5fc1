# SPDX-License-Identifier: Apache-2.0
"""Whatever the searches return, the verdict keeps its promises."""

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from nahmi.core.bank import Bank, Category, Entry, EntryDraft
from nahmi.core.match import Verdict
from nahmi.core.signal import ContentFingerprints, Fingerprint, Signal
from nahmi.protect.matching import Candidate, judge

NOW = datetime(2026, 11, 24, tzinfo=UTC)
MOMENTS = st.none() | st.sampled_from([NOW - timedelta(1), NOW, NOW + timedelta(1)])
FINGERPRINTS = st.builds(
    Fingerprint,
    signal_type=st.sampled_from(["pdq", "sha256", "md5"]),
    value=st.just("0"),
    quality=st.none() | st.integers(48, 52),
    variant=st.sampled_from(["original", "rotate90", "trim"]),
)


@st.composite
def candidates(draw: st.DrawFn) -> Candidate:
    fingerprint = draw(FINGERPRINTS)
    entry_id = draw(st.integers(1, 4))
    draft = EntryDraft(
        signal=Signal(fingerprint.signal_type, "0"),
        expires_at=draw(MOMENTS),
        disabled_until=draw(MOMENTS),
    )
    entry = Entry(entry_id=entry_id, bank_id=1, draft=draft, added_at=NOW, deleted_at=draw(MOMENTS))
    bank = Bank(
        bank_id=1,
        name="B",
        category=Category.TEST,
        limit_bits=draw(st.integers(0, 63)),
        is_enabled=draw(st.booleans()),
        created_at=NOW,
    )
    distance = draw(st.integers(0, 63))
    return Candidate(entry=entry, bank=bank, fingerprint=fingerprint, distance=distance)


@given(st.lists(FINGERPRINTS, max_size=3), st.lists(candidates(), max_size=8))
def test_promises(fingerprints: list[Fingerprint], found: list[Candidate]) -> None:
    content = ContentFingerprints("image/png", 1, 1, 1, 1, tuple(fingerprints), "")
    answer = judge(content, found, now=NOW)
    ids = [match.entry.entry_id for match in answer.matches]
    assert len(ids) == len(set(ids))
    assert (answer.verdict is Verdict.MATCH) is bool(ids)
    assert bool(answer.reason) is (answer.verdict is Verdict.NO_USABLE_FINGERPRINT)
    for match in answer.matches:
        assert match.distance <= match.limit_bits
        assert match.entry.is_active(NOW)
        assert match.bank.is_enabled
    ranks = [(match.signal_type == "pdq", match.distance) for match in answer.matches]
    assert ranks == sorted(ranks)
    if not ids:
        is_usable = any(
            item.signal_type == "pdq" and (item.quality is None or item.quality >= 50)
            for item in fingerprints
        )
        assert (answer.verdict is Verdict.NO_MATCH) is is_usable


@given(st.lists(candidates(), max_size=6), st.randoms(use_true_random=False))
def test_the_order_of_candidates_does_not_matter(found: list[Candidate], random: object) -> None:
    content = ContentFingerprints("image/png", 1, 1, 1, 1, (), "")
    shuffled = list(found)
    random.shuffle(shuffled)  # type: ignore[attr-defined]
    ours, theirs = judge(content, found, now=NOW), judge(content, shuffled, now=NOW)
    key = [(m.entry.entry_id, m.distance, m.variant) for m in ours.matches]
    assert [(m.entry.entry_id, m.distance, m.variant) for m in theirs.matches] == key
