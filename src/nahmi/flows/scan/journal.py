# SPDX-License-Identifier: Apache-2.0
"""The journal of a scan: what is done stays done, whatever stops the scan.

A text file: first the job, then one record a line, appended a batch at a time. A line that was
torn by a crash is cut off when the journal is opened again; its item is scanned again.
"""

import fcntl
import os
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import BinaryIO, Self

import msgspec

from nahmi.errors import ErrorCode, StoreError
from nahmi.flows.disk import storage_error
from nahmi.flows.scan.job import Job
from nahmi.flows.scan.record import Record


class Journal:
    """The journal of one scan, held by one process at a time.

    Args:
        folder: Where journals are kept; made when missing.
        job: What the scan is to do.
        restart: Forget what an earlier run did.

    Raises:
        StoreError: STORE_BUSY: another process runs this very scan. STORE_CORRUPT: the journal
            is damaged. STORAGE_FULL or STORAGE_DENIED.
    """

    def __init__(self, folder: Path, job: Job, *, restart: bool = False) -> None:
        self.path = folder / f"{job.key}.jsonl"
        self._done: set[str] = set()
        try:
            folder.mkdir(parents=True, exist_ok=True)
            self._stream = self._open(job, restart=restart)
        except OSError as error:
            raise storage_error(error, "keep the scan's journal") from error

    @property
    def done(self) -> int:
        """How many items have a record."""
        return len(self._done)

    def has(self, name: str) -> bool:
        """Whether an item has a record."""
        return name in self._done

    def append(self, records: Sequence[Record]) -> None:
        """Write records; when this returns they survive a crash.

        Raises:
            StoreError: STORAGE_FULL or STORAGE_DENIED; earlier records are intact.
        """
        lines = b"".join(msgspec.json.encode(record) + b"\n" for record in records)
        try:
            while lines:  # an unbuffered write may take a part only
                lines = lines[self._stream.write(lines) :]
            os.fsync(self._stream.fileno())
        except OSError as error:
            raise storage_error(error, "keep the scan's journal") from error
        self._done.update(record.name for record in records)

    def records(self) -> Iterator[Record]:
        """Every record, oldest first, read from the file."""
        decoder = msgspec.json.Decoder(Record)
        with self.path.open("rb") as lines:
            next(lines)
            for line in lines:
                yield decoder.decode(line)

    def finish(self) -> None:
        """Forget the scan: its results were written."""
        self.path.unlink(missing_ok=True)
        self.close()

    def close(self) -> None:
        """Let go of the file; the scan can go on later."""
        self._stream.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _open(self, job: Job, *, restart: bool) -> BinaryIO:
        stream = self.path.open("a+b", buffering=0)
        try:
            return self._held(stream, job, restart=restart)
        except BaseException:
            stream.close()
            raise

    def _held(self, stream: BinaryIO, job: Job, *, restart: bool) -> BinaryIO:
        try:
            fcntl.flock(stream, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise StoreError(
                ErrorCode.STORE_BUSY,
                "Another process is running this very scan.",
                hint="Wait for it, or end it; its journal lets you go on from there.",
            ) from error
        header = msgspec.json.encode(job) + b"\n"
        if restart:
            stream.truncate(0)
        kept = self._recover(stream, header)
        stream.truncate(kept)
        if kept == 0:
            stream.write(header)
        return stream

    def _recover(self, stream: BinaryIO, header: bytes) -> int:
        """Read what is there; the length up to which it is whole."""
        stream.seek(0)
        decoder = msgspec.json.Decoder(Record)
        kept = 0
        with open(os.dup(stream.fileno()), "rb") as lines:  # noqa: PTH123 - a descriptor
            for line in lines:
                if not line.endswith(b"\n"):
                    break
                if kept:
                    self._done.add(self._decoded(decoder, line))
                elif line != header:
                    raise self._damaged()
                kept += len(line)
        return kept

    def _decoded(self, decoder: msgspec.json.Decoder[Record], line: bytes) -> str:
        try:
            return decoder.decode(line).name
        except msgspec.DecodeError as error:
            raise self._damaged() from error

    def _damaged(self) -> StoreError:
        return StoreError(
            ErrorCode.STORE_CORRUPT,
            "The scan's journal is damaged.",
            hint="Begin the scan anew with --restart.",
        )
