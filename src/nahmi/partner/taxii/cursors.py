# SPDX-License-Identifier: Apache-2.0
"""Where the next page begins: said to the client in a form that only this node can make.

It holds the moment after which the next page begins, and a seal over it and the query that it
belongs to. It is never used up and never expires; whoever may not read what it belongs to is
refused as always, whatever it says.
"""

import hmac
from base64 import urlsafe_b64decode, urlsafe_b64encode
from binascii import Error
from hashlib import sha256
from typing import Final

from nahmi.errors import ErrorCode, InputError

PURPOSE: Final = "taxii:next:1"
"""What the secret of cursors is derived for from the node key."""

_MOMENT_BYTES: Final = 8
_SEAL_BYTES: Final = 16


def write_cursor(secret: bytes, after_us: int, *, query: bytes) -> str:
    """The cursor of a page that ended at a moment.

    Args:
        secret: 32 bytes.
        after_us: Microseconds since 1970.
        query: Whose page it is: circle, collection, method and filters.
    """
    moment = after_us.to_bytes(_MOMENT_BYTES, "big")
    return urlsafe_b64encode(moment + _seal(secret, moment, query)).rstrip(b"=").decode()


def read_cursor(secret: bytes, text: str, *, query: bytes) -> int:
    """The moment that a cursor holds, microseconds since 1970.

    Raises:
        InputError: INPUT_INVALID: it was not made here for this query.
    """
    try:
        data = urlsafe_b64decode(text.encode("ascii") + b"=" * (-len(text) % 4))
    except (Error, ValueError):
        data = b""
    moment, seal = data[:_MOMENT_BYTES], data[_MOMENT_BYTES:]
    if not hmac.compare_digest(seal, _seal(secret, moment, query)):
        raise InputError(
            ErrorCode.INPUT_INVALID,
            "The value of next is not one that this collection gave for this query.",
            hint="Send it as it was, with the filters of the page before.",
        )
    return int.from_bytes(moment, "big")


def _seal(secret: bytes, moment: bytes, query: bytes) -> bytes:
    return hmac.new(secret, moment + query, sha256).digest()[:_SEAL_BYTES]
