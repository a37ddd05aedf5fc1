# SPDX-License-Identifier: Apache-2.0
"""PDQ as it is defined, in NumPy: the oracle of the native kernels, for reading and for tests.

Source:
    Meta, "PDQ and TMK+PDQF" (2019), and its reference implementation in facebook/ThreatExchange,
    pdq/cpp. All sums are of single precision and keep its order, so that results are equal.
"""

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]

_GRID = 64
_SMALLEST = 5


def pdq(pixels: NDArray[np.uint8]) -> tuple[bytes, int]:
    """The PDQ fingerprint of a picture.

    Args:
        pixels: (height, width, 3) red, green, blue, or (height, width) grey, uint8.

    Returns:
        32 bytes in the order of the hexadecimal text, and quality 0..100.
    """
    if min(pixels.shape[:2]) < _SMALLEST:
        return bytes(32), 0
    grid = _sampled(_luminance(pixels))
    frequencies = _low_frequencies(grid)
    median = np.sort(frequencies, axis=None)[127]
    bits = frequencies > median
    # The text begins with the last row, and each row with its last column.
    return np.packbits(bits[::-1, ::-1]).tobytes(), _quality(grid)


def _luminance(pixels: NDArray[np.uint8]) -> Floats:
    if pixels.ndim == 2:  # noqa: PLR2004 - grey has no axis of colours
        return pixels.astype(np.float32)
    thousandths = (pixels.astype(np.int32) * (299, 587, 114)).sum(axis=2)
    luminance: Floats = thousandths.astype(np.float32) / np.float32(1000)
    return luminance


def _box_filter(values: Floats) -> Floats:
    """Mean over a window along the first axis, by a running sum that goes down the rows."""
    length = len(values)
    window = (length + 2 * _GRID - 1) // (2 * _GRID)
    half = (window + 2) // 2
    left, right = window - half, half - 1
    out = np.empty_like(values)
    total = np.zeros(values.shape[1:], np.float32)
    for i in range(right):
        total = total + values[i]
    for i in range(length):
        if i + right < length:
            total = total + values[i + right]
        if i > left:
            total = total - values[i - left - 1]
        inside = min(i + right, length - 1) - max(i - left, 0) + 1
        out[i] = total / np.float32(inside)
    return out


def _sampled(luminance: Floats) -> Floats:
    """The picture, filtered twice along each axis and sampled at the centres of 64 x 64 cells."""
    height, width = luminance.shape
    if (height, width) != (_GRID, _GRID):
        for _ in range(2):
            luminance = _box_filter(luminance.T).T
            luminance = _box_filter(luminance)
    rows = ((np.arange(_GRID) + 0.5) * height / _GRID).astype(int)
    columns = ((np.arange(_GRID) + 0.5) * width / _GRID).astype(int)
    return luminance[np.ix_(rows, columns)]


def _quality(grid: Floats) -> int:
    hundred, full = np.float32(100), np.float32(255)
    down = ((grid[:-1] - grid[1:]) * hundred / full).astype(int)
    across = ((grid[:, :-1] - grid[:, 1:]) * hundred / full).astype(int)
    return min(100, int(np.abs(down).sum() + np.abs(across).sum()) // 90)


def _low_frequencies(grid: Floats) -> Floats:
    """Frequencies 1..16 along both axes of the discrete cosine transform, (16, 16)."""
    i, j = np.arange(1, 17), np.arange(_GRID)
    angles = (np.pi / 2 / _GRID) * i[:, None] * (2 * j + 1)
    cosines = (np.float64(np.float32(np.sqrt(2 / _GRID))) * np.cos(angles)).astype(np.float32)
    half = np.zeros((16, _GRID), np.float32)
    for k in range(_GRID):
        half = half + cosines[:, k, None] * grid[k]
    out = np.zeros((16, 16), np.float32)
    for k in range(_GRID):
        out = out + half[:, k, None] * cosines[:, k]
    return out
