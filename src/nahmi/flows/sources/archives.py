# SPDX-License-Identifier: Apache-2.0
"""Archives, read member by member in memory: nothing is written, so no name can lead astray."""

import tarfile
import zipfile
import zlib
from collections.abc import Callable, Iterator
from functools import partial
from lzma import LZMAError
from pathlib import Path
from typing import IO

from nahmi.errors import ErrorCode
from nahmi.flows.sources.folders import is_file, shown
from nahmi.flows.sources.items import Found, Item, Limits, Skip, Unread, held, too_large

_ZIP = (".zip", ".cbz")
_TAR = (".tar", ".tar.gz", ".tgz", ".tar.bz2", ".tbz2", ".tar.xz", ".txz")

_BROKEN = (
    EOFError,
    LZMAError,
    NotImplementedError,
    OSError,
    RuntimeError,
    ValueError,
    tarfile.TarError,
    zipfile.BadZipFile,
    zlib.error,
)
"""What the standard library raises on damaged, encrypted and unsupported archives."""

_ZIP_ENCRYPTED = 0x1


def is_archive(name: str) -> bool:
    """Whether a file's name says that it is an archive."""
    return name.lower().endswith((*_ZIP, *_TAR))


def read_archive(path: str, *, skip: Skip, limits: Limits) -> Iterator[Found]:
    """The members of an archive as `path!/member`, in the order of the archive.

    A damaged archive yields what can be read and then says what is wrong with the rest.
    """
    read = _read_zip if path.lower().endswith(_ZIP) else _read_tar
    try:
        yield from read(path, skip, limits)
    except _BROKEN as error:
        reason = f"The archive is damaged or unsupported ({type(error).__name__})."
        yield Unread(shown(path), ErrorCode.FILE_UNREADABLE, reason)


def open_member(path: str, member: str) -> Item | None:
    """One member of an archive, or None when it cannot be read any more."""
    wanted = f"{shown(path)}!/{member}"
    if not is_file(path):
        return None
    for found in read_archive(path, skip=lambda name: name != wanted, limits=Limits()):
        if isinstance(found, Item) and found.name == wanted:
            return found
    return None


def _read_zip(path: str, skip: Skip, limits: Limits) -> Iterator[Found]:
    with zipfile.ZipFile(path) as archive:
        budget = _Budget(path, limits)
        for info in archive.infolist():
            if info.is_dir():
                continue
            if not budget.take(0):
                yield budget.refusal()
                return
            name = f"{shown(path)}!/{_plain(info.filename)}"
            if skip(name):
                continue
            if info.flag_bits & _ZIP_ENCRYPTED:
                yield Unread(name, ErrorCode.FILE_UNREADABLE, "It is encrypted.")
            elif info.file_size > limits.item_bytes:
                yield too_large(name, info.file_size, limits)
            elif not budget.take(info.file_size, members=0):
                yield budget.refusal()
                return
            else:
                yield _member(name, partial(archive.open, info), limits)


def _read_tar(path: str, skip: Skip, limits: Limits) -> Iterator[Found]:
    with tarfile.open(path, "r|*") as archive:  # a stream: members are read once, in order
        budget = _Budget(path, limits)
        for info in archive:
            if not budget.take(info.size):
                yield budget.refusal()
                return
            name = f"{shown(path)}!/{_plain(info.name)}"
            if info.isdir() or skip(name):
                continue
            if info.islnk() or info.issym():
                yield Unread(name, ErrorCode.FILE_UNREADABLE, "It is a link inside an archive.")
            elif not info.isreg():
                yield Unread(name, ErrorCode.FILE_UNREADABLE, "It is no regular file.")
            elif info.size > limits.item_bytes:
                yield too_large(name, info.size, limits)
            else:
                yield _member(name, partial(archive.extractfile, info), limits)


def _member(name: str, opening: Callable[[], IO[bytes] | None], limits: Limits) -> Found:
    try:
        stream = opening()
        if stream is None:
            return Unread(name, ErrorCode.FILE_UNREADABLE, "It is no regular file.")
        with stream:
            content = stream.read(limits.item_bytes + 1)
    except _BROKEN as error:
        reason = f"The member is damaged or unsupported ({type(error).__name__})."
        return Unread(name, ErrorCode.FILE_UNREADABLE, reason)
    if len(content) > limits.item_bytes:  # its header lied
        return too_large(name, len(content), limits)
    return held(name, content)


def _plain(name: str) -> str:
    return name.encode("utf-8", "surrogateescape").decode("utf-8", "backslashreplace")


class _Budget:
    """What is left of an archive's limits."""

    def __init__(self, path: str, limits: Limits) -> None:
        self._name = shown(path)
        self._members = limits.members
        self._bytes = limits.free_bytes + limits.ratio * Path(path).stat().st_size

    def take(self, size_bytes: int, members: int = 1) -> bool:
        self._members -= members
        self._bytes -= size_bytes
        return self._members >= 0 and self._bytes >= 0

    def refusal(self) -> Unread:
        what = "more members" if self._members < 0 else "more data for its length"
        reason = f"The archive holds {what} than is allowed; the rest was not read."
        return Unread(self._name, ErrorCode.MEDIA_TOO_LARGE, reason)
