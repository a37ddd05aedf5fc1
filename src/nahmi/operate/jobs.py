# SPDX-License-Identifier: Apache-2.0
"""Jobs: long work that outlives the request that asked for it, done by whoever leases it.

A worker leases a job, renews the lease with each progress it notes, and loses it when it stops.
Then another worker takes the job up; one that was started too often has failed.
"""

from collections.abc import Collection, Sequence
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final, Protocol

import msgspec

from nahmi.errors import ErrorCode, InputError

LEASE: Final = timedelta(seconds=60)
"""How long a job stays with a worker that says nothing."""

MOST_STARTS: Final = 3
"""A job that was started so often and never ended has failed: it may be what kills its workers."""

LOST: Final = "job_lost"
"""The error code of a job whose workers stopped without an end."""

LOST_DETAIL: Final = "Each worker that took this job stopped before its end."

Value = str | int | float | bool | None
"""What a job's detail and result hold, by name: never content, fingerprints or personal data."""


class JobState(StrEnum):
    """Where a job stands."""

    WAITING = "waiting"
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"
    CANCELLED = "cancelled"


ENDED: Final = frozenset({JobState.DONE, JobState.FAILED, JobState.CANCELLED})
"""States that no job leaves."""


class NewJob(msgspec.Struct, frozen=True, kw_only=True):
    """What is needed to ask for a job.

    Attributes:
        member_id: Whose it is.
        kind: What is to be done, such as `bank_import`.
        created_by: Who asked, such as person:3 or key:7.
        detail: With what, by name.
        total: How many steps there are; None when nobody knows yet.
    """

    member_id: int
    kind: str
    created_by: str
    detail: dict[str, Value] = {}
    total: int | None = None


class Job(msgspec.Struct, frozen=True, kw_only=True):
    """Long work and how far it is.

    Attributes:
        job_id: From 1, never reused.
        member_id: Whose it is.
        kind: What is to be done.
        state: Where it stands.
        created_by: Who asked.
        created_at: When, UTC.
        started_at: When a worker took it last; None before the first.
        ended_at: When it was done, failed or cancelled.
        starts: How often a worker took it.
        done: Steps done.
        total: Steps there are; None when nobody knows.
        detail: With what it was asked for.
        result: What came of it; empty before the end.
        error_code: Why it failed, for scripts; empty otherwise.
        error_detail: Why it failed, for people; empty otherwise.
    """

    job_id: int
    member_id: int
    kind: str
    state: JobState
    created_by: str
    created_at: datetime
    started_at: datetime | None = None
    ended_at: datetime | None = None
    starts: int = 0
    done: int = 0
    total: int | None = None
    detail: dict[str, Value] = {}
    result: dict[str, Value] = {}
    error_code: str = ""
    error_detail: str = ""


class JobFailure(msgspec.Struct, frozen=True):
    """Why a job failed.

    Attributes:
        code: For scripts.
        detail: For people, one sentence.
    """

    code: str
    detail: str


def is_free(state: JobState, leased_until: datetime | None, now: datetime) -> bool:
    """Whether a worker may take a job: it waits, or runs with a worker that was not heard of."""
    if state is JobState.RUNNING:
        return leased_until is None or leased_until <= now
    return state is JobState.WAITING


def is_lost(starts: int) -> bool:
    """Whether a job that is free was started too often to be started again."""
    return starts >= MOST_STARTS


def check_steps(done: int, total: int | None) -> None:
    """Refuse a progress that cannot be.

    Raises:
        InputError: INPUT_INVALID: a negative number, or more done than there is.
    """
    if done < 0 or (total is not None and total < done):
        raise InputError(ErrorCode.INPUT_INVALID, "A job's progress is 0 up to its total.")


class JobStore(Protocol):
    """Keeps jobs. Each call is one transaction.

    A worker names itself by a token that is new for each lease. Whatever it does with a token that
    no longer holds the job changes nothing and answers False.
    """

    def add(self, job: NewJob, *, now: datetime) -> Job:
        """A new job, waiting.

        Raises:
            InputError: INPUT_INVALID: as `check_steps`.
        """
        ...

    def lease(
        self, kinds: Collection[str], *, now: datetime, lease: timedelta, token: str
    ) -> Job | None:
        """The oldest free job of these kinds, running from now on; None when there is none.

        Jobs that are lost (see `is_lost`) fail here, with the code `LOST`.
        """
        ...

    def progress(  # noqa: PLR0913 - each is a fact of its own
        self,
        job_id: int,
        token: str,
        done: int,
        total: int | None,
        *,
        now: datetime,
        lease: timedelta,
    ) -> bool:
        """Note how far a job is and keep it; False when it is cancelled or someone else's.

        Raises:
            InputError: INPUT_INVALID: as `check_steps`.
        """
        ...

    def finish(self, job_id: int, token: str, result: dict[str, Value], *, now: datetime) -> bool:
        """The job is done."""
        ...

    def fail(self, job_id: int, token: str, why: JobFailure, *, now: datetime) -> bool:
        """The job has failed, for good."""
        ...

    def give_back(self, job_id: int, token: str) -> bool:
        """The worker stops in good order: the job waits again, and this start does not count."""
        ...

    def cancel(self, job_id: int, *, member_id: int, now: datetime) -> Job:
        """End a job that has not ended; its worker learns of it with its next progress.

        Raises:
            StoreError: JOB_MISSING: the member has no such job.
        """
        ...

    def job(self, job_id: int, *, member_id: int) -> Job:
        """One job of a member.

        Raises:
            StoreError: JOB_MISSING.
        """
        ...

    def jobs(self, member_id: int, *, before: int | None = None, limit: int = 100) -> Sequence[Job]:
        """A member's jobs with numbers below `before`, newest first."""
        ...

    def waiting(self) -> int:
        """How many jobs of all members wait."""
        ...
