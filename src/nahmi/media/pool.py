# SPDX-License-Identifier: Apache-2.0
"""The service's side of the sandbox: workers that are lent out, watched and replaced."""

import os
import queue
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import BinaryIO, Self

import msgspec

from nahmi.core.signal import ContentFingerprints
from nahmi.errors import ErrorCode, MediaError
from nahmi.media.limits import MediaLimits
from nahmi.media.process import WorkerProcess
from nahmi.media.protocol import LAST_WORDS, Reply, Request, decode_reply
from nahmi.protect.plan import FingerprintPlan

_START_S = 60.0
_MOST_FILES = 10_000  # then a worker is replaced, so that leaks in decoders do not add up
_CHUNK_BYTES = 1 << 20

_ENVIRONMENT = {
    "OPENBLAS_NUM_THREADS": "1",
    # glibc gives large blocks back at once and has to clear them anew for the next picture.
    # (32 MiB is the highest threshold that it takes.)
    "MALLOC_MMAP_THRESHOLD_": str(32 << 20),
    "MALLOC_TRIM_THRESHOLD_": str(1 << 30),
    # Decoded pictures on large pages of memory: a few per cent quicker to write and to read.
    "GLIBC_TUNABLES": "glibc.malloc.hugetlb=1",
}


class _Worker:
    """One worker process."""

    def __init__(self, memory_bytes: int) -> None:
        self.process = WorkerProcess(
            "nahmi.media.worker", str(memory_bytes), environment=_ENVIRONMENT
        )
        self.files = 0
        self.layers = self._receive(_START_S).layers

    @property
    def is_alive(self) -> bool:
        """Whether it can be asked."""
        return self.process.is_alive

    def ask(self, request: Request, descriptor: int) -> Reply:
        """One file.

        Raises:
            MediaError: MEDIA_TIMEOUT, MEDIA_MEMORY or MEDIA_CRASHED; the worker is gone then.
        """
        self.files += 1
        try:
            self.process.send(request, descriptor)
        except EOFError as error:
            raise self._gone() from error
        reply = self._receive(request.limits.seconds)
        if reply.code and _known(reply.code) in LAST_WORDS:
            self.end()  # or it would be lent out again while it goes, and lose the next file
        return reply

    def _receive(self, seconds: float) -> Reply:
        # A decoder that was taken over may answer anything: what it says is untrusted too.
        try:
            return decode_reply(self.process.receive(seconds))
        except TimeoutError as error:
            self.end()
            raise MediaError(
                ErrorCode.MEDIA_TIMEOUT,
                f"Decoding the file took more than {seconds:g} s and was stopped.",
            ) from error
        except (EOFError, msgspec.MsgspecError) as error:
            raise self._gone() from error

    def _gone(self) -> MediaError:
        self.end()
        if self.process.ran_out_of_time:
            return MediaError(
                ErrorCode.MEDIA_TIMEOUT, "Decoding the file took too long and was stopped."
            )
        return MediaError(
            ErrorCode.MEDIA_CRASHED,
            "The decoder crashed on this file; nothing else was affected.",
        )

    def end(self) -> None:
        """End the process, whatever it does."""
        self.process.end()


def _started(memory_bytes: int) -> _Worker:
    try:
        return _Worker(memory_bytes)
    except (OSError, MediaError) as error:
        # Nothing is wrong with the file, so the error must not say so.
        raise MediaError(
            ErrorCode.MEDIA_CRASHED,
            "The worker that decodes files could not be started.",
            hint="`nahmi doctor` says what is missing.",
        ) from error


class SandboxedFingerprinter:
    """Fingerprints untrusted files in worker processes; safe to use from many threads.

    Args:
        workers: Processes at most; they start when they are first needed.
        limits: What one file may ask for.

    Example:
        >>> import io
        >>> from nahmi.media import SandboxedFingerprinter
        >>> from nahmi.protect.plan import FingerprintPlan
        >>> with SandboxedFingerprinter() as fingerprinter:
        ...     fingerprinter.fingerprint(b"no picture", FingerprintPlan())
        Traceback (most recent call last):
        ...
        nahmi.errors.MediaError: The file is not a picture in a supported format.
    """

    def __init__(self, *, workers: int = 1, limits: MediaLimits | None = None) -> None:
        self._limits = limits or MediaLimits()
        self._places: queue.SimpleQueue[_Worker | None] = queue.SimpleQueue()
        self._count = max(1, workers)
        self._closing = threading.Lock()
        self._is_closed = False
        for _ in range(self._count):
            self._places.put(None)

    def fingerprint(self, content: BinaryIO | bytes, plan: FingerprintPlan) -> ContentFingerprints:
        """Fingerprint one item of content.

        Args:
            content: The bytes, or a readable binary stream, read from its start.
            plan: What to compute.

        Raises:
            MediaError: The content cannot be decoded within its limits.
        """
        reply = self._ask(content, Request(plan, self._limits))
        if reply.fingerprints is None:
            raise MediaError(ErrorCode.MEDIA_CRASHED, "The decoder gave no answer.")
        return reply.fingerprints

    def thumbnail(self, content: BinaryIO | bytes, size_px: int) -> bytes:
        """A small JPEG made from the pixels alone, safe to show: nothing of the file is in it.

        Args:
            content: As in `fingerprint`.
            size_px: Longest side.

        Raises:
            MediaError: As in `fingerprint`.
        """
        return self._ask(content, Request(None, self._limits, size_px)).thumbnail

    def layers(self) -> tuple[str, ...]:
        """Names of the layers that hold a worker in on this system."""
        with self._worker() as worker:
            return worker.layers

    def _ask(self, content: BinaryIO | bytes, request: Request) -> Reply:
        with as_descriptor(content, self._limits) as descriptor, self._worker() as worker:
            reply = worker.ask(request, descriptor)
        if reply.code:
            raise MediaError(_known(reply.code), reply.detail, hint=reply.hint)
        return reply

    @contextmanager
    def _worker(self) -> Iterator[_Worker]:
        worker = self._places.get()
        try:
            # Asked only now: whoever waited for a place may have waited for the end.
            if self._is_closed:
                raise MediaError(ErrorCode.INPUT_INVALID, "The fingerprinter has been closed.")
            if worker is not None and not worker.is_alive:
                worker.end()
                worker = None
            if worker is None:
                worker = _started(self._limits.memory_bytes)
            yield worker
            if worker.files >= _MOST_FILES:
                worker.end()
        finally:
            is_alive = worker is not None and worker.is_alive
            self._places.put(worker if is_alive else None)

    def close(self) -> None:
        """End all workers. Files under way are finished first."""
        with self._closing:
            if self._is_closed:
                return
            self._is_closed = True
            for _ in range(self._count):
                worker = self._places.get()
                if worker is not None:
                    worker.end()
            for _ in range(self._count):
                self._places.put(None)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def __del__(self) -> None:
        if not getattr(self, "_is_closed", True):
            self.close()


def _known(code: str) -> ErrorCode:
    with suppress(ValueError):
        return ErrorCode(code)
    return ErrorCode.MEDIA_CRASHED


@contextmanager
def as_descriptor(content: BinaryIO | bytes, limits: MediaLimits) -> Iterator[int]:
    """An open file with the content: its own, or an unnamed one in memory."""
    if not isinstance(content, bytes):
        own = _own_descriptor(content)
        if own is not None:
            yield own
            return
    with _unnamed_file() as file:
        if isinstance(content, bytes):
            file.write(content)
        else:
            _copy(content, file, limits)
        file.flush()
        yield file.fileno()


def _own_descriptor(content: BinaryIO) -> int | None:
    """The descriptor of a plain file at its start; None for pipes, archives and the like."""
    with suppress(OSError, AttributeError, ValueError):
        if content.tell() == 0 and content.readable():
            descriptor = content.fileno()
            os.pread(descriptor, 1, 0)
            return descriptor
    return None


def _unnamed_file() -> BinaryIO:
    if hasattr(os, "memfd_create"):
        return os.fdopen(os.memfd_create("content"), "w+b")
    return tempfile.TemporaryFile()


def _copy(content: BinaryIO, file: BinaryIO, limits: MediaLimits) -> None:
    total = 0
    while part := content.read(_CHUNK_BYTES):
        total += len(part)
        if total > limits.file_bytes:
            raise MediaError(
                ErrorCode.MEDIA_TOO_LARGE,
                f"The file has more than {limits.file_bytes} bytes.",
            )
        file.write(part)
