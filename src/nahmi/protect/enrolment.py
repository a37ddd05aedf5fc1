# SPDX-License-Identifier: Apache-2.0
"""What of a picture enters a bank: which variants, at which quality, in which canonical form."""

from collections.abc import Iterable
from datetime import datetime

import msgspec

from nahmi.core.bank import Bank, CropPolicy, EntryDraft
from nahmi.core.signal import ORIGINAL, ContentFingerprints, Fingerprint, Signal
from nahmi.errors import ErrorCode, InputError, MediaError
from nahmi.protect.plan import FingerprintPlan, Mode
from nahmi.protect.signals.pdq import MIN_QUALITY, is_usable

CENTRE_CROPS = tuple(f"crop:centre:{percent}" for percent in (1, 2, 3, 4, 5, 6, 8, 10))
"""Crops of 1..10 percent a side: PDQ alone loses such copies, and with these it finds them all.

Source: threat model, table of transformations, "9 centre-crop enrol" (0 % is the original).
"""

CORNER_CROPS = tuple(
    f"crop:{corner}:{percent}"
    for corner in ("top-left", "top-right", "bottom-left", "bottom-right")
    for percent in (2, 5, 10)
)
"""Crops that keep one corner: cut off by so many percent of width and height."""

SIDE_CROPS = tuple(
    f"crop:{side}:{percent}"
    for side in ("left", "right", "top", "bottom")
    for percent in (3, 6, 10)
)
"""Crops of one side: without them 5 percent cut off one side are not found.

Source: `make bench BENCH=robust`, "off the left".
"""

_CROPS: dict[CropPolicy, tuple[str, ...]] = {
    CropPolicy.NONE: (),
    CropPolicy.CENTRE: CENTRE_CROPS,
    CropPolicy.CENTRE_AND_CORNERS: (*CENTRE_CROPS, *CORNER_CROPS, *SIDE_CROPS),
}

_FAST_SUFFIX = "-fast"
_TRIMS = ("trim", "trim-inner")


class Attribution(msgspec.Struct, frozen=True, kw_only=True):
    """What a curator says about content; fields as in `EntryDraft`."""

    content_ref: str = ""
    source: str = ""
    provenance: str = ""
    note: str = ""
    expires_at: datetime | None = None
    disabled_until: datetime | None = None


def plan_for(bank: Bank) -> FingerprintPlan:
    """What to compute from a picture that is to enter this bank.

    Rotations belong to the query: enrolling them as well would multiply a bank's size for nothing.
    A picture that has borders of its own is enrolled without them too: a query that comes in one
    more border is trimmed of both.
    """
    return FingerprintPlan(mode=Mode.EXACT, crops=_CROPS[bank.crops], trims=True)


def drafts(
    content: ContentFingerprints, bank: Bank, attribution: Attribution | None = None
) -> tuple[EntryDraft, ...]:
    """The entries that content becomes in a bank: the picture, its crops and its digests.

    Args:
        content: What was computed with `plan_for(bank)`; other variants are left out.
        bank: The bank, whose crop policy decides.
        attribution: What the curator says about it; its `content_ref` falls back to the SHA-256
            so that a picture and its crops stay tied together.

    Returns:
        Drafts without duplicates, the original first. Crops of low quality are left out: the
        picture itself stands.

    Raises:
        MediaError: FINGERPRINT_UNUSABLE: the original has no perceptual fingerprint, or one below
            quality 50.
        InputError: INPUT_INVALID: a fingerprint was made in fast mode, whose few bits of error
            would stay in the bank for ever.
    """
    said = attribution or Attribution()
    for fingerprint in content.fingerprints:
        if fingerprint.canon is not None and fingerprint.canon.endswith(_FAST_SUFFIX):
            raise InputError(
                ErrorCode.INPUT_INVALID,
                "A fingerprint made in fast mode cannot enter a bank.",
                hint="Fingerprint the content again in exact mode.",
            )
    if not any(_is_original(item) and is_usable(item.quality) for item in content.fingerprints):
        raise MediaError(
            ErrorCode.FINGERPRINT_UNUSABLE,
            content.unusable or _why_unusable(content.fingerprints),
            hint="Bank its SHA-256 digest instead, if this very file matters.",
        )
    wanted = {ORIGINAL, *_TRIMS, *_CROPS[bank.crops]}
    reference = said.content_ref or _reference(content.fingerprints)
    chosen: dict[Signal, EntryDraft] = {}
    for item in content.fingerprints:
        if item.variant in wanted and is_usable(item.quality):
            chosen.setdefault(item.signal, _draft(item, said, reference))
    return tuple(chosen.values())


def _is_original(fingerprint: Fingerprint) -> bool:
    return fingerprint.canon is not None and fingerprint.variant == ORIGINAL


def _why_unusable(fingerprints: Iterable[Fingerprint]) -> str:
    worst = [item.quality for item in fingerprints if _is_original(item)]
    if worst and worst[0] is not None:
        return (
            f"The picture's quality for fingerprinting is {worst[0]}, below {MIN_QUALITY}: "
            "it holds too little detail to tell it from unrelated pictures."
        )
    return "The content has no perceptual fingerprint."


def _reference(fingerprints: Iterable[Fingerprint]) -> str:
    digest = next((item.value for item in fingerprints if item.signal_type == "sha256"), "")
    return f"sha256:{digest}" if digest else ""


def _draft(fingerprint: Fingerprint, said: Attribution, reference: str) -> EntryDraft:
    return EntryDraft(
        signal=fingerprint.signal,
        content_ref=reference,
        variant=fingerprint.variant,
        quality=fingerprint.quality,
        canon=fingerprint.canon,
        source=said.source,
        provenance=said.provenance,
        note=said.note,
        expires_at=said.expires_at,
        disabled_until=said.disabled_until,
    )
