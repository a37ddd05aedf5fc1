# SPDX-License-Identifier: Apache-2.0
"""Statements as canonical bytes, and back."""

import re
from datetime import UTC, date, datetime
from functools import lru_cache
from typing import Final

import msgspec

from nahmi.errors import ErrorCode, PartnerError
from nahmi.partner import canonical
from nahmi.partner.statements.kinds import (
    MOST_BYTES,
    MOST_ROSTER_BYTES,
    MOST_SIGNAL,
    AnyStatement,
    Assertion,
    Opinion,
    Redact,
    RosterChange,
    Sighting,
)
from nahmi.partner.unreadable import UNREADABLE

_NAME: Final = re.compile(
    "[0-9a-f]{8}-[0-9a-f]{4}-5[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}", re.ASCII
)
_MOMENT: Final = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", re.ASCII)
_SALT: Final = re.compile(r"[A-Za-z0-9_-]{22}", re.ASCII)

_decode: Final = msgspec.json.Decoder(AnyStatement).decode
_encode: Final = msgspec.json.Encoder(order="sorted").encode


def write(statement: AnyStatement) -> bytes:
    """The canonical bytes of a statement, which are what is signed and hashed.

    Raises:
        PartnerError: STATEMENT_INVALID: it holds text that no JSON can hold.
    """
    try:
        # Every name in it is ASCII, for which sorting by characters is what the RFC asks for.
        return _encode(statement)
    except UnicodeEncodeError as error:
        raise invalid("It holds text that cannot be written.") from error


def read(data: bytes) -> AnyStatement:
    """A statement from its canonical bytes.

    Fields that this version does not know are let pass: they are signed, and kept as they came.

    Raises:
        PartnerError: STATEMENT_INVALID: it is no statement.
        InputError: DOCUMENT_INVALID: its bytes are not canonical.
    """
    if len(data) > MOST_ROSTER_BYTES:
        raise invalid("It is too long.")
    try:
        statement: AnyStatement = _decode(data)
    except UNREADABLE as error:
        raise invalid("It cannot be read.") from error
    if len(data) > MOST_BYTES and not isinstance(statement, RosterChange):
        raise invalid("It is too long.")
    if _encode(statement) != data:
        canonical.read(data)
    _check(statement)
    return statement


@lru_cache(maxsize=65_536)
def moment(text: str) -> datetime:
    """A moment as statements write it.

    Raises:
        PartnerError: STATEMENT_INVALID.
    """
    try:
        if _MOMENT.fullmatch(text):
            return datetime.fromisoformat(text)
    except ValueError:
        pass
    raise invalid("A moment is written as 2026-11-27T17:00:00Z.")


def write_moment(at: datetime) -> str:
    """A moment as statements write it, in whole seconds."""
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def invalid(why: str) -> PartnerError:
    """What is raised of a statement that is none."""
    return PartnerError(ErrorCode.STATEMENT_INVALID, f"A statement is not valid. {why}")


def _check(statement: AnyStatement) -> None:
    if not _SALT.fullmatch(statement.salt):
        raise invalid("It needs a salt of 16 bytes.")
    _check_name(statement.id)
    moment(statement.at)
    if isinstance(statement, Assertion):
        value = statement.signal.value
        if not 0 < len(value) <= MOST_SIGNAL or "\0" in value:
            raise invalid("Its signal is empty or too long.")
        if statement.expires:
            moment(statement.expires)
    elif isinstance(statement, Opinion | Sighting):
        _check_name(statement.assertion)
        if isinstance(statement, Sighting):
            _check_day(statement.day)
    elif isinstance(statement, Redact):
        _check_name(statement.target)


def _check_name(text: str) -> None:
    if not _NAME.fullmatch(text):
        raise invalid("What it is about is named by a UUID of version 5.")


def _check_day(text: str) -> None:
    try:
        if date.fromisoformat(text).isoformat() == text:
            return
    except ValueError:
        pass
    raise invalid("A day is written as 2026-11-27.")
