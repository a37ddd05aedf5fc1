# SPDX-License-Identifier: Apache-2.0
"""The files of an index as one thing: opened together, changed together under the lock."""

import os
import threading
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import msgspec
import numpy as np
from numpy.typing import NDArray

from nahmi.errors import ErrorCode, InputError, SignalIndexError
from nahmi.store.index.journal import Journal, create_journal
from nahmi.store.index.layout import corrupt, sync_folder, wrap_os_error
from nahmi.store.index.lock import WriterLock
from nahmi.store.index.manifest import (
    MANIFEST,
    REPLACED,
    Manifest,
    State,
    read_manifest,
    write_manifest,
)
from nahmi.store.index.segment import Pieces, Segment, write_segment

_OPEN_ATTEMPTS = 20
_STORE = "store"
LOCK = "lock"

NewSegment = tuple[NDArray[np.uint64], Pieces]
"""Keys (n,) ascending and the rows that go with them."""


class View(msgspec.Struct, frozen=True):
    """The files of one manifest, opened.

    Attributes:
        announced: What the state's counter said before the manifest was read.
        manifest: The manifest.
        segments: Its segments, oldest first.
        journal: Its journal.
    """

    announced: int
    manifest: Manifest
    segments: tuple[Segment, ...]
    journal: Journal

    def watermark(self) -> int:
        """What the last change noted: in the journal since the manifest, or in the manifest."""
        noted = self.journal.watermark(self.manifest.checkpoint)
        return self.manifest.watermark if noted is None else noted

    def verify(self) -> None:
        """Compare every file with its checksums.

        Raises:
            SignalIndexError: INDEX_CORRUPT.
        """
        for segment in self.segments:
            segment.verify()
        if not self.journal.intact():
            raise corrupt(f"{self.journal.path.name} has a torn record")


class IndexFiles:
    """Opens the files and swaps the manifest.

    Args:
        folder: Where they are.
        writable: Whether they may be changed.
        wait_s: How long a change waits for another writer, seconds.

    Raises:
        SignalIndexError: INDEX_MISSING, INDEX_CORRUPT, INDEX_VERSION or STORAGE_DENIED.
    """

    def __init__(self, folder: Path, *, writable: bool, wait_s: float) -> None:
        if not (folder / MANIFEST).exists():
            raise SignalIndexError(
                ErrorCode.INDEX_MISSING,
                f"There is no index in {folder.name!r}.",
                hint="Make it with `nahmi init`, or again with `nahmi index rebuild`.",
            )
        self.folder = folder
        self.writable = writable
        self._wait_s = wait_s
        self._open_place()
        self._opening = threading.Lock()
        self._view: View | None = None

    def _open_place(self) -> None:
        # The lock first: who sees the new state must not hold the lock of the old one.
        self._lock = WriterLock(self.folder / LOCK, wait_s=self._wait_s)
        try:
            self._state = State(self.folder, writable=self.writable)
        except OSError as error:
            raise wrap_os_error(error, "open the index") from error

    @classmethod
    def create(cls, folder: Path, *, wait_s: float) -> None:
        """Make the files of an empty index.

        Raises:
            OSError: The folder may not be written to, or the disk is full.
            InputError: There is an index already.
            SignalIndexError: INDEX_BUSY.
        """
        folder.mkdir(parents=True, exist_ok=True)
        lock = WriterLock(folder / LOCK, wait_s=wait_s)
        with lock:
            if (folder / MANIFEST).exists():
                raise InputError(
                    ErrorCode.INPUT_INVALID, f"There is an index in {folder.name!r} already."
                )
            State.create(folder)
            # Generations start at 1: a match with version 0 is one that needed no index.
            manifest = Manifest(1, (), "1.journal", 0, 0, 2)
            create_journal(folder / manifest.journal)
            write_manifest(folder, manifest)
        lock.close()

    # ---- reading ---------------------------------------------------------------------------------

    def is_current(self, view: View) -> bool:
        """Whether no newer manifest has been announced."""
        return self._state.generation() == view.announced

    def view(self) -> View:
        """The files as they are now.

        Raises:
            SignalIndexError: A file is missing or damaged.
        """
        view = self._view
        if view is not None and self.is_current(view):
            return view
        with self._opening:
            self._view = self._open_view(self._view)
            return self._view

    def _open_view(self, previous: View | None) -> View:
        error: OSError | None = None
        for _ in range(_OPEN_ATTEMPTS):
            announced = self._state.generation()
            if announced == REPLACED:
                previous = None
                self._open_place()
                continue
            try:
                manifest = read_manifest(self.folder)
                return self._open_files(announced, manifest, previous)
            except FileNotFoundError as missing:
                # Merged away between the reading of the manifest and now; the next one is there.
                error = missing
            except OSError as other:
                raise wrap_os_error(other, "open the index") from other
        raise wrap_os_error(error or FileNotFoundError(), "open the index") from error

    def _open_files(self, announced: int, manifest: Manifest, previous: View | None) -> View:
        known = {s.path.name: s for s in previous.segments} if previous else {}
        segments = tuple(
            known.get(name) or Segment(self.folder / name, writable=self.writable)
            for name in manifest.segments
        )
        if previous and previous.manifest.journal == manifest.journal:
            journal = previous.journal
        else:
            journal = Journal(self.folder / manifest.journal, writable=self.writable)
        return View(announced, manifest, segments, journal)

    def size_bytes(self) -> int:
        """Length of all files of the folder."""
        return sum(path.stat().st_size for path in self.folder.iterdir() if path.is_file())

    # ---- changing --------------------------------------------------------------------------------

    @contextmanager
    def writing(self) -> Iterator[None]:
        """Be the only writer; first put right what a killed writer left half done.

        Raises:
            SignalIndexError: INDEX_BUSY, STORAGE_DENIED.
        """
        if not self.writable:
            raise SignalIndexError(
                ErrorCode.STORAGE_DENIED, "The index was opened for reading only."
            )
        try:
            with self._locked() as lock:
                is_outermost = lock.depth == 1
                if is_outermost:
                    if self._state.was_interrupted:
                        self._recover()
                    self._state.mark_writing(is_writing=True)
                yield
                # Not in a `finally`: a change that failed half-way is put right by the next writer.
                if is_outermost:
                    self._state.mark_writing(is_writing=False)
        except OSError as error:
            raise wrap_os_error(error, "change the index") from error

    @contextmanager
    def _locked(self) -> Iterator[WriterLock]:
        """Hold the lock of the index that is in place; nobody replaces it meanwhile."""
        while True:
            with self._lock as lock:
                if lock is self._lock and self._state.generation() != REPLACED:
                    yield lock
                    return
            self.view()

    def recover_if_idle(self) -> None:
        """Put right what a killed writer left half done, unless a writer is at work now."""
        if self.writable and self._state.was_interrupted and self._lock.try_enter():
            self._lock.__exit__(None, None, None)
            with self.writing():
                pass

    def _recover(self) -> None:
        self._state.announce(read_manifest(self.folder).generation)
        view = self._view = self._open_view(None)
        for keys in view.journal.recover(view.manifest.checkpoint):
            for segment in view.segments:
                segment.remove(keys)
        self._collect_garbage(view.manifest)

    def _collect_garbage(self, manifest: Manifest) -> None:
        keep = {manifest.journal, *manifest.segments}
        keep |= {str(Path(name).with_suffix(".dead")) for name in manifest.segments}
        for path in self.folder.iterdir():
            number = path.name.partition(".")[0]
            is_ours = path.suffix in {".segment", ".dead", ".journal"} and number.isdigit()
            # The draft of a merge under way has no number, so it stays.
            if is_ours and path.name not in keep:
                path.unlink(missing_ok=True)

    def append_segments(self, new: Iterable[NewSegment], *, watermark: int | None = None) -> None:
        """Write segments one by one and swap them in, in one step. Call it while `writing`.

        Raises:
            OSError: The disk is full; nothing has changed.
        """
        manifest = self.view().manifest
        names: list[str] = []
        try:
            for number, (keys, pieces) in enumerate(new, manifest.next_file):
                write_segment(self.folder / f"{number}.segment", keys, pieces)
                names.append(f"{number}.segment")
        except BaseException:
            self._remove_segments(names)
            raise
        self.swap(
            segments=(*manifest.segments, *names),
            next_file=manifest.next_file + len(names),
            watermark=watermark,
        )

    def seal(self) -> None:
        """Turn the journal's signals into a segment and start a new journal, in one step.

        Raises:
            OSError: The disk is full; nothing has changed.
        """
        view = self.view()
        if len(view.journal) == 0:
            return
        manifest = view.manifest
        keys, rows = view.journal.live()
        order = np.argsort(keys, kind="stable")
        segments = manifest.segments
        number = manifest.next_file
        journal = f"{number + 1}.journal"
        create_journal(self.folder / journal)
        try:
            if len(keys):
                write_segment(self.folder / f"{number}.segment", keys[order], [rows[order]])
                segments = (*segments, f"{number}.segment")
        except BaseException:
            (self.folder / journal).unlink(missing_ok=True)
            raise
        self.swap(segments=segments, next_file=number + 2, journal=journal)
        view.journal.path.unlink(missing_ok=True)

    def swap(
        self,
        *,
        segments: tuple[str, ...],
        next_file: int,
        journal: str | None = None,
        watermark: int | None = None,
    ) -> None:
        """Replace the manifest and tell every process. Call it while `writing`."""
        view = self.view()
        for segment in view.segments:
            segment.flush()
        manifest = Manifest(
            generation=view.manifest.generation + 1,
            segments=segments,
            journal=journal or view.manifest.journal,
            checkpoint=0 if journal else len(view.journal),
            watermark=view.watermark() if watermark is None else watermark,
            next_file=next_file,
        )
        sync_folder(self.folder)
        write_manifest(self.folder, manifest)
        self._state.announce(manifest.generation)

    def store_id(self) -> str | None:
        """What `note_store` wrote; None when nothing was."""
        try:
            return (self.folder / _STORE).read_text(encoding="utf-8").strip() or None
        except FileNotFoundError:
            return None
        except (OSError, UnicodeDecodeError) as error:
            failure = error if isinstance(error, OSError) else OSError("no text")
            raise wrap_os_error(failure, "open the index") from error

    def note_store(self, store_id: str) -> None:
        """Write down which store the index follows, in one step. Call it while `writing`."""
        draft = self.folder / f"{_STORE}.new"
        with draft.open("w", encoding="utf-8") as file:
            file.write(f"{store_id}\n")
            file.flush()
            os.fsync(file.fileno())
        draft.replace(self.folder / _STORE)
        sync_folder(self.folder)

    def _remove_segments(self, names: Sequence[str]) -> None:
        for name in names:
            (self.folder / name).unlink(missing_ok=True)
            (self.folder / name).with_suffix(".dead").unlink(missing_ok=True)

    def close(self) -> None:
        """Let go of the files."""
        self._view = None
        self._lock.close()
