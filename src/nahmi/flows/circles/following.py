# SPDX-License-Identifier: Apache-2.0
"""Another node keeps the log: this one reads it, and believes nothing unchecked.

1. A page is asked for from where this node is.
2. The page's end must be the beginning of what the log's home signed: the tree over all statements
   held here and those of the page is computed, and proved to be part of the checkpoint's.
3. Every statement's own signature is checked, and that the circle's rules allow it.
4. The page, what it leaves, this node's entries and the place reached become one transaction.

A checkpoint that contradicts what was believed before stops the circle here, and is kept as
evidence. A page that only does not hold is fetched again later.
"""

from collections.abc import Callable, Collection, Iterable, Sequence
from contextlib import AbstractContextManager
from datetime import datetime, timedelta
from typing import Final

import msgspec

from nahmi.errors import ErrorCode, NahmiError, PartnerError, TrustError
from nahmi.flows.circles.ahead import PagesAhead
from nahmi.flows.circles.applying import Applying, leaf_of
from nahmi.partner.checkpoint import Checkpoint, SignedCheckpoint, open_checkpoint
from nahmi.partner.circles.roster import Roster, SignedRoster, read_key
from nahmi.partner.equivocation import Evidence, find_contradiction
from nahmi.partner.evidence_files import write_evidence
from nahmi.partner.merkle.frontier import Frontier
from nahmi.partner.merkle.verifying import verify_consistency
from nahmi.partner.note_keys import NoteKey, SignatureKind, make_note_key
from nahmi.partner.pages import Line, Page, invalid, read_page
from nahmi.partner.ports.circle import Circle, Standing, Transaction
from nahmi.partner.ports.fold import FoldStore
from nahmi.partner.ports.log import CircleStore
from nahmi.partner.statements.kinds import RosterChange
from nahmi.partner.statements.text import read
from nahmi.partner.upstream import LogSource
from nahmi.partner.witness_policy import policy_of, witnesses_of

PAGE: Final = 5_000
"""Statements that are asked for at once."""


QUIET: Final = timedelta(seconds=30)
"""For how long it is not kept that the log was asked for and has nothing new."""


class Step(msgspec.Struct, frozen=True, kw_only=True):
    """What came of one page.

    Attributes:
        circle: The circle afterwards.
        taken: How many statements it brought.
        is_end: The log has no more for now.
    """

    circle: Circle
    taken: int
    is_end: bool


class FollowingLog:
    """Reads logs of other nodes. Not to be shared between threads.

    Args:
        circles: Has what was read.
        folds: Has what that leaves.
        applying: Makes statements part of logs.
        begin: Begins a writing transaction.
        clock: The present moment, UTC.
        ahead: Fetches and checks pages while others are applied; by default nothing is.
    """

    def __init__(  # noqa: PLR0913 - each is a part of its own
        self,
        *,
        circles: CircleStore,
        folds: FoldStore,
        applying: Applying,
        begin: Callable[[], AbstractContextManager[Transaction]],
        clock: Callable[[], datetime],
        ahead: PagesAhead | None = None,
    ) -> None:
        self._ahead = ahead or PagesAhead(checks=None, submit=None)
        self._circles = circles
        self._folds = folds
        self._applying = applying
        self._begin = begin
        self._clock = clock

    def step(
        self, circle_id: str, upstream: LogSource, *, wait_s: float = 0.0, limit: int = PAGE
    ) -> Step:
        """Read one page.

        Args:
            circle_id: Of which circle.
            upstream: The node from which it is read.
            wait_s: How long it may wait when there is nothing new.
            limit: Statements at most.

        Raises:
            PartnerError: CIRCLE_STOPPED. LOG_INVALID: nothing of the page was kept.
                LOG_CONTRADICTED: the circle is stopped now. As `LogSource`.
            WireError: The other node could not be asked.
            StoreError: The store could not be changed; nothing was kept.
        """
        before = self._circles.circle(circle_id)
        if before.standing is not Standing.FOLLOWING:
            raise _stopped()
        data, checked = self._ahead.page(before, upstream, limit=limit, wait_s=wait_s)
        page = read_page(data, first=before.size)
        signed = _signed(page, before.roster.roster)
        if not page.lines and self._is_old_news(before, page):
            return Step(circle=before, taken=0, is_end=True)
        is_end = before.size + len(page.lines) >= signed.checkpoint.size
        if not is_end:
            self._ahead.prepare(before, len(page.lines), upstream, limit=limit)
        leaves = [leaf_of(line) for line in page.lines]
        self._hold_against(before, page, leaves, signed, upstream)
        open_ = checked()
        with self._begin() as transaction:
            circle = self._circles.take(circle_id, within=transaction)
            if circle.size != before.size or circle.standing is not Standing.FOLLOWING:
                # Another process has read on meanwhile.
                return Step(circle=circle, taken=0, is_end=False)
            after = self._take(circle, page, leaves, signed, open_, transaction)
        return Step(circle=after, taken=len(page.lines), is_end=is_end)

    def _is_old_news(self, circle: Circle, page: Page) -> bool:
        """Whether a page says nothing that has to be kept: the log stands still, as most do."""
        return (
            page.trailer.checkpoint == circle.believed == circle.checkpoint
            and not circle.error
            and circle.heard_at is not None
            and self._clock() - circle.heard_at < QUIET
        )

    def note_failure(self, circle_id: str, error: NahmiError) -> None:
        """Keep why reading a log failed."""
        with self._begin() as transaction:
            circle = self._circles.take(circle_id, within=transaction)
            failed = msgspec.structs.replace(
                circle, polled_at=self._clock(), error=error.diagnostics()
            )
            self._circles.put(failed, within=transaction)

    def _take(  # noqa: PLR0913, PLR0917 - the parts of one step
        self,
        circle: Circle,
        page: Page,
        leaves: Sequence[bytes],
        signed: SignedCheckpoint,
        open_: Collection[int] | None,
        within: Transaction,
    ) -> Circle:
        now = self._clock()
        # Before it is judged: what was taken back early may be asserted anew on this very page.
        self._folds.drop_early(circle.number, before=circle.size + len(page.lines), within=within)
        applied = self._applying.apply(
            circle, page.lines, now=now, within=within, leaves=leaves, open_=open_
        )
        if applied.refusals:
            first = applied.refusals[0]
            raise invalid(
                f"The statement at {circle.size + first.index} should not be there: "
                f"{first.error.detail}"
            )
        after = applied.circle
        _open(page.trailer.checkpoint, after.roster.roster)
        if after.size == signed.checkpoint.size and self._circles.gaps(after.number, within=within):
            raise invalid("Statements are missing that nobody destroyed.")
        read_on = msgspec.structs.replace(
            after,
            believed=page.trailer.checkpoint,
            polled_at=now,
            heard_at=now,
            error="",
        )
        if after.size == signed.checkpoint.size:
            _require_witnesses(signed, after.roster.roster)
            read_on = msgspec.structs.replace(read_on, checkpoint=page.trailer.checkpoint)
        self._circles.put(read_on, within=within)
        return read_on

    def _hold_against(
        self,
        circle: Circle,
        page: Page,
        leaves: Sequence[bytes],
        signed: SignedCheckpoint,
        upstream: LogSource,
    ) -> None:
        """Make sure that a page is part of what is signed, and that agrees with what was believed.

        Raises:
            PartnerError: LOG_INVALID or LOG_CONTRADICTED.
        """
        end = circle.tree.append_all(leaves)
        checkpoint = signed.checkpoint
        if _is_part(end, checkpoint, page.trailer.hashes()):
            return
        evidence = _evidence(circle, signed, upstream)
        if evidence is None:
            raise invalid("It is not part of what its checkpoint signs.")
        self._stop(circle, evidence)
        raise PartnerError(
            ErrorCode.LOG_CONTRADICTED,
            "The log contradicts what its home signed before. It is followed no further.",
            hint="`nahmi circle evidence` shows what to bring before the other members.",
        )

    def _stop(self, circle: Circle, evidence: Evidence) -> None:
        with self._begin() as transaction:
            now = self._circles.take(circle.circle_id, within=transaction)
            stopped = msgspec.structs.replace(
                now,
                standing=Standing.STOPPED,
                evidence=write_evidence(evidence).decode(),
                error="The log contradicted itself.",
                polled_at=self._clock(),
            )
            self._circles.put(stopped, within=transaction)


def log_keys(rosters: Sequence[Roster]) -> list[NoteKey]:
    """The keys with which the log's home may have signed, of some rosters."""
    named = dict.fromkeys((one.origin, one.home.log_key) for one in rosters)
    return [make_note_key(origin, SignatureKind.NOTE, read_key(text)) for origin, text in named]


def _signed(page: Page, roster: Roster) -> SignedCheckpoint:
    """The page's checkpoint, signed with the log's key or one that the page itself brings.

    That key counts only if the stewards signed the roster that names it; so it is asked once more
    when the page has been applied.
    """
    rosters = [roster, *(one.roster for one in rosters_in(page.lines))]
    return open_checkpoint(
        page.trailer.checkpoint.encode(), log_keys(rosters), origin=roster.origin
    )


def _open(note: str, roster: Roster) -> SignedCheckpoint:
    return open_checkpoint(note.encode(), log_keys([roster]), origin=roster.origin)


def _require_witnesses(signed: SignedCheckpoint, roster: Roster) -> None:
    """Whoever has read to the end knows the newest roster, and with it the witnesses that count.

    Raises:
        PartnerError: LOG_INVALID: too few have confirmed the checkpoint.
        TrustError: SIGNATURE_INVALID.
    """
    policy = policy_of(roster)
    if policy is None:
        return
    count = len(witnesses_of(signed.note, policy))
    if count < policy.least:
        raise invalid(f"{count} of its witnesses have confirmed it, and {policy.least} must.")


def rosters_in(lines: Iterable[Line]) -> list[SignedRoster]:
    """The rosters that stand among some statements, unchecked."""
    found = []
    for line in lines:
        if line.statement is not None and b'"kind":"roster"' in line.statement:
            said = read(line.statement)
            if isinstance(said, RosterChange):
                found.append(said.signed)
    return found


def _is_part(end: Frontier, checkpoint: Checkpoint, proof: Sequence[bytes]) -> bool:
    try:
        verify_consistency(
            end.size, end.root(), size=checkpoint.size, root=checkpoint.root, proof=proof
        )
    except TrustError:
        return False
    return True


def _evidence(circle: Circle, signed: SignedCheckpoint, upstream: LogSource) -> Evidence | None:
    """What shows that the log contradicts what was believed of it; None when it does not."""
    if not circle.believed:
        return None
    believed = _open(circle.believed, circle.roster.roster)
    sizes = sorted((believed.checkpoint.size, signed.checkpoint.size))
    proof: Sequence[bytes] = ()
    if sizes[0] != sizes[1]:
        proof = upstream.consistency(*sizes)
    return find_contradiction(believed, signed, proof)


def _stopped() -> PartnerError:
    return PartnerError(
        ErrorCode.CIRCLE_STOPPED,
        "This circle is not followed.",
        hint="`nahmi circle show` says why.",
    )
