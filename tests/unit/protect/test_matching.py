# SPDX-License-Identifier: Apache-2.0
"""The rule that turns candidates into a verdict."""

from datetime import UTC, datetime, timedelta

import msgspec
import pytest

from nahmi.core.bank import Bank, Category, Entry, EntryDraft
from nahmi.core.match import Verdict
from nahmi.core.signal import ContentFingerprints, Fingerprint, Signal
from nahmi.errors import ErrorCode, InputError
from nahmi.protect.matching import NO_FINGERPRINT, Candidate, is_weak_digest_contradicted, judge
from nahmi.protect.signal_type import IndexKind

HAMMING256 = IndexKind.HAMMING256
NOW = datetime(2026, 11, 24, tzinfo=UTC)
HOUR = timedelta(hours=1)
BANK = Bank(bank_id=1, name="TEST_BANK", category=Category.TEST, created_at=NOW - HOUR)
PDQ = Fingerprint("pdq", "0" * 64, quality=100, canon="pdq-canon-v1")
ROTATED = msgspec.structs.replace(PDQ, variant="rotate90")
SHA256 = Fingerprint("sha256", "a" * 64)
MD5 = Fingerprint("md5", "b" * 32)


def content(*fingerprints: Fingerprint, unusable: str = "") -> ContentFingerprints:
    return ContentFingerprints(
        media_type="image/png",
        width=9,
        height=9,
        frame_count=1,
        size_bytes=99,
        fingerprints=fingerprints,
        unusable=unusable,
    )


def entry(entry_id: int = 1, kind: str = "pdq", value: str = "1", **draft: object) -> Entry:
    return Entry(
        entry_id=entry_id,
        bank_id=1,
        draft=EntryDraft(signal=Signal(kind, value), **draft),
        added_at=NOW - HOUR,
    )


def near(distance: int, entry_id: int = 1, fingerprint: Fingerprint = PDQ) -> Candidate:
    return Candidate(
        entry=entry(entry_id),
        bank=BANK,
        fingerprint=fingerprint,
        distance=distance,
        index_version=7,
    )


def same(fingerprint: Fingerprint, entry_id: int = 1, **draft: object) -> Candidate:
    banked = entry(entry_id, fingerprint.signal_type, fingerprint.value, **draft)
    return Candidate(entry=banked, bank=BANK, fingerprint=fingerprint, distance=0)


def test_a_near_entry_matches_with_its_evidence() -> None:
    answer = judge(content(PDQ), [near(31)], now=NOW)
    assert answer.verdict is Verdict.MATCH
    (match,) = answer.matches
    assert (match.distance, match.limit_bits, match.signal_type) == (31, 31, "pdq")
    assert (match.variant, match.frame, match.index_version) == ("original", 0, 7)


def test_the_bank_draws_the_limit_unless_the_query_does() -> None:
    assert judge(content(PDQ), [near(32)], now=NOW).verdict is Verdict.NO_MATCH
    assert judge(content(PDQ), [near(32)], now=NOW, limit_bits=32).verdict is Verdict.MATCH
    assert judge(content(PDQ), [near(1)], now=NOW, limit_bits=0).verdict is Verdict.NO_MATCH


@pytest.mark.parametrize(
    "draft", [{"expires_at": NOW}, {"disabled_until": NOW + HOUR}], ids=["expired", "disabled"]
)
def test_inactive_entries_never_match(draft: dict[str, object]) -> None:
    assert judge(content(PDQ), [same(PDQ, **draft)], now=NOW).verdict is Verdict.NO_MATCH


def test_deleted_entries_never_match() -> None:
    deleted = msgspec.structs.replace(entry(), deleted_at=NOW)
    candidate = msgspec.structs.replace(near(0), entry=deleted)
    assert judge(content(PDQ), [candidate], now=NOW).verdict is Verdict.NO_MATCH


@pytest.mark.parametrize("change", [{"is_enabled": False}, {"deleted_at": NOW}])
def test_banks_that_are_off_never_match(change: dict[str, object]) -> None:
    candidate = msgspec.structs.replace(near(0), bank=msgspec.structs.replace(BANK, **change))
    assert judge(content(PDQ), [candidate], now=NOW).verdict is Verdict.NO_MATCH


def test_an_entry_matches_once_by_its_best_variant() -> None:
    found = [near(9, fingerprint=ROTATED), near(3, fingerprint=ROTATED), near(3), near(8)]
    (match,) = judge(content(PDQ, ROTATED), found, now=NOW).matches
    assert (match.distance, match.variant) == (3, "original")


def test_exact_types_come_first_then_distance_then_entry() -> None:
    found = [near(5, 4), near(0, 3), near(5, 2), same(SHA256, 9)]
    answer = judge(content(PDQ, SHA256), found, now=NOW)
    assert [match.entry.entry_id for match in answer.matches] == [9, 3, 2, 4]
    assert answer.matches[0].limit_bits == 0


def test_an_exact_type_has_no_radius() -> None:
    far = msgspec.structs.replace(same(SHA256), distance=1)
    assert judge(content(PDQ, SHA256), [far], now=NOW).verdict is Verdict.NO_MATCH


def test_distances_between_different_perceptual_types_mean_nothing() -> None:
    other = msgspec.structs.replace(PDQ, signal_type="other256")
    answer = judge(
        content(other), [near(0, fingerprint=other)], now=NOW, index_kind=lambda _: HAMMING256
    )
    assert answer.verdict is Verdict.NO_MATCH


def test_a_page_matches_a_banked_host() -> None:
    url = Fingerprint("url", "https://www.example.org/")
    banked = entry(1, "url_host", "example.org")
    found = Candidate(entry=banked, bank=BANK, fingerprint=url, distance=0)
    (match,) = judge(content(url), [found], now=NOW).matches
    assert match.signal_type == "url_host"


def test_without_a_usable_fingerprint_there_is_no_answer() -> None:
    answer = judge(content(SHA256, unusable="The picture is blank."), [], now=NOW)
    assert answer.verdict is Verdict.NO_USABLE_FINGERPRINT
    assert answer.reason == "The picture is blank."
    assert judge(content(), [], now=NOW).reason == NO_FINGERPRINT


def test_low_quality_neither_matches_nor_excludes() -> None:
    poor = msgspec.structs.replace(PDQ, quality=49)
    answer = judge(content(poor), [near(0, fingerprint=poor)], now=NOW)
    assert answer.verdict is Verdict.NO_USABLE_FINGERPRINT


def test_an_exact_match_stands_without_a_perceptual_fingerprint() -> None:
    answer = judge(content(SHA256, unusable="The picture is blank."), [same(SHA256)], now=NOW)
    assert answer.verdict is Verdict.MATCH
    assert answer.reason == ""


def test_an_address_that_is_not_banked_is_no_match() -> None:
    url = Fingerprint("url", "https://example.org/")
    assert judge(content(url), [], now=NOW).verdict is Verdict.NO_MATCH


def test_an_unknown_type_is_refused_not_passed_over() -> None:
    with pytest.raises(InputError) as caught:
        judge(content(Fingerprint("no_such_type", "1")), [], now=NOW)
    assert caught.value.code is ErrorCode.SIGNAL_TYPE_UNKNOWN


def test_a_weak_digest_is_contradicted_by_another_sha256() -> None:
    (match,) = judge(content(SHA256, MD5), [same(MD5, content_ref="case")], now=NOW).matches
    other = entry(2, "sha256", "c" * 64, content_ref="case")
    equal = entry(3, "sha256", SHA256.value, content_ref="case")
    stranger = entry(4, "sha256", "d" * 64, content_ref="another")
    ours = content(SHA256, MD5)
    assert is_weak_digest_contradicted(ours, match, [other, stranger])
    assert not is_weak_digest_contradicted(ours, match, [other, equal])
    assert not is_weak_digest_contradicted(ours, match, [stranger])
    assert not is_weak_digest_contradicted(content(MD5), match, [other])
