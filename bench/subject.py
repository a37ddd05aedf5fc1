# SPDX-License-Identifier: Apache-2.0
"""nahmi's fingerprinting as its sandboxed workers do it, called in this process."""

from datetime import UTC, datetime

from nahmi.core.bank import Bank, Category, CropPolicy
from nahmi.core.signal import ORIGINAL, ContentFingerprints
from nahmi.errors import MediaError
from nahmi.media.fingerprints import fingerprints_of
from nahmi.media.limits import MediaLimits
from nahmi.protect.enrolment import plan_for
from nahmi.protect.plan import FingerprintPlan, Mode

_LIMITS = MediaLimits()
_EXACT = FingerprintPlan(mode=Mode.EXACT, digests=())
_FAST = FingerprintPlan(mode=Mode.FAST, digests=())
_QUERY = FingerprintPlan(orientations=True, trims=True, digests=())

_EPOCH = datetime.fromtimestamp(0, UTC)

Variants = list[tuple[str, bytes]]
"""Names of variants and their 32 bytes."""


def exact(data: bytes) -> bytes | None:
    """The canonical fingerprint; None when the picture has too little detail."""
    return _original(fingerprints_of(data, _EXACT, _LIMITS))


def fast(data: bytes) -> bytes | None:
    """As `exact`, decoded at reduced scale."""
    return _original(fingerprints_of(data, _FAST, _LIMITS))


def query_variants(data: bytes) -> Variants:
    """What is asked: the picture in 8 orientations, with and without its borders."""
    return _variants(data, _QUERY)


def enrolled_variants(data: bytes, policy: CropPolicy) -> Variants:
    """What a bank with this crop policy keeps; empty when it refuses the picture."""
    return _variants(data, plan_for(_bank(policy)))


def _bank(policy: CropPolicy) -> Bank:
    # The clock plays no part in what is computed.
    return Bank(bank_id=1, name="BENCH", category=Category.TEST, crops=policy, created_at=_EPOCH)


def _variants(data: bytes, plan: FingerprintPlan) -> Variants:
    try:
        content = fingerprints_of(data, plan, _LIMITS)
    except MediaError:
        return []
    return [
        (item.variant, bytes.fromhex(item.value))
        for item in content.fingerprints
        if item.signal_type == "pdq"
    ]


def _original(content: ContentFingerprints) -> bytes | None:
    for item in content.fingerprints:
        if item.variant == ORIGINAL and item.signal_type == "pdq":
            return bytes.fromhex(item.value)
    return None
