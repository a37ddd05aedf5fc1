# SPDX-License-Identifier: Apache-2.0
"""Benign pictures to measure on: a folder of yours, or pictures made from shipped photographs.

How long a JPEG takes to decode depends on its bits a pixel more than on anything else. Enlarged
crops have too few, so grain is added until the made pictures have as many as files in the wild:
120 JPEG files from the web had 1.13 on average (1.24 megapixels, 171 KiB), 16 from cameras 1.12
(12 megapixels, 1.6 MiB). Every table says how many its own pictures have.
"""

import hashlib
from collections.abc import Iterator, Sequence
from functools import cache, cached_property
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from bench.report import OUT

Pixels = NDArray[np.uint8]

_PHOTOGRAPHS = ("astronaut", "chelsea", "coffee", "rocket", "hubble_deep_field", "retina")
"""Colour photographs inside the scikit-image package; the others of it are drawings or grey."""

_ENDINGS = (".jpg", ".jpeg", ".jpe")
_MADE = OUT / "corpus"
_WEB_PIXELS = (1_000_000, 2_000_000)
_CAMERA_PIXELS = 12_000_000
_GRAIN = 4.0
_WEB_GRAIN = 1.2
_CAMERA_GRAIN = 2.7
"""Standard deviation of the grain in levels; web and camera pictures get 1.1 bits a pixel by it."""


class Corpus:
    """JPEG files and where they come from.

    Attributes:
        source: In words, for the report.
        pictures: All of them; the agreement and robustness tables use these.
    """

    def __init__(self, folder: Path | None, *, quick: bool) -> None:
        self._web, self._camera = (48, 3) if quick else (1_440, 24)
        self._folder = folder
        if folder is None:
            self.source = "enlarged crops of the photographs in scikit-image and scikit-learn"
            self.pictures = _make(_MADE / "pictures", photographs(), count=150 if quick else 1000)
            return
        found = (path for path in sorted(folder.rglob("*")) if path.suffix.lower() in _ENDINGS)
        self.pictures = tuple(path for path in found if _pixels(path))
        if not self.pictures:
            raise SystemExit(f"There are no JPEG files under {folder}.")
        self.source = f"{len(self.pictures):,} JPEG files of your own"

    @cached_property
    def web(self) -> tuple[Path, ...]:
        """Pictures of 1-2 megapixels; crops of larger ones, scaled down, when they are yours."""
        if self._folder is None:
            folder = _MADE / f"web-{_WEB_GRAIN:g}"
            return _make(
                folder, photographs(), count=self._web, pixels=_WEB_PIXELS, grain=_WEB_GRAIN
            )
        return _scaled(_MADE / _digest(self.pictures) / "web", self._large, count=self._web)

    @cached_property
    def camera(self) -> tuple[Path, ...]:
        """Pictures of about 12 megapixels."""
        if self._folder is None:
            folder = _MADE / f"camera-{_CAMERA_GRAIN:g}"
            pixels = (_CAMERA_PIXELS, _CAMERA_PIXELS)
            return _make(
                folder, photographs(), count=self._camera, pixels=pixels, grain=_CAMERA_GRAIN
            )
        return tuple(p for p in self._large if 8_000_000 <= _pixels(p) <= 16_000_000)[
            : self._camera
        ]

    @cached_property
    def _large(self) -> tuple[Path, ...]:
        return tuple(path for path in self.pictures if _pixels(path) >= _WEB_PIXELS[1])


def photographs() -> list[Pixels]:
    """The colour photographs that scikit-image and scikit-learn carry inside their packages."""
    import skimage.data  # noqa: PLC0415 - only the default corpus needs them
    import sklearn.datasets  # noqa: PLC0415

    inside = Path(skimage.data.__file__).parent
    taken = [
        np.asarray(Image.open(path).convert("RGB"))
        for name in _PHOTOGRAPHS
        for path in sorted(inside.glob(f"{name}.*"))
        if path.suffix in {".png", ".jpg", ".jpeg"}
    ]
    return [*taken, *sklearn.datasets.load_sample_images().images]


def read(path: Path) -> Pixels:
    """The picture as (h, w, 3) uint8."""
    with Image.open(path) as picture:
        return np.asarray(picture.convert("RGB"))


def crops(sources: Sequence[Pixels], rng: np.random.Generator) -> Iterator[Image.Image]:
    """Endless crops of a quarter to nine tenths of the sides, every second one mirrored."""
    while True:
        for source in sources:
            height, width = source.shape[:2]
            share = rng.uniform(0.5, 0.95, 2)
            h, w = max(64, int(height * share[0])), max(64, int(width * share[1]))
            top = int(rng.integers(0, max(1, height - h + 1)))
            left = int(rng.integers(0, max(1, width - w + 1)))
            part = source[top : top + h, left : left + w]
            yield Image.fromarray(part[:, ::-1] if rng.random() < 0.5 else part)


def _make(
    folder: Path,
    sources: Sequence[Pixels],
    *,
    count: int,
    pixels: tuple[int, int] = (250_000, 600_000),
    grain: float = _GRAIN,
) -> tuple[Path, ...]:
    """Enlarged crops with grain of this standard deviation."""
    paths = tuple(folder / f"{number:04}.jpg" for number in range(count))
    if all(path.exists() for path in paths):
        return paths
    folder.mkdir(parents=True, exist_ok=True)
    rng = np.random.default_rng(2026)
    for path, crop in zip(paths, crops(sources, rng), strict=False):
        factor = np.sqrt(rng.uniform(*pixels) / (crop.width * crop.height))
        size = (round(crop.width * factor), round(crop.height * factor))
        large = np.asarray(crop.resize(size, Image.Resampling.LANCZOS)).astype(np.float32)
        noise = rng.normal(0, grain, (*large.shape[:2], 1)).astype(np.float32)
        tone = rng.uniform(0.9, 1.1, 3).astype(np.float32)
        altered = np.clip(large * tone + noise, 0, 255).astype(np.uint8)
        Image.fromarray(altered).save(path, quality=int(rng.integers(85, 93)))
    return paths


def _scaled(folder: Path, large: Sequence[Path], *, count: int) -> tuple[Path, ...]:
    """Crops of large pictures scaled down to 1-2 megapixels: natural detail, as on the web."""
    paths = tuple(folder / f"{number:04}.jpg" for number in range(count))
    if not large or all(path.exists() for path in paths):
        return paths if large else ()
    folder.mkdir(parents=True, exist_ok=True)
    rng = np.random.default_rng(2026)
    for number, path in enumerate(paths):
        crop = next(crops([read(large[number % len(large)])], rng))
        factor = min(1.0, np.sqrt(rng.uniform(*_WEB_PIXELS) / (crop.width * crop.height)))
        size = (round(crop.width * factor), round(crop.height * factor))
        resized = crop.resize(size, Image.Resampling.LANCZOS)
        resized.save(path, quality=int(rng.integers(85, 93)))
    return paths


def _digest(paths: Sequence[Path]) -> str:
    """Names the pictures made from a folder, so that those of another are not taken for them."""
    names = "\n".join(f"{path.name} {path.stat().st_size}" for path in paths)
    return hashlib.sha256(names.encode()).hexdigest()[:12]


@cache
def _pixels(path: Path) -> int:
    try:
        with Image.open(path) as picture:
            return picture.width * picture.height
    except OSError:
        return 0


def describe(paths: Sequence[Path]) -> str:
    """How many, how large: `120 pictures, mean 1.48 MP, 212 KiB, 1.2 bits a pixel`."""
    pixels = np.mean([_pixels(path) for path in paths])
    size = np.mean([path.stat().st_size for path in paths])
    return (
        f"{len(paths)} pictures, mean {pixels / 1e6:.2f} MP, {size / 1024:.0f} KiB, "
        f"{8 * size / pixels:.2f} bits a pixel"
    )
