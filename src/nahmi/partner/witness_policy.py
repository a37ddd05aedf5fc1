# SPDX-License-Identifier: Apache-2.0
"""How many witnesses must have seen a checkpoint before a member goes on from it."""

import msgspec

from nahmi.errors import ErrorCode, InputError
from nahmi.partner.circles.roster import Roster, read_key
from nahmi.partner.note_keys import NoteKey, SignatureKind, make_note_key
from nahmi.partner.note_signing import verify_note
from nahmi.partner.notes import Note


class WitnessPolicy(msgspec.Struct, frozen=True):
    """At least k of n witnesses.

    Attributes:
        witnesses: Those that count, as cosigners.
        least: How many of them must have cosigned, from 1.
    """

    witnesses: tuple[NoteKey, ...]
    least: int


def make_witness_policy(witnesses: tuple[NoteKey, ...], least: int) -> WitnessPolicy:
    """A policy that can be met, and that is none in name only.

    Args:
        witnesses: Those that count.
        least: How many of them must have cosigned.

    Raises:
        InputError: INPUT_INVALID: fewer than one is asked for, or more than there are keys; or one
            of them is no cosigner.
    """
    keys = {witness.key.raw for witness in witnesses}
    is_cosigners = all(item.kind is SignatureKind.COSIGNATURE for item in witnesses)
    if not 1 <= least <= len(keys) or not is_cosigners:
        raise InputError(
            ErrorCode.INPUT_INVALID,
            "A policy on witnesses asks for at least one cosigner, and for no more than it names.",
        )
    return WitnessPolicy(witnesses, least)


def policy_of(roster: Roster) -> WitnessPolicy | None:
    """How many witnesses a circle asks for; None where it asks for none."""
    if not roster.witness_threshold:
        return None
    keys = tuple(
        make_note_key(one.name, SignatureKind.COSIGNATURE, read_key(one.public))
        for one in roster.witnesses
    )
    return make_witness_policy(keys, roster.witness_threshold)


def witnesses_of(note: Note, policy: WitnessPolicy) -> tuple[NoteKey, ...]:
    """Which of a policy's witnesses have cosigned a checkpoint; one key counts once.

    Args:
        note: The checkpoint as it was read.
        policy: Which witnesses count.

    Raises:
        TrustError: SIGNATURE_INVALID: a signature that names one of them is not genuine.
    """
    by_key = {witness.key.raw: witness for witness in verify_note(note, policy.witnesses)}
    return tuple(by_key.values())


def is_witnessed(note: Note, policy: WitnessPolicy) -> bool:
    """Whether enough witnesses have cosigned a checkpoint.

    Args:
        note: The checkpoint as it was read.
        policy: How many are enough.

    Raises:
        TrustError: SIGNATURE_INVALID: a signature that names one of them is not genuine.
    """
    return len(witnesses_of(note, policy)) >= policy.least
