# SPDX-License-Identifier: Apache-2.0
"""256-bit signals to fill indexes with, and queries of which half are altered members."""

import os
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pdqhash
from numpy.typing import NDArray
from PIL import Image

from bench import corpus
from bench.report import OUT

Rows = NDArray[np.uint8]

LIMIT_BITS = 31
_CHUNK = 1_000_000


def uniform(count: int, seed: int) -> Rows:
    """Independent random bits: (count, 32) uint8."""
    out = np.empty((count, 32), dtype=np.uint8)
    fill_uniform(out, seed)
    return out


def fill_uniform(out: Rows, seed: int) -> None:
    """The same into an array that may be a file: large lists need not fit in memory."""
    rng = np.random.default_rng(seed)
    for start in range(0, len(out), _CHUNK):
        part = out[start : start + _CHUNK]
        part[:] = rng.integers(0, 256, part.shape, dtype=np.uint8)


def altered(rows: Rows, rng: np.random.Generator) -> Rows:
    """Copies with 0 to 31 flips each at random positions."""
    out = rows.copy()
    flips = rng.integers(0, LIMIT_BITS + 1, len(out))
    for turn in range(LIMIT_BITS):
        chosen = np.flatnonzero(flips > turn)
        bit = rng.integers(0, 256, len(chosen))
        out[chosen, bit >> 3] ^= (1 << (bit & 7)).astype(np.uint8)
    return out


def fill_clustered(out: Rows, pool: Rows, seed: int) -> None:
    """Real fingerprints with near-duplicates, as lists of real pictures have them.

    A quarter of the pictures of the pool make most of the copies (Zipf); every copy has 0 to 31
    flipped bits, except one in fifty, which is the same to the bit.
    """
    rng = np.random.default_rng(seed)
    count = len(out)
    for start in range(0, count, _CHUNK):
        size = min(_CHUNK, count - start)
        picture = np.minimum(rng.beta(0.6, 1.2, size) * len(pool), len(pool) - 1).astype(np.int64)
        part = pool[picture]
        copies = altered(part, rng)
        same = rng.random(size) < 0.02
        copies[same] = part[same]
        out[start : start + size] = copies
    once = min(len(pool), count // 4)
    out[rng.choice(count, once, replace=False)] = pool[:once]


def release(path: Path) -> None:
    """Let the system forget what it holds of a file, so that it does not crowd out an index."""
    if hasattr(os, "posix_fadvise"):
        with path.open("rb") as file:
            os.fsync(file.fileno())
            os.posix_fadvise(file.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)


def queries(rows: Rows, strangers: Rows, count: int, rng: np.random.Generator) -> Rows:
    """Half altered members, half strangers, shuffled; new ones at every call."""
    half = count // 2
    members = altered(np.asarray(rows[np.sort(rng.integers(0, len(rows), half))]), rng)
    others = strangers[rng.choice(len(strangers), count - half, replace=len(strangers) < count)]
    return rng.permutation(np.concatenate([members, others]))


def real_pool(pictures: Sequence[Path], name: str, *, per_picture: int) -> Rows:
    """Fingerprints of crops of real pictures in 8 orientations, quality 50 and up, no duplicates.

    Made with pdqhash, so that what the indexes are filled with does not come from nahmi.
    """
    kept = OUT / f"pool-{name}.npy"
    if kept.exists():
        return np.load(kept)
    rng = np.random.default_rng(7)
    found: list[NDArray[np.uint8]] = []
    for path in pictures:
        cut = corpus.crops([corpus.read(path)], rng)
        for _ in range(per_picture):
            small = next(cut).resize((192, 192), Image.Resampling.BILINEAR)
            hashes, quality = pdqhash.compute_dihedral(np.asarray(small))
            if quality >= 50:
                found.append(np.packbits(np.array(hashes, dtype=np.uint8), axis=1))
    pool = np.unique(np.concatenate(found), axis=0)
    np.random.default_rng(8).shuffle(pool)
    OUT.mkdir(exist_ok=True)
    np.save(kept, pool)
    return pool
