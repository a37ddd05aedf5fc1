# SPDX-License-Identifier: Apache-2.0
"""A node in a folder that may only be read: it answers what it can and never says too little.

The right to write is taken away by the system itself: by permissions, which bind root too once it
has given up its capability to ignore them, and, where the system lets us, by a read-only mount.
"""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from nahmi import bootstrap
from nahmi.core.bank import Category, EntryDraft, EntryRun
from nahmi.core.signal import Signal
from nahmi.errors import ErrorCode, StoreError
from nahmi.protect.ports import BankDraft
from nahmi.store.sql import SqlBankStore
from nahmi.store.sql.sqlite_frozen import FrozenSqliteDatabase
from nahmi.testing.media import as_jpeg, scene

NOW = datetime(2026, 1, 2, tzinfo=UTC)
NAHMI = str(Path(sys.executable).parent / "nahmi")
KNOWN, LATER = "11" * 32, "ee" * 32

WITHOUT_OVERRIDE = """
import ctypes, os, sys
if os.geteuid() == 0:
    prctl, drop = ctypes.CDLL(None, use_errno=True).prctl, 24
    for capability in (1, 2):  # to ignore permissions when writing, and when reading
        if prctl(drop, capability, 0, 0, 0):
            raise OSError(ctypes.get_errno(), "prctl")
os.execv(sys.argv[2], sys.argv[2:])
"""
MOUNTED = ["unshare", "--user", "--map-root-user", "--mount", "sh", "-euc"]
MOUNTED += ['mount --bind "$0" "$0"; mount -o remount,ro,bind "$0"; exec "$@"']
BY_RIGHTS = [sys.executable, "-c", WITHOUT_OVERRIDE]

KILLED_WRITER = """
import os, signal, sys
from datetime import UTC, datetime
from nahmi.core.bank import Category
from nahmi.protect.ports import BankDraft
from nahmi.store.sql import SqlBankStore
store = SqlBankStore.open(sys.argv[1])
store.create_bank(BankDraft(name="LATER", category=Category.TEST), now=datetime.now(UTC))
os.kill(os.getpid(), signal.SIGKILL)
"""


def _ways() -> dict[str, list[str]]:
    ways = {"rights": BY_RIGHTS}
    try:
        here = str(Path(__file__).parent)
        tried = subprocess.run([*MOUNTED, here, "true"], check=False, capture_output=True)
    except FileNotFoundError:
        return ways
    return ways | ({"mount": MOUNTED} if tried.returncode == 0 else {})


WAYS = _ways()


class Result(NamedTuple):
    code: int
    out: str
    err: str

    @property
    def json(self) -> dict[str, Any]:
        found: dict[str, Any] = json.loads(self.out)
        return found

    @property
    def error(self) -> str:
        return str(json.loads(self.err)["code"])


Ask = Callable[..., Result]


@pytest.fixture
def node(tmp_path: Path) -> Iterator[Path]:
    folder = tmp_path / "node"
    with bootstrap.init_node(folder) as made:
        bank = made.store.create_bank(BankDraft(name="KNOWN", category=Category.TEST), now=NOW)
        add(made, bank.bank_id, KNOWN)
        made.catch_up()
    yield folder
    _set_rights(folder, 0o755, 0o644)


def add(node: bootstrap.Node, bank_id: int, value: str) -> None:
    run = EntryRun.of(EntryDraft(signal=Signal("pdq", value)))
    node.store.add_new_entries(bank_id, [run], now=NOW)


@pytest.fixture(params=WAYS)
def ask(request: pytest.FixtureRequest, node: Path, tmp_path: Path) -> Ask:
    """Calls the command line on the node, whose folder may only be read from the first call on."""
    way: str = request.param
    environment = os.environ | {"XDG_STATE_HOME": str(tmp_path / "state")}

    def call(*arguments: str) -> Result:
        if way == "rights":
            _set_rights(node, 0o555, 0o444)
        command = [*WAYS[way], str(node), NAHMI, "--node", str(node), *arguments]
        done = subprocess.run(
            command, check=False, capture_output=True, text=True, env=environment, cwd=tmp_path
        )
        return Result(done.returncode, done.stdout, done.stderr)

    return call


def _set_rights(folder: Path, for_folders: int, for_files: int) -> None:
    for place in (folder, *folder.rglob("*")):
        place.chmod(for_folders if place.is_dir() else for_files)
    (folder / "node.key").chmod(for_files & 0o700)


def test_it_answers(ask: Ask, node: Path, tmp_path: Path) -> None:
    before = sorted(node.rglob("*"))
    assert ask("match", "--signal", f"pdq:{KNOWN}").code == 1
    assert ask("match", "--signal", f"pdq:{LATER}").code == 0
    (bank,) = ask("bank", "list", "--json").json["banks"]
    assert (bank["name"], bank["entries"]) == ("KNOWN", 1)
    assert ask("bank", "show", "KNOWN").code == 0
    assert len(ask("bank", "entries", "KNOWN", "--json").json["entries"]) == 1
    assert len(ask("bank", "search", "KNOWN", "1111", "--json").json["entries"]) == 1
    assert ask("bank", "export", "KNOWN", "-", "--format", "threatexchange").out == f"pdq {KNOWN}\n"
    assert ask("index", "status", "--json").json["is_behind"] is False
    assert ask("index", "verify").code == 0
    doctor = ask("doctor")
    assert doctor.code == 0
    assert "1 bank, 1 entry" in doctor.out
    assert sorted(node.rglob("*")) == before
    assert not (tmp_path / "state").exists()


def test_a_scan_keeps_its_journal_elsewhere_and_says_where(ask: Ask, tmp_path: Path) -> None:
    (tmp_path / "uploads").mkdir()
    (tmp_path / "uploads" / "a.jpg").write_bytes(as_jpeg(scene(1, width=320, height=240)))
    done = ask("scan", "uploads")
    assert done.code == 0
    assert f"journal is in {tmp_path / 'state' / 'nahmi' / 'scans'}" in done.err
    named = ask("scan", "uploads", "--journal", "here")
    assert (named.code, "journal is in" in named.err) == (0, False)
    assert [place.parent for place in (tmp_path / "here").iterdir()] == [tmp_path / "here"]


def test_changes_are_refused(ask: Ask) -> None:
    for arguments in (("bank", "create", "B"), ("bank", "delete", "KNOWN"), ("index", "compact")):
        refused = ask(*arguments, "--json")
        assert (refused.code, refused.error) == (2, "storage_denied"), arguments


def test_an_index_that_cannot_follow_is_no_answer(ask: Ask, node: Path) -> None:
    with bootstrap.open_node(node) as opened:
        add(opened, 1, LATER)
    for arguments in (("match", "--signal", f"pdq:{LATER}"), ("scan", ".")):
        refused = ask(*arguments, "--json")
        assert (refused.code, refused.error) == (2, "index_behind")
    assert ask("bank", "list", "--json").json["banks"][0]["entries"] == 2
    assert ask("index", "status", "--json").json["is_behind"] is True
    assert "behind the banks" in ask("doctor").out


def test_what_a_killed_writer_left_is_read_or_refused(ask: Ask, node: Path) -> None:
    store = node / "nahmi.sqlite3"
    subprocess.run([sys.executable, "-c", KILLED_WRITER, str(store)], check=False)
    shared = store.with_name("nahmi.sqlite3-shm")
    assert shared.exists()
    names = [bank["name"] for bank in ask("bank", "list", "--json").json["banks"]]
    assert names == ["KNOWN", "LATER"]
    node.chmod(0o755)
    shared.unlink()
    refused = ask("bank", "list", "--json")
    assert (refused.code, refused.error) == (2, "storage_denied")


def test_two_nodes_do_not_share_a_journal(node: Path, tmp_path: Path) -> None:
    other = shutil.copytree(node, tmp_path / "other")
    with bootstrap.open_node(node) as first, bootstrap.open_node(other) as second:
        assert first.journals(tmp_path) != second.journals(tmp_path)
        assert first.journals() == node / "scans"


def test_a_store_that_changes_while_it_counts_as_frozen_is_no_answer(node: Path) -> None:
    store = node / "nahmi.sqlite3"
    frozen = SqlBankStore(FrozenSqliteDatabase(store, busy_timeout_s=0))
    assert frozen.count_entries(1) == 1
    with SqlBankStore.open(store) as writer:
        assert frozen.count_entries(1) == 1
        writer.delete_bank("KNOWN", now=NOW)
        with pytest.raises(StoreError) as before:
            frozen.banks()
    with pytest.raises(StoreError) as after:
        frozen.entries_by_id([1])
    assert before.value.code is after.value.code is ErrorCode.STORE_BUSY
    frozen.close()
