# SPDX-License-Identifier: Apache-2.0
"""What takes long in a circle is done as a job: sharing a bank, taking it back, checking a log.

Sharing says nothing twice, so a job that another worker takes up begins again and passes over what
was said.
"""

from collections.abc import Callable, Mapping
from functools import partial
from typing import Final, Protocol

from nahmi.access.identity import Principal
from nahmi.core.bank import Bank
from nahmi.errors import ErrorCode, PartnerError
from nahmi.flows.circles.looking import Looking
from nahmi.flows.circles.sharing import Shared, Sharing
from nahmi.flows.circles.speaking import require_open
from nahmi.flows.circles.verifying import Checked
from nahmi.flows.import_jobs import JobAsker
from nahmi.flows.ledger import Ledger
from nahmi.flows.run_jobs import Progress, Work
from nahmi.operate.jobs import Job, NewJob, Value
from nahmi.partner.statements.kinds import RetractReason, ReviewMethod

SHARE_KIND: Final = "circle_share"
WITHDRAW_KIND: Final = "circle_withdraw"
VERIFY_KIND: Final = "circle_verify"
KINDS: Final = frozenset({SHARE_KIND, WITHDRAW_KIND, VERIFY_KIND})


class OwnBanks(Protocol):
    """The part of `Curating` that is needed here."""

    def live_bank(self, principal: Principal, bank_id: int) -> Bank:
        """See `Curating.live_bank`."""
        ...

    def count(self, principal: Principal, bank_id: int) -> int:
        """See `Curating.count`."""
        ...


class CircleJobs:
    """Asks for such jobs. Safe to share between threads.

    Args:
        looking: Finds circles of a principal's member.
        sharing: Says which banks may be shared.
        banks: Finds banks of a principal's member.
        jobs: Where jobs are asked for.
        ledger: Puts the request on record.
    """

    def __init__(
        self,
        *,
        looking: Looking,
        sharing: Sharing,
        banks: OwnBanks,
        jobs: JobAsker,
        ledger: Ledger,
    ) -> None:
        self._looking = looking
        self._sharing = sharing
        self._banks = banks
        self._jobs = jobs
        self._ledger = ledger

    def share(
        self, principal: Principal, circle_id: str, bank_id: int, review: ReviewMethod
    ) -> Job:
        """Ask that every signal of a bank is asserted in a circle.

        Args:
            principal: Who asks.
            circle_id: In which circle.
            bank_id: Which bank.
            review: Who looked before entries came into the bank.

        Raises:
            PartnerError: CIRCLE_MISSING, CIRCLE_STOPPED or CIRCLE_DENIED. STATEMENT_REFUSED: a
                circle fills the bank.
            StoreError: BANK_MISSING.
        """
        self._sharing.require_own_words(bank_id)
        return self._of_bank(SHARE_KIND, principal, circle_id, bank_id, {"review": review.value})

    def withdraw(
        self, principal: Principal, circle_id: str, bank_id: int, reason: RetractReason
    ) -> Job:
        """Ask that what was asserted of every signal of a bank is taken back; as `share`."""
        return self._of_bank(WITHDRAW_KIND, principal, circle_id, bank_id, {"reason": reason.value})

    def verify(self, principal: Principal, circle_id: str) -> Job:
        """Ask that all that is held of a log is checked.

        Raises:
            PartnerError: CIRCLE_MISSING.
        """
        circle = self._looking.own(principal, circle_id)
        new = NewJob(
            member_id=principal.member_id,
            kind=VERIFY_KIND,
            created_by=principal.name,
            detail={"circle": circle.circle_id},
            total=circle.size,
        )
        return self._ask(principal, circle.number, "circle:verify", new)

    def _of_bank(
        self,
        kind: str,
        principal: Principal,
        circle_id: str,
        bank_id: int,
        detail: Mapping[str, Value],
    ) -> Job:
        circle = self._looking.own(principal, circle_id)
        require_open(circle, principal)
        bank = self._banks.live_bank(principal, bank_id)
        new = NewJob(
            member_id=principal.member_id,
            kind=kind,
            created_by=principal.name,
            detail={"circle": circle.circle_id, "bank_id": bank.bank_id, **detail},
            total=self._banks.count(principal, bank_id),
        )
        return self._ask(principal, circle.number, kind.replace("_", ":"), new)

    def _ask(self, principal: Principal, number: int, event: str, new: NewJob) -> Job:
        with self._ledger.change(principal, event, f"circle:{number}") as change:
            job = self._jobs.add(new, now=change.now, within=change.transaction)
            change.detail["job"] = job.job_id
        return job


class VerifiesLog(Protocol):
    """Checks one log; see `nahmi.flows.circles.verifying.VerifyingLog.verify`."""

    def __call__(self, circle_id: str, *, on_progress: Callable[[int], object]) -> Checked:
        """See there."""
        ...


class CircleWork:
    """Does such jobs; see `nahmi.flows.run_jobs.Work`.

    Args:
        sharing: Shares banks.
        banks: Finds them.
        verify: Checks a log; no two checks at once.
    """

    def __init__(self, *, sharing: Sharing, banks: OwnBanks, verify: VerifiesLog) -> None:
        self._sharing = sharing
        self._banks = banks
        self._verify = verify

    @property
    def works(self) -> dict[str, Work]:
        """Who does which kind."""
        return {SHARE_KIND: self.share, WITHDRAW_KIND: self.withdraw, VERIFY_KIND: self.verify}

    def share(self, job: Job, progress: Progress) -> dict[str, Value] | None:
        """Assert what is in a bank.

        Raises:
            StoreError: BANK_MISSING: the bank was deleted meanwhile.
            PartnerError: CIRCLE_STOPPED or CIRCLE_DENIED.
        """
        who = _asker(job)
        shared = self._sharing.share(
            who,
            str(job.detail["circle"]),
            self._bank(who, job),
            review=ReviewMethod(str(job.detail["review"])),
            on_progress=_noting(job, progress),
        )
        return _result(shared)

    def withdraw(self, job: Job, progress: Progress) -> dict[str, Value] | None:
        """Take back what was asserted of a bank; as `share`."""
        who = _asker(job)
        shared = self._sharing.withdraw(
            who,
            str(job.detail["circle"]),
            self._bank(who, job),
            RetractReason(str(job.detail["reason"])),
            on_progress=_noting(job, progress),
        )
        return _result(shared)

    def verify(self, job: Job, progress: Progress) -> dict[str, Value] | None:
        """Check a log.

        Raises:
            PartnerError: CIRCLE_MISSING; LOG_INVALID: the log does not bear out what was noted.
        """
        checked = self._verify(str(job.detail["circle"]), on_progress=_noting(job, progress))
        if not checked.is_complete:
            return None
        if checked.problem:
            where = "" if checked.at is None else f"At place {checked.at}: "
            raise PartnerError(ErrorCode.LOG_INVALID, f"{where}{checked.problem}")
        return {"statements": checked.statements}

    def _bank(self, who: Principal, job: Job) -> str:
        bank_id = job.detail["bank_id"]
        return self._banks.live_bank(who, bank_id if isinstance(bank_id, int) else 0).name


def _asker(job: Job) -> Principal:
    """Whoever asked for a job; what they may do was looked at when they asked."""
    kind, _, number = job.created_by.partition(":")
    return Principal(
        kind="key" if kind == "key" else "person" if kind == "person" else "local",
        principal_id=int(number) if number.isdigit() else 0,
        member_id=job.member_id,
        name=job.created_by,
        permissions=frozenset(),
    )


def _noting(job: Job, progress: Progress) -> Callable[[int], bool]:
    return partial(_note, progress, job.total or 0)


def _note(progress: Progress, total: int, done: int) -> bool:
    return progress.note(done, max(total, done))


def _result(shared: Shared) -> dict[str, Value] | None:
    if not shared.is_complete:
        return None
    return {
        "entries": shared.looked_at,
        "said": shared.said,
        "refused": shared.refused,
        "reasons": " ".join(shared.reasons),
    }
