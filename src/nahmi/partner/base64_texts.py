# SPDX-License-Identifier: Apache-2.0
"""Base 64 (RFC 4648, section 4) with one spelling for each value."""

import binascii
from base64 import b64decode, b64encode


def write_base64(data: bytes) -> str:
    """Bytes as text, with padding."""
    return b64encode(data).decode("ascii")


def read_base64(text: str) -> bytes | None:
    """The bytes that a text stands for; None when it is not how `write_base64` spells any."""
    try:
        data = b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        return None
    return data if write_base64(data) == text else None
