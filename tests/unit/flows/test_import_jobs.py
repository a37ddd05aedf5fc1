# SPDX-License-Identifier: Apache-2.0
"""Jobs survive whoever does them: what one left off, another goes on with."""

import secrets
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from threading import Event

import pytest

from nahmi.access.identity import LOCAL
from nahmi.core.bank import Category
from nahmi.errors import ErrorCode, InputError, StoreError
from nahmi.flows.curating import Curating
from nahmi.flows.import_jobs import REFUSED, ImportRequest, Imports, ImportWork
from nahmi.flows.ledger import Ledger
from nahmi.flows.run_jobs import INTERNAL, JobRunner, Progress
from nahmi.flows.uploaded_lines import lines_of
from nahmi.operate.jobs import LEASE, Job, JobState, NewJob, Value
from nahmi.operate.webhooks import WebhookEvent
from nahmi.protect.ports import BankDraft
from nahmi.store.sql import SqlBankStore
from nahmi.store.sql.access_audit import SqlAuditStore
from nahmi.store.sql.database import Database
from nahmi.store.sql.opening import create_database, open_database
from nahmi.store.sql.operate_files import SqlJobFiles
from nahmi.store.sql.operate_jobs import SqlJobStore

START = datetime(2026, 1, 2, tzinfo=UTC)


class Clock:
    def __init__(self) -> None:
        self.now = START

    def __call__(self) -> datetime:
        return self.now


class Node:
    """A store with one bank, and who does its jobs."""

    def __init__(self, database: Database) -> None:
        self.clock = Clock()
        self.banks = SqlBankStore(database)
        self.jobs = SqlJobStore(database)
        self.files = SqlJobFiles(database)
        self.audit = SqlAuditStore(database)
        self.ledger = Ledger(begin=database.writing, audit=self.audit, clock=self.clock)
        curating = Curating(store=self.banks, ledger=self.ledger, follow=lambda: None)
        self.imports = Imports(
            curating=curating,
            files=self.files,
            jobs=self.jobs,
            ledger=self.ledger,
            clock=self.clock,
        )
        self.work = ImportWork(
            store=self.banks,
            files=self.files,
            begin=database.writing,
            follow=lambda: None,
            clock=self.clock,
        )
        self.bank = self.banks.create_bank(BankDraft(name="A", category=Category.TEST), now=START)
        self.told: list[WebhookEvent] = []

    def runner(self, work: Callable[[Job, Progress], dict[str, Value] | None]) -> JobRunner:
        return JobRunner(
            self.jobs,
            {"bank_import": work},
            on_end=lambda _, event: self.told.append(event),
            clock=self.clock,
            make_token=lambda: secrets.token_hex(8),
        )

    def ask(self, content: bytes) -> Job:
        upload = secrets.token_hex(8)
        for start in range(0, len(content), 100_000):
            self.imports.keep(upload, content[start : start + 100_000])
        wanted = ImportRequest(upload=upload, size_bytes=len(content))
        return self.imports.ask(LOCAL, self.bank.bank_id, wanted)

    def job(self, job: Job) -> Job:
        return self.jobs.job(job.job_id, member_id=1)


@pytest.fixture
def node(tmp_path: Path) -> Iterator[Node]:
    create_database(tmp_path / "store")
    database = open_database(tmp_path / "store")
    yield Node(database)
    database.close()


def many(count: int) -> bytes:
    return "".join(f"pdq {secrets.token_hex(32)}\n" for _ in range(count)).encode()


def test_what_one_process_left_off_another_goes_on_with(node: Node) -> None:
    content = many(45_000) + b"nonsense\n"
    asked = node.ask(content)

    def dies(job: Job, _: Progress) -> dict[str, Value] | None:
        """Takes one step, and is gone before anything else is noted."""

        class Once(Progress):
            def note(self, done: int, total: int | None) -> bool:
                super().note(done, total)
                raise StoreError(ErrorCode.STORE_BUSY, "the process is gone")

        once = Once(node.jobs, job, "", clock=node.clock, stopping=Event())
        return node.work(job, once)

    assert not node.runner(dies).step(Event())
    half = node.banks.count_entries(node.bank.bank_id)
    assert half == 20_000
    assert not node.runner(node.work).step(Event()), "the lease holds"
    node.clock.now += LEASE
    assert node.runner(node.work).step(Event())
    done = node.job(asked)
    assert (done.state, done.starts) == (JobState.DONE, 2)
    assert done.result == {"lines": 45_001, "added": 45_000, "known": 0, "refused": 1}
    assert node.banks.count_entries(node.bank.bank_id) == 45_000
    told = b"".join(node.files.pieces(str(done.detail["upload"]), REFUSED))
    assert told.startswith(b'{"number":45001,')
    assert list(node.files.pieces(str(done.detail["upload"]), "input")) == []
    assert node.told == [WebhookEvent.JOB_DONE]


def test_a_process_that_stops_gives_its_job_back(node: Node) -> None:
    asked = node.ask(many(30_000))
    stopping = Event()
    stopping.set()
    node.runner(node.work).step(stopping)
    waiting = node.job(asked)
    assert (waiting.state, waiting.starts) == (JobState.WAITING, 0)
    node.runner(node.work).step(Event())
    assert node.job(asked).result["added"] == 30_000


def test_a_cancelled_job_stops_at_its_next_step(node: Node) -> None:
    asked = node.ask(many(50_000))

    def cancelled_meanwhile(job: Job, progress: Progress) -> dict[str, Value] | None:
        node.jobs.cancel(job.job_id, member_id=1, now=START)
        return node.work(job, progress)

    node.runner(cancelled_meanwhile).step(Event())
    assert node.job(asked).state is JobState.CANCELLED
    assert node.banks.count_entries(node.bank.bank_id) == 20_000


def test_what_nobody_foresaw_fails_the_job_and_not_the_runner(node: Node) -> None:
    first = node.jobs.add(NewJob(member_id=1, kind="bank_import", created_by="local"), now=START)

    def breaks(_: Job, __: Progress) -> dict[str, Value] | None:
        raise ValueError("secret words")

    assert node.runner(breaks).step(Event())
    failed = node.job(first)
    assert (failed.state, failed.error_code) == (JobState.FAILED, INTERNAL)
    assert "secret" not in failed.error_detail
    assert node.told == [WebhookEvent.JOB_FAILED]


def test_an_import_into_a_deleted_bank_fails(node: Node) -> None:
    asked = node.ask(many(3))
    node.banks.delete_bank("A", now=START)
    node.runner(node.work).step(Event())
    assert node.job(asked).error_code == "bank_missing"


def test_records_that_span_lines_stay_whole_at_every_cut(node: Node) -> None:
    rows = [
        f'pdq,{secrets.token_hex(32)},"two\nlines"'
        if number % 3
        else f"pdq,{secrets.token_hex(32)},"
        for number in range(25_000)
    ]
    content = "\n".join(["signal_type,value,note", *rows]).encode()
    asked = node.ask(content)
    node.runner(node.work).step(Event())
    assert node.job(asked).result["added"] == len(rows)
    assert node.job(asked).result["refused"] == 0


def test_what_is_old_is_forgotten(node: Node) -> None:
    node.imports.keep("left", b"x")
    assert node.work.forget() == 0
    node.clock.now += timedelta(days=8)
    assert node.work.forget() == 1


def test_changes_and_their_records_are_one(node: Node) -> None:
    def change_and_fail() -> None:
        with node.ledger.change(LOCAL, "bank:create") as change:
            draft = BankDraft(name="B", category=Category.TEST)
            node.banks.create_bank(draft, now=START, within=change.transaction)
            raise InputError(ErrorCode.INPUT_INVALID, "no")

    with pytest.raises(InputError):
        change_and_fail()
    assert [bank.name for bank in node.banks.banks()] == ["A"]
    assert not node.audit.records()


@pytest.mark.parametrize("size", [1, 2, 3, 7, 1000])
def test_lines_are_the_same_however_a_file_is_cut(size: int) -> None:
    text = "a\nbö\r\n\n\udcffc"
    content = text.encode("utf-8", "surrogateescape")
    pieces = [content[start : start + size] for start in range(0, len(content), size)]
    assert list(lines_of(pieces)) == ["a\n", "bö\r\n", "\n", "\udcffc"]
    assert list(lines_of([])) == []
