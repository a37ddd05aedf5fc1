# SPDX-License-Identifier: Apache-2.0
"""How a log travels: a page of lines, each a statement with its proof, and a trailer.

    {"proof":{…},"seq":7,"statement":{…}}
    {"leaf":"…","seq":8}
    {"checkpoint":"…","consistency":["…"],"end":9}

A statement stands in its line byte for byte as it was signed. Of one that was destroyed there is
its leaf hash only.
"""

from collections.abc import Iterable, Sequence

import msgspec

from nahmi.errors import ErrorCode, PartnerError
from nahmi.partner.merkle.hashing import HASH_BYTES
from nahmi.partner.unreadable import UNREADABLE


class Line(msgspec.Struct, frozen=True, kw_only=True):
    """A place in a log.

    Attributes:
        seq: Which, from 0.
        statement: The canonical bytes of what stands there; None when it was destroyed.
        proof: How it is signed, JSON; None when it was destroyed.
        leaf: Its leaf hash, only where it was destroyed.
    """

    seq: int
    statement: bytes | None = None
    proof: bytes | None = None
    leaf: bytes = b""

    def __repr__(self) -> str:
        return f"Line(seq={self.seq})"


class Trailer(msgspec.Struct, frozen=True, kw_only=True):
    """What ends a page.

    Attributes:
        checkpoint: The log's newest, a signed note.
        end: The place after the last line.
        consistency: That the log as far as `end` is the beginning of what the checkpoint signs;
            hashes, hexadecimal.
    """

    checkpoint: str
    end: int
    consistency: tuple[str, ...] = ()

    def hashes(self) -> list[bytes]:
        """The proof as bytes.

        Raises:
            PartnerError: LOG_INVALID.
        """
        return [_hash(text) for text in self.consistency]


class Page(msgspec.Struct, frozen=True, kw_only=True):
    """Part of a log.

    Attributes:
        lines: One after another.
        trailer: What ends it.
    """

    lines: tuple[Line, ...]
    trailer: Trailer


class _Line(msgspec.Struct, kw_only=True, omit_defaults=True):
    seq: int
    statement: msgspec.Raw = msgspec.Raw(b"")
    proof: msgspec.Raw = msgspec.Raw(b"")
    leaf: str = ""


_decode_line = msgspec.json.Decoder(_Line).decode
_decode_trailer = msgspec.json.Decoder(Trailer).decode


def write_line(line: Line) -> bytes:
    """One line with its line break."""
    if line.statement is None or line.proof is None:
        return b'{"leaf":"%s","seq":%d}\n' % (line.leaf.hex().encode(), line.seq)
    return b'{"proof":%s,"seq":%d,"statement":%s}\n' % (line.proof, line.seq, line.statement)


def write_trailer(trailer: Trailer) -> bytes:
    """The last line with its line break."""
    return msgspec.json.encode(trailer, order="sorted") + b"\n"


def read_page(data: bytes, *, first: int) -> Page:
    """A page, whole or not at all.

    Args:
        data: As `write_line` and `write_trailer` make it.
        first: The place that was asked for.

    Raises:
        PartnerError: LOG_INVALID: it cannot be read, is cut off, or has a gap.
    """
    if not data.endswith(b"\n"):
        raise invalid("It was cut off.")
    *lines, last = data[:-1].split(b"\n")
    try:
        trailer = _decode_trailer(last)
        read = tuple(map(_to_line, map(_decode_line, lines)))
    except UNREADABLE as error:
        raise invalid("It cannot be read.") from error
    if trailer.end != first + len(read) or not _is_dense(read, first):
        raise invalid("It has a gap.")
    return Page(lines=read, trailer=trailer)


def split_page(data: bytes) -> list[Line]:
    """The lines of a page, without its trailer.

    Raises:
        PartnerError: LOG_INVALID: they cannot be read.
    """
    try:
        return [_to_line(_decode_line(line)) for line in data[:-1].split(b"\n")[:-1]]
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise invalid("It cannot be read.") from error


def read_line(data: bytes) -> Line:
    """One line.

    Raises:
        PartnerError: LOG_INVALID.
    """
    try:
        return _to_line(_decode_line(data))
    except UNREADABLE as error:
        raise invalid("A line cannot be read.") from error


def read_lines(data: Iterable[bytes]) -> list[Line]:
    """Statements that were handed in, which have no place in the log yet.

    Raises:
        PartnerError: STATEMENT_INVALID: a line cannot be read, or holds no statement.
    """
    try:
        read = [_to_line(_decode_line(line)) for line in data]
    except UNREADABLE as error:
        raise PartnerError(ErrorCode.STATEMENT_INVALID, "A line cannot be read.") from error
    if any(line.statement is None for line in read):
        raise PartnerError(ErrorCode.STATEMENT_INVALID, "A line holds no statement.")
    return read


def _to_line(one: _Line) -> Line:
    statement, proof = bytes(one.statement), bytes(one.proof)
    if statement and proof and not one.leaf:
        return Line(seq=one.seq, statement=statement, proof=proof)
    if one.leaf and not statement and not proof:
        return Line(seq=one.seq, leaf=_hash(one.leaf))
    raise invalid("A line holds neither a statement nor the hash of one.")


def _hash(text: str) -> bytes:
    try:
        data = bytes.fromhex(text)
    except ValueError:
        data = b""
    if len(data) != HASH_BYTES or data.hex() != text:
        raise invalid("A hash cannot be read.")
    return data


def _is_dense(lines: Sequence[Line], first: int) -> bool:
    return all(line.seq == seq for seq, line in enumerate(lines, first))


def invalid(why: str) -> PartnerError:
    """What is raised of a log that is not as it must be."""
    return PartnerError(
        ErrorCode.LOG_INVALID, f"What was handed over of the log is not valid. {why}"
    )
