# SPDX-License-Identifier: Apache-2.0
"""Fingerprints and signals: what is computed from content, and what may be shared of it."""

import msgspec

ORIGINAL = "original"
"""The variant name of a fingerprint of the content as it is."""


class Signal(msgspec.Struct, frozen=True):
    """A fingerprint or indicator that may be banked and shared.

    Attributes:
        signal_type: Registered name of the type, such as `pdq`, `sha256` or `url`.
        value: Canonical text form, as `SignalType.validate` returns it.
    """

    signal_type: str
    value: str

    def __repr__(self) -> str:
        # Fingerprints can be inverted in part, so they stay out of logs and tracebacks.
        return f"Signal(signal_type={self.signal_type!r}, value=<withheld>)"


class Fingerprint(msgspec.Struct, frozen=True):
    """One fingerprint computed from content.

    Attributes:
        signal_type: Registered name of the type.
        value: Canonical text form.
        quality: 0..100 for types that grade themselves (PDQ), else None.
        canon: Version of the canonical form that it was computed on, such as `pdq-canon-v1`;
            None for types computed on the bytes themselves.
        variant: How the content was altered before hashing: `original`, `rotate90`, `trim`,
            `crop:centre:5` (percent a side), joined by `+`.
        frame: Zero-based number of the frame in animated content.
    """

    signal_type: str
    value: str
    quality: int | None = None
    canon: str | None = None
    variant: str = ORIGINAL
    frame: int = 0

    @property
    def signal(self) -> Signal:
        """The part of the fingerprint that may be shared."""
        return Signal(self.signal_type, self.value)

    def __repr__(self) -> str:
        return (
            f"Fingerprint(signal_type={self.signal_type!r}, value=<withheld>, "
            f"quality={self.quality}, variant={self.variant!r}, frame={self.frame})"
        )


class ContentFingerprints(msgspec.Struct, frozen=True):
    """Everything that was computed from one item of content.

    Attributes:
        media_type: Sniffed from the bytes, such as `image/jpeg`.
        width: Pixels of the canonical picture (after orientation), 0 when it is no picture.
        height: Pixels of the canonical picture.
        frame_count: Frames in the file; 1 for still pictures.
        size_bytes: Length of the file.
        fingerprints: Usable fingerprints only, original first.
        unusable: Why a perceptual fingerprint is missing (blank or low-quality picture), one
            sentence; empty when all were usable. Exact digests are present either way.
    """

    media_type: str
    width: int
    height: int
    frame_count: int
    size_bytes: int
    fingerprints: tuple[Fingerprint, ...]
    unusable: str = ""
