# SPDX-License-Identifier: Apache-2.0
"""What a store keeps of a tree: tiles of 256 hashes, as C2SP tlog-tiles lays them out.

Tile N of level L holds the roots of complete subtrees of 256^L leaves, from number 256·N on. Only
the last tile of a level is ever partial, and a tile never changes but by getting longer.
"""

from collections.abc import Iterator, Sequence
from typing import Final, Protocol

import msgspec

from nahmi.errors import ErrorCode, StoreError
from nahmi.partner.merkle.frontier import Frontier, Row, grow
from nahmi.partner.merkle.hashing import HASH_BYTES

TILE_HEIGHT: Final = 8
TILE_WIDTH: Final = 1 << TILE_HEIGHT
_TILE_BYTES: Final = TILE_WIDTH * HASH_BYTES


class HashReader(Protocol):
    """Where the tiles of one tree are kept."""

    def tile(self, level: int, number: int) -> bytes:
        """The hashes of one tile, one after another, 32 bytes each.

        Args:
            level: From 0, the leaves.
            number: Which tile of the level, from 0.

        Returns:
            As many as there are; none when there is no such tile. There may be more than the tree
            had when the reader was asked for it, because it has grown since.

        Raises:
            StoreError: The tiles cannot be read.
        """
        ...


class Tile(msgspec.Struct, frozen=True):
    """A tile as it is to be kept from now on.

    Attributes:
        level: From 0, the leaves.
        number: Which tile of the level, from 0.
        hashes: All its hashes, 32 bytes each, 1 to 256 of them.
    """

    level: int
    number: int
    hashes: bytes


class Appended(msgspec.Struct, frozen=True):
    """A tree that has grown.

    Attributes:
        frontier: The tree now.
        tiles: Those that are new or longer than before.
    """

    frontier: Frontier
    tiles: tuple[Tile, ...]


def append(reader: HashReader, frontier: Frontier, leaf_hashes: Sequence[bytes]) -> Appended:
    """A tree with more leaves, and the tiles that a store has to keep for it.

    It costs one hash a leaf and log n more, and one partial tile read a level.

    Args:
        reader: Has the tiles of the tree as it is.
        frontier: The tree as it is.
        leaf_hashes: Of the new leaves, in order.

    Raises:
        StoreError: STORE_CORRUPT: a partial tile is too short. Whatever the reader raises.
    """
    growth = grow(frontier, leaf_hashes)
    changed = [
        tile
        for level, row in enumerate(growth.rows[::TILE_HEIGHT])
        for tile in _longer(reader, level, row)
    ]
    return Appended(growth.frontier, tuple(changed))


def read_hashes(reader: HashReader, level: int, number: int, width: int) -> bytes:
    """The first hashes of a tile.

    Args:
        reader: Where they are kept.
        level: Of the tile.
        number: Of the tile.
        width: How many, 1 to 256.

    Raises:
        StoreError: STORE_CORRUPT: there are fewer. Whatever the reader raises.
    """
    hashes = reader.tile(level, number)[: width * HASH_BYTES]
    if len(hashes) < width * HASH_BYTES:
        raise StoreError(
            ErrorCode.STORE_CORRUPT,
            f"A log lacks hashes: tile {number} of level {level} is too short.",
            hint="Restore the store from a backup.",
        )
    return hashes


def tile_width(level: int, number: int, size: int) -> int:
    """How many hashes a tile has in a tree, 0 to 256.

    Args:
        level: Of the tile.
        number: Of the tile.
        size: How many leaves the tree has.
    """
    hashes = size >> (TILE_HEIGHT * level)
    return max(0, min(TILE_WIDTH, hashes - number * TILE_WIDTH))


def tile_path(level: int, number: int, width: int = TILE_WIDTH) -> str:
    """Where C2SP tlog-tiles serves a tile, such as `tile/0/x001/x234/067.p/9`.

    Args:
        level: Of the tile, 0 to 63.
        number: Of the tile.
        width: How many hashes it has, 1 to 256.
    """
    parts = [f"{number % 1000:03d}"]
    while number := number // 1000:
        parts.append(f"x{number % 1000:03d}")
    partial = f".p/{width}" if width < TILE_WIDTH else ""
    return f"tile/{level}/{'/'.join(reversed(parts))}{partial}"


def _longer(reader: HashReader, level: int, row: Row) -> Iterator[Tile]:
    if not row.hashes:
        return
    number, held = divmod(row.start, TILE_WIDTH)
    before = read_hashes(reader, level, number, held) if held else b""
    hashes = b"".join((before, *row.hashes))
    for start in range(0, len(hashes), _TILE_BYTES):
        yield Tile(level, number + start // _TILE_BYTES, hashes[start : start + _TILE_BYTES])
