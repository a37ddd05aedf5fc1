# SPDX-License-Identifier: Apache-2.0
"""What is PostgreSQL's own: processes that meet, connections that are lost, who is let in."""

import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Barrier

import psycopg
import pytest
from sqlalchemy import Connection

from nahmi.core.bank import Category, EntryDraft
from nahmi.core.signal import Signal
from nahmi.errors import ErrorCode, InputError, NahmiError, StoreError
from nahmi.protect.ports import BankDraft, EntryChanges
from nahmi.store.sql import SqlBankStore
from nahmi.store.sql.migrations import newest_version, upgrade
from nahmi.store.sql.opening import (
    create_database,
    migrate_database,
    open_database,
    schema_version,
)
from nahmi.store.sql.postgres import PostgresDatabase, parse_url
from nahmi.testing.bank_store import NOW, live_index, pdq
from nahmi.testing.postgres import PostgresServer

WRITER = """
import sys
from nahmi.core.bank import EntryDraft
from nahmi.store.sql import SqlBankStore
from nahmi.testing.bank_store import NOW, pdq

address, number, endless = sys.argv[1], int(sys.argv[2]), sys.argv[3] == "endless"

def drafts():
    done = 0
    while endless or done < 50:
        if done == 5000:
            print("half way", flush=True)
        done += 1
        yield EntryDraft(signal=pdq(number))

with SqlBankStore.open(address, busy_timeout_s=60) as store:
    for _ in range(20):
        store.add_entries(1, drafts(), now=NOW)
"""


@pytest.fixture
def store(postgres_url: str) -> Iterator[SqlBankStore]:
    with SqlBankStore.open(postgres_url, busy_timeout_s=0.2) as opened:
        opened.create_bank(BankDraft(name="A", category=Category.TEST), now=NOW)
        yield opened


def writer(url: str, number: int, kind: str) -> "subprocess.Popen[str]":
    arguments = [sys.executable, "-c", WRITER, url, str(number), kind]
    return subprocess.Popen(arguments, stdout=subprocess.PIPE, text=True)


def code_of(act: Callable[[], object]) -> ErrorCode:
    with pytest.raises(NahmiError) as caught:
        act()
    return caught.value.code


def test_writers_of_several_processes_take_turns(store: SqlBankStore, postgres_url: str) -> None:
    for process in [writer(postgres_url, number, "short") for number in (1, 2)]:
        with process:
            assert process.wait(timeout=120) == 0
    entries = list(store.stream_entries(1))
    assert [entry.entry_id for entry in entries] == list(range(1, 2001))
    runs = {(entry.entry_id - 1) // 50: entry.draft.signal.value for entry in entries}
    assert len(runs) == 40
    assert all(entry.draft.signal.value == runs[(entry.entry_id - 1) // 50] for entry in entries)
    assert list(live_index(store, 5000)) == list(range(1, 2001))


def test_a_killed_import_leaves_the_old_state(store: SqlBankStore, postgres_url: str) -> None:
    assert store.count_entries(1) == 0
    with writer(postgres_url, 1, "endless") as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "half way\n"
        os.kill(process.pid, signal.SIGKILL)
    with SqlBankStore.open(postgres_url, busy_timeout_s=30) as patient:
        assert patient.add_entries(1, [EntryDraft(signal=pdq(2))], now=NOW) == range(1, 2)
        assert list(live_index(patient)) == [1]


def test_a_change_waits_only_so_long_for_its_turn(store: SqlBankStore, postgres_url: str) -> None:
    def while_adding() -> Iterator[EntryDraft]:
        with SqlBankStore.open(postgres_url, busy_timeout_s=0.1) as other:
            assert other.count_entries(1) == 0
            other.delete_bank("A", now=NOW)
        yield EntryDraft(signal=pdq(1))

    with pytest.raises(StoreError) as caught:
        store.add_entries(1, while_adding(), now=NOW)
    assert caught.value.code is ErrorCode.STORE_BUSY
    assert "again" in caught.value.hint


def test_two_that_wait_for_each_other_are_told_to_try_again(postgres_url: str) -> None:
    database = open_database(postgres_url, busy_timeout_s=60)

    def lock(connection: Connection, number: int) -> None:
        connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({number})")

    def both(first: int, second: int) -> ErrorCode | None:
        try:
            with database.writing() as connection:
                lock(connection, first)
                met.wait()
                lock(connection, second)
        except StoreError as error:
            return error.code
        return None

    met = Barrier(2)
    with ThreadPoolExecutor(2) as pool:
        ended = [work.result() for work in (pool.submit(both, 1, 2), pool.submit(both, 2, 1))]
    database.close()
    assert sorted(ended, key=str) == [None, ErrorCode.STORE_BUSY]


def test_a_lost_connection_is_an_error_and_the_next_call_works(
    store: SqlBankStore, postgres_url: str
) -> None:
    def lose_them() -> None:
        with psycopg.connect(postgres_url, autocommit=True) as connection:
            connection.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                " WHERE datname = current_database() AND pid <> pg_backend_pid()"
            )

    def while_adding() -> Iterator[EntryDraft]:
        lose_them()
        yield from [EntryDraft(signal=pdq(1))] * 100_000

    assert code_of(lambda: store.add_entries(1, while_adding(), now=NOW)) is ErrorCode.STORE_BUSY
    assert store.count_entries(1) == 0
    lose_them()
    assert store.banks()[0].name == "A"
    store.add_entries(1, [EntryDraft(signal=pdq(1))], now=NOW)
    lose_them()
    assert len(store.entries_by_id([*range(1, 200_100)])) == 1
    assert store.count_entries(1) == 1


@pytest.mark.parametrize(
    "address",
    [
        "postgresql://nahmi:s3cret@/nahmi?host=/nowhere",
        "postgresql://nahmi:s3cret@127.0.0.1:1/nahmi",
    ],
)
def test_an_unreachable_database_is_an_error_that_shows_no_password(address: str) -> None:
    with pytest.raises(StoreError) as caught:
        open_database(address)
    assert caught.value.code is ErrorCode.STORE_BUSY
    chain = repr(caught.value) + caught.value.diagnostics() + repr(caught.value.__cause__)
    assert "s3cret" not in chain


@pytest.mark.parametrize("address", ["postgresql://a:s3cret@host:port/x", "postgresql://[::1"])
def test_an_address_that_is_none_is_refused(address: str) -> None:
    with pytest.raises(InputError) as caught:
        open_database(address)
    assert caught.value.code is ErrorCode.INPUT_INVALID
    assert "s3cret" not in caught.value.diagnostics()


def test_the_password_may_come_from_a_file(tmp_path: Path) -> None:
    file = tmp_path / "password"
    file.write_text("s3cret\n")
    url = parse_url(f"postgresql://nahmi@db/nahmi?password_file={file}&sslmode=require")
    assert url.password == "s3cret"  # noqa: S105
    assert dict(url.query) == {"sslmode": "require"}
    assert "s3cret" not in repr(url)
    file.unlink()
    assert code_of(lambda: parse_url(f"postgresql://db/x?password_file={file}")) is (
        ErrorCode.FILE_UNREADABLE
    )


def test_a_store_that_was_opened_to_read_refuses_to_write(
    store: SqlBankStore, postgres_url: str
) -> None:
    del store
    with SqlBankStore.open(postgres_url, read_only=True) as reader:
        assert code_of(lambda: reader.delete_bank("A", now=NOW)) is ErrorCode.STORAGE_DENIED
        assert [bank.name for bank in reader.banks()] == ["A"]


def test_who_has_no_rights_is_refused(
    store: SqlBankStore, postgres: PostgresServer, postgres_url: str
) -> None:
    del store
    name = f"guest_{os.getpid()}"
    postgres.run(f"CREATE ROLE {name} LOGIN")
    try:
        address = postgres_url.replace("postgres@", f"{name}@")
        assert code_of(lambda: open_database(address)) is ErrorCode.STORAGE_DENIED
    finally:
        postgres.run(f"DROP ROLE {name}")


def test_values_that_cannot_be_stored_are_refused(store: SqlBankStore) -> None:
    for draft in (
        EntryDraft(signal=Signal("url", "a\0b")),
        EntryDraft(signal=pdq(1), note="\ud800"),
        EntryDraft(signal=pdq(1), note="a\0b"),
    ):
        code = code_of(lambda draft=draft: store.add_entries(1, [draft], now=NOW))
        assert code is ErrorCode.INPUT_INVALID
    assert code_of(lambda: store.entry(2**70)) is ErrorCode.INPUT_INVALID
    assert store.count_entries(1) == 0


def test_long_and_strange_values_come_back_as_they_were(store: SqlBankStore) -> None:
    strange = "tab\tline\nreturn\rback\\slash\\N \\. ünï 漢字 العربية"
    signals = [
        Signal("url", "https://example.org/" + "x" * 100_000),
        Signal("url", strange),
    ]
    drafts = [EntryDraft(signal=signal, note=strange, source=strange) for signal in signals]
    store.add_entries(1, drafts, now=NOW)
    assert [entry.draft for entry in store.stream_entries(1)] == drafts
    assert len(store.entries_by_signal(signals)) == 2
    assert len(store.entries(1, text="ÜNÏ")) == 0, "only ASCII letters have a case"
    assert len(store.entries(1, text="BACK\\slash")) == 2
    assert store.update_entry(1, EntryChanges(note="")).draft.note == ""


def test_blank_foreign_and_older_databases_are_told_apart(postgres: PostgresServer) -> None:
    with postgres.database() as url:
        assert code_of(lambda: open_database(url)) is ErrorCode.STORE_MISSING
        assert code_of(lambda: migrate_database(url)) is ErrorCode.STORE_MISSING
        database = PostgresDatabase(parse_url(url), read_only=False, busy_timeout_s=5)
        with database.writing() as connection:
            upgrade(connection, to=1)
        database.close()
        assert code_of(lambda: open_database(url)) is ErrorCode.STORE_VERSION
        assert schema_version(url).is_behind
        assert migrate_database(url).before == 1
        assert schema_version(url).before == newest_version()
        open_database(url).close()
    with postgres.database() as url:
        with psycopg.connect(url, autocommit=True) as other:
            other.execute("CREATE TABLE other (x int)")
        for act in (open_database, create_database, migrate_database):
            assert code_of(lambda act=act: act(url)) is ErrorCode.STORE_CORRUPT


def test_a_store_that_two_make_at_once_is_made_once(postgres: PostgresServer) -> None:
    with postgres.database() as url:
        command = [sys.executable, "-c", "import sys; from nahmi.store.sql.opening import *;"]
        command[-1] += "create_database(sys.argv[1])"
        for process in [subprocess.Popen([*command, url]) for _ in range(2)]:
            with process:
                assert process.wait(timeout=120) == 0
        open_database(url).close()
