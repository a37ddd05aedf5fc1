# SPDX-License-Identifier: Apache-2.0
"""Batches: an origin signs one root for many entries, and each entry carries its own path.

So an entry can be checked by itself wherever it is relayed, and a whole batch costs its reader one
signature and as many hashes as it has entries.
"""

from collections.abc import Sequence
from hashlib import sha256
from typing import Final

from nahmi.errors import ErrorCode, InputError, TrustError
from nahmi.partner.merkle.hashing import HASH_BYTES, row_above

LARGEST_BATCH: Final = 4096

_PAIR: Final = 2 * HASH_BYTES


def batch_message(size: int, root: bytes) -> bytes:
    """What an origin signs for a batch: how many entries it has, 8 bytes, and its root."""
    return size.to_bytes(8, "big") + root


def batch_paths(leaf_hashes: Sequence[bytes]) -> tuple[bytes, list[bytes]]:
    """The root of a batch, and the path of each entry: hashes from the leaf up, in one piece.

    Args:
        leaf_hashes: Of all entries in order, 1 to 4096 of them.

    Raises:
        InputError: INPUT_INVALID: there are none, or too many.
    """
    if not 0 < len(leaf_hashes) <= LARGEST_BATCH:
        raise InputError(
            ErrorCode.INPUT_INVALID, f"A batch has 1 to {LARGEST_BATCH} entries, not more."
        )
    rows = [leaf_hashes]
    while len(row := rows[-1]) > 1:
        rows.append([*row_above(row), *row[len(row) & ~1 :]])
    root = rows.pop()[0]
    paths = [b""]
    for row in reversed(rows):
        paths = _paths_below(row, paths)
    return root, paths


def _paths_below(row: Sequence[bytes], above: Sequence[bytes]) -> list[bytes]:
    """The paths of a row's nodes, from those of their parents."""
    partners = [*row, b""]
    return [partners[index ^ 1] + above[index >> 1] for index in range(len(row))]


class BatchVerifier:
    """Checks the entries of one batch, in any order; what one has shown is not hashed again.

    Args:
        size: How many entries the batch has.
        root: Its root, of which the origin's signature was checked.

    Raises:
        TrustError: PROOF_INVALID: no batch has so many entries.
    """

    def __init__(self, size: int, root: bytes) -> None:
        if not 0 < size <= LARGEST_BATCH:
            raise _unproven()
        self._widths = _widths(size)
        # A node and its path in one piece: what an entry at or below it must come to.
        self._known: list[dict[int, bytes]] = [{} for _ in self._widths]
        self._known[-1][0] = root

    def verify(self, leaf_hash: bytes, index: int, path: bytes) -> None:
        """Check one entry, and every hash of its path.

        Args:
            leaf_hash: Of the entry, 32 bytes.
            index: Which of the batch it is said to be, from 0.
            path: As `batch_paths` makes it.

        Raises:
            TrustError: PROOF_INVALID: the batch has no such entry there, or the path is not the
                one of it.
        """
        if not 0 <= index < self._widths[0] or len(leaf_hash) != HASH_BYTES:
            raise _unproven()
        way = leaf_hash + path
        known = self._known[0].get(index)
        if known is None:
            self._climb(way, index)
        elif known != way:
            raise _unproven()

    def _climb(self, way: bytes, index: int) -> None:
        """Hash upwards to a node that is known, and note what was met on the way."""
        met = []
        for width, known in zip(self._widths, self._known, strict=True):
            found = known.get(index)
            if found is not None:
                if found != way:
                    raise _unproven()
                break
            if index ^ 1 < width:
                node, other, above = way[:HASH_BYTES], way[HASH_BYTES:_PAIR], way[_PAIR:]
                swapped = other + node
                met.append((known, index, way, swapped + above))
                pair = swapped if index & 1 else way[:_PAIR]
                way = sha256(b"\1" + pair).digest() + above
            index >>= 1
        for known, place, this, partner in met:
            known[place], known[place ^ 1] = this, partner


def _widths(size: int) -> list[int]:
    """How many nodes each row of a tree has, from the leaves up."""
    widths = [size]
    while widths[-1] > 1:
        widths.append((widths[-1] + 1) >> 1)
    return widths


def _unproven() -> TrustError:
    return TrustError(ErrorCode.PROOF_INVALID, "An entry is not in the batch that it names.")
