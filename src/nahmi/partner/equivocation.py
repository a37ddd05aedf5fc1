# SPDX-License-Identifier: Apache-2.0
"""A log that contradicts itself: finding it, and evidence that anybody can check without the log.

A log contradicts itself when it signs two roots for one size, or when one of its trees holds
another entry at some place than the other tree. Both can be shown with its own signatures. A log
that only cannot prove that it grew is not convicted yet: it may still bring a proof.
"""

from collections.abc import Sequence
from enum import StrEnum

import msgspec

from nahmi.errors import ErrorCode, TrustError
from nahmi.partner.checkpoint import (
    Checkpoint,
    SignedCheckpoint,
    read_checkpoint,
    require_log_signature,
)
from nahmi.partner.merkle.verifying import verify_consistency, verify_inclusion
from nahmi.partner.note_keys import NoteKey
from nahmi.partner.notes import Note, malformed


class Contradiction(StrEnum):
    """How two checkpoints of one log contradict each other."""

    TWO_ROOTS = "two_roots"
    """One size, two roots: proof by itself."""
    TWO_ENTRIES = "two_entries"
    """At one place each tree holds another entry: proof by itself."""
    UNPROVEN = "unproven"
    """The log offered no valid proof that it grew: cause to stop and to ask, no proof."""


class Place(msgspec.Struct, frozen=True):
    """What a tree holds at one place.

    Attributes:
        index: Which leaf.
        leaf_hash: Of the leaf, 32 bytes.
        proof: That it is there.
    """

    index: int
    leaf_hash: bytes
    proof: tuple[bytes, ...]


class Evidence(msgspec.Struct, frozen=True, kw_only=True):
    """Two checkpoints of one log that contradict each other.

    Attributes:
        contradiction: In which way.
        older: The one of the smaller size, with its signatures.
        newer: The other one.
        consistency: UNPROVEN: what the log offered as a proof.
        places: TWO_ENTRIES: what each tree holds at the same place, the older one's first.
    """

    contradiction: Contradiction
    older: Note
    newer: Note
    consistency: tuple[bytes, ...] = ()
    places: tuple[Place, ...] = ()

    @property
    def is_proof(self) -> bool:
        """Whether it convicts the log by itself."""
        return self.contradiction is not Contradiction.UNPROVEN


def find_contradiction(
    one: SignedCheckpoint, other: SignedCheckpoint, proof: Sequence[bytes]
) -> Evidence | None:
    """Evidence against a log; None when its checkpoints agree.

    Args:
        one: A checkpoint of the log, its signature checked.
        other: Another one, its signature checked; which is older does not matter.
        proof: What the log offers to show that the smaller tree is the beginning of the larger.

    Raises:
        TrustError: NOTE_INVALID: they are of two logs.
    """
    older, newer = sorted((one, other), key=lambda item: item.checkpoint.size)
    kind = _contradiction(older.checkpoint, newer.checkpoint, proof)
    if kind is None:
        return None
    offered = tuple(proof) if kind is Contradiction.UNPROVEN else ()
    return Evidence(contradiction=kind, older=older.note, newer=newer.note, consistency=offered)


def convict(suspicion: Evidence, older: Place, newer: Place) -> Evidence:
    """Proof, made of a suspicion and of what each tree holds at one place.

    Args:
        suspicion: UNPROVEN evidence.
        older: From the tree of the older checkpoint.
        newer: From that of the newer one.
    """
    return Evidence(
        contradiction=Contradiction.TWO_ENTRIES,
        older=suspicion.older,
        newer=suspicion.newer,
        places=(older, newer),
    )


def verify_evidence(evidence: Evidence, keys: Sequence[NoteKey]) -> Checkpoint:
    """Check evidence against a log, without the log and without whoever brings it.

    Args:
        evidence: As it was brought.
        keys: The log's own, known by another way.

    Returns:
        The newer of the two checkpoints.

    Raises:
        TrustError: NOTE_INVALID: it is malformed, or of two logs. SIGNATURE_INVALID: the log did
            not sign it. PROOF_INVALID: it does not show what it claims.
    """
    for note in (evidence.older, evidence.newer):
        require_log_signature(note, keys)
    older, newer = read_checkpoint(evidence.older.text), read_checkpoint(evidence.newer.text)
    if older.size > newer.size:
        raise malformed()
    if evidence.contradiction is Contradiction.TWO_ENTRIES:
        _require_two_entries(older, newer, evidence.places)
    elif _contradiction(older, newer, evidence.consistency) is not evidence.contradiction:
        raise TrustError(ErrorCode.PROOF_INVALID, "The evidence against a log does not hold.")
    return newer


def _contradiction(
    older: Checkpoint, newer: Checkpoint, proof: Sequence[bytes]
) -> Contradiction | None:
    if older.origin != newer.origin:
        raise malformed()
    if older.size == newer.size:
        return Contradiction.TWO_ROOTS if older.root != newer.root else None
    try:
        verify_consistency(older.size, older.root, size=newer.size, root=newer.root, proof=proof)
    except TrustError:
        return Contradiction.UNPROVEN
    return None


def _require_two_entries(older: Checkpoint, newer: Checkpoint, places: Sequence[Place]) -> None:
    is_pair = len(places) == 2  # noqa: PLR2004 - one place of each tree
    if older.origin != newer.origin or not is_pair or places[0].index != places[1].index:
        raise malformed()
    if places[0].leaf_hash == places[1].leaf_hash:
        raise TrustError(ErrorCode.PROOF_INVALID, "Both trees hold the same entry there.")
    for tree, place in zip((older, newer), places, strict=True):
        verify_inclusion(
            place.leaf_hash, place.index, size=tree.size, root=tree.root, proof=place.proof
        )
