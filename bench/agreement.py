# SPDX-License-Identifier: Apache-2.0
"""How far fast fingerprints lie from exact ones, and exact ones from pdqhash."""

import io
from collections.abc import Callable

import numpy as np
import pdqhash
from PIL import Image, ImageOps, UnidentifiedImageError

from bench import subject
from bench.corpus import Corpus
from bench.options import Options
from bench.report import Table
from nahmi.errors import NahmiError

_MIN_QUALITY = 50


def run(pictures: Corpus, options: Options) -> list[Table]:
    paths = pictures.pictures[:: options.pick(1, 10)]
    table = Table(
        title="Distance in bits, pictures with quality >= 50 in the second",
        columns=(
            "first", "second", "pictures", "differ", "mean", "p99", "max", "> 10", "> 31",
        ),
        notes=[f"Pictures: {pictures.source}."],
    )  # fmt: skip
    fast, exact = [], []
    for path in paths:
        data = path.read_bytes()
        reference = _reference(data)
        ours = _tried(subject.exact, data)
        if reference is not None and ours is not None:
            exact.append(_distance(ours, reference))
        quick = _tried(subject.fast, data)
        if ours is not None and quick is not None:
            fast.append(_distance(quick, ours))
    table.rows.append(["nahmi exact", "Pillow + pdqhash", *_summary(exact)])
    table.rows.append(["nahmi fast", "nahmi exact", *_summary(fast)])
    left_out = len(paths) - len(exact)
    table.notes.append(f"{left_out} pictures left out: low quality, or not readable.")
    return [table]


def _tried(call: Callable[[bytes], bytes | None], data: bytes) -> bytes | None:
    try:
        return call(data)
    except NahmiError:
        return None


def _reference(data: bytes) -> bytes | None:
    """Pillow and pdqhash; None below quality 50."""
    try:
        picture = ImageOps.exif_transpose(Image.open(io.BytesIO(data)))
    except (OSError, UnidentifiedImageError):
        return None
    bits, quality = pdqhash.compute(np.asarray(picture.convert("RGB")))
    if quality < _MIN_QUALITY:
        return None
    return np.packbits(np.asarray(bits, dtype=np.uint8)).tobytes()


def _distance(first: bytes, second: bytes) -> int:
    pair = [np.frombuffer(row, dtype=np.uint8) for row in (first, second)]
    return int(np.bitwise_count(pair[0] ^ pair[1]).sum())


def _summary(distances: list[int]) -> list[int | float | str]:
    found = np.array(distances)
    return [
        len(found),
        int((found > 0).sum()),
        float(found.mean()),
        float(np.percentile(found, 99)),
        int(found.max()),
        f"{(found > 10).mean():.3%}",
        f"{(found > 31).mean():.3%}",
    ]
