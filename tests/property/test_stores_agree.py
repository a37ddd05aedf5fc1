# SPDX-License-Identifier: Apache-2.0
"""Memory, SQLite and PostgreSQL answer alike, whatever is done to them."""

import shutil
import tempfile
from collections.abc import Callable
from contextlib import ExitStack
from datetime import timedelta
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nahmi.core.bank import Category, EntryDraft, EntryRun
from nahmi.core.signal import Signal
from nahmi.errors import NahmiError
from nahmi.protect.ports import BankChanges, BankDraft, EntryChanges
from nahmi.store.memory import MemoryBankStore
from nahmi.store.sql import SqlBankStore
from nahmi.store.sql.access_people import SqlPeopleStore
from nahmi.store.sql.opening import create_database, open_database
from nahmi.testing.bank_store import NOW, OTHER, BankStore, live_index, pdq
from nahmi.testing.postgres import PostgresServer

Act = Callable[[BankStore], object]

NAMES = st.sampled_from(["A", "A_B", "AB", "B"])
MEMBERS = st.sampled_from([1, OTHER])
SCOPES = st.sampled_from([None, 1, OTHER])
BANK_IDS = st.integers(1, 4)
ENTRY_IDS = st.lists(st.integers(1, 12), max_size=4)
TEXTS = st.sampled_from(["", "a", "Ä", "ä", "%_", "x\ty", "Text"])
SIGNALS = st.one_of(
    st.integers(1, 5).map(pdq),
    st.sampled_from(["https://example.org/", "https://example.org/Ä", "a%b"]).map(
        lambda value: Signal("url", value)
    ),
)
MOMENTS = st.sampled_from([None, NOW, NOW + timedelta(days=1)])
DRAFTS = st.builds(EntryDraft, signal=SIGNALS, note=TEXTS, source=TEXTS, expires_at=MOMENTS)


def create(name: str, member_id: int, *, is_shared: bool) -> Act:
    draft = BankDraft(name=name, category=Category.TEST, member_id=member_id, is_shared=is_shared)
    return lambda store: store.create_bank(draft, now=NOW)


def rename(name: str, new: str, member_id: int) -> Act:
    return lambda store: store.update_bank(name, BankChanges(name=new), member_id=member_id)


def delete(name: str, member_id: int) -> Act:
    return lambda store: store.delete_bank(name, now=NOW, member_id=member_id)


def restore(bank_id: int, member_id: int | None) -> Act:
    return lambda store: store.restore_bank(bank_id, member_id=member_id)


def add(bank_id: int, drafts: list[EntryDraft]) -> Act:
    return lambda store: store.add_entries(bank_id, drafts, now=NOW)


def add_new(bank_id: int, drafts: list[EntryDraft]) -> Act:
    return lambda store: store.add_new_entries(bank_id, map(EntryRun.of, drafts), now=NOW)


def change(entry_id: int, note: str, member_id: int | None) -> Act:
    return lambda store: store.update_entry(entry_id, EntryChanges(note=note), member_id=member_id)


def remove(entry_ids: list[int], member_id: int | None) -> Act:
    return lambda store: store.delete_entries(entry_ids, now=NOW, member_id=member_id)


def bring_back(entry_ids: list[int], member_id: int | None) -> Act:
    return lambda store: store.restore_entries(entry_ids, member_id=member_id)


ACTS = st.one_of(
    st.builds(create, NAMES, MEMBERS, is_shared=st.booleans()),
    st.builds(rename, NAMES, NAMES, MEMBERS),
    st.builds(delete, NAMES, MEMBERS),
    st.builds(restore, BANK_IDS, SCOPES),
    st.builds(add, BANK_IDS, st.lists(DRAFTS, max_size=3)),
    st.builds(add_new, BANK_IDS, st.lists(DRAFTS, max_size=3)),
    st.builds(change, st.integers(1, 12), TEXTS, SCOPES),
    st.builds(remove, ENTRY_IDS, SCOPES),
    st.builds(bring_back, ENTRY_IDS, SCOPES),
)


def outcome(act: Act, store: BankStore) -> object:
    try:
        return act(store)
    except NahmiError as error:
        return error.code


def state(store: BankStore, texts: list[str], signals: list[Signal]) -> dict[str, Any]:
    banks = store.banks(include_deleted=True)
    return {
        "banks": list(banks),
        "entries": [list(store.entries(b.bank_id, include_deleted=True)) for b in banks],
        "counts": [store.count_entries(b.bank_id) for b in banks],
        "found": [
            [entry.entry_id for entry in store.entries(b.bank_id, text=text)]
            for b in banks
            for text in texts
        ],
        "same": sorted(entry.entry_id for entry in store.entries_by_signal(signals)),
        "live": sorted(entry.entry_id for entry in store.entries_by_id(range(1, 40))),
        "index": live_index(store),
    }


@pytest.fixture(scope="module")
def blank(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An empty store in SQLite, to copy: making one takes longer than an example."""
    path = tmp_path_factory.mktemp("blank") / "nahmi.sqlite3"
    create_database(path)
    return path


@settings(max_examples=20)
@given(
    acts=st.lists(ACTS, min_size=5, max_size=25),
    texts=st.lists(TEXTS, min_size=1, max_size=2),
    signals=st.lists(SIGNALS, max_size=3),
)
def test_stores_agree(
    blank: Path, postgres: PostgresServer, acts: list[Act], texts: list[str], signals: list[Signal]
) -> None:
    with ExitStack() as opened:
        folder = Path(opened.enter_context(tempfile.TemporaryDirectory()))
        shutil.copy(blank, folder)
        url = opened.enter_context(postgres.database(template="nahmi_template"))
        stores: list[BankStore] = [MemoryBankStore()]
        for where in (folder / "nahmi.sqlite3", url):
            database = open_database(where)
            opened.callback(database.close)
            SqlPeopleStore(database).add_member("other", now=NOW)
            stores.append(SqlBankStore(database))
        for act in [create("A", 1, is_shared=False), create("B", OTHER, is_shared=True), *acts]:
            expected, *others = (outcome(act, store) for store in stores)
            assert others == [expected, expected]
        expected, *others = (state(store, texts, signals) for store in stores)
        for other in others:
            assert msgspec.to_builtins(other) == msgspec.to_builtins(expected)
