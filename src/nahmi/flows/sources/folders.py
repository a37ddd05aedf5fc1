# SPDX-License-Identifier: Apache-2.0
"""Folders of files, walked in sorted order; each folder once, however links lead to it."""

import os
import stat
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

from nahmi.errors import ErrorCode, InputError
from nahmi.flows.sources.items import Found, Item, Skip, Unread, why


def walk(root: str, *, skip: Skip) -> Iterator[Found]:
    """Every file below a folder, or the one file that `root` is.

    Links are followed. A folder that was visited already is not visited again, so loops end.

    Raises:
        InputError: FILE_MISSING.
    """
    if not os.path.lexists(root):
        raise InputError(
            ErrorCode.FILE_MISSING,
            f"There is no file or folder {shown(root)!r}.",
            hint="Check the spelling; sources are relative to the current folder.",
        )
    return _walk(root, skip, set())


def file_item(path: str) -> Item:
    """One file."""
    return Item(shown(path), lambda: _open(path), is_file=True)


def is_file(path: str) -> bool:
    """Whether there is a regular file; False for names that no file system takes."""
    try:
        return Path(path).is_file()
    except OSError:  # such as a name that is too long
        return False


def shown(path: str) -> str:
    r"""A path that is valid text: bytes that are no UTF-8 appear as `\xff`."""
    return os.fsencode(path).decode("utf-8", "backslashreplace")


def _open(path: str) -> BinaryIO:
    # O_NONBLOCK: a pipe that was put in a file's place must not hang the scan.
    return os.fdopen(os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC), "rb")


def _walk(path: str, skip: Skip, visited: set[tuple[int, int]]) -> Iterator[Found]:
    name = shown(path)
    try:
        status = Path(path).stat()
        if not stat.S_ISDIR(status.st_mode):
            yield from _file(path, name, status.st_mode, skip)
            return
        identity = (status.st_dev, status.st_ino)
        if identity in visited:
            return
        visited.add(identity)
        entries = sorted(os.listdir(path))  # noqa: PTH208 - names, not millions of Path objects
    except OSError as error:
        if not skip(name):
            yield Unread(name, ErrorCode.FILE_UNREADABLE, why(error))
        return
    for entry in entries:
        yield from _walk(os.path.join(path, entry), skip, visited)  # noqa: PTH118 - as above


def _file(path: str, name: str, mode: int, skip: Skip) -> Iterator[Found]:
    if skip(name):
        return
    if stat.S_ISREG(mode):
        yield file_item(path)
    else:
        yield Unread(name, ErrorCode.FILE_UNREADABLE, "It is a device, pipe or socket, no file.")
