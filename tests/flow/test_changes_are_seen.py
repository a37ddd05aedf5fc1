# SPDX-License-Identifier: Apache-2.0
"""What one process changes, another learns of: signal, revisions, index."""

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from nahmi.bootstrap import Node, init_node, open_node, rebuild_index
from nahmi.core.bank import Category, EntryDraft
from nahmi.errors import ErrorCode, NahmiError
from nahmi.operate.changes import ChangeSignal, Topic
from nahmi.protect.ports import BankDraft
from nahmi.store.sql.database import Database
from nahmi.store.sql.opening import create_database, open_database
from nahmi.store.sql.revisions import SqlRevisionReader
from nahmi.testing.bank_store import NOW, pdq

LONG_S = 60
CHANGER = """
import sys
from nahmi.core.bank import Category, EntryDraft
from nahmi.protect.ports import BankDraft
from nahmi.store.sql import SqlBankStore
from nahmi.testing.bank_store import NOW, pdq

with SqlBankStore.open(sys.argv[1], busy_timeout_s=30) as store:
    for number, line in enumerate(sys.stdin):
        if number == 0:
            store.create_bank(BankDraft(name="A", category=Category.TEST), now=NOW)
        store.add_entries(1, [EntryDraft(signal=pdq(int(line)))], now=NOW)
        print("done", flush=True)
"""


class Changer:
    """Another process, which adds a signal when it is told to."""

    def __init__(self, address: str) -> None:
        command = [sys.executable, "-c", CHANGER, address]
        self._process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )

    def add(self, number: int) -> None:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        print(number, file=self._process.stdin, flush=True)
        assert self._process.stdout.readline() == "done\n"

    def close(self) -> None:
        with self._process:
            self._process.communicate()


@pytest.fixture
def database(store_address: str) -> Iterator[Database]:
    opened = open_database(store_address)
    yield opened
    opened.close()


@pytest.fixture
def signal(database: Database) -> Iterator[ChangeSignal]:
    made = database.change_signal()
    yield made
    made.close()


@pytest.fixture
def changer(store_address: str) -> Iterator[Changer]:
    made = Changer(store_address)
    yield made
    made.close()


def test_whoever_waits_is_woken_by_another_process(
    database: Database, signal: ChangeSignal, changer: Changer
) -> None:
    revisions = SqlRevisionReader(database)
    assert signal.wait(0), "the first call says yes"
    assert not signal.wait(0.05)
    before = revisions.revisions()[Topic.BANKS]
    changer.add(1)
    assert signal.wait(LONG_S)
    assert revisions.revisions()[Topic.BANKS] == before + 2
    while signal.wait(0.05):
        pass
    changer.add(2)
    assert signal.wait(LONG_S)


def test_a_signal_comes_back_after_its_connection_was_lost(postgres_url: str) -> None:
    database = open_database(postgres_url)
    signal = database.change_signal()
    signal.wait(0)
    with database.writing() as connection:
        connection.exec_driver_sql(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE application_name = 'nahmi listens' AND datname = current_database()"
        )
    with pytest.raises(NahmiError) as lost:
        signal.wait(LONG_S)
    assert lost.value.code is ErrorCode.STORE_BUSY
    assert signal.wait(LONG_S), "something may have been missed"
    signal.close()
    database.close()


def found(node: Node) -> list[int]:
    rows = np.frombuffer(bytes.fromhex(pdq(0).value), np.uint8).reshape(1, 32)
    return sorted(node.index.search(rows, limit_bits=63).key.tolist())


def test_each_machine_has_an_index_that_follows_the_database(
    postgres_url: str, tmp_path: Path
) -> None:
    one, two = (init_node(tmp_path / name, database=postgres_url) for name in ("one", "two"))
    with one, two:
        bank = one.store.create_bank(BankDraft(name="A", category=Category.TEST), now=NOW)
        one.store.add_entries(bank.bank_id, [EntryDraft(signal=pdq(1))], now=NOW)
        two.store.add_entries(bank.bank_id, [EntryDraft(signal=pdq(2))], now=NOW)
        for node in (one, two):
            node.catch_up()
            assert found(node) == [1, 2]
        two.store.delete_entries([1], now=NOW)
        one.catch_up()
        assert found(one) == [2]
    with open_node(tmp_path / "one", database=postgres_url, read_only=True) as node:
        assert found(node) == [2]
    assert not (tmp_path / "one" / "nahmi.sqlite3").exists()


def test_an_index_of_another_store_is_refused(postgres_url: str, tmp_path: Path) -> None:
    folder = tmp_path / "node"
    with init_node(folder) as node:
        bank = node.store.create_bank(BankDraft(name="A", category=Category.TEST), now=NOW)
        node.store.add_entries(bank.bank_id, [EntryDraft(signal=pdq(1))], now=NOW)
        node.catch_up()
    for read_only in (True, False):
        with pytest.raises(NahmiError) as refused:
            open_node(folder, database=postgres_url, read_only=read_only)
        assert refused.value.code is ErrorCode.INDEX_MISSING
        assert "index rebuild" in refused.value.hint
    rebuild_index(folder, database=postgres_url)
    with open_node(folder, database=postgres_url) as node:
        assert found(node) == []
    with pytest.raises(NahmiError):
        open_node(folder)


def test_an_index_from_before_it_was_noted_is_adopted_by_its_own_file(tmp_path: Path) -> None:
    folder = tmp_path / "node"
    with init_node(folder) as node:
        bank = node.store.create_bank(BankDraft(name="A", category=Category.TEST), now=NOW)
        node.store.add_entries(bank.bank_id, [EntryDraft(signal=pdq(1))], now=NOW)
        node.catch_up()
        noted = node.index.store_id
    note = folder / "index" / "pdq" / "store"
    note.unlink()
    with open_node(folder) as node:
        assert node.index.store_id == noted is not None
        assert found(node) == [1]


def test_an_index_that_knows_more_than_its_store_is_refused(tmp_path: Path) -> None:
    folder = tmp_path / "node"
    file = folder / "nahmi.sqlite3"
    with init_node(folder) as node:
        bank = node.store.create_bank(BankDraft(name="A", category=Category.TEST), now=NOW)
    backup = file.read_bytes()
    with open_node(folder) as node:
        node.store.add_entries(bank.bank_id, [EntryDraft(signal=pdq(1))], now=NOW)
        node.catch_up()
    for part in folder.glob("nahmi.sqlite3*"):
        part.unlink()
    file.write_bytes(backup)
    with pytest.raises(NahmiError) as refused:
        open_node(folder)
    assert refused.value.code is ErrorCode.INDEX_MISSING
    rebuild_index(folder)
    with open_node(folder) as node:
        assert found(node) == []


def test_who_serves_goes_over_to_a_rebuilt_index(tmp_path: Path) -> None:
    folder = tmp_path / "node"
    with init_node(folder) as node, open_node(folder, read_only=True) as reader:
        bank = node.store.create_bank(BankDraft(name="A", category=Category.TEST), now=NOW)
        node.store.add_entries(bank.bank_id, [EntryDraft(signal=pdq(1))], now=NOW)
        node.catch_up()
        assert found(reader) == [1]
        node.store.add_entries(bank.bank_id, [EntryDraft(signal=pdq(2))], now=NOW)
        for _ in range(2):
            rebuild_index(folder)
            assert found(reader) == found(node) == [1, 2]
        node.store.delete_entries([1], now=NOW)
        node.catch_up()
        assert found(reader) == [2]
        assert [path.name for path in (folder / "index").iterdir()] == ["pdq"]
        with open_node(folder) as other:
            assert found(other) == [2]


def test_a_node_whose_database_is_away_answers_nothing(tmp_path: Path, postgres_url: str) -> None:
    folder = tmp_path / "node"
    init_node(folder, database=postgres_url).close()
    away = "postgresql://nobody@/nahmi?host=/nowhere"
    for act in (
        lambda: open_node(folder, database=away),
        lambda: open_node(folder, database=away, read_only=True),
        lambda: rebuild_index(folder, database=away),
        lambda: create_database(away),
    ):
        with pytest.raises(NahmiError) as refused:
            act()
        assert refused.value.code is ErrorCode.STORE_BUSY
    with pytest.raises(NahmiError) as missing:
        open_node(folder)
    assert missing.value.code is ErrorCode.STORE_MISSING
    assert "--database" in missing.value.hint
