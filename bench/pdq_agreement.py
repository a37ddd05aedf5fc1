# SPDX-License-Identifier: Apache-2.0
"""How many bits of PDQ differ from those of pdqhash, which wraps Meta's code.

Run it with `python -m bench.pdq_agreement [DIR]`. DIR is any folder of pictures; without it the
pictures inside scikit-image and scikit-learn are used. Each of them is cropped, scaled and mirrored
at random, the same way at every run.
"""

import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pdqhash
from PIL import Image

from bench.corpus import Pixels, crops, read
from nahmi import kernels

USABLE = 3_000
QUALITY = 50
_ATTEMPTS = 4 * USABLE
_ENDINGS = {".jpg", ".jpeg", ".png", ".gif", ".tif", ".tiff", ".webp", ".bmp"}
_SMALLEST_SIDE = 64


def shipped() -> list[Path]:
    """The folders of the pictures that scikit-image and scikit-learn carry."""
    import skimage.data  # noqa: PLC0415 - only needed without a folder
    import sklearn.datasets  # noqa: PLC0415

    return [Path(skimage.data.__file__).parent, Path(sklearn.datasets.__file__).parent]


def pictures(folders: list[Path]) -> list[Pixels]:
    """All readable pictures below the folders that are large enough to be cropped."""
    found = []
    for folder in folders:
        for path in sorted(folder.rglob("*")):
            if path.suffix.lower() not in _ENDINGS:
                continue
            try:
                pixels = read(path)
            except (OSError, ValueError) as problem:
                print(f"left out: {path.name} ({type(problem).__name__})")
                continue
            if min(pixels.shape[:2]) >= _SMALLEST_SIDE:
                found.append(pixels)
    return found


def variations(sources: list[Pixels], rng: np.random.Generator) -> Iterator[Pixels]:
    """Endless crops, scaled to sides of 64 to 700 pixels."""
    for crop in crops(sources, rng):
        width, height = (int(side) for side in rng.integers(_SMALLEST_SIDE, 700, 2))
        yield np.asarray(crop.resize((width, height), Image.Resampling.BICUBIC))


def different_bits(ours: bytes, theirs: bytes) -> int:
    return (int.from_bytes(ours) ^ int.from_bytes(theirs)).bit_count()


def main() -> None:
    folders = [Path(name) for name in sys.argv[1:]] or shipped()
    sources = pictures(folders)
    if not sources:
        raise SystemExit("There are no pictures there.")
    bits: Counter[int] = Counter()
    compared = other_quality = 0
    for pixels in variations(sources, np.random.default_rng(2026)):
        vector, quality = pdqhash.compute(pixels)
        theirs = np.packbits(vector).tobytes()
        ours = kernels.pdq(pixels)
        compared += 1
        other_quality += ours[1] != quality
        if quality >= QUALITY:
            bits[different_bits(ours[0], theirs)] += 1
        if bits.total() == USABLE or compared == _ATTEMPTS:
            break
    print(
        f"{len(sources)} pictures, {compared:,} variations, path {kernels.best_instruction_set()}"
    )
    print(f"{bits.total():,} of quality {QUALITY} or more; hashes by number of differing bits:")
    for count, hashes in sorted(bits.items()):
        print(f"{count:>4} bits: {hashes:,}")
    print(f"different quality: {other_quality:,} of {compared:,}")


if __name__ == "__main__":
    main()
