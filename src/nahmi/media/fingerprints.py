# SPDX-License-Identifier: Apache-2.0
"""From the bytes of a file to its fingerprints. Runs in the sandbox; see `nahmi.media.worker`."""

from collections.abc import Iterator

import msgspec
import numpy as np
from numpy.typing import NDArray
from PIL import Image

from nahmi import kernels
from nahmi.core.signal import ORIGINAL, ContentFingerprints, Fingerprint
from nahmi.media.canon import CANON, CANON_FAST, Pixels
from nahmi.media.decoding import frames, reduced
from nahmi.media.formats import media_type_of
from nahmi.media.limits import MediaLimits
from nahmi.media.variants import ORIENTATIONS, TRIMS, content_boxes, crop_box
from nahmi.protect.plan import FingerprintPlan, Mode
from nahmi.protect.signals.digests import digest_all
from nahmi.protect.signals.pdq import is_usable


def fingerprints_of(data: bytes, plan: FingerprintPlan, limits: MediaLimits) -> ContentFingerprints:
    """Everything that the plan asks for.

    Raises:
        MediaError: The file cannot be decoded within its limits.
    """
    media_type = media_type_of(data)
    found: list[Fingerprint] = []
    height = width = count = 0
    if plan.mode == Mode.FAST and media_type == "image/jpeg":
        small = reduced(data, limits)
        if small is not None:
            height, width, count = small.height, small.width, 1
            found += _of_luma(small.luma, (height, width), plan)
    if not count:
        for number, pixels in frames(data, media_type, limits, step=plan.frame_step):
            if not count:
                height, width = pixels.shape[:2]
            count += 1
            found += _of_pixels(pixels, plan, number)
    usable = [f for f in found if f.quality is not None and is_usable(f.quality)]
    digests = digest_all(data, plan.digests) if plan.digests else ()
    return ContentFingerprints(
        media_type=media_type,
        width=width,
        height=height,
        frame_count=count,
        size_bytes=len(data),
        fingerprints=(*digests, *_without_doubles(usable)),
        unusable="" if any(f.variant == ORIGINAL for f in usable) else _why(found),
    )


def _why(found: list[Fingerprint]) -> str:
    best = max((f.quality or 0 for f in found if f.variant == ORIGINAL), default=0)
    return (
        f"The picture has too little detail to be recognised by (quality {best} of 100; at least "
        "50 is needed)."
    )


def _of_pixels(pixels: Pixels, plan: FingerprintPlan, number: int) -> Iterator[Fingerprint]:
    yield _fingerprint(kernels.pdq(pixels), ORIGINAL, CANON, number)
    for name in plan.crops:
        top, bottom, left, right = crop_box(name, *pixels.shape[:2])
        cropped = pixels[top:bottom, left:right]
        yield _fingerprint(kernels.pdq(cropped), name, CANON, number)
    if plan.orientations or plan.trims:
        luma = np.asarray(Image.fromarray(pixels).convert("L"))
        for fingerprint in _variants(luma, luma.shape, plan, CANON):
            yield msgspec.structs.replace(fingerprint, frame=number)


def _of_luma(
    luma: NDArray[np.uint8], full: tuple[int, int], plan: FingerprintPlan
) -> Iterator[Fingerprint]:
    """As `_of_pixels`, for a picture decoded at reduced scale."""
    yield _fingerprint(kernels.pdq_reduced(luma, *full), ORIGINAL, CANON_FAST)
    for name in plan.crops:
        box = crop_box(name, *luma.shape)
        yield _fingerprint(kernels.pdq_reduced(*_part(luma, full, box)), name, CANON_FAST)
    yield from _variants(luma, full, plan, CANON_FAST)


def _variants(
    luma: NDArray[np.uint8], full: tuple[int, ...], plan: FingerprintPlan, canon: str
) -> Iterator[Fingerprint]:
    """The picture turned and mirrored, and the same without its borders."""
    if plan.orientations:
        turned = kernels.pdq_orientations(luma, *full)
        for name, hashed in zip(ORIENTATIONS[1:], turned[1:], strict=True):
            yield _fingerprint(hashed, name, canon)
    boxes = content_boxes(luma) if plan.trims else []
    for trim, box in zip(TRIMS, boxes, strict=False):
        part = _part(luma, full, box)
        if not plan.orientations:
            yield _fingerprint(kernels.pdq_reduced(*part), trim, canon)
            continue
        for name, hashed in zip(ORIENTATIONS, kernels.pdq_orientations(*part), strict=True):
            yield _fingerprint(hashed, trim if name == ORIGINAL else f"{name}+{trim}", canon)


def _part(
    luma: NDArray[np.uint8], full: tuple[int, ...], box: tuple[int, int, int, int]
) -> tuple[NDArray[np.uint8], int, int]:
    """A part of a picture, and how large that part is in the full picture."""
    top, bottom, left, right = box
    height = max(bottom - top, round((bottom - top) * full[0] / luma.shape[0]))
    width = max(right - left, round((right - left) * full[1] / luma.shape[1]))
    return luma[top:bottom, left:right], height, width


def _fingerprint(
    hashed: tuple[bytes, int], variant: str, canon: str, frame: int = 0
) -> Fingerprint:
    value, quality = hashed
    return Fingerprint("pdq", value.hex(), quality, canon, variant, frame)


def _without_doubles(found: list[Fingerprint]) -> list[Fingerprint]:
    """One of each value; the first, which is the plainest variant, stays."""
    return list({f.value: f for f in reversed(found)}.values())[::-1]
