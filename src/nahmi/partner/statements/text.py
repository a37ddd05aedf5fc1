# SPDX-License-Identifier: Apache-2.0
"""Statements as canonical bytes, and back."""

import re
from collections.abc import Callable
from datetime import UTC, date, datetime
from typing import Final

import msgspec

from nahmi.errors import ErrorCode, PartnerError
from nahmi.partner import canonical
from nahmi.partner.statements.kinds import (
    MOST_BYTES,
    MOST_ROSTER_BYTES,
    AnyStatement,
    Assertion,
    Opinion,
    RosterChange,
    Sighting,
)

_MOMENT: Final = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", re.ASCII)
_SALT: Final = re.compile(r"[A-Za-z0-9_-]{22}", re.ASCII)
_MOST_SIGNAL: Final = 8_192
_MOST_WORDS: Final = 500

_decoder = msgspec.json.Decoder(AnyStatement)


def write(statement: AnyStatement) -> bytes:
    """The canonical bytes of a statement, which are what is signed and hashed.

    Raises:
        PartnerError: STATEMENT_INVALID: it holds text that no JSON can hold.
    """
    return canonical.write_struct(statement)


def read(data: bytes) -> AnyStatement:
    """A statement from its canonical bytes.

    Fields that this version does not know are let pass: they are signed, and kept as they came.

    Raises:
        PartnerError: STATEMENT_INVALID: it is no statement, or its bytes are not canonical.
    """
    if len(data) > MOST_ROSTER_BYTES:
        raise invalid("It is too long.")
    try:
        statement = _decoder.decode(data)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise invalid("It cannot be read.") from error
    if len(data) > MOST_BYTES and not isinstance(statement, RosterChange):
        raise invalid("It is too long.")
    if canonical.write_struct(statement) != data:
        canonical.read(data)
    _check(statement)
    return statement


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
    if statement.rev < 1 or not _SALT.fullmatch(statement.salt):
        raise invalid("It needs a revision from 1 and a salt of 16 bytes.")
    moment(statement.at)
    checks: tuple[tuple[type, Callable[..., None]], ...] = (
        (Assertion, _check_assertion),
        (Opinion, _check_opinion),
        (Sighting, _check_sighting),
    )
    for kind, check in checks:
        if isinstance(statement, kind):
            check(statement)


def _check_assertion(said: Assertion) -> None:
    if not 0 < len(said.signal.value) <= _MOST_SIGNAL:
        raise invalid("Its signal is empty or too long.")
    if said.quality is not None and not 0 <= said.quality <= 100:
        raise invalid("A quality lies between 0 and 100.")
    if said.reviewers < 0 or len(said.media) > _MOST_WORDS:
        raise invalid("Its review cannot be read.")
    if said.expires:
        moment(said.expires)


def _check_opinion(said: Opinion) -> None:
    if not -100 <= said.value <= 100 or len(said.reason) > _MOST_WORDS:
        raise invalid("An opinion lies between -100 and 100, with a reason of up to 500 letters.")


def _check_sighting(said: Sighting) -> None:
    try:
        is_day = date.fromisoformat(said.day).isoformat() == said.day
    except ValueError:
        is_day = False
    if not is_day or said.count < 0:
        raise invalid("A sighting has a day and a count from 0.")
