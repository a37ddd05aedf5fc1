# SPDX-License-Identifier: Apache-2.0
"""Files that only their receiver can open, in the format age (age-encryption.org/v1)."""

from collections.abc import Sequence
from importlib import import_module
from types import ModuleType
from typing import BinaryIO

from nahmi.errors import ErrorCode, InputError


def encrypt_file(source: BinaryIO, target: BinaryIO, recipients: Sequence[str]) -> None:
    """Encrypt a file so that each of some receivers can open it, and nobody else.

    Args:
        source: What is encrypted.
        target: Where to.
        recipients: Public keys of receivers, such as `age1…`; at least one.

    Raises:
        InputError: EXTRA_MISSING; KEY_INVALID: one of them is no key, or there is none.
    """
    age = _age()
    try:
        keys = [age.x25519.Recipient.from_str(text) for text in recipients]
        age.encrypt_io(source, target, keys)
    except (age.RecipientError, age.EncryptError) as error:
        raise InputError(
            ErrorCode.KEY_INVALID,
            "A file cannot be encrypted: a receiver's key is missing or malformed.",
            hint="A receiver's public key begins with age1.",
        ) from error


def decrypt_file(source: BinaryIO, target: BinaryIO, identity: str) -> None:
    """Open a file that was encrypted for us.

    What was written to the target when this fails is worth nothing: throw it away.

    Args:
        source: What was received.
        target: Where to.
        identity: Our secret key, `AGE-SECRET-KEY-1…`.

    Raises:
        InputError: EXTRA_MISSING; KEY_INVALID: that is no secret key, or the file is for another
            one, or it was altered.
        OSError: The streams fail; whoever opened them knows what they are.
    """
    age = _age()
    try:
        age.decrypt_io(source, target, [age.x25519.Identity.from_str(identity)])
    except (age.IdentityError, age.DecryptError) as error:
        raise _closed() from error
    except OSError as error:
        # Damage far into a file is reported as a failure to read that no system call had.
        if error.errno is None:
            raise _closed() from error
        raise


def _closed() -> InputError:
    return InputError(
        ErrorCode.KEY_INVALID,
        "A file cannot be opened: it is for another key, or was cut off or altered.",
        hint="Ask the sender to encrypt it for this node's key, and to send it again.",
    )


def _age() -> ModuleType:
    try:
        return import_module("pyrage")
    except ImportError as error:
        raise InputError(
            ErrorCode.EXTRA_MISSING,
            "Encrypted courier files need the extra 'age', which is not installed.",
            hint="Install it: pip install 'nahmi[age]'.",
        ) from error
