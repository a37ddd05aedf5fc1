# SPDX-License-Identifier: Apache-2.0
"""Keys of organisations, nodes and witnesses: Ed25519 (RFC 8032), one purpose to each signature.

What is signed begins with `nahmi/`, the purpose and a zero byte, so that nobody can pass off a
signature as one over something else. Formats of others have no room for that: they take raw
signatures, and none of the messages that they sign begins so.
"""

import re
from functools import lru_cache
from hashlib import sha256
from typing import Final, final

import msgspec
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import (
    Ed25519PrivateKey,
    Ed25519PublicKey,
)

from nahmi.errors import ErrorCode, InputError, TrustError
from nahmi.partner.curve import is_sound_point

SEED_BYTES: Final = 32
PUBLIC_KEY_BYTES: Final = 32
SIGNATURE_BYTES: Final = 64
FINGERPRINT_BYTES: Final = 16
"""128 bits: nobody can make a second key with the same ones, and people can compare them."""

_PURPOSE: Final = re.compile(r"[a-z][a-z0-9-]*(/[a-z0-9-]+)*")


class PublicKey(msgspec.Struct, frozen=True):
    """With which a signature is checked; `read_public_key` makes one.

    Attributes:
        raw: 32 bytes, as RFC 8032 writes them.
    """

    raw: bytes

    @property
    def kid(self) -> str:
        """The key's name: 32 hexadecimal digits, the start of SHA-256 over it."""
        return sha256(self.raw).digest()[:FINGERPRINT_BYTES].hex()

    def __repr__(self) -> str:
        """By name."""
        return f"PublicKey({self.kid})"

    def verify(self, purpose: str, message: bytes, signature: bytes) -> None:
        """Check a signature that was made for a purpose.

        Args:
            purpose: As it was signed, such as `entry`.
            message: What was signed.
            signature: 64 bytes.

        Raises:
            InputError: INPUT_INVALID: no such purpose is possible.
            TrustError: SIGNATURE_INVALID.
        """
        self.verify_raw(_prefix(purpose) + message, signature)

    def verify_raw(self, message: bytes, signature: bytes) -> None:
        """Check a signature of a format that has its own way to tell purposes apart.

        Args:
            message: What was signed.
            signature: 64 bytes.

        Raises:
            TrustError: SIGNATURE_INVALID.
        """
        try:
            _loaded(self.raw).verify(signature, message)
        except (InvalidSignature, ValueError) as error:
            raise TrustError(
                ErrorCode.SIGNATURE_INVALID, f"A signature is not one of the key {self.kid}."
            ) from error


@final
class SigningKey:
    """What signatures are made with; its secret is never shown.

    Args:
        seed: 32 bytes from a cryptographic source.

    Raises:
        InputError: KEY_INVALID: another number of bytes.
    """

    __slots__ = ("_private", "public")

    public: PublicKey
    """With which others check."""

    def __init__(self, seed: bytes) -> None:
        if len(seed) != SEED_BYTES:
            raise InputError(ErrorCode.KEY_INVALID, "A signing key is made from 32 random bytes.")
        self._private = Ed25519PrivateKey.from_private_bytes(seed)
        self.public = PublicKey(self._private.public_key().public_bytes_raw())

    def __repr__(self) -> str:
        """Without the secret."""
        return f"SigningKey({self.public.kid})"

    def sign(self, purpose: str, message: bytes) -> bytes:
        """A signature for one purpose, 64 bytes; the same each time.

        Args:
            purpose: Lower-case words, such as `entry` or `circle/roster`.
            message: What is signed.

        Raises:
            InputError: INPUT_INVALID: no such purpose is possible.
        """
        return self._private.sign(_prefix(purpose) + message)

    def sign_raw(self, message: bytes) -> bytes:
        """A signature for a format that has its own way to tell purposes apart, 64 bytes."""
        return self._private.sign(message)


def read_public_key(raw: bytes) -> PublicKey:
    """The key that 32 bytes are.

    Raises:
        InputError: KEY_INVALID: another number of bytes, no point of the curve, or one of the few
            points under which one signature fits any message.
    """
    if len(raw) != PUBLIC_KEY_BYTES or not is_sound_point(raw):
        raise InputError(
            ErrorCode.KEY_INVALID, "A public key is no point of Ed25519 that can be trusted."
        )
    return PublicKey(bytes(raw))


@lru_cache(maxsize=8192)
def _loaded(raw: bytes) -> Ed25519PublicKey:
    return Ed25519PublicKey.from_public_bytes(raw)


@lru_cache(maxsize=64)
def _prefix(purpose: str) -> bytes:
    if not _PURPOSE.fullmatch(purpose):
        raise InputError(ErrorCode.INPUT_INVALID, "A purpose is made of lower-case words.")
    return b"nahmi/" + purpose.encode() + b"\0"
