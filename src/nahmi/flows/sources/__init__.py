# SPDX-License-Identifier: Apache-2.0
"""Where a scan finds content: folders, archives, lists of names and object stores.

A source yields every item that it holds and names everything that it could not read; nothing is
passed over in silence and nothing is unpacked to disk.
"""

from collections.abc import Iterator, Sequence
from typing import TextIO

from nahmi.flows.sources.archives import is_archive, open_member, read_archive
from nahmi.flows.sources.folders import file_item, is_file, walk
from nahmi.flows.sources.items import Found, Item, Limits, Skip, Unread, nothing
from nahmi.flows.sources.manifests import is_manifest, read_manifest, read_names
from nahmi.flows.sources.objects import is_url, read_objects

__all__ = [
    "STDIN",
    "Found",
    "Item",
    "Limits",
    "Skip",
    "Unread",
    "count_items",
    "open_again",
    "read_source",
    "read_sources",
]

STDIN = "-"
"""The source that means: file names on standard input, one a line."""


def read_source(
    source: str, *, stdin: TextIO, skip: Skip = nothing, limits: Limits | None = None
) -> Iterator[Found]:
    """Everything that one source holds, in an order that is the same in every run.

    Args:
        source: A folder, a picture, an archive (`.zip`, `.tar`, `.tar.gz` ...), a list of names
            (`.txt`, `.jsonl`), `s3://bucket/prefix` or another URL, or `-`.
        stdin: Where `-` reads file names from.
        skip: Says by name which items are not wanted; they are not even read.
        limits: Caps on what an archive may hold.

    Raises:
        InputError: FILE_MISSING: there is no such file. EXTRA_MISSING: a URL needs the extra
            `lake`.
    """
    caps = limits or Limits()
    if source == STDIN:
        return read_names(stdin, skip=skip)
    if is_url(source):
        return read_objects(source, skip=skip, limits=caps)
    if is_file(source) and is_archive(source):
        return read_archive(source, skip=skip, limits=caps)
    if is_file(source) and is_manifest(source):
        return read_manifest(source, skip=skip)
    return walk(source, skip=skip)


def read_sources(
    sources: Sequence[str], *, stdin: TextIO, skip: Skip = nothing, limits: Limits | None = None
) -> Iterator[Found]:
    """Several sources one after the other; an item that two of them hold comes twice."""
    for source in sources:
        yield from read_source(source, stdin=stdin, skip=skip, limits=limits)


def count_items(sources: Sequence[str]) -> int | None:
    """How many items the sources hold, for a progress bar; None where counting means reading."""
    total = 0
    for source in sources:
        if source == STDIN or is_url(source) or (is_file(source) and is_archive(source)):
            return None
        if is_file(source) and is_manifest(source):
            total += sum(1 for _ in read_manifest(source, skip=nothing))
        else:
            total += sum(1 for _ in walk(source, skip=nothing))
    return total


def open_again(name: str) -> Item | None:
    """The item of this name, read once more; None where it is not to be had any more.

    Args:
        name: As a source gave it: a path, or `archive.zip!/member`.
    """
    archive, separator, member = name.partition("!/")
    if separator and is_archive(archive):
        return open_member(archive, member)
    return None if is_url(name) or not is_file(name) else file_item(name)
