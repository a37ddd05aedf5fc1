# SPDX-License-Identifier: Apache-2.0
"""A node keeps up with a circle: it hands over what it says, reads on, and acknowledges.

1. What our organisation said is handed to the node from which the log is read.
2. Withdrawals come first: where the log goes on far from here, what was taken back further on stops
   matching before the rest is read.
3. The log is read to its end.
4. What it is time for is judged anew.
5. A receipt says how far this node is, and which withdrawals are in effect.
"""

from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import UTC, datetime
from typing import Final

import msgspec

from nahmi.errors import ErrorCode
from nahmi.flows.circles.applying import Applying
from nahmi.flows.circles.early import EarlyWithdrawals
from nahmi.flows.circles.following import PAGE, FollowingLog
from nahmi.flows.circles.own_keys import OwnKeys
from nahmi.partner.circles.members import CircleRole
from nahmi.partner.pages import Line
from nahmi.partner.ports.circle import Circle, Transaction
from nahmi.partner.ports.log import CircleStore
from nahmi.partner.ports.outgoing import OutgoingStore
from nahmi.partner.ports.receipts import ReceiptStore
from nahmi.partner.receipts import Receipt, SignedReceipt
from nahmi.partner.statements.text import write_moment
from nahmi.partner.upstream import Taken, Upstream

SUBMITTED: Final = 1_000
"""Statements that are handed over at once."""

_SETTLED: Final = frozenset({ErrorCode.STATEMENT_BEHIND.value})


class KeptUp(msgspec.Struct, frozen=True, kw_only=True):
    """What one round did.

    Attributes:
        taken: Statements that were read.
        submitted: Statements of our own that the home answered to.
        is_end: There is no more for now.
    """

    taken: int
    submitted: int
    is_end: bool


class KeepingUp:
    """Keeps a node up with logs of others. Not to be shared between threads.

    Args:
        circles: Has the circles.
        outgoing: Has what our organisation says.
        receipts: Has what members acknowledged, this node's own among it.
        following: Reads logs.
        early: Puts withdrawals into effect before the rest.
        applying: Judges anew.
        keys: With which receipts are signed.
        begin: Begins a writing transaction.
        follow: Brings this process to where the store is.
        clock: The present moment, UTC.
    """

    def __init__(  # noqa: PLR0913 - each is a part of its own
        self,
        *,
        circles: CircleStore,
        outgoing: OutgoingStore,
        receipts: ReceiptStore,
        following: FollowingLog,
        early: EarlyWithdrawals,
        applying: Applying,
        keys: OwnKeys,
        begin: Callable[[], AbstractContextManager[Transaction]],
        follow: Callable[[], object],
        clock: Callable[[], datetime],
    ) -> None:
        self._circles = circles
        self._outgoing = outgoing
        self._receipts = receipts
        self._following = following
        self._early = early
        self._applying = applying
        self._keys = keys
        self._begin = begin
        self._follow = follow
        self._clock = clock

    def round(self, circle_id: str, upstream: Upstream, *, wait_s: float = 0.0) -> KeptUp:
        """One round with one page of the log.

        Args:
            circle_id: Of which circle.
            upstream: The node from which it is read.
            wait_s: How long it may wait when there is nothing new.

        Raises:
            PartnerError: As `FollowingLog.step`.
            WireError: The other node could not be asked.
            StoreError: The store could not be changed.
        """
        submitted = self.submit(circle_id, upstream)
        step = self._following.step(
            circle_id, upstream, wait_s=0.0 if submitted else wait_s, limit=PAGE
        )
        if not step.is_end:
            self._early.hurry(circle_id, upstream)
        if step.taken or not step.is_end:
            self._follow()
            self.acknowledge(circle_id, upstream)
        return KeptUp(taken=step.taken, submitted=submitted, is_end=step.is_end)

    def submit(self, circle_id: str, upstream: Upstream) -> int:
        """Hand over what our organisation said; how many statements were answered to."""
        circle = self._circles.circle(circle_id)
        count = 0
        while waiting := self._outgoing.waiting(circle.number, limit=SUBMITTED):
            answers = upstream.submit(
                [Line(seq=0, statement=one.statement, proof=one.proof) for one in waiting]
            )
            outcomes = {
                one.number: _outcome(answer) for one, answer in zip(waiting, answers, strict=True)
            }
            self._outgoing.settle(circle.number, outcomes)
            count += len(outcomes)
        return count

    def rejudge(self, circle_id: str, *, pause: Callable[[], object] = lambda: None) -> int:
        """Judge anew what it is time for; how many signals.

        Args:
            circle_id: Of which circle.
            pause: Called between some signals and the next, so that others can write meanwhile.
        """
        count = 0
        number = self._circles.circle(circle_id).number
        while self._circles.is_due(number, int(self._clock().timestamp())):
            with self._begin() as transaction:
                circle = self._circles.take(circle_id, within=transaction)
                done = self._applying.rejudge(circle, now=self._clock(), within=transaction)
            count += done
            if not done:
                break
            pause()
        if count:
            self._follow()
        return count

    def acknowledge(self, circle_id: str, upstream: Upstream) -> None:
        """Say how far this node is."""
        receipt = self.make_receipt(circle_id)
        if receipt is not None:
            upstream.receive(receipt)

    def make_receipt(self, circle_id: str) -> SignedReceipt | None:
        """A receipt that is noted here too; None where our organisation may not read."""
        circle = self._circles.circle(circle_id)
        member = circle.roster.roster.member(circle.own_org)
        if member is None or not member.may(CircleRole.READ):
            return None
        receipt = self.receipt(circle)
        self._receipts.receive(circle.number, receipt, now=self._clock())
        return receipt

    def receipt(self, circle: Circle) -> SignedReceipt:
        """What this node has in effect, signed."""
        key = self._keys.current(circle.roster.roster, circle.own_org, circle.member_id)
        return SignedReceipt.make(
            Receipt(
                circle=circle.circle_id,
                org=circle.own_org,
                key=key.public.kid,
                size=circle.size,
                root=circle.tree.root().hex(),
                fold=f"{circle.fold:064x}",
                withdrawn_to=max(circle.withdrawn_to, circle.size),
                at=write_moment(self._clock().astimezone(UTC)),
            ),
            key,
        )


def _outcome(answer: Taken) -> str:
    """Why a statement was not taken; empty when it was, or something newer is there."""
    if answer.seq is not None or answer.code in _SETTLED:
        return ""
    return answer.detail or answer.code or "It was not taken."
