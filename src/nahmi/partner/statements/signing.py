# SPDX-License-Identifier: Apache-2.0
"""How statements are signed: each by itself, or many at once over the root of a tree of them.

A signature costs a verifier a thousand times what a hash costs. An organisation that hands over a
whole bank therefore signs the root of a small Merkle tree over its statements, and each statement
carries its path to that root, so that it can still be checked alone.
"""

from binascii import a2b_base64
from collections.abc import Sequence
from typing import Final

import msgspec

from nahmi.errors import ErrorCode, PartnerError
from nahmi.partner.base64_texts import write_base64
from nahmi.partner.keys import PublicKey, SigningKey
from nahmi.partner.merkle.batch import (
    LARGEST_BATCH,
    BatchVerifier,
    batch_message,
    batch_paths,
)
from nahmi.partner.merkle.hashing import HASH_BYTES, leaf_hash, leaf_hashes, node_hash
from nahmi.partner.unreadable import UNREADABLE

STATEMENT: Final = "statement"
"""The purpose of a signature over one statement."""

BATCH: Final = "batch"
"""The purpose of a signature over the root of many."""

_MOST_SIGNATURES: Final = 4096
"""Signatures of batches that a verifier remembers; then it forgets them all."""


class Proof(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """How a statement is signed.

    Attributes:
        sig: The signature, base64.
        size: How many statements the batch has; 0 for a statement that is signed by itself.
        index: Which of them this is, from 0.
        path: The hashes on its way to the root, one after another, base64.
    """

    sig: str
    size: int = 0
    index: int = 0
    path: str = ""


def sign(statement: bytes, key: SigningKey) -> Proof:
    """Sign one statement.

    Args:
        statement: Its canonical bytes, which name the key.
        key: Of the organisation that says it.
    """
    return Proof(sig=write_base64(key.sign(STATEMENT, statement)))


def sign_all(statements: Sequence[bytes], key: SigningKey) -> list[Proof]:
    """Sign many statements, up to `LARGEST_BATCH` with one signature.

    Args:
        statements: Their canonical bytes, which name the key.
        key: Of the organisation that says them.
    """
    proofs: list[Proof] = []
    for start in range(0, len(statements), LARGEST_BATCH):
        some = statements[start : start + LARGEST_BATCH]
        root, paths = batch_paths(leaf_hashes(some))
        sig = write_base64(key.sign(BATCH, batch_message(len(some), root)))
        proofs += [
            Proof(sig=sig, size=len(some), index=index, path=write_base64(path))
            for index, path in enumerate(paths)
        ]
    return proofs


class Verifier:
    """Checks signatures; remembers those over batches. Not to be shared between threads."""

    def __init__(self) -> None:
        self._batches: dict[tuple[bytes, str, int], BatchVerifier] = {}

    def check(
        self, statement: bytes, proof: Proof, key: PublicKey, *, leaf: bytes | None = None
    ) -> None:
        """Make sure that a statement was signed with a key.

        Args:
            statement: Its canonical bytes.
            proof: How it is signed.
            key: The key that it names, as its circle knows it.
            leaf: Its leaf hash, where that is known already.

        Raises:
            TrustError: SIGNATURE_INVALID or PROOF_INVALID.
            PartnerError: STATEMENT_INVALID: the proof cannot be read.
        """
        if not proof.size:
            key.verify(STATEMENT, statement, _decoded(proof.sig))
            return
        leaf, path = leaf or leaf_hash(statement), _decoded(proof.path)
        if not 0 <= proof.index < proof.size <= LARGEST_BATCH:
            raise _invalid()
        name = (key.raw, proof.sig, proof.size)
        batch = self._batches.get(name)
        if batch is None:
            batch = self._new_batch(leaf, path, proof, key)
            if len(self._batches) >= _MOST_SIGNATURES:
                self._batches.clear()
            self._batches[name] = batch
        batch.verify(leaf, proof.index, path)

    def _new_batch(self, leaf: bytes, path: bytes, proof: Proof, key: PublicKey) -> BatchVerifier:
        """A batch whose signature was checked."""
        root = _root_of(leaf, proof.index, proof.size, path)
        key.verify(BATCH, batch_message(proof.size, root), _decoded(proof.sig))
        return BatchVerifier(proof.size, root)


def read_proof(data: bytes) -> Proof:
    """A proof from JSON.

    Raises:
        PartnerError: STATEMENT_INVALID.
    """
    try:
        return msgspec.json.decode(data, type=Proof)
    except UNREADABLE as error:
        raise _invalid() from error


def _root_of(leaf: bytes, index: int, size: int, path: bytes) -> bytes:
    """The root that a path leads to; whether that is the batch's, its signature says."""
    node, last = leaf, size - 1
    while last > 0:
        if index & 1 or index < last:
            other, path = path[:HASH_BYTES], path[HASH_BYTES:]
            node = node_hash(other, node) if index & 1 else node_hash(node, other)
        index, last = index >> 1, last >> 1
    return node


def _decoded(text: str) -> bytes:
    """Bytes that were written as base64; what is none fits nothing."""
    try:
        return a2b_base64(text, strict_mode=True)
    except ValueError:
        return b""


def _invalid() -> PartnerError:
    return PartnerError(ErrorCode.STATEMENT_INVALID, "How a statement is signed cannot be read.")
