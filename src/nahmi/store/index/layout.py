# SPDX-License-Identifier: Apache-2.0
"""What the files of an index look like, byte by byte.

Every file opens with a header of one page: magic, version, sizes, checksum. Numbers are
little-endian. A folder holds

    manifest      which segments and which journal make up the index (JSON, swapped atomically)
    state         one counter that tells readers that the manifest has changed
    lock          held (flock) while something is written; `compacting` while segments are merged
    *.segment     immutable: keys, rows and the 16 tables, see native/hamming.h
    *.dead        one bit a row of the segment of the same name: removed
    *.journal     changes since the last segment, see native/journal.h
"""

import errno
import mmap as mmap_module
import os
import struct
import zlib
from contextlib import suppress
from mmap import ACCESS_READ, ACCESS_WRITE, mmap
from pathlib import Path

from nahmi.errors import ErrorCode, SignalIndexError

PAGE = 4096
VERSION = 1
MAGIC_SEGMENT = b"NAHMISEG"
MAGIC_DEAD = b"NAHMIDED"
MAGIC_JOURNAL = b"NAHMIJNL"
MAGIC_STATE = b"NAHMISTA"

_PREFIX = struct.Struct("<8sII")  # magic, version, CRC-32 of the body
_BODY_BYTES = 1024
COUNTER_OFFSET = 2048
"""Where a header page keeps its one changing counter, outside of what the checksum covers."""

_FULL = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}
_DENIED = {errno.EACCES, errno.EPERM, errno.EROFS}


def wrap_os_error(error: OSError, doing: str) -> SignalIndexError:
    """The typed error for a failed file operation; `doing` completes "could not ..."."""
    if error.errno in _FULL:
        return SignalIndexError(
            ErrorCode.STORAGE_FULL,
            f"The disk is full: could not {doing}.",
            hint="Nothing was lost; free some space and try again.",
        )
    if error.errno in _DENIED:
        return SignalIndexError(
            ErrorCode.STORAGE_DENIED,
            f"Permission denied: could not {doing}.",
            hint="Check who owns the node folder and whether it may be written to.",
        )
    if error.errno == errno.ENOENT:
        return SignalIndexError(
            ErrorCode.INDEX_MISSING,
            f"A file of the index is missing: could not {doing}.",
            hint="Rebuild it with `nahmi index rebuild`.",
        )
    return SignalIndexError(ErrorCode.INDEX_CORRUPT, f"Could not {doing}: {error.strerror}.")


def corrupt(what: str) -> SignalIndexError:
    """The typed error for a file that does not say what it must."""
    return SignalIndexError(
        ErrorCode.INDEX_CORRUPT,
        f"The index is damaged: {what}.",
        hint="Rebuild it with `nahmi index rebuild`; the banks themselves are not affected.",
    )


def pack_header(magic: bytes, body: bytes) -> bytes:
    """One page: magic, version, checksum and `body` (at most 1024 bytes)."""
    padded = body.ljust(_BODY_BYTES, b"\0")
    return (_PREFIX.pack(magic, VERSION, zlib.crc32(padded)) + padded).ljust(PAGE, b"\0")


def unpack_header(page: bytes, magic: bytes, name: str) -> bytes:
    """The body of a header page.

    Raises:
        SignalIndexError: INDEX_CORRUPT or INDEX_VERSION.
    """
    if len(page) < PAGE:
        raise corrupt(f"{name} is cut short")
    found, version, checksum = _PREFIX.unpack_from(page)
    body = page[_PREFIX.size : _PREFIX.size + _BODY_BYTES]
    if found != magic:
        raise corrupt(f"{name} is not a file of this kind")
    if version != VERSION:
        raise SignalIndexError(
            ErrorCode.INDEX_VERSION,
            f"{name} has format version {version}; this release reads version {VERSION}.",
            hint="Rebuild it with `nahmi index rebuild`.",
        )
    if checksum != zlib.crc32(body):
        raise corrupt(f"the header of {name} does not match its checksum")
    return body


def create_mapped(path: Path, size_bytes: int) -> mmap:
    """A new file of this size, mapped for writing.

    The blocks are reserved first: writing to a mapped file on a full disk would kill the process
    instead of raising an error.
    """
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o600)
    try:
        _reserve(descriptor, size_bytes)
        return mmap(descriptor, size_bytes, access=ACCESS_WRITE)
    except OSError:
        path.unlink(missing_ok=True)
        raise
    finally:
        os.close(descriptor)


def _reserve(descriptor: int, size_bytes: int) -> None:
    if hasattr(os, "posix_fallocate"):
        os.posix_fallocate(descriptor, 0, size_bytes)
        return
    # macOS has no posix_fallocate; writing zeros reserves the blocks as well.
    chunk = bytes(1 << 20)
    written = 0
    while written < size_bytes:
        written += os.write(descriptor, chunk[: size_bytes - written])


def open_mapped(path: Path, *, writable: bool) -> mmap:
    """A file, mapped whole and shared with every process that maps it.

    Raises:
        OSError: It cannot be opened.
        SignalIndexError: INDEX_CORRUPT when it is shorter than a header.
    """
    descriptor = os.open(path, (os.O_RDWR if writable else os.O_RDONLY) | os.O_CLOEXEC)
    try:
        if os.fstat(descriptor).st_size < PAGE:
            raise corrupt(f"{path.name} is cut short")
        return mmap(descriptor, 0, access=ACCESS_WRITE if writable else ACCESS_READ)
    finally:
        os.close(descriptor)


def prefer_large_pages(mapped: mmap) -> None:
    """Ask the system to hold this file in pages of 2 MiB, where it can.

    A search touches some hundred places all over a segment. With pages of 4 KiB the processor waits
    for page tables at most of them, and every process takes a fault for each page that it meets.
    """
    advice = getattr(mmap_module, "MADV_HUGEPAGE", None)
    if advice is not None:
        # Kernels without large pages refuse; everything works without them, more slowly.
        with suppress(OSError):
            mapped.madvise(advice)


def sync_folder(folder: Path) -> None:
    """Make renames and removals in a folder durable."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
