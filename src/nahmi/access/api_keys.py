# SPDX-License-Identifier: Apache-2.0
"""The text of API keys: nahmi_, 8 characters to find it by, _, 43 characters of secret."""

import hmac
import re
from base64 import urlsafe_b64encode
from hashlib import sha256
from typing import Final

import msgspec

from nahmi.errors import AccessError, ErrorCode

SECRET_BYTES: Final = 32
PREFIX_BYTES: Final = 5
DEFAULT_LIFE_DAYS: Final = 365
_BASE32 = "abcdefghijklmnopqrstuvwxyz234567"
_TEXT = re.compile(r"nahmi_([a-z2-7]{8})_([A-Za-z0-9_-]{43})")


class KeyText(msgspec.Struct, frozen=True):
    """The two parts of a key's text.

    Attributes:
        prefix: 8 characters, public.
        secret: 43 characters, shown once and never kept.
    """

    prefix: str
    secret: str

    def __repr__(self) -> str:
        """Without the secret."""
        return f"KeyText(prefix={self.prefix!r})"

    def reveal(self) -> str:
        """The whole text, to be shown once."""
        return f"nahmi_{self.prefix}_{self.secret}"

    def digest(self) -> bytes:
        """What is kept: SHA-256 of the secret. It has 256 bits, so no slow hash is needed."""
        return sha256(self.secret.encode()).digest()


def make_key(random: bytes) -> KeyText:
    """A new key's text.

    Args:
        random: 37 bytes from a cryptographic source.

    Raises:
        AccessError: CREDENTIAL_INVALID: another number of bytes.
    """
    if len(random) != PREFIX_BYTES + SECRET_BYTES:
        raise AccessError(ErrorCode.CREDENTIAL_INVALID, "A key is made from 37 random bytes.")
    number = int.from_bytes(random[:PREFIX_BYTES])
    prefix = "".join(_BASE32[number >> shift & 31] for shift in range(0, 40, 5))
    secret = urlsafe_b64encode(random[PREFIX_BYTES:]).rstrip(b"=").decode()
    return KeyText(prefix, secret)


def parse_key(text: str) -> KeyText | None:
    """The parts of what a caller sent; None when it is no key."""
    found = _TEXT.fullmatch(text)
    return KeyText(found[1], found[2]) if found else None


def verify_key(key: KeyText, digest: bytes) -> bool:
    """Whether the secret is the one that was kept, in constant time."""
    return hmac.compare_digest(key.digest(), digest)
