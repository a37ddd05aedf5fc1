# SPDX-License-Identifier: Apache-2.0
"""The search index: exact, shared by all processes of a machine, changed without rebuilding."""

import os
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import Self

import msgspec
import numpy as np
from numpy.typing import NDArray

from nahmi.core.bank import DEFAULT_LIMIT_BITS, MAX_LIMIT_BITS
from nahmi.errors import ErrorCode, InputError, ShapeError
from nahmi.kernels import MAX_SEGMENT_ROWS, Snapshot, spread
from nahmi.protect.ports import Hits
from nahmi.store.index import merging
from nahmi.store.index.files import IndexFiles, View
from nahmi.store.index.journal import CAPACITY
from nahmi.store.index.layout import wrap_os_error
from nahmi.store.index.segment import pieces_of

_THREADED_QUERIES = 256
"""Batches from this size on are spread over the cores."""


class IndexStatus(msgspec.Struct, frozen=True, kw_only=True):
    """How an index is.

    Attributes:
        signals: Signals that can be found.
        removed: Removed signals that still take up space.
        segments: Signals in each segment, oldest first.
        journal: Signals that are not yet in a segment.
        size_bytes: Length of all files.
        generation: Number of the manifest.
        watermark: See `Index.watermark`.
    """

    signals: int
    removed: int
    segments: tuple[int, ...]
    journal: int
    size_bytes: int
    generation: int
    watermark: int


class _Searches:
    """Counts the searches of this process that are under way."""

    def __init__(self) -> None:
        self._count = 0
        self._lock = threading.Lock()

    def __enter__(self) -> int:
        with self._lock:
            self._count += 1
            return self._count

    def __exit__(self, *_: object) -> None:
        with self._lock:
            self._count -= 1


_searches = _Searches()


@cache
def _pool() -> ThreadPoolExecutor:
    return ThreadPoolExecutor(os.cpu_count() or 1, thread_name_prefix="nahmi-search")


class Index:
    """Exact radius search over 256-bit signals, kept in a folder.

    Any number of processes may open the same index, to read and to write; each sees a change in the
    instant in which it is made. Objects may be used by several threads.

    Example:
        >>> import numpy as np, tempfile
        >>> from nahmi import Index
        >>> folder = tempfile.TemporaryDirectory()
        >>> index = Index.create(f"{folder.name}/pdq")
        >>> signals = np.random.default_rng(7).integers(0, 256, (1000, 32), dtype=np.uint8)
        >>> index.add(np.arange(1000, dtype=np.uint64), signals)
        >>> altered = signals[42:43].copy()
        >>> altered[0, 5] ^= 0b1011
        >>> hits = index.search(altered)
        >>> hits.key.tolist(), hits.distance.tolist()
        ([42], [3])
        >>> index.close(); folder.cleanup()

    Source:
        Norouzi, Punjani, Fleet, "Fast Search in Hamming Space with Multi-Index Hashing" (CVPR
        2012); Qin, Xiao, "Pigeonring" (VLDB 2018). Why it is exact, and what is on the disk:
        docs/explanation/search-index.md.
    """

    def __init__(self, files: IndexFiles, *, isa: str = "auto") -> None:
        """Use `Index.create` or `Index.open`."""
        self._files = files
        self._isa = isa
        self._opening = threading.Lock()
        self._view: View | None = None
        self._snapshot: Snapshot | None = None
        self._merger = merging.Merger(files)

    @classmethod
    def create(cls, path: str | Path, *, wait_s: float = 30.0, isa: str = "auto") -> Self:
        """Make an empty index in a folder that does not hold one yet.

        Args:
            path: The folder; made when missing.
            wait_s: How long a change waits for another writer, seconds.
            isa: Instruction set of the kernels; `auto` takes the best.

        Raises:
            SignalIndexError: STORAGE_FULL, STORAGE_DENIED or INDEX_BUSY.
            InputError: There is an index in the folder already.
        """
        folder = Path(path)
        try:
            IndexFiles.create(folder, wait_s=wait_s)
        except OSError as error:
            raise wrap_os_error(error, "make the index") from error
        return cls.open(folder, wait_s=wait_s, isa=isa)

    @classmethod
    def open(
        cls, path: str | Path, *, read_only: bool = False, wait_s: float = 30.0, isa: str = "auto"
    ) -> Self:
        """Open an index; a matter of milliseconds, whatever its size.

        Args:
            path: The folder.
            read_only: Refuse changes; works where the folder may only be read.
            wait_s: How long a change waits for another writer, seconds.
            isa: Instruction set of the kernels; `auto` takes the best.

        Raises:
            SignalIndexError: INDEX_MISSING, INDEX_CORRUPT, INDEX_VERSION or STORAGE_DENIED.
        """
        index = cls(IndexFiles(Path(path), writable=not read_only, wait_s=wait_s), isa=isa)
        index._files.recover_if_idle()
        index._current()
        return index

    # ---- searching -------------------------------------------------------------------------------

    def search(
        self,
        queries: NDArray[np.uint8],
        *,
        limit_bits: int = DEFAULT_LIMIT_BITS,
        threads: int | None = None,
    ) -> Hits:
        """All signals within `limit_bits` of each query, and none outside.

        Args:
            queries: (q, 32) uint8, bytes in the order of the hexadecimal text.
            limit_bits: Inclusive, 0..63.
            threads: Cores to use, 1 or more; None takes all for large batches, or a share of them
                while other threads search.

        Returns:
            Hits grouped by query, nearest first, equal distances by key. A key comes once for each
            of its signals within the limit.

        Raises:
            ShapeError: `queries` is not (q, 32) uint8.
            InputError: LIMIT_INVALID.
            SignalIndexError: The files have been damaged or removed.
        """
        rows = _checked_rows(queries, "queries")
        if not 0 <= limit_bits <= MAX_LIMIT_BITS:
            raise InputError(
                ErrorCode.LIMIT_INVALID,
                f"A search limit must lie between 0 and {MAX_LIMIT_BITS} bits.",
            )
        view, snapshot = self._current()
        with _searches as under_way:
            workers = _workers(len(rows), threads, under_way)
            if workers == 1:
                query, key, distance = snapshot.search(rows, limit_bits)
                return Hits(query, key, distance, view.manifest.generation)
            parts = np.array_split(rows, workers)
            found = list(_pool().map(lambda part: snapshot.search(part, limit_bits), parts))
        starts = np.cumsum([0] + [len(part) for part in parts[:-1]])
        return Hits(
            np.concatenate([f[0] + start for f, start in zip(found, starts, strict=True)]),
            np.concatenate([f[1] for f in found]),
            np.concatenate([f[2] for f in found]),
            view.manifest.generation,
        )

    def __len__(self) -> int:
        """How many signals can be found."""
        return self.status().signals

    # ---- changing --------------------------------------------------------------------------------

    def add(
        self,
        keys: NDArray[np.uint64],
        rows: NDArray[np.uint8],
        *,
        watermark: int | None = None,
    ) -> None:
        """Add signals: all of them, visible to every process at once, or none.

        Args:
            keys: (n,) uint64; a key may stand for several signals.
            rows: (n, 32) uint8, bytes in the order of the hexadecimal text.
            watermark: Sets `Index.watermark` in the same step.

        Raises:
            ShapeError: The arrays do not have these shapes.
            SignalIndexError: STORAGE_FULL, STORAGE_DENIED or INDEX_BUSY; nothing was added.
        """
        checked_keys, checked_rows = _checked_keys(keys), _checked_rows(rows, "rows")
        if len(checked_keys) != len(checked_rows):
            raise ShapeError(
                ErrorCode.SHAPE_INVALID,
                f"There are {len(checked_keys)} keys for {len(checked_rows)} rows.",
            )
        with self.exclusive():
            if len(checked_keys) + 1 > CAPACITY // 2:
                self._add_segments(checked_keys, checked_rows, watermark)
            else:
                self._make_room(len(checked_keys) + 1)
                self._files.view().journal.append(checked_keys, checked_rows, watermark=watermark)

    def remove(self, keys: NDArray[np.uint64], *, watermark: int | None = None) -> int:
        """Remove every signal under these keys; no process finds them any more when it returns.

        Args:
            keys: (n,) uint64; unknown keys are passed over.
            watermark: Sets `Index.watermark` when the removal is complete.

        Returns:
            How many signals were removed.

        Raises:
            ShapeError: `keys` is not (n,) uint64.
            SignalIndexError: STORAGE_FULL, STORAGE_DENIED or INDEX_BUSY.
        """
        sorted_keys = np.unique(_checked_keys(keys))
        removed = 0
        with self.exclusive():
            for part in np.array_split(sorted_keys, -(-len(sorted_keys) // (CAPACITY // 2)) or 1):
                self._make_room(len(part) + 1)
                view = self._files.view()
                removed += view.journal.remove(part)
                removed += sum(segment.remove(part) for segment in view.segments)
            if watermark is not None:
                self._files.view().journal.note_watermark(watermark)
        return removed

    @contextmanager
    def exclusive(self) -> Iterator[Self]:
        """Keep other writers out during several changes; searches go on.

        Raises:
            SignalIndexError: INDEX_BUSY.
        """
        with self._files.writing():
            yield self
        self._merger.wake()

    @property
    def watermark(self) -> int:
        """A number that the last change set; a store notes there how far the index follows it."""
        return self._files.view().watermark()

    @property
    def store_id(self) -> str | None:
        """The store that the index says it follows; None when it says none.

        Raises:
            SignalIndexError: STORAGE_DENIED.
        """
        return self._files.store_id()

    def note_store(self, store_id: str) -> None:
        """Say which store the index follows; kept on disk beside its other files.

        Raises:
            SignalIndexError: STORAGE_FULL, STORAGE_DENIED or INDEX_BUSY.
        """
        with self.exclusive():
            self._files.note_store(store_id)

    def _make_room(self, records: int) -> None:
        if self._files.view().journal.room < records:
            self._files.seal()

    def _add_segments(
        self, keys: NDArray[np.uint64], rows: NDArray[np.uint8], watermark: int | None
    ) -> None:
        order = np.argsort(keys, kind="stable")
        for_segments = (
            (keys[part], (spread(rows[piece]) for piece in pieces_of(part)))
            for part in np.array_split(order, -(-len(order) // MAX_SEGMENT_ROWS))
        )
        self._files.append_segments(for_segments, watermark=watermark)

    # ---- care ------------------------------------------------------------------------------------

    def tidy(self) -> None:
        """Merge segments in the background where that is due, as every change does as well."""
        self._merger.wake()

    def compact(self) -> None:
        """Merge everything into as few segments as possible and free what was removed.

        Searches and changes go on meanwhile. If the process is killed, the index is as before.

        Raises:
            SignalIndexError: STORAGE_FULL, STORAGE_DENIED or INDEX_BUSY; the index is as before.
        """
        with self._files.writing():
            self._files.seal()
        self._merger.merge_all()

    def verify(self) -> None:
        """Read every file and compare it with its checksums.

        Raises:
            SignalIndexError: INDEX_CORRUPT, naming the first damaged part.
        """
        self._files.view().verify()

    def status(self) -> IndexStatus:
        """How the index is now."""
        view = self._files.view()
        dead = [segment.dead_count for segment in view.segments]
        live = view.journal.live_count
        return IndexStatus(
            signals=sum(map(len, view.segments)) - sum(dead) + live,
            removed=sum(dead),
            segments=tuple(map(len, view.segments)),
            journal=live,
            size_bytes=self._files.size_bytes(),
            generation=view.manifest.generation,
            watermark=self.watermark,
        )

    def preload(self) -> None:
        """Bring all files into memory, so that the first searches are as quick as later ones.

        It takes as long as reading what is not in memory yet; other threads go on meanwhile.
        """
        for segment in self._files.view().segments:
            segment.preload()

    def close(self) -> None:
        """Stop background work; a merge under way is given up, nothing is lost."""
        self._merger.close()
        self._view = None
        self._snapshot = None
        self._files.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _current(self) -> tuple[View, Snapshot]:
        view, snapshot = self._view, self._snapshot
        if view is not None and snapshot is not None and self._files.is_current(view):
            return view, snapshot
        with self._opening:
            view = self._files.view()
            snapshot = Snapshot(self._isa)
            for segment in view.segments:
                segment.attach(snapshot)
            view.journal.attach(snapshot)
            # The snapshot goes first: whoever sees the new view must find its snapshot.
            self._snapshot, self._view = snapshot, view
            return view, snapshot


def _workers(queries: int, threads: int | None, under_way: int) -> int:
    if threads is not None and threads < 1:
        raise InputError(ErrorCode.INPUT_INVALID, "A search needs at least one thread.")
    # Whoever searches beside others leaves them their share; handing parts over costs, too.
    share = (os.cpu_count() or 1) // under_way if queries >= _THREADED_QUERIES else 1
    return max(1, min(threads or share, queries))


def _checked_rows(rows: object, name: str) -> NDArray[np.uint8]:
    if not isinstance(rows, np.ndarray) or rows.dtype != np.uint8 or rows.shape[1:] != (32,):
        raise ShapeError(ErrorCode.SHAPE_INVALID, f"{name} must be an (n, 32) array of uint8.")
    return np.ascontiguousarray(rows)


def _checked_keys(keys: object) -> NDArray[np.uint64]:
    if not isinstance(keys, np.ndarray) or keys.dtype != np.uint64 or keys.ndim != 1:
        raise ShapeError(ErrorCode.SHAPE_INVALID, "keys must be an (n,) array of uint64.")
    return np.ascontiguousarray(keys)
