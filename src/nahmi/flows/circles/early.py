# SPDX-License-Identifier: Apache-2.0
"""Withdrawals go before everything else.

A node that has a million statements still to read asks what was taken back further on, with proofs
that it stands in the log, and lets it match no longer. When it comes to those places it finds the
same again.
"""

from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import datetime

import msgspec

from nahmi.flows.circles.following import log_keys
from nahmi.flows.circles.judging import Judging
from nahmi.partner.checkpoint import Checkpoint, open_checkpoint
from nahmi.partner.circles.members import CircleRole
from nahmi.partner.circles.roster import Roster, read_key
from nahmi.partner.merkle.hashing import leaf_hash
from nahmi.partner.merkle.verifying import verify_inclusion
from nahmi.partner.naming import short_of
from nahmi.partner.ports.circle import Circle, Transaction
from nahmi.partner.ports.fold import FoldStore
from nahmi.partner.ports.log import CircleStore
from nahmi.partner.statements.kinds import Redact, Retract
from nahmi.partner.statements.signing import Verifier, read_proof
from nahmi.partner.statements.text import read
from nahmi.partner.upstream import Ahead, Upstream

PAGE = 1_000


class EarlyWithdrawals:
    """Puts withdrawals into effect ahead of the log. Not to be shared between threads.

    Args:
        circles: Has the circles.
        folds: Has what their logs leave.
        judging: Decides on entries.
        begin: Begins a writing transaction.
        clock: The present moment, UTC.
    """

    def __init__(
        self,
        *,
        circles: CircleStore,
        folds: FoldStore,
        judging: Judging,
        begin: Callable[[], AbstractContextManager[Transaction]],
        clock: Callable[[], datetime],
    ) -> None:
        self._circles = circles
        self._folds = folds
        self._judging = judging
        self._begin = begin
        self._clock = clock
        self._verifier = Verifier()

    def hurry(self, circle_id: str, upstream: Upstream) -> int:
        """Put into effect what was taken back further on; how many withdrawals.

        Raises:
            PartnerError: LOG_INVALID: it is not shown that they stand in the log.
            TrustError: The checkpoint is not signed by the log's home, or a proof does not hold.
            WireError: The other node could not be asked.
        """
        count = 0
        while True:
            circle = self._circles.circle(circle_id)
            start = max(circle.size, circle.withdrawn_to)
            asked = upstream.withdrawals(after=start, limit=PAGE)
            roster = circle.roster.roster
            checkpoint = open_checkpoint(
                asked.checkpoint.encode(), log_keys([roster]), origin=roster.origin
            ).checkpoint
            if asked.upto <= start:
                return count
            gone, reached = self._checked(asked.found, roster, checkpoint, asked.upto)
            self._put(circle, gone, reached)
            count += len(gone)
            if reached < asked.upto or asked.upto >= checkpoint.size:
                return count

    def _checked(
        self, found: tuple[Ahead, ...], roster: Roster, checkpoint: Checkpoint, upto: int
    ) -> tuple[dict[str, tuple[int, str]], int]:
        """The ids that are taken back, and up to which place that is all.

        A withdrawal that the roster known here cannot judge, because whoever makes it joined later,
        ends what can be said for now.
        """
        gone: dict[str, tuple[int, str]] = {}
        for one in found:
            said = read(one.line.statement or b"")
            member = roster.member(said.org)
            key = None if member is None else member.key(said.key)
            if key is None or not isinstance(said, Retract | Redact):
                return gone, one.line.seq
            verify_inclusion(
                leaf_hash(one.line.statement or b""),
                one.line.seq,
                size=checkpoint.size,
                root=checkpoint.root,
                proof=one.proof,
            )
            proof = read_proof(one.line.proof or b"")
            self._verifier.check(one.line.statement or b"", proof, read_key(key.public))
            if isinstance(said, Redact):
                by = "" if member is not None and member.may(CircleRole.STEWARD) else said.org
                gone[said.target] = one.line.seq, by
            else:
                gone[said.id] = one.line.seq, said.org
        return gone, upto

    def _put(self, before: Circle, gone: dict[str, tuple[int, str]], reached: int) -> None:
        with self._begin() as transaction:
            circle = self._circles.take(before.circle_id, within=transaction)
            names = {
                short_of(target): (seq, by)
                for target, (seq, by) in gone.items()
                if seq >= circle.size
            }
            self._folds.put_early(circle.number, names, within=transaction)
            after = msgspec.structs.replace(circle, withdrawn_to=max(circle.withdrawn_to, reached))
            self._circles.put(after, within=transaction)
            held = self._folds.claims(circle.number, names, within=transaction)
            touched = dict.fromkeys(claim.signal for claim in held.values() if claim.signal)
            self._judging.judge(after, touched, now=self._clock(), within=transaction)
