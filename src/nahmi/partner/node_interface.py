# SPDX-License-Identifier: Apache-2.0
"""What nodes ask of each other over HTTP: paths and bodies, for both sides."""

from typing import Final

import msgspec

from nahmi.errors import ErrorCode, PartnerError
from nahmi.partner.pages import Line, read_line, write_line
from nahmi.partner.unreadable import UNREADABLE
from nahmi.partner.upstream import Ahead, Taken, Withdrawals

PREFIX: Final = "/exchange/v1"
"""What all paths begin with."""


class _AheadFields(msgspec.Struct, kw_only=True):
    line: str
    proof: tuple[str, ...]


class _WithdrawalFields(msgspec.Struct, kw_only=True):
    checkpoint: str
    upto: int
    found: tuple[_AheadFields, ...]


def circle_path(circle_id: str, what: str) -> str:
    """Where something of a circle is asked for."""
    return f"{PREFIX}/circles/{circle_id}/{what}"


def write_withdrawals(one: Withdrawals) -> bytes:
    """Withdrawals as JSON."""
    fields = _WithdrawalFields(
        checkpoint=one.checkpoint,
        upto=one.upto,
        found=tuple(
            _AheadFields(
                line=write_line(each.line).decode(),
                proof=tuple(hash_.hex() for hash_ in each.proof),
            )
            for each in one.found
        ),
    )
    return msgspec.json.encode(fields)


def read_withdrawals(data: bytes) -> Withdrawals:
    """Withdrawals from JSON.

    Raises:
        PartnerError: LOG_INVALID.
    """
    try:
        fields = msgspec.json.decode(data, type=_WithdrawalFields)
        return Withdrawals(
            checkpoint=fields.checkpoint,
            upto=fields.upto,
            found=tuple(
                Ahead(
                    line=read_line(each.line.encode()),
                    proof=tuple(bytes.fromhex(text) for text in each.proof),
                )
                for each in fields.found
            ),
        )
    except (*UNREADABLE, ValueError) as error:
        raise _unreadable() from error


def write_hashes(hashes: tuple[bytes, ...]) -> bytes:
    """A proof as JSON."""
    return msgspec.json.encode([one.hex() for one in hashes])


def read_hashes(data: bytes) -> tuple[bytes, ...]:
    """A proof from JSON.

    Raises:
        PartnerError: LOG_INVALID.
    """
    try:
        return tuple(bytes.fromhex(text) for text in msgspec.json.decode(data, type=list[str]))
    except (*UNREADABLE, ValueError) as error:
        raise _unreadable() from error


def write_lines(lines: list[Line]) -> bytes:
    """Statements that are handed in."""
    return b"".join(map(write_line, lines))


def read_taken(data: bytes, count: int) -> tuple[Taken, ...]:
    """What became of statements.

    Args:
        data: JSON.
        count: How many were handed in.

    Raises:
        PartnerError: LOG_INVALID: it cannot be read, or says something of another number.
    """
    try:
        taken = msgspec.json.decode(data, type=tuple[Taken, ...])
    except UNREADABLE as error:
        raise _unreadable() from error
    if len(taken) != count:
        raise _unreadable()
    return taken


def _unreadable() -> PartnerError:
    return PartnerError(ErrorCode.LOG_INVALID, "What the other node answered cannot be read.")
