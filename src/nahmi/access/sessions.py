# SPDX-License-Identifier: Apache-2.0
"""Sessions and one-time login links: random tokens of which only SHA-256 is kept."""

import hmac
from base64 import urlsafe_b64encode
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Final

import msgspec

from nahmi.errors import AccessError, ErrorCode

TOKEN_BYTES: Final = 32
ABSOLUTE_LIFE: Final = timedelta(hours=12)
IDLE_LIFE: Final = timedelta(minutes=30)
LINK_LIFE: Final = timedelta(minutes=15)


class Session(msgspec.Struct, frozen=True, kw_only=True):
    """Someone signed in.

    Attributes:
        person_id: Who.
        created_at: When they signed in.
        last_used_at: Their last request.
        is_complete: Whether the second factor was given, or none is set up.
    """

    person_id: int
    created_at: datetime
    last_used_at: datetime
    is_complete: bool

    def is_valid(self, now: datetime) -> bool:
        """Whether neither the absolute nor the idle life is over."""
        return (
            self.created_at <= now < self.created_at + ABSOLUTE_LIFE
            and now < self.last_used_at + IDLE_LIFE
        )


def make_token(random: bytes) -> str:
    """The text of a new session or login link.

    Args:
        random: 32 bytes from a cryptographic source.

    Raises:
        AccessError: CREDENTIAL_INVALID: another number of bytes.
    """
    if len(random) != TOKEN_BYTES:
        raise AccessError(ErrorCode.CREDENTIAL_INVALID, "A token is made from 32 random bytes.")
    return urlsafe_b64encode(random).rstrip(b"=").decode()


def token_digest(token: str) -> bytes:
    """What is kept of a token."""
    return sha256(token.encode("utf-8", "surrogatepass")).digest()


def csrf_token(session_token: str) -> str:
    """The token that a session's forms carry; it tells nothing about the session's own."""
    key = session_token.encode("utf-8", "surrogatepass")
    return hmac.new(key, b"nahmi csrf v1", sha256).hexdigest()


def is_csrf_token(session_token: str, sent: str) -> bool:
    """Whether a form belongs to the session, in constant time."""
    given = sent.encode("utf-8", "surrogatepass")
    return hmac.compare_digest(csrf_token(session_token).encode(), given)
