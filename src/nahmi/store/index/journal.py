# SPDX-License-Identifier: Apache-2.0
"""The journal: changes since the last segment, searchable from the moment they are published."""

import struct
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from nahmi.kernels import (
    RECORD_BYTES,
    Snapshot,
    intact_records,
    kill_records,
    observe,
    publish,
    write_records,
)
from nahmi.store.index.layout import (
    COUNTER_OFFSET,
    MAGIC_JOURNAL,
    PAGE,
    corrupt,
    create_mapped,
    open_mapped,
    pack_header,
    unpack_header,
)

CAPACITY = 16384
"""Records in a journal: scanning them all costs about as much as searching one segment."""

_LIVE, _DEAD, _REMOVE, _WATERMARK = range(4)
_RECORD = np.dtype([("row", "<u2", 16), ("key", "<u8"), ("state", "<u4"), ("checksum", "<u4")])
_NO_ROWS = np.empty((0, 32), np.uint8)


def create_journal(path: Path) -> None:
    """Make an empty journal.

    Raises:
        OSError: The disk is full or the folder may not be written to.
    """
    mapped = create_mapped(path, PAGE + CAPACITY * RECORD_BYTES)
    mapped[:PAGE] = pack_header(MAGIC_JOURNAL, struct.pack("<Q", CAPACITY))
    mapped.flush()


class Journal:
    """A journal, mapped from its file.

    Args:
        path: Its file.
        writable: Whether changes can be written through this object.

    Raises:
        OSError: The file cannot be opened.
        SignalIndexError: INDEX_CORRUPT or INDEX_VERSION.
    """

    def __init__(self, path: Path, *, writable: bool) -> None:
        self.path = path
        mapped = open_mapped(path, writable=writable)
        body = unpack_header(mapped[:PAGE], MAGIC_JOURNAL, path.name)
        self.capacity: int = struct.unpack_from("<Q", body)[0]
        if len(mapped) < PAGE + self.capacity * RECORD_BYTES:
            raise corrupt(f"{path.name} is cut short")
        self._mapped = mapped
        self._committed: NDArray[np.uint64] = np.frombuffer(mapped, "<u8", 1, COUNTER_OFFSET)
        self._bytes: NDArray[np.uint8] = np.frombuffer(
            mapped, "u1", self.capacity * RECORD_BYTES, PAGE
        )
        self._records = self._bytes.view(_RECORD)

    def __len__(self) -> int:
        """How many records are visible."""
        return min(observe(self._committed), self.capacity)

    @property
    def room(self) -> int:
        """How many more records fit."""
        return self.capacity - len(self)

    @property
    def live_count(self) -> int:
        """How many signals of the journal are in the index."""
        return int((self._records["state"][: len(self)] == _LIVE).sum())

    def attach(self, snapshot: Snapshot) -> None:
        """Have a snapshot search this journal, also what is added to it later."""
        snapshot.add_journal(self._bytes, self._committed)

    def append(
        self,
        keys: NDArray[np.uint64],
        rows: NDArray[np.uint8],
        *,
        watermark: int | None = None,
    ) -> None:
        """Add signals and note the watermark, all visible in the same instant."""
        at = len(self)
        write_records(self._bytes, at, keys, rows, _LIVE)
        self._publish(at + len(keys), watermark)

    def remove(self, sorted_keys: NDArray[np.uint64]) -> int:
        """Record a removal and apply it to the journal's own signals; how many there were."""
        at = len(self)
        write_records(self._bytes, at, sorted_keys, _NO_ROWS, _REMOVE)
        self._publish(at + len(sorted_keys), None)
        return kill_records(self._bytes, at, sorted_keys)

    def note_watermark(self, watermark: int) -> None:
        """Note the watermark alone."""
        self._publish(len(self), watermark)

    def _publish(self, end: int, watermark: int | None) -> None:
        if watermark is not None:
            write_records(self._bytes, end, np.array([watermark], np.uint64), _NO_ROWS, _WATERMARK)
            end += 1
        publish(self._committed, end)

    def watermark(self, since: int) -> int | None:
        """The last one noted from record number `since` on, or None."""
        records = self._records[since : len(self)]
        noted = records["key"][records["state"] == _WATERMARK]
        return int(noted[-1]) if len(noted) else None

    def live(self) -> tuple[NDArray[np.uint64], NDArray[np.uint16]]:
        """Keys (n,) and spread rows (n, 16) of its signals, in the order they were added."""
        records = self._records[: len(self)]
        live = records[records["state"] == _LIVE]
        return live["key"].copy(), live["row"].copy()

    def recover(self, checkpoint: int) -> list[NDArray[np.uint64]]:
        """Put a journal right whose writer was killed.

        Cuts off records that a power failure left torn, and applies again the removals from record
        number `checkpoint` on, which the writer may have recorded but not carried out.

        Returns:
            The keys of those removals, for the segments.
        """
        publish(self._committed, intact_records(self._bytes, len(self)))
        removed: list[NDArray[np.uint64]] = []
        states = self._records["state"]
        for at in range(checkpoint, len(self)):
            if states[at] == _REMOVE:
                key = self._records["key"][at : at + 1].copy()
                kill_records(self._bytes, at, key)
                removed.append(key)
        return removed

    def intact(self) -> bool:
        """Whether every record matches its checksum."""
        return intact_records(self._bytes, len(self)) == len(self)

    def flush(self) -> None:
        """Make its records durable."""
        self._mapped.flush()
