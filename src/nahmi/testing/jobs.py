# SPDX-License-Identifier: Apache-2.0
# ruff: noqa: S101 - assert is how a test kit speaks
"""The contract of job stores as a test class that adapters subclass."""

from abc import abstractmethod
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

from nahmi.errors import ErrorCode
from nahmi.operate.jobs import LOST, MOST_STARTS, Job, JobFailure, JobState, JobStore, NewJob
from nahmi.testing.refusals import refusal_of

NOW = datetime(2026, 1, 2, 3, 4, 5, 678901, tzinfo=UTC)
LEASE = timedelta(seconds=60)
_KINDS = ("bank_import", "bank_export")
_WORKERS = 8
_JOBS = 40


def _new(kind: str = "bank_import", member_id: int = 1) -> NewJob:
    return NewJob(member_id=member_id, kind=kind, created_by="key:1", detail={"bank_id": 7})


class JobStoreContract:
    """What every job store must do; subclass it and say how to make an empty one."""

    @abstractmethod
    def new_store(self) -> JobStore:
        """An empty store with the member 1, and safe between threads."""

    def _lease(self, store: JobStore, token: str, at: datetime = NOW) -> Job | None:
        return store.lease(_KINDS, now=at, lease=LEASE, token=token)

    def test_a_job_is_done_once_and_remembers_how(self) -> None:
        """From waiting over running to done."""
        store = self.new_store()
        asked = store.add(_new(), now=NOW)
        assert (asked.state, asked.done, asked.detail) == (JobState.WAITING, 0, {"bank_id": 7})
        assert store.waiting() == 1
        taken = self._lease(store, "a")
        assert taken is not None
        assert (taken.job_id, taken.state, taken.starts) == (asked.job_id, JobState.RUNNING, 1)
        assert self._lease(store, "b") is None
        assert store.waiting() == 0
        assert store.progress(asked.job_id, "a", 3, 5, now=NOW, lease=LEASE)
        running = store.job(asked.job_id, member_id=1)
        assert (running.done, running.total, running.created_at) == (3, 5, NOW)
        assert store.finish(asked.job_id, "a", {"added": 5, "note": None}, now=NOW + LEASE)
        ended = store.job(asked.job_id, member_id=1)
        assert (ended.state, ended.ended_at) == (JobState.DONE, NOW + LEASE)
        assert ended.result == {"added": 5, "note": None}
        assert not store.fail(asked.job_id, "a", JobFailure("x", "y"), now=NOW)
        assert store.job(asked.job_id, member_id=1) == ended

    def test_the_oldest_job_of_the_kinds_is_taken(self) -> None:
        """Other kinds wait."""
        store = self.new_store()
        other = store.add(_new("scan"), now=NOW)
        ids = [store.add(_new(kind), now=NOW).job_id for kind in reversed(_KINDS)]
        taken = [self._lease(store, token) for token in ("a", "b", "c")]
        assert [job and job.job_id for job in taken] == [*ids, None]
        assert store.job(other.job_id, member_id=1).state is JobState.WAITING

    def test_a_silent_worker_loses_its_job(self) -> None:
        """The next one gets it when the lease is over, and the first one changes nothing more."""
        store = self.new_store()
        job_id = store.add(_new(), now=NOW).job_id
        assert self._lease(store, "a") is not None
        almost = NOW + LEASE - timedelta(microseconds=1)
        assert self._lease(store, "b", almost) is None
        assert store.progress(job_id, "a", 1, None, now=almost, lease=LEASE)
        assert self._lease(store, "b", NOW + LEASE) is None, "progress renews the lease"
        late = almost + LEASE
        taken = self._lease(store, "b", late)
        assert taken is not None
        assert (taken.job_id, taken.starts, taken.done) == (job_id, 2, 1)
        assert not store.progress(job_id, "a", 9, None, now=late, lease=LEASE)
        assert not store.finish(job_id, "a", {}, now=late)
        assert not store.give_back(job_id, "a")
        assert not store.progress(job_id, "", 9, None, now=late, lease=LEASE)
        assert store.job(job_id, member_id=1) == taken

    def test_what_kills_its_workers_fails_in_the_end(self) -> None:
        """So that it does not go round for ever."""
        store = self.new_store()
        job_id = store.add(_new(), now=NOW).job_id
        at = NOW
        for start in range(MOST_STARTS):
            assert self._lease(store, f"worker{start}", at) is not None
            at += LEASE
        assert self._lease(store, "last", at) is None
        lost = store.job(job_id, member_id=1)
        assert (lost.state, lost.error_code, lost.ended_at) == (JobState.FAILED, LOST, at)

    def test_a_job_that_is_given_back_starts_again(self) -> None:
        """A worker that stops in good order costs no start."""
        store = self.new_store()
        job_id = store.add(_new(), now=NOW).job_id
        for round_ in range(MOST_STARTS + 1):
            taken = self._lease(store, f"worker{round_}")
            assert taken is not None
            assert taken.starts == 1
            assert store.give_back(job_id, f"worker{round_}")

    def test_a_cancelled_job_stays_cancelled(self) -> None:
        """Its worker learns of it with its next progress."""
        store = self.new_store()
        waiting, running = (store.add(_new(kind), now=NOW).job_id for kind in ("scan", _KINDS[0]))
        assert self._lease(store, "a") is not None
        for job_id in (waiting, running):
            assert store.cancel(job_id, member_id=1, now=NOW).state is JobState.CANCELLED
        assert not store.progress(running, "a", 1, None, now=NOW, lease=LEASE)
        assert not store.finish(running, "a", {}, now=NOW)
        assert self._lease(store, "b", NOW + 2 * LEASE) is None
        again = store.cancel(running, member_id=1, now=NOW + LEASE)
        assert again.ended_at == NOW

    def test_a_failure_is_remembered(self) -> None:
        """With code and sentence."""
        store = self.new_store()
        job_id = store.add(_new(), now=NOW).job_id
        self._lease(store, "a")
        assert store.fail(job_id, "a", JobFailure("media_empty", "It has no bytes."), now=NOW)
        failed = store.job(job_id, member_id=1)
        assert (failed.state, failed.error_code) == (JobState.FAILED, "media_empty")
        assert failed.error_detail == "It has no bytes."

    def test_jobs_are_paged_newest_first_and_only_to_their_member(self) -> None:
        """Pages survive new jobs; other members see nothing."""
        store = self.new_store()
        ids = [store.add(_new(), now=NOW).job_id for _ in range(5)]
        first = store.jobs(1, limit=2)
        store.add(_new(), now=NOW)
        rest = store.jobs(1, before=first[-1].job_id)
        assert [job.job_id for job in (*first, *rest)] == ids[::-1]
        assert list(store.jobs(2)) == []
        assert refusal_of(lambda: store.job(ids[0], member_id=2)) is ErrorCode.JOB_MISSING
        assert (
            refusal_of(lambda: store.cancel(ids[0], member_id=2, now=NOW)) is ErrorCode.JOB_MISSING
        )
        assert store.job(ids[0], member_id=1).state is JobState.WAITING

    def test_progress_that_cannot_be_is_refused(self) -> None:
        """More done than there is."""
        store = self.new_store()
        job_id = store.add(_new(), now=NOW).job_id
        self._lease(store, "a")
        too_much = refusal_of(lambda: store.progress(job_id, "a", 2, 1, now=NOW, lease=LEASE))
        assert too_much is ErrorCode.INPUT_INVALID
        assert store.job(job_id, member_id=1).done == 0

    def test_workers_at_once_never_get_the_same_job(self) -> None:
        """Each job is taken by exactly one."""
        store = self.new_store()
        ids = [store.add(_new(), now=NOW).job_id for _ in range(_JOBS)]

        def work(worker: int) -> list[int]:
            taken: list[int] = []
            while job := self._lease(store, f"worker{worker}:{len(taken)}"):
                taken.append(job.job_id)
            return taken

        with ThreadPoolExecutor(_WORKERS) as pool:
            shares = list(pool.map(work, range(_WORKERS)))
        assert sorted(job_id for share in shares for job_id in share) == ids
