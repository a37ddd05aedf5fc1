# SPDX-License-Identifier: Apache-2.0
"""Fields and cursors that several operations about circles have."""

from base64 import urlsafe_b64decode, urlsafe_b64encode
from binascii import Error
from typing import Annotated, Final

import msgspec
from litestar.params import PathParameter

from nahmi.api.fields import LARGEST
from nahmi.core.signal import Signal
from nahmi.errors import ErrorCode, InputError
from nahmi.partner.fingerprints import arabic_groups, digit_groups, hex_groups
from nahmi.partner.keys import PublicKey
from nahmi.protect.signals.registry import signal_types

_NO_NUL: Final = "^[^\\x00]*$"
_KEY_BYTES: Final = 16

CircleId = Annotated[
    str, PathParameter(max_length=64, pattern=_NO_NUL, description="The circle's id.")
]
"""The id of a circle, in a path."""

Org = Annotated[
    str,
    PathParameter(max_length=64, pattern=_NO_NUL, description="The member's id in the circle."),
]
"""The id of an organisation, in a path."""

SignalKey = Annotated[
    str,
    PathParameter(
        max_length=64,
        pattern=_NO_NUL,
        description="32 digits that stand for a signal, so that no address holds the signal.",
    ),
]
"""What stands for a signal, in a path."""

Place = Annotated[int, PathParameter(ge=0, le=LARGEST, description="Place in the log, from 0.")]
"""A place in a log, in a path."""

ALWAYS: Final = (ErrorCode.CIRCLE_MISSING,)
"""How every operation about one circle can fail."""

SAYING: Final = (
    *ALWAYS,
    ErrorCode.CIRCLE_DENIED,
    ErrorCode.CIRCLE_STOPPED,
    ErrorCode.STATEMENT_REFUSED,
)
"""How every operation can fail that says something."""

CIRCLE_ID: Final = "9c1f3c5e-6a0b-5d2e-8f47-1b2c3d4e5f60"
ORG: Final = "0d9a7c52-1f55-5c1c-9d0e-6e61686d6931"
KID: Final = "3f9c0a71d2e845b6903c7d1e5a48f2b7"
KEY: Final = "5b2f8c9d1e4a7036f8b1c2d3e4f5a697"
DIGEST: Final = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"


class KeyReply(msgspec.Struct, frozen=True, kw_only=True):
    """A key's fingerprint, in each form in which people compare it.

    Attributes:
        kid: The key's name: 32 hexadecimal digits.
        hexadecimal: Eight groups of four hexadecimal digits.
        digits: Eight groups of five decimal digits.
        arabic: The same in Arabic digits.
    """

    kid: str
    hexadecimal: str
    digits: str
    arabic: str


def key_reply(key: PublicKey) -> KeyReply:
    """A key's fingerprint as callers see it."""
    return KeyReply(
        kid=key.kid,
        hexadecimal=" ".join(hex_groups(key)),
        digits=" ".join(digit_groups(key)),
        arabic=" ".join(arabic_groups(key)),
    )


SAMPLE_KEY: Final = KeyReply(
    kid=KID,
    hexadecimal="3f9c 0a71 d2e8 45b6 903c 7d1e 5a48 f2b7",
    digits="16284 02673 53992 17846 36924 32030 23112 62135",
    arabic="١٦٢٨٤ ٠٢٦٧٣ ٥٣٩٩٢ ١٧٨٤٦ ٣٦٩٢٤ ٣٢٠٣٠ ٢٣١١٢ ٦٢١٣٥",
)


def key_of(text: str) -> bytes:
    """What stands for a signal, from a path; no bytes, which stand for none, for any other text."""
    try:
        found = bytes.fromhex(text)
    except ValueError:
        return b""
    return found if len(found) == _KEY_BYTES and found.hex() == text else b""


def after_key(cursor: str | None) -> bytes:
    """The last signal that the caller has; none for the first page.

    Raises:
        InputError: INPUT_INVALID: it is no cursor of ours.
    """
    if cursor is None:
        return b""
    try:
        found = urlsafe_b64decode(cursor.encode("ascii"))
    except (Error, ValueError):
        found = b""
    if len(found) != _KEY_BYTES or cursor != key_cursor(found):
        raise InputError(
            ErrorCode.INPUT_INVALID,
            "The cursor is not one that this interface gave.",
            hint="Send the `next` of the page before, as it was.",
        )
    return found


def key_cursor(key: bytes) -> str:
    """The cursor that names a signal."""
    return urlsafe_b64encode(key).decode()


def canonical(signal_type: str, value: str) -> Signal:
    """A signal in its one spelling.

    Raises:
        InputError: SIGNAL_INVALID or SIGNAL_TYPE_UNKNOWN.
    """
    return Signal(signal_type, signal_types().get(signal_type).validate(value))
