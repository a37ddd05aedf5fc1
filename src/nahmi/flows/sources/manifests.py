# SPDX-License-Identifier: Apache-2.0
"""Lists of file names: plain text, JSON lines, or standard input."""

import os
from collections.abc import Iterable, Iterator
from pathlib import Path

import msgspec

from nahmi.errors import ErrorCode
from nahmi.flows.sources.folders import file_item, is_file, shown
from nahmi.flows.sources.items import Found, Skip, Unread, why

_PLAIN = (".txt", ".list", ".lst")
_JSON = (".jsonl", ".ndjson")


class _Row(msgspec.Struct):
    path: str


def is_manifest(name: str) -> bool:
    """Whether a file's name says that it is a list of names."""
    return name.lower().endswith((*_PLAIN, *_JSON))


def read_manifest(path: str, *, skip: Skip) -> Iterator[Found]:
    """The files that a list names, in its order.

    Args:
        path: `.txt`, `.list`, `.lst`: a name a line. `.jsonl`, `.ndjson`: an object with `path`
            a line. Relative names count from the list's own folder.
        skip: Says by name which files are not wanted.
    """
    folder = Path(path).parent
    is_json = path.lower().endswith(_JSON)
    try:
        with Path(path).open("rb") as lines:
            for number, line in enumerate(lines, 1):
                if not line.strip():
                    continue
                name = _json_name(line) if is_json else _plain_name(line)
                if name is None:
                    where = f"{shown(path)}, line {number}"
                    reason = 'The line is no JSON object with a "path".'
                    yield Unread(where, ErrorCode.INPUT_INVALID, reason)
                else:
                    yield from _named(str(folder / name), skip)
    except OSError as error:
        yield Unread(shown(path), ErrorCode.FILE_UNREADABLE, why(error))


def read_names(lines: Iterable[str], *, skip: Skip) -> Iterator[Found]:
    """The files that standard input names, one a line, as they come."""
    for line in lines:
        name = line.rstrip("\r\n")
        if name:
            yield from _named(name, skip)


def _named(path: str, skip: Skip) -> Iterator[Found]:
    name = shown(path)
    if skip(name):
        return
    if is_file(path):
        yield file_item(path)
    elif os.path.lexists(path):
        yield Unread(name, ErrorCode.FILE_UNREADABLE, "It is no regular file.")
    else:
        yield Unread(name, ErrorCode.FILE_MISSING, "There is no such file.")


def _plain_name(line: bytes) -> str:
    return line.rstrip(b"\r\n").decode("utf-8", "surrogateescape")


def _json_name(line: bytes) -> str | None:
    try:
        return msgspec.json.decode(line, type=_Row).path
    except (msgspec.DecodeError, UnicodeDecodeError):
        return None
