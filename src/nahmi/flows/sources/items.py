# SPDX-License-Identifier: Apache-2.0
"""One item of content of a source, or the reason why it could not be read."""

import io
from collections.abc import Callable
from typing import BinaryIO

import msgspec

from nahmi.errors import ErrorCode

Skip = Callable[[str], bool]
"""Says by name whether an item is not wanted."""


def nothing(_name: str) -> bool:
    """Skip nothing."""
    return False


class Item(msgspec.Struct, frozen=True):
    """Content that can be read.

    Attributes:
        name: Unique within the source and stable between runs.
        open: Opens it for reading; may be called in any thread, once or more.
        is_file: Whether it lies on disk, so that keeping it for later keeps no content.
    """

    name: str
    open: Callable[[], BinaryIO]
    is_file: bool = False


class Unread(msgspec.Struct, frozen=True):
    """Content, or a part of a source, that could not be read.

    Attributes:
        name: Its name.
        code: What went wrong.
        reason: The same for a person, one sentence.
    """

    name: str
    code: ErrorCode
    reason: str


Found = Item | Unread
"""What a source yields."""


class Limits(msgspec.Struct, frozen=True, kw_only=True):
    """Caps on what an archive or object store may hand in.

    Attributes:
        members: Members of one archive.
        item_bytes: Length of one item.
        ratio: How many times its packed length an archive may expand to.
        free_bytes: Expansion that is always allowed, so that small plain files may pack well.
    """

    members: int = 5_000_000
    item_bytes: int = 256 << 20
    ratio: int = 200
    free_bytes: int = 256 << 20


def held(name: str, content: bytes) -> Item:
    """An item whose bytes were read already."""
    return Item(name, lambda: io.BytesIO(content))


def too_large(name: str, size_bytes: int, limits: Limits) -> Unread:
    """The answer to an item beyond `Limits.item_bytes`."""
    reason = f"It is {size_bytes:,} bytes long; at most {limits.item_bytes:,} are read."
    return Unread(name, ErrorCode.MEDIA_TOO_LARGE, reason)


def why(error: OSError) -> str:
    """An operating system's error as a sentence, without names and numbers."""
    return f"{error.strerror or type(error).__name__}."
