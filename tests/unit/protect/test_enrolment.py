# SPDX-License-Identifier: Apache-2.0
"""What of a picture enters a bank."""

from datetime import UTC, datetime

import msgspec
import pytest

from nahmi.core.bank import Bank, Category, CropPolicy
from nahmi.core.signal import ContentFingerprints, Fingerprint
from nahmi.errors import ErrorCode, InputError, MediaError
from nahmi.protect.enrolment import Attribution, drafts, plan_for
from nahmi.protect.plan import Mode

NOW = datetime(2026, 11, 24, tzinfo=UTC)
BANK = Bank(bank_id=1, name="TEST_BANK", category=Category.TEST, created_at=NOW)
CROPPING = msgspec.structs.replace(BANK, crops=CropPolicy.CENTRE)
PDQ = Fingerprint("pdq", "0" * 64, quality=100, canon="pdq-canon-v1")
CROP = Fingerprint("pdq", "1" * 64, quality=90, canon="pdq-canon-v1", variant="crop:centre:5")
TURNED = Fingerprint("pdq", "2" * 64, quality=90, canon="pdq-canon-v1", variant="rotate90")
SHA256 = Fingerprint("sha256", "a" * 64)


def content(*fingerprints: Fingerprint, unusable: str = "") -> ContentFingerprints:
    return ContentFingerprints("image/png", 9, 9, 1, 99, fingerprints, unusable)


def test_the_plan_follows_the_bank() -> None:
    assert plan_for(BANK).crops == ()
    assert plan_for(BANK).mode is Mode.EXACT
    assert "crop:centre:5" in plan_for(CROPPING).crops
    both = plan_for(msgspec.structs.replace(BANK, crops=CropPolicy.CENTRE_AND_CORNERS)).crops
    assert set(plan_for(CROPPING).crops) < set(both)
    assert len(set(both)) == len(both)


def test_a_picture_becomes_entries_tied_together() -> None:
    made = drafts(content(PDQ, CROP, TURNED, SHA256), CROPPING, Attribution(source="us"))
    assert [draft.signal for draft in made] == [PDQ.signal, CROP.signal, SHA256.signal]
    assert {draft.content_ref for draft in made} == {f"sha256:{SHA256.value}"}
    assert {draft.source for draft in made} == {"us"}
    assert made[1].variant == "crop:centre:5"


def test_crops_stay_out_of_banks_that_ask_for_none() -> None:
    assert [draft.signal for draft in drafts(content(PDQ, CROP), BANK)] == [PDQ.signal]


def test_duplicates_keep_the_original() -> None:
    twin = msgspec.structs.replace(CROP, value=PDQ.value)
    (draft,) = drafts(content(PDQ, twin), CROPPING)
    assert draft.variant == "original"


@pytest.mark.parametrize(
    ("poor", "reason"),
    [
        (content(SHA256, unusable="The picture is blank."), "The picture is blank."),
        (content(msgspec.structs.replace(PDQ, quality=49)), "49, below 50"),
        (content(SHA256), "no perceptual fingerprint"),
    ],
)
def test_poor_pictures_are_refused_with_the_reason(poor: ContentFingerprints, reason: str) -> None:
    with pytest.raises(MediaError, match=reason) as caught:
        drafts(poor, BANK)
    assert caught.value.code is ErrorCode.FINGERPRINT_UNUSABLE


def test_poor_crops_are_left_out() -> None:
    poor = msgspec.structs.replace(CROP, quality=49)
    assert len(drafts(content(PDQ, poor), CROPPING)) == 1


def test_fast_fingerprints_never_enter() -> None:
    fast = msgspec.structs.replace(PDQ, canon="pdq-canon-v1-fast")
    with pytest.raises(InputError, match="fast mode"):
        drafts(content(fast), BANK)
