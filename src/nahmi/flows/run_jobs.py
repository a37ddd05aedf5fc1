# SPDX-License-Identifier: Apache-2.0
"""Jobs are done beside requests: one is leased and done, then the next.

Several processes do this side by side. Each note of progress renews the lease; a process that dies
notes none, so that another takes its job up after a minute. Who does a job learns that it was
cancelled, or that the process stops, when they note their progress.
"""

import logging
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from threading import Event
from typing import Final, Protocol

from nahmi.errors import ErrorCode, NahmiError
from nahmi.operate.jobs import LEASE, Job, JobFailure, JobStore, Value
from nahmi.operate.webhooks import WebhookEvent

POLL_S: Final = 0.5
"""How often a process that does nothing looks for a job."""

CHORES_EVERY: Final = timedelta(hours=1)

INTERNAL: Final = "internal"
"""The error code of a job that failed in a way that nobody foresaw; the log has the rest."""

_log = logging.getLogger("nahmi.jobs")


class Progress:
    """How far a job is, told to the store.

    Args:
        store: Keeps jobs.
        job: Which job.
        token: Names the lease.
        clock: The current moment, UTC.
        stopping: Set when the process stops.
    """

    def __init__(
        self,
        store: JobStore,
        job: Job,
        token: str,
        *,
        clock: Callable[[], datetime],
        stopping: Event,
    ) -> None:
        self._store = store
        self._job = job
        self._token = token
        self._clock = clock
        self._stopping = stopping

    @property
    def is_stopping(self) -> bool:
        """Whether the process stops; whoever waits between two notes should look."""
        return self._stopping.is_set()

    def note(self, done: int, total: int | None) -> bool:
        """Note how far the job is and keep its lease; at least every half minute.

        Returns:
            False: stop, and leave everything as it is. The job was cancelled or taken over, or
            the process stops.

        Raises:
            StoreError: It could not be noted.
        """
        is_ours = self._store.progress(
            self._job.job_id, self._token, done, total, now=self._clock(), lease=LEASE
        )
        return is_ours and not self._stopping.is_set()


class Work(Protocol):
    """Does one kind of job."""

    def __call__(self, job: Job, progress: Progress) -> dict[str, Value] | None:
        """Do a job, or go on where an earlier process stopped.

        Returns:
            What came of it; None when `progress` said to stop.

        Raises:
            NahmiError: The job has failed, for good; STORE_BUSY leaves it to be taken up again.
        """
        ...


def _tell_nobody(job: Job, event: WebhookEvent) -> None:
    """For nodes without webhooks."""


class JobRunner:
    """Does jobs.

    Args:
        store: Keeps jobs.
        works: Who does which kind.
        on_end: Told of each job that is done or has failed, just before that is noted; it may be
            told twice when the process dies in between.
        chores: Done once an hour, when there is no job: what is old is forgotten.
        clock: The current moment, UTC.
        make_token: A new random text for each lease.
    """

    def __init__(  # noqa: PLR0913 - each is a part of its own
        self,
        store: JobStore,
        works: Mapping[str, Work],
        *,
        on_end: Callable[[Job, WebhookEvent], object] = _tell_nobody,
        chores: Sequence[Callable[[], object]] = (),
        clock: Callable[[], datetime],
        make_token: Callable[[], str],
    ) -> None:
        self._store = store
        self._works = dict(works)
        self._on_end = on_end
        self._chores = tuple(chores)
        self._clock = clock
        self._make_token = make_token
        self._next_chores = clock()

    def run(self, stopping: Event) -> None:
        """Do jobs until the event is set; one that is under way is given back."""
        while not stopping.is_set():
            if not self.step(stopping):
                stopping.wait(POLL_S)

    def step(self, stopping: Event) -> bool:
        """Do one job; whether there was one."""
        token = self._make_token()
        try:
            job = self._store.lease(self._works, now=self._clock(), lease=LEASE, token=token)
            if job is None:
                self._tidy()
                return False
            self._do(job, token, stopping)
        except NahmiError as error:  # the store does not answer: the lease ends by itself
            _log.warning("job:wait", extra={"code": str(error.code)})
            return False
        return True

    def _tidy(self) -> None:
        now = self._clock()
        if now >= self._next_chores:
            self._next_chores = now + CHORES_EVERY
            for chore in self._chores:
                chore()

    def _do(self, job: Job, token: str, stopping: Event) -> None:
        progress = Progress(self._store, job, token, clock=self._clock, stopping=stopping)
        try:
            result = self._works[job.kind](job, progress)
        except NahmiError as error:
            if error.code is ErrorCode.STORE_BUSY:
                raise
            self._fail(job, token, JobFailure(str(error.code), error.diagnostics()))
        except Exception:  # noqa: BLE001 - whatever it is, the job must not be tried for ever
            _log.exception("job:fail")
            self._fail(job, token, JobFailure(INTERNAL, "The node failed to do this job."))
        else:
            if result is None:
                self._store.give_back(job.job_id, token)
            else:
                self._on_end(job, WebhookEvent.JOB_DONE)
                self._store.finish(job.job_id, token, result, now=self._clock())

    def _fail(self, job: Job, token: str, why: JobFailure) -> None:
        self._on_end(job, WebhookEvent.JOB_FAILED)
        self._store.fail(job.job_id, token, why, now=self._clock())
