# SPDX-License-Identifier: Apache-2.0
"""The state of a tree that only grows: the roots of its complete subtrees, log n of them."""

from collections.abc import Sequence

import msgspec

from nahmi.partner.merkle.hashing import EMPTY_ROOT, fold, row_above


class Frontier(msgspec.Struct, frozen=True):
    """A tree as far as it matters for what comes after.

    Attributes:
        size: How many leaves it has.
        hashes: The roots of its complete subtrees, largest first: one for each one bit of size.
    """

    size: int = 0
    hashes: tuple[bytes, ...] = ()

    def root(self) -> bytes:
        """The root of the whole tree, 32 bytes."""
        return fold(self.hashes) if self.hashes else EMPTY_ROOT

    def append_all(self, leaf_hashes: Sequence[bytes]) -> "Frontier":
        """The tree with more leaves.

        Args:
            leaf_hashes: Of the new leaves, in order.
        """
        return grow(self, leaf_hashes).frontier


class Row(msgspec.Struct, frozen=True):
    """Complete subtrees of one height that are new.

    Attributes:
        start: Which of its height the first one is, from 0.
        hashes: Their roots, in order.
    """

    start: int
    hashes: Sequence[bytes]


class Growth(msgspec.Struct, frozen=True):
    """What new leaves make of a tree.

    Attributes:
        frontier: The tree afterwards.
        rows: The new complete subtrees by height, from the leaves up.
    """

    frontier: Frontier
    rows: tuple[Row, ...]


def grow(frontier: Frontier, leaf_hashes: Sequence[bytes]) -> Growth:
    """A tree with more leaves, in as many hashes as there are leaves and log n more.

    Args:
        frontier: The tree so far.
        leaf_hashes: Of the new leaves, in order.
    """
    size = frontier.size + len(leaf_hashes)
    waiting = list(frontier.hashes)
    left_over: list[bytes] = []
    rows: list[Row] = []
    start, row = frontier.size, leaf_hashes
    while row or waiting:
        rows.append(Row(start, row))
        has_partner = start & 1
        whole = [waiting.pop(), *row] if has_partner else row
        left_over += whole[len(whole) & ~1 :]
        row, start = row_above(whole), start >> 1
    return Growth(Frontier(size, tuple(reversed(left_over))), tuple(rows))
