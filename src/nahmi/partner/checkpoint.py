# SPDX-License-Identifier: Apache-2.0
"""Log checkpoints (C2SP tlog-checkpoint): what a log says of itself, signed."""

import re
from collections.abc import Sequence
from typing import Final

import msgspec

from nahmi.errors import ErrorCode, TrustError
from nahmi.partner.base64_texts import read_base64, write_base64
from nahmi.partner.merkle.hashing import HASH_BYTES
from nahmi.partner.note_keys import NoteKey, SignatureKind
from nahmi.partner.note_signing import verify_note
from nahmi.partner.notes import Note, malformed, read_note

LARGEST_SIZE: Final = 2**63 - 1

_DECIMAL: Final = re.compile("0|[1-9][0-9]{0,18}")


class Checkpoint(msgspec.Struct, frozen=True):
    """A log at one moment.

    Attributes:
        origin: The log's name.
        size: How many entries it has.
        root: Of the tree over them, 32 bytes.
        extensions: Further lines, of which nobody can check anything; none in logs of ours.
    """

    origin: str
    size: int
    root: bytes
    extensions: tuple[str, ...] = ()


class SignedCheckpoint(msgspec.Struct, frozen=True):
    """A checkpoint that its log has signed.

    Attributes:
        checkpoint: What it says.
        note: As it was read, with all signatures.
    """

    checkpoint: Checkpoint
    note: Note


def write_checkpoint(checkpoint: Checkpoint) -> str:
    """A checkpoint as the text of a note."""
    lines = (
        checkpoint.origin,
        str(checkpoint.size),
        write_base64(checkpoint.root),
        *checkpoint.extensions,
    )
    return "".join(f"{line}\n" for line in lines)


def read_checkpoint(text: str) -> Checkpoint:
    """The checkpoint that the text of a note is.

    Raises:
        TrustError: NOTE_INVALID: it is none.
    """
    origin, _, rest = text.removesuffix("\n").partition("\n")
    size, _, rest = rest.partition("\n")
    encoded, gap, rest = rest.partition("\n")
    root = read_base64(encoded) or b""
    extensions = tuple(rest.split("\n")) if gap else ()
    if not origin or not _DECIMAL.fullmatch(size) or len(root) != HASH_BYTES:
        raise malformed()
    if not text.endswith("\n") or not all(extensions) or int(size) > LARGEST_SIZE:
        raise malformed()
    return Checkpoint(origin, int(size), root, extensions)


def open_checkpoint(data: bytes, keys: Sequence[NoteKey], *, origin: str) -> SignedCheckpoint:
    """A checkpoint of one log, of which the signature was checked.

    Args:
        data: The note.
        keys: The log's own; while it changes its key, the old and the new one.
        origin: The log's name.

    Raises:
        TrustError: NOTE_INVALID: it is no checkpoint, or one of another log. SIGNATURE_INVALID:
            none of the keys signed it.
    """
    note = read_note(data)
    checkpoint = read_checkpoint(note.text)
    if checkpoint.origin != origin:
        raise malformed()
    require_log_signature(note, keys)
    return SignedCheckpoint(checkpoint, note)


def require_log_signature(note: Note, keys: Sequence[NoteKey]) -> None:
    """Check that a log signed a note.

    Args:
        note: As it was read.
        keys: The log's own.

    Raises:
        TrustError: SIGNATURE_INVALID: none of the keys signed it, or not this text.
    """
    # A cosignature says what a witness saw; it never stands for the log itself.
    if not verify_note(note, [key for key in keys if key.kind is SignatureKind.NOTE]):
        raise TrustError(ErrorCode.SIGNATURE_INVALID, "A checkpoint is not signed by its log.")
