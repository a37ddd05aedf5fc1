# SPDX-License-Identifier: Apache-2.0
"""Lines of a file that comes in pieces, plain or compressed, none of which is held whole."""

import zlib
from collections.abc import Iterable, Iterator
from typing import Final

from nahmi.errors import ErrorCode, InputError

LONGEST_LINE: Final = 1 << 20
"""Bytes of one line at most."""

_GZIP: Final = b"\x1f\x8b"
_GZIP_WINDOW: Final = 31  # zlib's mark for the gzip format
_OUT_BYTES: Final = 1 << 20


class Counted:
    """Pieces, and how many bytes of them were taken.

    Args:
        pieces: In order.
    """

    def __init__(self, pieces: Iterator[bytes]) -> None:
        self._pieces = pieces
        self.taken_bytes = 0

    def __iter__(self) -> Iterator[bytes]:
        for piece in self._pieces:
            self.taken_bytes += len(piece)
            yield piece


def lines_of(pieces: Iterable[bytes]) -> Iterator[str]:
    """The lines of a file with their ends; bytes that are no UTF-8 become lone surrogates.

    Args:
        pieces: Of the file, compressed with gzip or not.

    Raises:
        InputError: INPUT_INVALID: a line is too long, or the compressed data are damaged.
    """
    rest = b""
    for part in _plain(pieces):
        *whole, rest = (rest + part).split(b"\n")
        for line in whole:
            yield _text(line + b"\n")
        if len(rest) > LONGEST_LINE:
            raise InputError(ErrorCode.INPUT_INVALID, f"A line has more than {LONGEST_LINE} bytes.")
    if rest:
        yield _text(rest)


def _text(line: bytes) -> str:
    return line.decode("utf-8", "surrogateescape")


def _plain(pieces: Iterable[bytes]) -> Iterator[bytes]:
    iterator = iter(pieces)
    head = b""
    for piece in iterator:
        head += piece
        if len(head) >= len(_GZIP):
            break
    if not head.startswith(_GZIP):
        yield head
        yield from iterator
        return
    yield from _unzipped(head, iterator)


def _unzipped(head: bytes, pieces: Iterator[bytes]) -> Iterator[bytes]:
    inflating = zlib.decompressobj(_GZIP_WINDOW)
    try:
        while True:
            yield inflating.decompress(head, _OUT_BYTES)
            head = inflating.unconsumed_tail
            if inflating.eof and inflating.unused_data:
                # Files that were compressed apart and joined are one file.
                head = inflating.unused_data
                inflating = zlib.decompressobj(_GZIP_WINDOW)
            if head:
                continue
            more = next(pieces, None)
            if more is None:
                break
            if inflating.eof:
                inflating = zlib.decompressobj(_GZIP_WINDOW)
            head = more
    except zlib.error as error:
        raise _damaged() from error
    if not inflating.eof:
        raise _damaged()


def _damaged() -> InputError:
    return InputError(
        ErrorCode.INPUT_INVALID,
        "The compressed file is damaged or cut off.",
        hint="Send it again, or without compression.",
    )
