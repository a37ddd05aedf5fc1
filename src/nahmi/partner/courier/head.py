# SPDX-License-Identifier: Apache-2.0
"""The first and the last line of a courier file."""

from typing import Final, TypeVar

import msgspec

from nahmi.errors import ErrorCode, InputError
from nahmi.partner import canonical
from nahmi.partner.base64_texts import read_base64, write_base64
from nahmi.partner.merkle.frontier import Frontier
from nahmi.partner.merkle.hashing import HASH_BYTES

FORMAT: Final = "nahmi-courier/1"

PURPOSE: Final = "courier"
"""Of the seal's signature."""

LONGEST_PAGE: Final = 64 << 20
"""Bytes of a page with its trailer; what is longer is not read."""

_Fields = TypeVar("_Fields", bound=msgspec.Struct)


class CourierHead(msgspec.Struct, frozen=True, kw_only=True):
    """What a courier file is.

    Attributes:
        circle: Of which circle's log it holds a part.
        origin: The log's name, as its checkpoints say it.
        before: The tree over all statements before the first of the file.
        made_at: When it was made, such as `2026-11-27T17:00:00Z`.
        sender: Name of the key that sealed it.
        recipient: Name of the key of the node that it is for; empty for every member.
    """

    circle: str
    origin: str
    before: Frontier
    made_at: str
    sender: str
    recipient: str = ""


class Seal(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The last line.

    Attributes:
        digest: SHA-256 over all lines before, hexadecimal: a damaged file is told from a forged
            one.
        signature: Of the sender over that digest, base64.
    """

    digest: str
    signature: str


class _Head(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    format: str
    circle: str
    origin: str
    first: int
    before: list[str]
    made_at: str
    sender: str
    recipient: str


def write_head(head: CourierHead) -> bytes:
    """The first line, with its line break."""
    fields = _Head(
        format=FORMAT,
        circle=head.circle,
        origin=head.origin,
        first=head.before.size,
        before=[write_base64(item) for item in head.before.hashes],
        made_at=head.made_at,
        sender=head.sender,
        recipient=head.recipient,
    )
    return canonical.write(msgspec.to_builtins(fields)) + b"\n"


def read_head(line: bytes) -> CourierHead:
    """What the first line says.

    Args:
        line: With its line break.

    Raises:
        InputError: DOCUMENT_INVALID: this is no courier file, or one of another version.
    """
    fields = _read(line, _Head)
    hashes = tuple(read_base64(item) or b"" for item in fields.before)
    is_whole = fields.first >= 0 and len(hashes) == fields.first.bit_count()
    if fields.format != FORMAT or not is_whole or any(len(item) != HASH_BYTES for item in hashes):
        raise no_courier_file()
    return CourierHead(
        circle=fields.circle,
        origin=fields.origin,
        before=Frontier(fields.first, hashes),
        made_at=fields.made_at,
        sender=fields.sender,
        recipient=fields.recipient,
    )


def write_seal(seal: Seal) -> bytes:
    """The last line, with its line break."""
    return canonical.write(msgspec.to_builtins(seal)) + b"\n"


def read_seal(line: bytes) -> Seal:
    """What the last line says.

    Args:
        line: With its line break.

    Raises:
        InputError: DOCUMENT_INVALID: the file is cut off, or was altered.
    """
    return _read(line, Seal)


def no_courier_file() -> InputError:
    """What is raised when a file is not what it should be."""
    return InputError(
        ErrorCode.DOCUMENT_INVALID,
        "A file is no courier file, or it was cut off or altered.",
        hint="Copy it again; if that does not help, ask the sender for a new one.",
    )


def _read(line: bytes, kind: type[_Fields]) -> _Fields:
    try:
        return msgspec.convert(canonical.read(line.removesuffix(b"\n")), kind)
    except (InputError, msgspec.ValidationError) as error:
        raise no_courier_file() from error
