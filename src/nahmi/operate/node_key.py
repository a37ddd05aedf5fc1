# SPDX-License-Identifier: Apache-2.0
"""The node key, and the secrets that are derived from it instead of being stored."""

import hmac
from hashlib import sha256
from typing import Final

import msgspec

from nahmi.errors import ErrorCode, InputError

NODE_KEY_BYTES: Final = 32
TOTP_BYTES: Final = 20
RECOVERY_BYTES: Final = 10
"""Length of a second factor's secret (RFC 4226, section 4, asks for 16 and advises 20)."""


class NodeKey(msgspec.Struct, frozen=True):
    """What every secret of a node is derived from.

    Attributes:
        secret: 32 bytes.
    """

    secret: bytes

    def __repr__(self) -> str:
        """Without the secret."""
        return "NodeKey(<withheld>)"


def make_node_key(random: bytes) -> NodeKey:
    """A new key.

    Args:
        random: 32 bytes from a cryptographic source.

    Raises:
        InputError: INPUT_INVALID: another number of bytes.
    """
    if len(random) != NODE_KEY_BYTES:
        raise InputError(ErrorCode.INPUT_INVALID, "A node key is made from 32 random bytes.")
    return NodeKey(random)


def write_node_key(key: NodeKey) -> str:
    """The key as its file holds it: 64 hexadecimal digits and a line break."""
    return key.secret.hex() + "\n"


def read_node_key(text: str) -> NodeKey | None:
    """The key that a file's text holds; None when it holds something else."""
    digits = text.removesuffix("\n")
    is_key = len(digits) == 2 * NODE_KEY_BYTES and set(digits) <= set("0123456789abcdef")
    return NodeKey(bytes.fromhex(digits)) if is_key else None


def derive(key: NodeKey, purpose: str) -> bytes:
    """The secret for one purpose, 32 bytes: HMAC-SHA256 of its name under the node key.

    Args:
        key: The node's.
        purpose: What the secret is for, with every number that makes it a new one, such as
            `webhook:7:1`. Two purposes never have the same name.
    """
    return hmac.new(key.secret, purpose.encode(), sha256).digest()


def webhook_secret(key: NodeKey, webhook_id: int, version: int) -> bytes:
    """What a webhook's messages are signed with, 32 bytes.

    Args:
        key: The node's.
        webhook_id: Which webhook.
        version: 1 at first, one more with each rotation.
    """
    return derive(key, f"webhook:{webhook_id}:{version}")


def totp_secret(key: NodeKey, person_id: int, version: int) -> bytes:
    """A person's second factor, 20 bytes.

    Args:
        key: The node's.
        person_id: Whose.
        version: 1 at first, one more each time that it is set up anew.
    """
    return derive(key, f"totp:{person_id}:{version}")[:TOTP_BYTES]


def recovery_secret(key: NodeKey, person_id: int, version: int, number: int) -> bytes:
    """What a recovery code is made of, 10 bytes; see `nahmi.access.totp.recovery_code`.

    Args:
        key: The node's.
        person_id: Whose.
        version: Of the second factor that the code replaces once.
        number: Which of the codes, from 0.
    """
    return derive(key, f"recovery:{person_id}:{version}:{number}")[:RECOVERY_BYTES]
