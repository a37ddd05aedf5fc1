# SPDX-License-Identifier: Apache-2.0
"""Keys of signed notes: a name, a kind of signature and a public key (C2SP signed-note)."""

import re
from enum import IntEnum
from hashlib import sha256
from typing import Final

import msgspec

from nahmi.errors import ErrorCode, InputError
from nahmi.partner.base64_texts import read_base64, write_base64
from nahmi.partner.keys import PUBLIC_KEY_BYTES, PublicKey, read_public_key

KEY_ID_BYTES: Final = 4
_KEY_ID: Final = re.compile("[0-9a-f]{8}")


class SignatureKind(IntEnum):
    """What a key of a note signs; the numbers are those of C2SP signed-note."""

    NOTE = 1
    """The text of the note."""
    COSIGNATURE = 4
    """The text and a time: a witness saw this checkpoint (C2SP tlog-cosignature)."""


class NoteKey(msgspec.Struct, frozen=True):
    """Whose signature under a note counts.

    Attributes:
        name: Of the log or witness, such as `node.example.org/circle`.
        kind: What it signs.
        key: With which signatures are checked.
    """

    name: str
    kind: SignatureKind
    key: PublicKey

    @property
    def key_id(self) -> bytes:
        """Four bytes that, with the name, say which key a signature is of."""
        named = self.name.encode() + b"\n" + bytes([self.kind])
        return sha256(named + self.key.raw).digest()[:KEY_ID_BYTES]


def make_note_key(name: str, kind: SignatureKind, key: PublicKey) -> NoteKey:
    """A key under a name.

    Args:
        name: Not empty, without blanks and plus signs.
        kind: What it signs.
        key: With which signatures are checked.

    Raises:
        InputError: NAME_INVALID.
    """
    if not is_key_name(name):
        raise InputError(
            ErrorCode.NAME_INVALID, "The name of a log or witness has no blanks and no plus sign."
        )
    return NoteKey(name, kind, key)


def is_key_name(name: str) -> bool:
    """Whether a key of a note may be called so."""
    is_plain = not any(item.isspace() or item == "+" or item < " " for item in name)
    return bool(name) and is_plain


def write_note_key(key: NoteKey) -> str:
    """A key as people hand it over: name, key id and key, joined by plus signs."""
    material = write_base64(bytes([key.kind]) + key.key.raw)
    return f"{key.name}+{key.key_id.hex()}+{material}"


def read_note_key(text: str) -> NoteKey:
    """The key that somebody handed over.

    Raises:
        InputError: KEY_INVALID: it is none, its kind is not known, or it was mistyped.
    """
    name, _, rest = text.partition("+")
    key_id, _, encoded = rest.partition("+")
    material = read_base64(encoded) or b""
    is_whole = len(material) == 1 + PUBLIC_KEY_BYTES and _KEY_ID.fullmatch(key_id)
    if not is_whole or not is_key_name(name) or material[0] not in set(SignatureKind):
        raise _invalid()
    key = NoteKey(name, SignatureKind(material[0]), read_public_key(material[1:]))
    if key.key_id.hex() != key_id:
        raise _invalid()
    return key


def _invalid() -> InputError:
    return InputError(
        ErrorCode.KEY_INVALID,
        "A text is no key of a log or witness.",
        hint="It has the form name+id+key; copy all of it.",
    )
