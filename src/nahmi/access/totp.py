# SPDX-License-Identifier: Apache-2.0
"""The second factor: codes of 30 seconds (RFC 6238), each step used once, and recovery codes."""

import hmac
from base64 import b32encode
from hashlib import sha256
from typing import Final

from pyotp import TOTP

STEP_S: Final = 30
SECRET_BYTES: Final = 20
RECOVERY_BYTES: Final = 10
_SKEW_STEPS = (0, -1, 1)
_DIGITS = 6


def secret_text(random: bytes) -> str:
    """A secret as authenticator apps take it, base 32.

    Args:
        random: 20 bytes from a cryptographic source.
    """
    return b32encode(random).decode("ascii")


def provisioning_uri(secret: str, *, name: str, issuer: str) -> str:
    """The otpauth: address for an authenticator app."""
    return TOTP(secret).provisioning_uri(name=name, issuer_name=issuer)


def used_step(secret: str, code: str, *, now_s: int, last_step: int) -> int | None:
    """The time step whose code this is, to be kept as the last one used; None when it is wrong.

    Args:
        secret: From `secret_text`.
        code: 6 digits, blanks allowed.
        now_s: Seconds since 1970.
        last_step: The last step that was used, -1 when none was. It and older ones are refused.
    """
    given = "".join(code.split())
    if len(given) != _DIGITS or not (given.isascii() and given.isdigit()):
        return None
    codes = TOTP(secret)
    for skew in _SKEW_STEPS:
        step = now_s // STEP_S + skew
        if step > last_step and hmac.compare_digest(codes.generate_otp(step), given):
            return step
    return None


def recovery_code(random: bytes) -> str:
    """A code that replaces the second factor once, in groups of four.

    Args:
        random: 10 bytes from a cryptographic source.
    """
    text = b32encode(random).decode("ascii").lower()
    return "-".join(text[start : start + 4] for start in range(0, len(text), 4))


def recovery_digest(code: str) -> bytes:
    """What is kept of a recovery code; case, blanks and hyphens do not matter."""
    plain = "".join(code.lower().replace("-", "").split())
    return sha256(plain.encode("utf-8", "surrogatepass")).digest()
