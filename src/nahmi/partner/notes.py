# SPDX-License-Identifier: Apache-2.0
"""Signed notes (C2SP signed-note): a text, a blank line, and a line for each signature."""

from collections.abc import Iterable
from typing import Final

import msgspec

from nahmi.errors import ErrorCode, TrustError
from nahmi.partner.base64_texts import read_base64, write_base64
from nahmi.partner.note_keys import KEY_ID_BYTES, is_key_name

LARGEST_NOTE: Final = 1 << 18
"""Bytes: room for a thousand witnesses; what is longer is not read."""

MOST_SIGNATURES: Final = 1024

_MARK: Final = "\u2014 "
"""How the line of a signature begins."""


class NoteSignature(msgspec.Struct, frozen=True):
    """One signature under a note, which nobody has checked yet.

    Attributes:
        name: Whose it is said to be.
        key_id: Of which key, 4 bytes.
        value: The signature itself, and what its kind puts in front of it.
    """

    name: str
    key_id: bytes
    value: bytes


class Note(msgspec.Struct, frozen=True):
    """A note as it was written.

    Attributes:
        text: What is signed, with the line break at its end.
        signatures: In the order of their lines.
    """

    text: str
    signatures: tuple[NoteSignature, ...]


def write_note(note: Note) -> bytes:
    """A note as it is sent and kept."""
    return f"{note.text}\n{write_signatures(note.signatures)}".encode()


def write_signatures(signatures: Iterable[NoteSignature]) -> str:
    """The lines of some signatures, as they stand under a note."""
    return "".join(
        f"{_MARK}{item.name} {write_base64(item.key_id + item.value)}\n" for item in signatures
    )


def read_note(data: bytes) -> Note:
    """The note that bytes are; its signatures are still to be checked.

    Args:
        data: The whole note.

    Raises:
        TrustError: NOTE_INVALID: it is none, or too long.
    """
    text, gap, lines = _read_text(data).rpartition("\n\n")
    if not gap:
        raise malformed()
    return Note(make_note_text(f"{text}\n"), _read_lines(lines))


def read_signatures(data: bytes) -> tuple[NoteSignature, ...]:
    """The signatures that some lines are: a witness answers with them alone.

    Args:
        data: One line or more.

    Raises:
        TrustError: NOTE_INVALID: they are none, or too many.
    """
    return _read_lines(_read_text(data))


def make_note_text(text: str) -> str:
    """A text that may stand in a note, as it is.

    Args:
        text: Ends with a line break, and has no other control characters.

    Raises:
        TrustError: NOTE_INVALID.
    """
    if not text.endswith("\n") or any(item < " " for item in text.replace("\n", "")):
        raise malformed()
    return text


def malformed() -> TrustError:
    """What is raised when a note, or what should stand in it, is malformed."""
    return TrustError(
        ErrorCode.NOTE_INVALID,
        "A signed note is malformed.",
        hint="It may have been cut off or altered on its way; ask for it again.",
    )


def _read_text(data: bytes) -> str:
    if len(data) > LARGEST_NOTE:
        raise malformed()
    try:
        return data.decode()
    except UnicodeDecodeError as error:
        raise malformed() from error


def _read_lines(lines: str) -> tuple[NoteSignature, ...]:
    parts = lines.split("\n")
    if not 1 < len(parts) <= MOST_SIGNATURES + 1 or parts.pop():
        raise malformed()
    return tuple(map(_read_line, parts))


def _read_line(line: str) -> NoteSignature:
    name, _, encoded = line.removeprefix(_MARK).partition(" ")
    value = read_base64(encoded) or b""
    if not line.startswith(_MARK) or not is_key_name(name) or len(value) <= KEY_ID_BYTES:
        raise malformed()
    return NoteSignature(name, value[:KEY_ID_BYTES], value[KEY_ID_BYTES:])
