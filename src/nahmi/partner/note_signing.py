# SPDX-License-Identifier: Apache-2.0
"""Signing notes, cosigning checkpoints, and whose signatures under a note are genuine."""

from collections.abc import Iterable, Sequence
from typing import Final

from nahmi.errors import ErrorCode, TrustError
from nahmi.partner.keys import SIGNATURE_BYTES, SigningKey
from nahmi.partner.note_keys import NoteKey, SignatureKind, make_note_key
from nahmi.partner.notes import Note, NoteSignature, make_note_text

_TIME_BYTES: Final = 8
_LATEST: Final = 2**63 - 1
"""C2SP tlog-cosignature allows no later time, in seconds since 1970."""


def sign_note(text: str, name: str, key: SigningKey) -> NoteSignature:
    """A signature under a note.

    Args:
        text: Of the note.
        name: Of the signer.
        key: The signer's.

    Raises:
        InputError: NAME_INVALID.
        TrustError: NOTE_INVALID: no note has such a text.
    """
    named = make_note_key(name, SignatureKind.NOTE, key.public)
    return NoteSignature(name, named.key_id, key.sign_raw(make_note_text(text).encode()))


def cosign(text: str, name: str, key: SigningKey, *, at_s: int) -> NoteSignature:
    """A witness's signature under a checkpoint: it saw this one, and none that contradicts it.

    Args:
        text: Of the checkpoint's note.
        name: Of the witness.
        key: The witness's; it must not be the key of another name.
        at_s: When, seconds since 1970.

    Raises:
        InputError: NAME_INVALID.
        TrustError: NOTE_INVALID: no note has such a text.
    """
    named = make_note_key(name, SignatureKind.COSIGNATURE, key.public)
    signature = key.sign_raw(_cosigned(make_note_text(text), at_s))
    return NoteSignature(name, named.key_id, at_s.to_bytes(_TIME_BYTES, "big") + signature)


def cosigned_at_s(signature: NoteSignature) -> int:
    """When a witness cosigned, seconds since 1970.

    Args:
        signature: One of a witness, checked.
    """
    return int.from_bytes(signature.value[:_TIME_BYTES], "big")


def verify_note(note: Note, keys: Sequence[NoteKey]) -> tuple[NoteKey, ...]:
    """Whose signatures a note bears, of those whom the reader knows.

    Signatures of others are ignored, as the specification asks; a second one of the same key too.

    Args:
        note: As it was read.
        keys: Of those whom the reader knows.

    Returns:
        Those who signed, in the order of `keys`; none when no one of them did.

    Raises:
        TrustError: SIGNATURE_INVALID: a signature that names one of the keys is not genuine.
    """
    first = {(item.name, item.key_id): item for item in reversed(note.signatures)}
    found = [(key, first.get((key.name, key.key_id))) for key in keys]
    signed = [(key, signature) for key, signature in found if signature is not None]
    for key, signature in signed:
        _verify(note.text, key, signature)
    return tuple(key for key, _ in signed)


def signature_of(note: Note, key: NoteKey) -> NoteSignature | None:
    """The signature that names a key, unchecked; None when there is none."""
    named: Iterable[NoteSignature] = (
        item for item in note.signatures if (item.name, item.key_id) == (key.name, key.key_id)
    )
    return next(iter(named), None)


def _verify(text: str, key: NoteKey, signature: NoteSignature) -> None:
    if key.kind is SignatureKind.NOTE:
        key.key.verify_raw(text.encode(), signature.value)
        return
    at_s = cosigned_at_s(signature)
    if len(signature.value) != _TIME_BYTES + SIGNATURE_BYTES or at_s > _LATEST:
        raise TrustError(ErrorCode.SIGNATURE_INVALID, "A witness's signature is malformed.")
    key.key.verify_raw(_cosigned(text, at_s), signature.value[_TIME_BYTES:])


def _cosigned(text: str, at_s: int) -> bytes:
    return f"cosignature/v1\ntime {at_s}\n{text}".encode()
