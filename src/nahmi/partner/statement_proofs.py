# SPDX-License-Identifier: Apache-2.0
"""One statement with all that shows who said it and that it is in a circle's log.

Whoever has the document needs no node and no network to check it:

1. The log's key signed a checkpoint: the size of the log and the root of its tree.
2. The statement is in that tree, at the place that is named.
3. The member's key signed the statement.

What the document cannot show by itself is whose the two keys are. Their fingerprints are compared
with what the circle's members have, by telephone or on paper.
"""

from typing import Final, Self

import msgspec

from nahmi.errors import ErrorCode, TrustError
from nahmi.partner.checkpoint import open_checkpoint
from nahmi.partner.circles.roster import read_key
from nahmi.partner.keys import PublicKey
from nahmi.partner.merkle.hashing import HASH_BYTES, leaf_hash
from nahmi.partner.merkle.verifying import verify_inclusion
from nahmi.partner.note_keys import SignatureKind, make_note_key
from nahmi.partner.statements.kinds import AnyStatement
from nahmi.partner.statements.signing import Proof, Verifier
from nahmi.partner.statements.text import read

FORMAT: Final = "nahmi-statement-proof/1"


class StatementProof(msgspec.Struct, frozen=True, kw_only=True):
    """A statement and what shows that it was made.

    Attributes:
        format: `nahmi-statement-proof/1`.
        circle: The circle's id.
        place: Of the statement in the log, from 0.
        statement: Its canonical text.
        signature: How its author signed it.
        author: The member's name, for people; it shows nothing.
        author_key: With which it is signed: 32 bytes, base64.
        inclusion: The hashes from the statement to the root of the tree, hexadecimal.
        checkpoint: The log's size and root, signed: a C2SP signed note.
        log_key: With which that is signed: 32 bytes, base64.
    """

    format: str = FORMAT
    circle: str
    place: int
    statement: str
    signature: Proof
    author: str
    author_key: str
    inclusion: tuple[str, ...]
    checkpoint: str
    log_key: str

    def __repr__(self) -> str:
        """Without the statement, which may hold a fingerprint."""
        return f"StatementProof(circle={self.circle!r}, place={self.place})"

    @classmethod
    def read(cls, data: bytes) -> Self:
        """From JSON.

        Raises:
            TrustError: PROOF_INVALID: it is no such document.
        """
        try:
            found = msgspec.json.decode(data, type=cls)
        except (msgspec.DecodeError, UnicodeDecodeError) as error:
            raise _unproven("It cannot be read.") from error
        if found.format != FORMAT:
            raise _unproven("It has another form.")
        return found

    def check(self) -> "Proven":
        """Make sure that everything fits together.

        Raises:
            TrustError: PROOF_INVALID, SIGNATURE_INVALID or NOTE_INVALID.
            PartnerError: STATEMENT_INVALID: its text cannot be read.
            InputError: KEY_INVALID.
        """
        log_key, author_key = read_key(self.log_key), read_key(self.author_key)
        origin = f"nahmi/circle/{self.circle}"
        signed = open_checkpoint(
            self.checkpoint.encode(),
            [make_note_key(origin, SignatureKind.NOTE, log_key)],
            origin=origin,
        ).checkpoint
        text = self.statement.encode()
        verify_inclusion(
            leaf_hash(text),
            self.place,
            size=signed.size,
            root=signed.root,
            proof=[_hash(one) for one in self.inclusion],
        )
        said = read(text)
        if said.circle != self.circle or said.key != author_key.kid:
            raise _unproven("The statement names another circle or key.")
        Verifier().check(text, self.signature, author_key)
        return Proven(said=said, size=signed.size, log_key=log_key, author_key=author_key)


class Proven(msgspec.Struct, frozen=True, kw_only=True):
    """What a document showed.

    Attributes:
        said: The statement.
        size: How many statements the log had.
        log_key: Whose checkpoint it is; its fingerprint is compared.
        author_key: Who signed the statement; likewise.
    """

    said: AnyStatement
    size: int
    log_key: PublicKey
    author_key: PublicKey


def _hash(text: str) -> bytes:
    try:
        raw = bytes.fromhex(text)
    except ValueError:
        raw = b""
    if len(raw) != HASH_BYTES:
        raise _unproven("One of its hashes is none.")
    return raw


def _unproven(why: str) -> TrustError:
    return TrustError(ErrorCode.PROOF_INVALID, f"The document shows nothing. {why}")
