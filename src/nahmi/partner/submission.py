# SPDX-License-Identifier: Apache-2.0
"""What a witness is asked: an older size, a consistency proof and a checkpoint, as text."""

import re
from typing import Final

import msgspec

from nahmi.partner.base64_texts import read_base64, write_base64
from nahmi.partner.checkpoint import LARGEST_SIZE, Checkpoint, read_checkpoint
from nahmi.partner.merkle.hashing import HASH_BYTES
from nahmi.partner.notes import LARGEST_NOTE, Note, malformed, read_note, write_note

LONGEST_PROOF: Final = 63
"""C2SP tlog-witness allows no more lines."""

_HEAD: Final = re.compile("old (0|[1-9][0-9]{0,18})")


class Submission(msgspec.Struct, frozen=True):
    """What a log asks of a witness.

    Attributes:
        old_size: Of the checkpoint that the witness cosigned last, as the log knows it.
        proof: That the log has only grown since, hashes of 32 bytes.
        checkpoint: The new one.
        note: The new one with its signatures, unchecked.
    """

    old_size: int
    proof: tuple[bytes, ...]
    checkpoint: Checkpoint
    note: Note


def write_submission(old_size: int, proof: tuple[bytes, ...], note: Note) -> bytes:
    """The body of a request to a witness (`add-checkpoint`).

    Args:
        old_size: As in `Submission`.
        proof: As in `Submission`.
        note: The checkpoint with its signatures.
    """
    head = [f"old {old_size}\n", *(f"{write_base64(item)}\n" for item in proof), "\n"]
    return "".join(head).encode() + write_note(note)


def read_submission(data: bytes) -> Submission:
    """What a request to a witness asks.

    Args:
        data: The body.

    Raises:
        TrustError: NOTE_INVALID: it is malformed; the answer is 400.
    """
    head, gap, rest = data[: 2 * LARGEST_NOTE].partition(b"\n\n")
    if not gap or not head.isascii():
        raise malformed()
    first, *lines = head.decode().split("\n")
    match = _HEAD.fullmatch(first)
    proof = [read_base64(line) or b"" for line in lines]
    if not match or len(proof) > LONGEST_PROOF or any(len(item) != HASH_BYTES for item in proof):
        raise malformed()
    if int(match[1]) > LARGEST_SIZE:
        raise malformed()
    note = read_note(rest)
    return Submission(int(match[1]), tuple(proof), read_checkpoint(note.text), note)
