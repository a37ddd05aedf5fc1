# SPDX-License-Identifier: Apache-2.0
"""Bytes inside JSON: base64 of the standard alphabet with padding (RFC 4648, section 4)."""

from base64 import b64decode, b64encode
from binascii import Error

from nahmi.errors import ErrorCode, InputError


def to_base64(data: bytes) -> str:
    """Bytes as text."""
    return b64encode(data).decode()


def from_base64(text: str) -> bytes:
    """Bytes from text, which has one spelling only.

    Raises:
        InputError: DOCUMENT_INVALID: it is no base64, or spelled otherwise.
    """
    try:
        data = b64decode(text, validate=True)
    except (Error, ValueError) as error:
        raise _invalid() from error
    if to_base64(data) != text:
        raise _invalid()
    return data


def _invalid() -> InputError:
    return InputError(ErrorCode.DOCUMENT_INVALID, "Bytes are not written as base64.")
