# SPDX-License-Identifier: Apache-2.0
"""Hashes of leaves and nodes (RFC 6962, section 2.1).

A leaf is hashed behind a zero byte and a node behind a one byte, so that neither passes for the
other.
"""

from collections.abc import Iterable, Sequence
from hashlib import sha256
from typing import Final

HASH_BYTES: Final = 32

EMPTY_ROOT: Final = sha256(b"").digest()
"""The root of a tree without leaves."""


def leaf_hash(data: bytes) -> bytes:
    """The hash of one leaf, 32 bytes."""
    return sha256(b"\0" + data).digest()


def leaf_hashes(leaves: Iterable[bytes]) -> list[bytes]:
    """The hashes of many leaves, in order."""
    make = sha256
    return [make(b"\0" + data).digest() for data in leaves]


def node_hash(left: bytes, right: bytes) -> bytes:
    """The hash of the node above two, 32 bytes."""
    return sha256(b"\1" + left + right).digest()


def row_above(row: Sequence[bytes]) -> list[bytes]:
    """The nodes above a row, two by two; the last of an odd number has no partner and is left out.

    Args:
        row: Hashes, the first of them a left child.
    """
    make = sha256
    pairs = zip(row[::2], row[1::2], strict=False)
    return [make(b"\1" + left + right).digest() for left, right in pairs]


def root_of(hashes: Sequence[bytes]) -> bytes:
    """The root of the tree over some leaves.

    Args:
        hashes: The hashes of all its leaves, in order.
    """
    if not hashes:
        return EMPTY_ROOT
    row = hashes
    while len(row) > 1:
        # A node without a partner moves up as it is; the RFC's definition comes to the same.
        row = [*row_above(row), *row[len(row) & ~1 :]]
    return row[0]


def fold(hashes: Sequence[bytes]) -> bytes:
    """The root over complete subtrees that stand side by side, largest first.

    Args:
        hashes: Their roots, at least one.
    """
    root = hashes[-1]
    for left in reversed(hashes[:-1]):
        root = node_hash(left, root)
    return root
