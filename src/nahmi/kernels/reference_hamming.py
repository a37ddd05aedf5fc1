# SPDX-License-Identifier: Apache-2.0
"""Radius search as it is defined, in NumPy: the oracle of the native kernels."""

import numpy as np
from numpy.typing import NDArray


def distances(rows: NDArray[np.uint8], query: NDArray[np.uint8]) -> NDArray[np.uint16]:
    """Hamming distance of every row to one query.

    Args:
        rows: (n, 32) uint8.
        query: (32,) uint8.

    Returns:
        (n,) uint16 in bits, 0..256.
    """
    bits: NDArray[np.uint16] = np.bitwise_count(rows ^ query).sum(axis=1, dtype=np.uint16)
    return bits


def within(
    rows: NDArray[np.uint8], query: NDArray[np.uint8], *, limit_bits: int
) -> tuple[NDArray[np.int64], NDArray[np.uint16]]:
    """Rows within `limit_bits` of one query, nearest first, ties in the order of the rows.

    Args:
        rows: (n, 32) uint8.
        query: (32,) uint8.
        limit_bits: Inclusive, 0..256.

    Returns:
        Row numbers (m,) int64 and distances (m,) uint16 in bits.
    """
    bits = distances(rows, query)
    found = np.flatnonzero(bits <= limit_bits)
    found = found[np.argsort(bits[found], kind="stable")]
    return found, bits[found]
