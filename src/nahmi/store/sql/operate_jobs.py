# SPDX-License-Identifier: Apache-2.0
"""Jobs in SQL. On PostgreSQL workers skip what others just take; on SQLite they take turns."""

from collections.abc import Collection, Sequence
from datetime import datetime, timedelta
from typing import Any

import msgspec
from sqlalchemy import Connection, RowMapping, and_, func, insert, or_, select, update

from nahmi.errors import ErrorCode, StoreError
from nahmi.operate.jobs import (
    LOST,
    LOST_DETAIL,
    MOST_STARTS,
    Job,
    JobFailure,
    JobState,
    NewJob,
    Value,
    check_steps,
)
from nahmi.store.sql.access_rows import to_time
from nahmi.store.sql.database import Database
from nahmi.store.sql.operate_tables import job
from nahmi.store.sql.rows import from_us, to_us

_OPEN = job.c.ended_us.is_(None)
_VALUES = dict[str, Value]


class SqlJobStore:
    """`JobStore` in a database.

    Args:
        database: An opened store.
    """

    def __init__(self, database: Database) -> None:
        self._database = database

    def add(self, new: NewJob, *, now: datetime, within: Connection | None = None) -> Job:
        """See `JobStore.add`; `within` is a writing transaction to take part in."""
        check_steps(0, new.total)
        values = {
            "member_id": new.member_id,
            "kind": new.kind,
            "state": JobState.WAITING.value,
            "created_by": new.created_by,
            "created_us": to_us(now),
            "starts": 0,
            "done": 0,
            "total": new.total,
            "token": "",
            "detail": _write(new.detail),
            "result": "{}",
            "error_code": "",
            "error_detail": "",
        }
        with self._database.joining(within) as connection:
            made = connection.execute(insert(job).values(values).returning(*job.c))
            return _to_job(made.mappings().one())

    def lease(
        self, kinds: Collection[str], *, now: datetime, lease: timedelta, token: str
    ) -> Job | None:
        """See `JobStore.lease`."""
        is_silent = and_(job.c.state == JobState.RUNNING.value, job.c.leased_until_us <= to_us(now))
        is_waiting = job.c.state == JobState.WAITING.value
        free = (
            select(job.c.job_id)
            .where(_OPEN, job.c.kind.in_(sorted(kinds)), or_(is_waiting, is_silent))
            .order_by(job.c.job_id)
            .limit(1)
            .with_for_update(skip_locked=True)
        )
        with self._database.writing() as connection:
            _end_lost(connection, now)
            job_id = connection.execute(free).scalar()
            if job_id is None:
                return None
            taken = update(job).where(job.c.job_id == job_id)
            values = {
                "state": JobState.RUNNING.value,
                "started_us": to_us(now),
                "leased_until_us": to_us(now + lease),
                "token": token,
                "starts": job.c.starts + 1,
            }
            row = connection.execute(taken.values(values).returning(*job.c)).mappings().one()
            return _to_job(row)

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
        """See `JobStore.progress`."""
        check_steps(done, total)
        values = {"done": done, "total": total, "leased_until_us": to_us(now + lease)}
        return self._change_held(job_id, token, values)

    def finish(self, job_id: int, token: str, result: dict[str, Value], *, now: datetime) -> bool:
        """See `JobStore.finish`."""
        values = {"state": JobState.DONE.value, "ended_us": to_us(now), "result": _write(result)}
        return self._change_held(job_id, token, values)

    def fail(self, job_id: int, token: str, why: JobFailure, *, now: datetime) -> bool:
        """See `JobStore.fail`."""
        values = {
            "state": JobState.FAILED.value,
            "ended_us": to_us(now),
            "error_code": why.code,
            "error_detail": why.detail,
        }
        return self._change_held(job_id, token, values)

    def give_back(self, job_id: int, token: str) -> bool:
        """See `JobStore.give_back`."""
        values = {
            "state": JobState.WAITING.value,
            "leased_until_us": None,
            "token": "",
            "starts": job.c.starts - 1,
        }
        return self._change_held(job_id, token, values)

    def cancel(
        self, job_id: int, *, member_id: int, now: datetime, within: Connection | None = None
    ) -> Job:
        """See `JobStore.cancel`; `within` is a writing transaction to take part in."""
        mine = (job.c.job_id == job_id, job.c.member_id == member_id)
        values = {"state": JobState.CANCELLED.value, "ended_us": to_us(now)}
        with self._database.joining(within) as connection:
            connection.execute(update(job).where(*mine, _OPEN).values(values))
            return _find(connection, *mine)

    def job(self, job_id: int, *, member_id: int) -> Job:
        """See `JobStore.job`."""
        with self._database.reading() as connection:
            return _find(connection, job.c.job_id == job_id, job.c.member_id == member_id)

    def jobs(self, member_id: int, *, before: int | None = None, limit: int = 100) -> Sequence[Job]:
        """See `JobStore.jobs`."""
        query = select(job).where(job.c.member_id == member_id).order_by(job.c.job_id.desc())
        if before is not None:
            query = query.where(job.c.job_id < before)
        with self._database.reading() as connection:
            return [_to_job(row) for row in connection.execute(query.limit(limit)).mappings()]

    def waiting(self) -> int:
        """See `JobStore.waiting`."""
        query = select(func.count()).select_from(job)
        with self._database.reading() as connection:
            open_ = query.where(_OPEN, job.c.state == JobState.WAITING.value)
            return int(connection.execute(open_).scalar_one())

    def _change_held(self, job_id: int, token: str, values: dict[str, Any]) -> bool:
        """Change a job that is open and held by this token; whether there was one."""
        held = (job.c.job_id == job_id, job.c.token == token, _OPEN, job.c.token != "")
        with self._database.writing() as connection:
            changed = update(job).where(*held).values(values).returning(job.c.job_id)
            return connection.execute(changed).first() is not None


def _end_lost(connection: Connection, now: datetime) -> None:
    """Fail jobs whose workers all stopped, whoever asks for work next."""
    lost = update(job).where(
        _OPEN,
        job.c.state == JobState.RUNNING.value,
        job.c.leased_until_us <= to_us(now),
        job.c.starts >= MOST_STARTS,
    )
    why = {"error_code": LOST, "error_detail": LOST_DETAIL}
    connection.execute(lost.values(state=JobState.FAILED.value, ended_us=to_us(now), **why))


def _find(connection: Connection, *conditions: Any) -> Job:  # noqa: ANN401 - SQL conditions
    row = connection.execute(select(job).where(*conditions)).mappings().first()
    if row is None:
        raise StoreError(
            ErrorCode.JOB_MISSING, "There is no such job.", hint="List those that there are."
        )
    return _to_job(row)


def _to_job(row: RowMapping) -> Job:
    return Job(
        job_id=row["job_id"],
        member_id=row["member_id"],
        kind=row["kind"],
        state=JobState(row["state"]),
        created_by=row["created_by"],
        created_at=to_time(row["created_us"]),
        started_at=from_us(row["started_us"]),
        ended_at=from_us(row["ended_us"]),
        starts=row["starts"],
        done=row["done"],
        total=row["total"],
        detail=msgspec.json.decode(row["detail"], type=_VALUES),
        result=msgspec.json.decode(row["result"], type=_VALUES),
        error_code=row["error_code"],
        error_detail=row["error_detail"],
    )


def _write(values: dict[str, Value]) -> str:
    return msgspec.json.encode(values, order="sorted").decode()
