# SPDX-License-Identifier: Apache-2.0
"""Passwords: which are accepted, and how they are kept (Argon2id)."""

from typing import Final

from argon2.exceptions import Argon2Error, InvalidHashError
from argon2.low_level import Type, hash_secret, verify_secret

from nahmi.errors import ErrorCode, InputError

SALT_BYTES: Final = 16
SHORTEST: Final = 12
LONGEST: Final = 256
_FEWEST_DIFFERENT = 5
# RFC 9106, section 4, second recommended option: 64 MiB, 3 passes, 4 lanes.
_MEMORY_KIB, _PASSES, _LANES, _HASH_BYTES = 65536, 3, 4, 32


def check_password(password: str, email: str) -> None:
    """Refuse a password that is soon guessed. Length decides; no kinds of characters are asked for.

    Args:
        password: As typed.
        email: Of the person; its name may not be the core of the password.

    Raises:
        InputError: INPUT_INVALID: too short, too long, too few different characters or the name.
    """
    name = email.partition("@")[0].casefold()
    is_name = len(name) > 0 and len(password.casefold().replace(name, "")) < SHORTEST // 2
    if (
        not SHORTEST <= len(password) <= LONGEST
        or len(set(password)) < _FEWEST_DIFFERENT
        or is_name
    ):
        raise InputError(
            ErrorCode.INPUT_INVALID,
            "The password is too easily guessed or too long.",
            hint=f"Use {SHORTEST} to {LONGEST} characters, such as a few words that you make up.",
        )


def hash_password(password: str, salt: bytes) -> str:
    """What is kept of a password, in the usual text form of Argon2id.

    Args:
        password: Checked by `check_password`.
        salt: 16 bytes from a cryptographic source.

    Raises:
        InputError: INPUT_INVALID: the salt is too short or the password no valid text.
    """
    try:
        kept = hash_secret(
            password.encode(),
            salt,
            time_cost=_PASSES,
            memory_cost=_MEMORY_KIB,
            parallelism=_LANES,
            hash_len=_HASH_BYTES,
            type=Type.ID,
        )
    except (Argon2Error, UnicodeEncodeError):
        raise InputError(ErrorCode.INPUT_INVALID, "The password cannot be kept.") from None
    return kept.decode("ascii")


def is_password(kept: str, password: str) -> bool:
    """Whether the password is the one that was kept; False also when nothing usable was kept."""
    if len(password) > LONGEST:
        return False
    try:
        return verify_secret(kept.encode("ascii"), password.encode(), Type.ID)
    except (Argon2Error, InvalidHashError, UnicodeEncodeError):
        return False
