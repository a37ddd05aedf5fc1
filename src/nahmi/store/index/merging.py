# SPDX-License-Identifier: Apache-2.0
"""Merging segments: few large ones are quicker to search than many small ones.

A merge reads its inputs without a lock, since segments never change, and takes the writer's lock
only to swap the manifest. Signals removed meanwhile are removed from the result too.
"""

import logging
import math
import threading
from collections import defaultdict
from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from nahmi.errors import ErrorCode, NahmiError, SignalIndexError
from nahmi.kernels import MAX_SEGMENT_ROWS
from nahmi.store.index.files import IndexFiles, NewSegment
from nahmi.store.index.journal import CAPACITY
from nahmi.store.index.layout import wrap_os_error
from nahmi.store.index.lock import WriterLock
from nahmi.store.index.segment import Segment, pieces_of, write_segment

_FAN_IN = 4
"""So many segments of about one size become one: each signal is rewritten log4(n) times."""

_MOST_UNASKED = (1 << 24) - 1
"""Merges in the background make no larger segments: writing one of twelve gigabytes would push
out of memory what searches need. `Index.compact` goes on from there."""

_MOST_SEGMENTS = 24
"""With more than these, a writer merges before it goes on, or searches would slow down."""

_DRAFT = "merging.segment"

_Mask = NDArray[np.bool_]
_Choice = Callable[[Sequence[Segment]], Sequence[Segment]]

_log = logging.getLogger(__name__)


class _Abandoned(Exception):  # noqa: N818 - no error: the index is being closed
    """The index was closed during a merge."""


def due(segments: Sequence[Segment]) -> list[Segment]:
    """The segments that ought to become one now; empty when all is well."""
    tiers: dict[int, list[Segment]] = defaultdict(list)
    for segment in segments:
        if 2 * segment.dead_count > len(segment):
            return [segment]
        tiers[int(math.log(max(1.0, len(segment) / CAPACITY), _FAN_IN))].append(segment)
    for _, tier in sorted(tiers.items()):
        if len(tier) >= _FAN_IN and sum(map(len, tier[:_FAN_IN])) <= _MOST_UNASKED:
            return tier[:_FAN_IN]
    return []


def groups(segments: Sequence[Segment]) -> list[list[Segment]]:
    """The fewest groups, first fit by size, that each fit into one segment and are worth it."""
    packed: list[list[Segment]] = []
    for segment in sorted(segments, key=len, reverse=True):
        for group in packed:
            if sum(map(len, group)) + len(segment) <= MAX_SEGMENT_ROWS:
                group.append(segment)
                break
        else:
            packed.append([segment])
    return [group for group in packed if len(group) > 1 or group[0].dead_count]


class Merger:
    """Merges segments of one index, in the background as they pile up or on request.

    Args:
        files: The files of the index.
    """

    def __init__(self, files: IndexFiles) -> None:
        self._files = files
        self._lock = WriterLock(files.folder / "compacting", wait_s=600.0)
        self._closing = threading.Event()
        self._thread: threading.Thread | None = None
        self._seen_generation = -1

    def wake(self) -> None:
        """Start a merge in the background if one is due and none is under way."""
        view = self._files.view()
        if view.manifest.generation == self._seen_generation:
            return
        self._seen_generation = view.manifest.generation
        if len(view.segments) > _MOST_SEGMENTS:
            self.merge_due()
        elif due(view.segments) and (self._thread is None or not self._thread.is_alive()):
            self._thread = threading.Thread(
                target=self._merge_in_background, name="nahmi-merge", daemon=True
            )
            self._thread.start()

    def _merge_in_background(self) -> None:
        try:
            self.merge_due()
        except NahmiError as error:
            # Searches stay correct without the merge, and the next change tries again.
            self._seen_generation = -1
            _log.warning("index:merge_fail", extra={"code": error.code.value})

    def merge_due(self) -> None:
        """Merge until nothing is due.

        Raises:
            SignalIndexError: STORAGE_FULL, STORAGE_DENIED or INDEX_BUSY; the index is as before.
        """
        self._merge_while(due)

    def merge_all(self) -> None:
        """Merge into as few segments as possible, without removed signals.

        Raises:
            SignalIndexError: As `merge_due`.
        """
        self._merge_while(lambda segments: next(iter(groups(segments)), []))

    def _merge_while(self, choose: _Choice) -> None:
        try:
            with self._lock:
                while inputs := choose(self._files.view().segments):
                    self._merge(inputs)
        except _Abandoned:
            return
        except OSError as error:
            raise wrap_os_error(error, "merge the index") from error

    def _merge(self, inputs: Sequence[Segment]) -> None:
        dead = [segment.dead_mask() for segment in inputs]
        keys, pieces = _living(inputs, dead)
        draft = self._files.folder / _DRAFT
        if len(keys):
            write_segment(draft, keys, pieces, proceed=self._proceed)
        del keys, pieces
        with self._files.writing():
            manifest = self._files.view().manifest
            old = {segment.path.name for segment in inputs}
            if not old <= set(manifest.segments):
                raise SignalIndexError(
                    ErrorCode.INDEX_BUSY, "The index was rebuilt during a merge."
                )
            kept = [name for name in manifest.segments if name not in old]
            if draft.exists():
                kept.insert(0, f"{manifest.next_file}.segment")
                path = self._files.folder / kept[0]
                draft.with_suffix(".dead").rename(path.with_suffix(".dead"))
                draft.rename(path)
                _remove_again(Segment(path, writable=True), inputs, dead)
            self._files.swap(segments=tuple(kept), next_file=manifest.next_file + 1)
            for segment in inputs:
                segment.path.unlink(missing_ok=True)
                segment.path.with_suffix(".dead").unlink(missing_ok=True)

    def _proceed(self) -> None:
        if self._closing.is_set():
            raise _Abandoned

    def close(self) -> None:
        """Give up a merge under way and wait until it has."""
        self._closing.set()
        if self._thread is not None:
            self._thread.join()
        self._lock.close()


def _living(inputs: Sequence[Segment], dead: Sequence[_Mask]) -> NewSegment:
    keys = np.concatenate([segment.keys for segment in inputs])
    alive = np.flatnonzero(~np.concatenate(dead))
    order = alive[np.argsort(keys[alive], kind="stable")]
    return keys[order], (_rows_at(inputs, piece) for piece in pieces_of(order))


def _rows_at(inputs: Sequence[Segment], places: NDArray[np.int64]) -> NDArray[np.uint16]:
    """Rows by their place among those of all inputs, one input after the other."""
    rows = np.empty((len(places), 16), np.uint16)
    first = 0
    for segment in inputs:
        here = (places >= first) & (places < first + len(segment))
        rows[here] = segment.rows[places[here] - first]
        first += len(segment)
    return rows


def _remove_again(merged: Segment, inputs: Sequence[Segment], dead: Sequence[_Mask]) -> None:
    """Carry over what was removed from the inputs while they were merged."""
    for segment, before in zip(inputs, dead, strict=True):
        since = segment.dead_mask() & ~before
        if since.any():
            merged.remove(np.unique(segment.keys[since]))
    merged.flush()
