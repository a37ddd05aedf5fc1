# SPDX-License-Identifier: Apache-2.0
"""The manifest: which files make up the index. It is swapped in one atomic step."""

import os
import zlib
from pathlib import Path

import msgspec
import numpy as np
from numpy.typing import NDArray

from nahmi.errors import ErrorCode, SignalIndexError
from nahmi.kernels import observe, publish
from nahmi.store.index.layout import (
    COUNTER_OFFSET,
    MAGIC_STATE,
    PAGE,
    VERSION,
    corrupt,
    create_mapped,
    open_mapped,
    pack_header,
    sync_folder,
    unpack_header,
)

MANIFEST = "manifest"
STATE = "state"


class Manifest(msgspec.Struct, frozen=True):
    """Which files make up the index.

    Attributes:
        generation: Rises by one with every manifest.
        segments: Names of the segments, oldest first.
        journal: Name of the journal that is written to.
        checkpoint: How many of the journal's records had been carried out when the manifest was
            written.
        watermark: What the index had last been told by then (see `Index.watermark`).
        next_file: Number of the next file to be made; names are never used twice.
    """

    generation: int
    segments: tuple[str, ...]
    journal: str
    checkpoint: int
    watermark: int
    next_file: int


class _Envelope(msgspec.Struct, frozen=True):
    version: int
    checksum: int
    manifest: msgspec.Raw


def read_manifest(folder: Path) -> Manifest:
    """The manifest of an index.

    Raises:
        OSError: It cannot be read.
        SignalIndexError: INDEX_CORRUPT or INDEX_VERSION.
    """
    try:
        envelope = msgspec.json.decode((folder / MANIFEST).read_bytes(), type=_Envelope)
        if envelope.version != VERSION:
            raise SignalIndexError(
                ErrorCode.INDEX_VERSION,
                f"The index has format version {envelope.version}; this release reads {VERSION}.",
                hint="Rebuild it with `nahmi index rebuild`.",
            )
        if zlib.crc32(bytes(envelope.manifest)) != envelope.checksum:
            raise corrupt("its manifest does not match its checksum")
        return msgspec.json.decode(envelope.manifest, type=Manifest)
    except msgspec.DecodeError as error:
        raise corrupt("its manifest cannot be read") from error


def write_manifest(folder: Path, manifest: Manifest) -> None:
    """Replace the manifest: after a crash at any moment the old or the new one is there, whole."""
    raw = msgspec.json.encode(manifest)
    envelope = _Envelope(VERSION, zlib.crc32(raw), msgspec.Raw(raw))
    draft = folder / f"{MANIFEST}.new"
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o600)
    try:
        os.write(descriptor, msgspec.json.encode(envelope))
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
    draft.rename(folder / MANIFEST)
    sync_folder(folder)


REPLACED = 2**64 - 1
"""What an index announces when another one has taken its place."""

_WRITING_OFFSET = COUNTER_OFFSET + 64  # a cache line of its own


class State:
    """Two cells shared by all processes: the newest generation, and whether a writer is at work."""

    def __init__(self, folder: Path, *, writable: bool) -> None:
        mapped = open_mapped(folder / STATE, writable=writable)
        unpack_header(mapped[:PAGE], MAGIC_STATE, STATE)
        self._cell: NDArray[np.uint64] = np.frombuffer(mapped, "<u8", 1, COUNTER_OFFSET)
        self._writing: NDArray[np.uint64] = np.frombuffer(mapped, "<u8", 1, _WRITING_OFFSET)

    @staticmethod
    def create(folder: Path) -> None:
        """Make the counter's file."""
        mapped = create_mapped(folder / STATE, PAGE)
        mapped[:PAGE] = pack_header(MAGIC_STATE, b"")
        mapped.flush()

    def generation(self) -> int:
        """Generation of the newest manifest that was announced."""
        return observe(self._cell)

    def announce(self, generation: int) -> None:
        """Tell every process that there is a newer manifest."""
        publish(self._cell, generation)

    @property
    def was_interrupted(self) -> bool:
        """Whether the last writer ended in the middle of its work; asked by the next, locked."""
        return observe(self._writing) != 0

    def mark_writing(self, *, is_writing: bool) -> None:
        """Note that a writer begins or has finished."""
        publish(self._writing, int(is_writing))
