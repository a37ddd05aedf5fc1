# SPDX-License-Identifier: Apache-2.0
"""A scan's journal survives crashes, full disks and second runs."""

import resource
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from nahmi.errors import ErrorCode, StoreError
from nahmi.flows.scan import Job, Journal, Outcome, Record

JOB = Job(sources=("/x",))


def record(name: str) -> Record:
    return Record(name=name, outcome=Outcome.NO_MATCH)


@contextmanager
def disk_of(size_bytes: int) -> Iterator[None]:
    old = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size_bytes, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
        signal.signal(signal.SIGXFSZ, old)


def test_what_was_appended_is_there_again(tmp_path: Path) -> None:
    with Journal(tmp_path, JOB) as journal:
        journal.append([record("a"), record("ب")])
    with Journal(tmp_path, JOB) as journal:
        assert journal.has("a")
        assert journal.has("ب")
        assert not journal.has("c")
        assert [item.name for item in journal.records()] == ["a", "ب"]


def test_a_journal_cut_anywhere_keeps_its_whole_lines(tmp_path: Path) -> None:
    with Journal(tmp_path, JOB) as journal:
        journal.append([record("a"), record("b")])
        path = journal.path
    whole = path.read_bytes()
    ends = [at + 1 for at, byte in enumerate(whole) if byte == 10]
    for length in range(len(whole)):
        path.write_bytes(whole[:length])
        with Journal(tmp_path, JOB) as journal:
            assert journal.done == max(0, sum(end <= length for end in ends) - 1)
            journal.append([record("z")])
        with Journal(tmp_path, JOB) as journal:
            assert journal.has("z")


def test_a_full_disk_leaves_earlier_records_intact(tmp_path: Path) -> None:
    with Journal(tmp_path, JOB) as journal:
        journal.append([record("a")])
        with disk_of(journal.path.stat().st_size + 30), pytest.raises(StoreError) as caught:
            journal.append([record("b")])
        assert caught.value.code is ErrorCode.STORAGE_FULL
    with Journal(tmp_path, JOB) as journal:
        assert [item.name for item in journal.records()] == ["a"]


def test_one_process_at_a_time(tmp_path: Path) -> None:
    with Journal(tmp_path, JOB):
        with pytest.raises(StoreError) as caught:
            Journal(tmp_path, JOB)
        assert caught.value.code is ErrorCode.STORE_BUSY


def test_another_job_has_another_journal(tmp_path: Path) -> None:
    with Journal(tmp_path, JOB) as journal, Journal(tmp_path, Job(sources=("/y",))) as other:
        journal.append([record("a")])
        assert other.done == 0


def test_restart_and_finish_forget(tmp_path: Path) -> None:
    with Journal(tmp_path, JOB) as journal:
        journal.append([record("a")])
    with Journal(tmp_path, JOB, restart=True) as journal:
        assert journal.done == 0
        journal.append([record("b")])
        journal.finish()
    assert list(tmp_path.iterdir()) == []


def test_damage_is_an_error(tmp_path: Path) -> None:
    with Journal(tmp_path, JOB) as journal:
        journal.append([record("a")])
        path = journal.path
    path.write_bytes(path.read_bytes() + b"nonsense\n")
    with pytest.raises(StoreError) as caught:
        Journal(tmp_path, JOB)
    assert caught.value.code is ErrorCode.STORE_CORRUPT


def test_a_file_where_the_folder_should_be(tmp_path: Path) -> None:
    (tmp_path / "scans").write_text("")
    with pytest.raises(StoreError) as caught:
        Journal(tmp_path / "scans", JOB)
    assert caught.value.code is ErrorCode.STORAGE_DENIED
