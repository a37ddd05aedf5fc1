# SPDX-License-Identifier: Apache-2.0
"""Segments: immutable sets of signals with the tables to search them, and their removal bits."""

import os
import struct
import zlib
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from mmap import mmap
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from nahmi.kernels import (
    MAX_SEGMENT_ROWS,
    TAG_PADDING,
    Snapshot,
    build_table,
    directory_length,
    mark_dead,
)
from nahmi.store.index.layout import (
    MAGIC_DEAD,
    MAGIC_SEGMENT,
    PAGE,
    corrupt,
    create_mapped,
    open_mapped,
    pack_header,
    prefer_large_pages,
    unpack_header,
)

_WORDS = 16
_THREADED_ROWS = 200_000  # smaller segments are done before threads have started
_PIECE_ROWS = 1 << 20
_SECTIONS = ("keys", "rows", "directory", "tags", "ids")
_HEADER = struct.Struct("<QQQ5Q5I")  # rows, tag stride, id stride, offsets, checksums

Pieces = Iterable[NDArray[np.uint16]]
"""Spread rows, (k, 16) at a time: at the largest sizes there is no memory for all at once."""


def _align(size_bytes: int) -> int:
    return -(-size_bytes // PAGE) * PAGE


class _Shape:
    """Where the sections of a segment of n rows lie."""

    def __init__(self, n: int) -> None:
        self.n = n
        self.tag_stride = -(-(n + TAG_PADDING) // 32) * 32
        self.id_stride = -(-(3 * n + 1) // 64) * 64
        self.directory_length = directory_length(n)
        sizes = (
            8 * n,
            2 * _WORDS * n,
            4 * _WORDS * self.directory_length,
            2 * _WORDS * self.tag_stride,
            _WORDS * self.id_stride,
        )
        self.offsets: list[int] = []
        end = PAGE
        for size in sizes:
            self.offsets.append(end)
            end = _align(end + size)
        self.sizes = sizes
        self.file_bytes = end


class _Arrays:
    """The sections of a mapped segment as arrays."""

    def __init__(self, mapped: mmap, shape: _Shape) -> None:
        n, at = shape.n, shape.offsets
        self.keys: NDArray[np.uint64] = np.frombuffer(mapped, "<u8", n, at[0])
        self.rows: NDArray[np.uint16] = np.frombuffer(mapped, "<u2", n * _WORDS, at[1]).reshape(
            n, _WORDS
        )
        self.directory: NDArray[np.uint32] = np.frombuffer(
            mapped, "<u4", _WORDS * shape.directory_length, at[2]
        ).reshape(_WORDS, shape.directory_length)
        self.tags: NDArray[np.uint16] = np.frombuffer(
            mapped, "<u2", _WORDS * shape.tag_stride, at[3]
        ).reshape(_WORDS, shape.tag_stride)
        self.ids: NDArray[np.uint8] = np.frombuffer(
            mapped, "u1", _WORDS * shape.id_stride, at[4]
        ).reshape(_WORDS, shape.id_stride)


def _checksums(mapped: mmap, shape: _Shape) -> list[int]:
    view = memoryview(mapped)
    try:
        return [
            zlib.crc32(view[at : at + size])
            for at, size in zip(shape.offsets, shape.sizes, strict=True)
        ]
    finally:
        view.release()


def pieces_of(order: NDArray[np.int64]) -> Iterator[NDArray[np.int64]]:
    """Cuts an order of rows into those that are written at a time."""
    return (order[at : at + _PIECE_ROWS] for at in range(0, len(order), _PIECE_ROWS))


def write_segment(
    path: Path,
    keys: NDArray[np.uint64],
    pieces: Pieces,
    *,
    proceed: Callable[[], None] = lambda: None,
) -> None:
    """Write a segment and its empty removal bits; durable when it returns.

    Args:
        path: The file to make; its `.dead` file is made beside it.
        keys: (n,) uint64 ascending, n from 1 to `MAX_SEGMENT_ROWS`; equal keys may follow each
            other.
        pieces: Their rows; (n, 16) uint16 together.
        proceed: Called between steps; what it raises stops the work and removes the files.

    Raises:
        OSError: The disk is full or the folder may not be written to.
    """
    shape = _Shape(len(keys))
    dead = path.with_suffix(".dead")
    try:
        mapped = create_mapped(path, shape.file_bytes)
        prefer_large_pages(mapped)
        arrays = _Arrays(mapped, shape)
        arrays.keys[:] = keys
        written = 0
        for piece in pieces:
            proceed()
            arrays.rows[written : written + len(piece)] = piece
            written += len(piece)
        _build_tables(arrays, proceed)
        proceed()
        body = _HEADER.pack(
            shape.n, shape.tag_stride, shape.id_stride, *shape.offsets, *_checksums(mapped, shape)
        )
        mapped[:PAGE] = pack_header(MAGIC_SEGMENT, body)
        mapped.flush()
        _create_dead(dead, shape.n)
    except BaseException:
        path.unlink(missing_ok=True)
        dead.unlink(missing_ok=True)
        raise


def _build_tables(arrays: _Arrays, proceed: Callable[[], None]) -> None:
    def build(word: int) -> None:
        proceed()
        build_table(arrays.rows, word, arrays.directory[word], arrays.tags[word], arrays.ids[word])

    if len(arrays.keys) < _THREADED_ROWS:
        for word in range(_WORDS):
            build(word)
        return
    with ThreadPoolExecutor(os.cpu_count() or 1) as pool:
        list(pool.map(build, range(_WORDS)))


def _bitmap_words(n: int) -> int:
    return -(-n // 64)


def _create_dead(path: Path, n: int) -> None:
    mapped = create_mapped(path, PAGE + 8 * _bitmap_words(n))
    mapped[:PAGE] = pack_header(MAGIC_DEAD, struct.pack("<Q", n))
    mapped.flush()


class Segment:
    """A segment, mapped from its files.

    Args:
        path: Its `.segment` file.
        writable: Whether rows can be removed through this object.

    Raises:
        OSError: A file cannot be opened.
        SignalIndexError: INDEX_CORRUPT or INDEX_VERSION.
    """

    def __init__(self, path: Path, *, writable: bool) -> None:
        self.path = path
        self._mapped = open_mapped(path, writable=False)
        prefer_large_pages(self._mapped)
        header = _HEADER.unpack_from(unpack_header(self._mapped[:PAGE], MAGIC_SEGMENT, path.name))
        n = header[0]
        if not 0 < n <= MAX_SEGMENT_ROWS:
            raise corrupt(f"{path.name} says that it holds {n} signals")
        self._shape = _Shape(n)
        self._stored_checksums = list(header[8:])
        if len(self._mapped) < self._shape.file_bytes:
            raise corrupt(f"{path.name} is cut short")
        self._arrays = _Arrays(self._mapped, self._shape)
        self._dead_map = open_mapped(path.with_suffix(".dead"), writable=writable)
        self._dead = self._open_dead()

    def _open_dead(self) -> NDArray[np.uint64]:
        name = self.path.with_suffix(".dead").name
        body = unpack_header(self._dead_map[:PAGE], MAGIC_DEAD, name)
        words = _bitmap_words(len(self))
        if struct.unpack_from("<Q", body)[0] != len(self) or len(self._dead_map) < PAGE + 8 * words:
            raise corrupt(f"{name} belongs to another segment")
        return np.frombuffer(self._dead_map, "<u8", words, PAGE)

    def __len__(self) -> int:
        """How many signals, removed ones included."""
        return self._shape.n

    @property
    def dead_count(self) -> int:
        """How many of its signals have been removed."""
        return int(np.bitwise_count(self._dead).sum())

    @property
    def file_bytes(self) -> int:
        """Length of its files together."""
        return len(self._mapped) + len(self._dead_map)

    def attach(self, snapshot: Snapshot) -> None:
        """Have a snapshot search this segment."""
        a = self._arrays
        snapshot.add_segment(a.keys, a.rows, a.directory, a.tags, a.ids, self._dead)

    def rows_of(self, sorted_keys: NDArray[np.uint64]) -> NDArray[np.uint32]:
        """Numbers of the rows under these keys, removed ones included."""
        keys = self._arrays.keys
        begin = np.searchsorted(keys, sorted_keys, "left")
        end = np.searchsorted(keys, sorted_keys, "right")
        found = end > begin
        ranges = [np.arange(b, e) for b, e in zip(begin[found], end[found], strict=True)]
        if not ranges:
            return np.empty(0, np.uint32)
        return np.concatenate(ranges).astype(np.uint32)

    def remove(self, sorted_keys: NDArray[np.uint64]) -> int:
        """Remove every signal under these keys; how many were not removed before."""
        return mark_dead(self._dead, self.rows_of(sorted_keys))

    def dead_mask(self) -> NDArray[np.bool_]:
        """One truth value a row: removed by now. A copy."""
        bits = np.unpackbits(self._dead.view(np.uint8), bitorder="little", count=len(self))
        return bits.astype(np.bool_)

    @property
    def keys(self) -> NDArray[np.uint64]:
        """Keys of all rows, (n,) uint64 ascending; never to be written to."""
        return self._arrays.keys

    @property
    def rows(self) -> NDArray[np.uint16]:
        """All rows, (n, 16) uint16, spread; never to be written to."""
        return self._arrays.rows

    def preload(self) -> None:
        """Bring the segment into memory and into this process's page tables."""
        # One byte of every page; NumPy lets other threads run meanwhile.
        np.frombuffer(self._mapped, np.uint8)[::PAGE].max()

    def flush(self) -> None:
        """Make removals durable."""
        self._dead_map.flush()

    def verify(self) -> None:
        """Read everything and compare it with its checksums.

        Raises:
            SignalIndexError: INDEX_CORRUPT, naming the section.
        """
        found = _checksums(self._mapped, self._shape)
        for name, stored, actual in zip(_SECTIONS, self._stored_checksums, found, strict=True):
            if stored != actual:
                raise corrupt(f"the {name} of {self.path.name} do not match their checksum")
