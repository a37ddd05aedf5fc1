# SPDX-License-Identifier: Apache-2.0
"""What to compute from content: which variants, which frames, how exactly."""

from enum import StrEnum

import msgspec

from nahmi.protect.signals.digests import DIGEST_NAMES


class Mode(StrEnum):
    """How a picture is decoded before hashing."""

    EXACT = "exact"
    """Full resolution and colour: the canonical fingerprint, the only one fit for banks."""
    FAST = "fast"
    """JPEG at reduced scale in luminance: within a few bits of the canonical one, for scanning."""


class FingerprintPlan(msgspec.Struct, frozen=True, kw_only=True):
    """What to compute from content.

    Attributes:
        mode: Exact or fast decoding.
        orientations: Also hash the seven other quarter turns and mirror images.
        trims: Also hash the picture without its borders, letterbox bars or screenshot frame.
        crops: Crops to hash as well, as variant names such as `crop:centre:5`.
        frame_step: Hash every n-th frame of animated content, 1 or more; None for the first only.
        digests: Which digests of the bytes to compute, of `DIGEST_NAMES`.
    """

    mode: Mode = Mode.EXACT
    orientations: bool = False
    trims: bool = False
    crops: tuple[str, ...] = ()
    frame_step: int | None = None
    digests: tuple[str, ...] = DIGEST_NAMES
