# SPDX-License-Identifier: Apache-2.0
"""This node is a witness: it confirms that logs of others only grew (C2SP tlog-witness).

Whoever asks needs no key. A checkpoint that its log did not sign is refused, and one that does not
continue what was confirmed before is never confirmed, so nobody can be shown another history.
"""

from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import datetime
from typing import Final

import msgspec

from nahmi.errors import TrustError
from nahmi.flows.circles.following import log_keys
from nahmi.flows.circles.own_keys import OwnKeys
from nahmi.partner.circles.members import CircleRole
from nahmi.partner.note_keys import NoteKey, SignatureKind, make_note_key
from nahmi.partner.note_signing import cosign
from nahmi.partner.notes import write_signatures
from nahmi.partner.ports.circle import Circle, Transaction
from nahmi.partner.ports.log import CircleStore
from nahmi.partner.ports.witnesses import WitnessedStore
from nahmi.partner.submission import Submission, read_submission
from nahmi.partner.witness import Judgement, Seen, Verdict, judge

SIZE_TYPE: Final = "text/x.tlog.size"
_TEXT: Final = "text/plain; charset=utf-8"


class WitnessAnswer(msgspec.Struct, frozen=True):
    """What is answered to a log.

    Attributes:
        status: Of HTTP.
        body: Cosignatures, or the size that was confirmed last, or nothing.
        media_type: Of the body.
    """

    status: int
    body: bytes = b""
    media_type: str = _TEXT


class Witnessing:
    """Confirms logs. Safe to share between threads.

    Args:
        circles: Has the circles whose logs are known here.
        witnessed: Has what was confirmed before.
        keys: With which it is confirmed.
        begin: Begins a writing transaction.
        clock: The present moment, UTC.
    """

    def __init__(
        self,
        *,
        circles: CircleStore,
        witnessed: WitnessedStore,
        keys: OwnKeys,
        begin: Callable[[], AbstractContextManager[Transaction]],
        clock: Callable[[], datetime],
    ) -> None:
        self._circles = circles
        self._witnessed = witnessed
        self._keys = keys
        self._begin = begin
        self._clock = clock

    def key(self, circle: Circle) -> NoteKey:
        """As what this node confirms a circle's log."""
        public = self._keys.witness(circle.member_id).public
        return make_note_key(f"nahmi/witness/{circle.own_org}", SignatureKind.COSIGNATURE, public)

    def add_checkpoint(self, body: bytes) -> WitnessAnswer:
        """Confirm a checkpoint, or say why not.

        Args:
            body: As tlog-witness describes it.

        Raises:
            StoreError: The store could not be changed; nothing was confirmed.
        """
        try:
            asked = read_submission(body)
        except TrustError:
            return WitnessAnswer(Verdict.MALFORMED)
        circle = self._watched(asked)
        if circle is None:
            return WitnessAnswer(Verdict.UNKNOWN)
        with self._begin() as transaction:
            seen = self._witnessed.seen(circle.number, within=transaction)
            done = judge(asked, log_keys([circle.roster.roster]), seen)
            if done.verdict is Verdict.COSIGN:
                self._witnessed.put(circle.number, done.seen, within=transaction)
        # Only now: what was signed must be kept, whatever happens.
        return self._answer(circle, asked, done, seen)

    def _watched(self, asked: Submission) -> Circle | None:
        """The circle whose log it is, where our organisation is a witness."""
        for circle in self._circles.circles():
            roster = circle.roster.roster
            member = roster.member(circle.own_org)
            if roster.origin == asked.checkpoint.origin and member is not None:
                return circle if member.may(CircleRole.WITNESS) else None
        return None

    def _answer(
        self, circle: Circle, asked: Submission, done: Judgement, seen: Seen
    ) -> WitnessAnswer:
        if done.verdict is Verdict.CONFLICT:
            return WitnessAnswer(Verdict.CONFLICT, b"%d\n" % seen.size, SIZE_TYPE)
        if done.verdict is not Verdict.COSIGN:
            return WitnessAnswer(done.verdict)
        signature = cosign(
            asked.note.text,
            self.key(circle).name,
            self._keys.witness(circle.member_id),
            at_s=int(self._clock().timestamp()),
        )
        return WitnessAnswer(Verdict.COSIGN, write_signatures([signature]).encode())
