# SPDX-License-Identifier: Apache-2.0
"""Jobs: long work that outlives the request that asked for it."""

from collections.abc import Iterator
from datetime import UTC, datetime

import msgspec
from litestar import Router, get, post
from litestar.di import NamedDependency
from litestar.response import Stream

from nahmi.access.roles import Permission
from nahmi.api.callers import Caller
from nahmi.api.describing import Sample
from nahmi.api.fields import Id
from nahmi.api.operations import operation
from nahmi.api.paging import Cursor, Limit, Page, page, place
from nahmi.api.text_streams import TextStream
from nahmi.errors import ErrorCode
from nahmi.operate.jobs import Job, JobState

NDJSON = "application/x-ndjson"


JobValue = str | float | bool | None
"""What a job's detail and result hold; whole numbers among them."""


class JobReply(msgspec.Struct, frozen=True, kw_only=True):
    """Long work and how far it is.

    Attributes:
        job_id: Its number, never reused.
        kind: What is done, such as `bank_import`.
        state: `waiting`, `running`, `done`, `failed` or `cancelled`.
        created_by: Who asked.
        created_at: When.
        started_at: When a process took it last; null before that.
        ended_at: When it was done, failed or cancelled; null before that.
        done: Steps done; bytes of an import.
        total: Steps there are; null when nobody knows.
        detail: With what it was asked for.
        result: What came of it; empty before the end.
        error_code: Why it failed, for scripts; empty otherwise.
        error_detail: Why it failed, for people; empty otherwise.
    """

    job_id: int
    kind: str
    state: JobState
    created_by: str
    created_at: datetime
    started_at: datetime | None
    ended_at: datetime | None
    done: int
    total: int | None
    detail: dict[str, JobValue]
    result: dict[str, JobValue]
    error_code: str
    error_detail: str


class JobPage(Page[JobReply], frozen=True):
    """A part of the list of jobs."""


def job_reply(job: Job) -> JobReply:
    """A job as callers see it."""
    return JobReply(
        job_id=job.job_id,
        kind=job.kind,
        state=job.state,
        created_by=job.created_by,
        created_at=job.created_at,
        started_at=job.started_at,
        ended_at=job.ended_at,
        done=job.done,
        total=job.total,
        detail={name: value for name, value in job.detail.items() if name != "upload"},
        result=dict(job.result),
        error_code=job.error_code,
        error_detail=job.error_detail,
    )


JOB = JobReply(
    job_id=12,
    kind="bank_import",
    state=JobState.RUNNING,
    created_by="person:3",
    created_at=datetime(2026, 3, 1, 9, 30, tzinfo=UTC),
    started_at=datetime(2026, 3, 1, 9, 30, 1, tzinfo=UTC),
    ended_at=None,
    done=1_310_720,
    total=88_120_004,
    detail={"bank_id": 3, "format": "csv", "source": "Hotline X"},
    result={},
    error_code="",
    error_detail="",
)


@operation(
    get,
    "/",
    permission=Permission.NODE_JOB_READ,
    summary="List the jobs",
    sample=Sample(reply=JobPage([JOB])),
)
def list_jobs(
    caller: NamedDependency[Caller], *, cursor: Cursor = None, limit: Limit = 100
) -> JobPage:
    """The jobs of your member, newest first."""
    found = caller.service.jobs.jobs(
        caller.principal.member_id, before=place(cursor), limit=limit + 1
    )
    return page(JobPage, found, limit, number=lambda job: job.job_id, reply=job_reply)


@operation(
    get,
    "/{job_id:int}",
    permission=Permission.NODE_JOB_READ,
    summary="Read a job",
    sample=Sample(reply=JOB),
    problems=(ErrorCode.JOB_MISSING,),
    is_tagged=True,
)
def read_job(caller: NamedDependency[Caller], job_id: Id) -> JobReply:
    """How far a job is, and what came of it."""
    return job_reply(caller.service.jobs.job(job_id, member_id=caller.principal.member_id))


@operation(
    post,
    "/{job_id:int}/cancel",
    permission=Permission.NODE_JOB_WRITE,
    summary="Cancel a job",
    sample=Sample(reply=msgspec.structs.replace(JOB, state=JobState.CANCELLED)),
    problems=(ErrorCode.JOB_MISSING,),
    status=200,
    is_change=True,
)
def cancel_job(caller: NamedDependency[Caller], job_id: Id) -> JobReply:
    """Stop a job that has not ended. What it has done by then stays done."""
    return job_reply(caller.journeys.cancel_job(caller.principal, job_id))


@operation(
    get,
    "/{job_id:int}/refused",
    permission=Permission.NODE_JOB_READ,
    summary="Read what an import refused",
    sample=Sample(reply='{"number":17,"reason":"Not a pdq signal: it has 63 digits."}\n'),
    problems=(ErrorCode.JOB_MISSING,),
    media_type=NDJSON,
)
def read_refused(caller: NamedDependency[Caller], job_id: Id) -> Stream:
    """The lines of an import that are no entry, one JSON object a line: number and reason."""
    job = caller.service.jobs.job(job_id, member_id=caller.principal.member_id)
    pieces: Iterator[bytes] = caller.journeys.imports.refused(job)
    return TextStream(pieces, media_type=NDJSON)


routes = Router(
    "/jobs", route_handlers=[list_jobs, read_job, cancel_job, read_refused], tags=["jobs"]
)
