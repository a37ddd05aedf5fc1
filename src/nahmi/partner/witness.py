# SPDX-License-Identifier: Apache-2.0
"""What a witness does (C2SP tlog-witness): it cosigns a log's checkpoint when the log only grew.

A witness keeps one size and root for each log. Whoever keeps them must compare and replace them in
one transaction; otherwise two requests at once could take a log back.
"""

from collections.abc import Sequence
from enum import IntEnum

import msgspec

from nahmi.errors import TrustError
from nahmi.partner.checkpoint import Checkpoint, require_log_signature
from nahmi.partner.merkle.hashing import EMPTY_ROOT
from nahmi.partner.merkle.verifying import verify_consistency
from nahmi.partner.note_keys import NoteKey
from nahmi.partner.submission import Submission


class Verdict(IntEnum):
    """What becomes of a submission; the numbers are the HTTP statuses of tlog-witness."""

    COSIGN = 200
    """The log grew since: keep the new state, then sign."""
    MALFORMED = 400
    """It is said to continue a log that is longer than itself."""
    UNSIGNED = 403
    """The log did not sign it."""
    UNKNOWN = 404
    """The witness does not watch this log."""
    CONFLICT = 409
    """The witness knows another state than the one that is continued."""
    UNPROVEN = 422
    """It is not shown that the log only grew."""


class Seen(msgspec.Struct, frozen=True):
    """The newest state of a log that a witness has cosigned.

    Attributes:
        size: How many entries it had.
        root: Of the tree over them, 32 bytes.
    """

    size: int = 0
    root: bytes = EMPTY_ROOT


class Judgement(msgspec.Struct, frozen=True):
    """What a witness makes of a submission.

    Attributes:
        verdict: The answer.
        seen: What the witness knows of the log from now on.
        is_split: The log signed two roots for one size: proof that it shows two histories.
    """

    verdict: Verdict
    seen: Seen
    is_split: bool = False


def judge(submission: Submission, keys: Sequence[NoteKey], seen: Seen) -> Judgement:
    """What a witness answers to a new checkpoint.

    Args:
        submission: What was asked.
        keys: Of the log that the checkpoint names; none when the witness does not watch it.
        seen: What the witness knows of that log; `Seen()` when it never cosigned it.
    """
    verdict = _admit(submission, keys)
    if verdict is not Verdict.COSIGN:
        return Judgement(verdict, seen)
    checkpoint = submission.checkpoint
    is_split = checkpoint.size == seen.size and checkpoint.root != seen.root
    if submission.old_size != seen.size or is_split:
        return Judgement(Verdict.CONFLICT, seen, is_split)
    if not _is_continued(checkpoint, submission.proof, seen):
        return Judgement(Verdict.UNPROVEN, seen)
    return Judgement(Verdict.COSIGN, Seen(checkpoint.size, checkpoint.root))


def _admit(submission: Submission, keys: Sequence[NoteKey]) -> Verdict:
    if not keys:
        return Verdict.UNKNOWN
    try:
        require_log_signature(submission.note, keys)
    except TrustError:
        return Verdict.UNSIGNED
    is_backwards = submission.old_size > submission.checkpoint.size
    return Verdict.MALFORMED if is_backwards else Verdict.COSIGN


def _is_continued(checkpoint: Checkpoint, proof: Sequence[bytes], seen: Seen) -> bool:
    try:
        verify_consistency(
            seen.size, seen.root, size=checkpoint.size, root=checkpoint.root, proof=proof
        )
    except TrustError:
        return False
    return True
