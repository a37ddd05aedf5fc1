# SPDX-License-Identifier: Apache-2.0
"""Every path gives the hash and quality of the definition, and of Meta's implementation."""

import numpy as np
import pdqhash
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nahmi import kernels
from nahmi.kernels import reference

ISAS = kernels.instruction_sets()
SIDES = (1, 2, 3, 4, 5, 6, 7, 9, 15, 16, 17, 31, 32, 33, 63, 64, 65, 97, 129, 200)


def picture(height: int, width: int, seed: int = 0, channels: int = 3) -> np.ndarray:
    """A picture with large shapes and fine noise."""
    rng = np.random.default_rng(seed)
    shape = (height, width, channels) if channels > 1 else (height, width)
    y, x = np.mgrid[0:height, 0:width]
    waves = np.zeros((height, width))
    for _ in range(6):
        a, b, c = rng.uniform(-0.15, 0.15, 3)
        waves += np.sin(a * x + b * y + 40 * c)
    base = 127 + 20 * waves
    if channels > 1:
        base = base[:, :, None] * np.array([1.0, 0.8, 0.6])
    return np.clip(base + rng.normal(0, 12, shape), 0, 255).astype(np.uint8)


def oracle(pixels: np.ndarray) -> tuple[bytes, int]:
    bits, quality = pdqhash.compute(pixels)
    return np.packbits(bits).tobytes(), quality


@pytest.mark.parametrize("isa", ISAS)
@pytest.mark.parametrize("height", SIDES)
def test_all_sizes_equal_the_definition(isa: str, height: int) -> None:
    for width in (*SIDES, 300):
        pixels = picture(height, width, seed=height * 1000 + width)
        assert kernels.pdq(pixels, isa) == reference.pdq(pixels)
        grey = pixels[:, :, 1].copy()
        assert kernels.pdq(grey, isa) == reference.pdq(grey)


@pytest.mark.parametrize(
    ("height", "width"),
    [(5, 5), (5, 700), (700, 5), (64, 64), (64, 65), (97, 33), (480, 640), (1031, 777), (37, 2111)],
)
def test_equals_the_reference_implementation(height: int, width: int) -> None:
    for seed in range(3):
        pixels = picture(height, width, seed)
        assert kernels.pdq(pixels) == oracle(pixels)
        assert kernels.pdq(pixels, "serial") == oracle(pixels)


def test_symmetric_patterns_equal_the_reference_implementation() -> None:
    """Symmetry makes frequencies all but equal, so the last digit of the luminance decides."""
    cell = (np.indices((400, 500)) // 50).sum(axis=0) % 2
    for dark, light in (((0, 0, 0), (255, 255, 255)), ((10, 200, 30), (250, 40, 90))):
        board = np.where(cell[:, :, None] == 0, np.uint8(dark), np.uint8(light)).astype(np.uint8)
        for height, width in ((400, 500), (400, 400), (333, 457), (128, 256)):
            pixels = np.ascontiguousarray(board[:height, :width])
            assert kernels.pdq(pixels) == oracle(pixels) == reference.pdq(pixels)


@pytest.mark.parametrize("isa", ISAS)
@pytest.mark.parametrize("size", [(5, 5), (64, 64), (131, 517), (640, 480)])
def test_plain_pictures(isa: str, size: tuple[int, int]) -> None:
    height, width = size
    ramp = np.linspace(0, 255, height * width).astype(np.uint8).reshape(height, width)
    board = (np.indices(size).sum(axis=0) % 2 * 255).astype(np.uint8)
    for grey in (np.zeros(size, np.uint8), np.full(size, 255, np.uint8), ramp, ramp.T, board):
        pixels = np.ascontiguousarray(np.repeat(grey[:, :, None], 3, axis=2))
        assert kernels.pdq(pixels, isa) == reference.pdq(pixels) == oracle(pixels)
    assert kernels.pdq(np.zeros((*size, 3), np.uint8), isa) == (bytes(32), 0)


@settings(max_examples=60, deadline=None)
@given(
    height=st.integers(1, 160),
    width=st.integers(1, 160),
    seed=st.integers(0, 2**32 - 1),
    channels=st.sampled_from([1, 3]),
    isa=st.sampled_from(ISAS),
)
def test_any_size_equals_the_definition(
    height: int, width: int, seed: int, channels: int, isa: str
) -> None:
    pixels = picture(height, width, seed, channels)
    assert kernels.pdq(pixels, isa) == reference.pdq(pixels)


@pytest.mark.parametrize("isa", ISAS)
def test_views_with_odd_strides(isa: str) -> None:
    large = picture(300, 401)
    for view in (
        large[3:231, 7:264],
        large[::2, 5:],
        large[:101],
        np.asfortranarray(large)[:5, :0],
    ):
        expected = kernels.pdq(np.ascontiguousarray(view), isa)
        assert kernels.pdq(view, isa) == expected


def test_pixels_of_other_shapes_are_refused() -> None:
    pixels = picture(20, 20)
    for wrong in (pixels[:, ::2], pixels[::-1], pixels[:, :, ::-1], pixels[:, :, :2], pixels[0, 0]):
        with pytest.raises(ValueError, match=r"pixels|memory"):
            kernels.pdq(wrong)
    for wrong in (pixels.astype(np.float32), pixels.astype(np.int16)):
        with pytest.raises(TypeError):
            kernels.pdq(wrong)
    with pytest.raises(ValueError, match="smaller"):
        kernels.pdq_reduced(pixels[:, :, 0].copy(), 10, 20)


def bits_apart(a: bytes, b: bytes) -> int:
    return (int.from_bytes(a) ^ int.from_bytes(b)).bit_count()


def test_orientations_are_those_of_the_turned_pixels() -> None:
    for seed, size in enumerate([(333, 512), (640, 480), (97, 700), (256, 256)]):
        pixels = picture(*size, seed, channels=1)
        turned = [
            pixels,
            np.rot90(pixels, -1),
            np.rot90(pixels, 2),
            np.rot90(pixels, 1),
            pixels[:, ::-1],
            pixels[::-1],
            pixels.T,
            np.rot90(pixels, 2).T,
        ]
        hashes = kernels.pdq_orientations(pixels, *size)
        assert len(hashes) == 8
        for (found, quality), view in zip(hashes, turned, strict=True):
            expected, expected_quality = kernels.pdq(np.ascontiguousarray(view))
            # Rounding may tip a frequency that all but equals the median.
            assert bits_apart(found, expected) <= 4
            assert abs(quality - expected_quality) <= 1


def test_reduced_pictures_stay_near_the_full_one() -> None:
    for seed in range(4):
        full = picture(1200, 1600, seed, channels=1)
        for step in (1, 2, 4):
            reduced = full.reshape(1200 // step, step, 1600 // step, step).mean((1, 3))
            found, _ = kernels.pdq_reduced(np.round(reduced).astype(np.uint8), 1200, 1600)
            assert bits_apart(found, kernels.pdq(full)[0]) <= 6
