# SPDX-License-Identifier: Apache-2.0
import os
import signal
import sqlite3
import subprocess
import sys
from collections.abc import Callable, Iterator
from itertools import count
from pathlib import Path

import pytest
from sqlalchemy import event

from nahmi.core.bank import Category, EntryDraft
from nahmi.errors import ErrorCode, InputError, StoreError
from nahmi.protect.ports import BankDraft
from nahmi.store.sql import SqlBankStore
from nahmi.store.sql.tables import IS_EXACT
from nahmi.testing.bank_store import NOW, pdq

WRITER = """
import sys
from nahmi.core.bank import EntryDraft
from nahmi.store.sql import SqlBankStore
from nahmi.testing.bank_store import NOW, pdq

path, number, endless = sys.argv[1], int(sys.argv[2]), sys.argv[3] == "endless"

def drafts():
    done = 0
    while endless or done < 50:
        if done == 5000:
            print("half way", flush=True)
        done += 1
        yield EntryDraft(signal=pdq(number))

with SqlBankStore.open(path, busy_timeout_s=30) as store:
    for _ in range(20):
        store.add_entries(1, drafts(), now=NOW)
"""


@pytest.fixture
def path(tmp_path: Path) -> Path:
    file = tmp_path / "nahmi.sqlite3"
    SqlBankStore.create(file)
    with SqlBankStore.open(file) as store:
        store.create_bank(BankDraft(name="A", category=Category.TEST), now=NOW)
    return file


def writer(path: Path, number: int, kind: str) -> "subprocess.Popen[str]":
    arguments = [sys.executable, "-c", WRITER, str(path), str(number), kind]
    return subprocess.Popen(arguments, stdout=subprocess.PIPE, text=True)


def test_killed_import_leaves_the_old_state(path: Path) -> None:
    with writer(path, 1, "endless") as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "half way\n"
        os.kill(process.pid, signal.SIGKILL)
    with SqlBankStore.open(path) as store:
        assert store.count_entries(1) == 0
        assert store.index_changes(0, 10) == []
        assert store.add_entries(1, [EntryDraft(signal=pdq(2))], now=NOW) == range(1, 2)
        assert [change.keys.tolist() for change in store.index_changes(0, 10)] == [[1]]


def test_two_writers_take_turns(path: Path) -> None:
    writers = [writer(path, number, "short") for number in (1, 2)]
    for process in writers:
        with process:
            assert process.wait(timeout=60) == 0
    with SqlBankStore.open(path) as store:
        entries = list(store.stream_entries(1))
        assert [entry.entry_id for entry in entries] == list(range(1, 2001))
        runs = {(entry.entry_id - 1) // 50: entry.draft.signal.value for entry in entries}
        assert sorted(runs.values()).count(pdq(1).value) == 20
        changes = store.index_changes(0, 5000)
        assert [key for change in changes for key in change.keys.tolist()] == list(range(1, 2001))


def test_locked_store_is_busy(path: Path) -> None:
    def while_adding() -> Iterator[EntryDraft]:
        with SqlBankStore.open(path, busy_timeout_s=0) as other:
            assert other.count_entries(1) == 0
            other.delete_bank("A", now=NOW)
        yield EntryDraft(signal=pdq(1))

    with SqlBankStore.open(path) as store, pytest.raises(StoreError) as caught:
        store.add_entries(1, while_adding(), now=NOW)
    assert caught.value.code is ErrorCode.STORE_BUSY


def test_read_only_store_refuses_writes(path: Path) -> None:
    with SqlBankStore.open(path, read_only=True) as store, pytest.raises(StoreError) as caught:
        store.delete_bank("A", now=NOW)
    assert caught.value.code is ErrorCode.STORAGE_DENIED


def test_full_disk_leaves_the_old_state(path: Path) -> None:
    def fill(store: SqlBankStore) -> Iterator[EntryDraft]:
        del store
        for number in count():
            yield EntryDraft(signal=pdq(number), note="x" * 1000)

    with SqlBankStore.open(path) as store:
        with store._database.reading() as connection:
            connection.exec_driver_sql("PRAGMA max_page_count = 200")
        with pytest.raises(StoreError) as caught:
            store.add_entries(1, fill(store), now=NOW)
        assert caught.value.code is ErrorCode.STORAGE_FULL
        assert store.count_entries(1) == 0


def _missing(path: Path) -> None:
    path.unlink()


def _garbage(path: Path) -> None:
    path.write_bytes(b"no database " * 1000)


def _empty(path: Path) -> None:
    path.write_bytes(b"")


def _newer(path: Path) -> None:
    with sqlite3.connect(path) as connection:
        connection.execute("PRAGMA user_version = 99")
    connection.close()


@pytest.mark.parametrize(
    ("spoil", "code"),
    [
        (_missing, ErrorCode.STORE_MISSING),
        (_garbage, ErrorCode.STORE_CORRUPT),
        (_empty, ErrorCode.STORE_CORRUPT),
        (_newer, ErrorCode.STORE_VERSION),
    ],
)
def test_what_is_no_store_is_refused(
    path: Path, spoil: Callable[[Path], None], code: ErrorCode
) -> None:
    spoil(path)
    with pytest.raises(StoreError) as caught:
        SqlBankStore.open(path)
    assert caught.value.code is code
    assert caught.value.hint


def test_text_that_cannot_be_stored_is_refused(path: Path) -> None:
    with SqlBankStore.open(path) as store:
        with pytest.raises(InputError):
            store.add_entries(1, [EntryDraft(signal=pdq(1), note="\ud800")], now=NOW)
        with pytest.raises(InputError):
            store.entry(2**70)


def test_types_are_asked_of_a_small_index(path: Path) -> None:
    """Not of ten million perceptual signals one by one."""
    assert IS_EXACT.text == "signal_type <> 'pdq'"
    with sqlite3.connect(path) as connection:
        plan = connection.execute(
            "EXPLAIN QUERY PLAN SELECT entry_id FROM entry"
            " WHERE entry.signal_type = 'md5' AND signal_type <> 'pdq'"
        ).fetchall()
    assert "entry_exact" in plan[0][-1]


def test_the_entries_of_a_content_are_asked_of_a_small_index(path: Path) -> None:
    with SqlBankStore.open(path) as store:
        store.add_entries(1, [EntryDraft(signal=pdq(1), content_ref="item")], now=NOW)
        said: list[tuple[str, tuple[object, ...]]] = []
        event.listen(
            store._database._engine,
            "before_cursor_execute",
            lambda _c, _cursor, statement, values, *_: said.append((statement, values)),
        )
        assert len(store.entries(1, content_ref="item")) == 1
    with sqlite3.connect(path) as connection:
        statement, values = next(one for one in said if "content_ref = " in one[0])
        plan = connection.execute(f"EXPLAIN QUERY PLAN {statement}", values).fetchall()
    assert "entry_content" in plan[0][-1]
