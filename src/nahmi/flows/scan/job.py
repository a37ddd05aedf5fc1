# SPDX-License-Identifier: Apache-2.0
"""What a scan is to do: two runs with the same job are one scan."""

import hashlib
from enum import StrEnum

import msgspec

from nahmi.protect.plan import FingerprintPlan, Mode
from nahmi.protect.signals.digests import DIGEST_NAMES


class Robustness(StrEnum):
    """How many altered forms of each picture are asked about."""

    NONE = "none"
    """The picture as it is."""
    ORIENTATIONS = "orientations"
    """Also turned and mirrored: eight forms."""
    FULL = "full"
    """Also without borders, letterbox bars and screenshot frames."""


class Job(msgspec.Struct, frozen=True, kw_only=True):
    """What a scan is to do.

    Attributes:
        sources: As given, in order; relative paths made absolute.
        fast: Decode JPEG files at reduced scale.
        robust: Which altered forms are asked about.
        banks: Names of the banks to ask; all enabled ones when empty.
        limit_bits: Instead of each bank's limit, 0..63, or None.
    """

    sources: tuple[str, ...]
    fast: bool = False
    robust: Robustness = Robustness.FULL
    banks: tuple[str, ...] = ()
    limit_bits: int | None = None

    @property
    def key(self) -> str:
        """A name for the job's journal, 24 hexadecimal digits."""
        return hashlib.sha256(msgspec.json.encode(self)).hexdigest()[:24]


def plan_of(
    *, fast: bool, robust: Robustness, digests: tuple[str, ...] = DIGEST_NAMES
) -> FingerprintPlan:
    """What to compute from each item to match it."""
    return FingerprintPlan(
        digests=digests,
        mode=Mode.FAST if fast else Mode.EXACT,
        orientations=robust is not Robustness.NONE,
        trims=robust is Robustness.FULL,
    )
