# SPDX-License-Identifier: Apache-2.0
"""Any node of a tree, and the root of any part of it, read from tiles."""

from collections.abc import Sequence

from nahmi.partner.merkle.frontier import Frontier
from nahmi.partner.merkle.hashing import EMPTY_ROOT, HASH_BYTES, fold, row_above
from nahmi.partner.merkle.tiles import TILE_HEIGHT, HashReader, read_hashes, tile_width


class TreeReader:
    """One tree of the past or present; each tile is read once, whatever is asked of it.

    Args:
        reader: Has the tiles of this tree, or of one that it grew into.
        size: How many leaves it has.
    """

    def __init__(self, reader: HashReader, size: int) -> None:
        self._reader = reader
        self._rows: dict[tuple[int, int], list[Sequence[bytes]]] = {}
        self.size = size

    def node(self, height: int, index: int) -> bytes:
        """The root of a complete subtree.

        Args:
            height: It has 2^height leaves, all of them in the tree.
            index: Which of that height, from 0.

        Raises:
            StoreError: STORE_CORRUPT: a tile is too short. Whatever the reader raises.
        """
        level, inner = divmod(height, TILE_HEIGHT)
        number, place = divmod(index, 1 << (TILE_HEIGHT - inner))
        rows = self._tile(level, number)
        while len(rows) <= inner:
            rows.append(row_above(rows[-1]))
        return rows[inner][place]

    def subtree(self, start: int, end: int) -> bytes:
        """The root over some leaves, as RFC 6962 defines it for them alone.

        Args:
            start: The first leaf; a multiple of the largest power of two below the number of
                leaves, or of that number where it is one.
            end: The one after the last.

        Raises:
            StoreError: As `node`.
        """
        parts = self._complete(start, end)
        return fold(parts) if parts else EMPTY_ROOT

    def root(self) -> bytes:
        """The root of the tree.

        Raises:
            StoreError: As `node`.
        """
        return self.subtree(0, self.size)

    def frontier(self) -> Frontier:
        """The state from which the tree goes on.

        Raises:
            StoreError: As `node`.
        """
        return Frontier(self.size, tuple(self._complete(0, self.size)))

    def _complete(self, start: int, end: int) -> list[bytes]:
        """The roots of the complete subtrees that leaves fall into, largest first."""
        found = []
        for height in range((end - start).bit_length() - 1, -1, -1):
            if (end - start) >> height & 1:
                found.append(self.node(height, start >> height))
                start += 1 << height
        return found

    def _tile(self, level: int, number: int) -> list[Sequence[bytes]]:
        rows = self._rows.get((level, number))
        if rows is None:
            width = tile_width(level, number, self.size)
            data = read_hashes(self._reader, level, number, width)
            row = [data[at : at + HASH_BYTES] for at in range(0, len(data), HASH_BYTES)]
            rows = self._rows[level, number] = [row]
        return rows
