# SPDX-License-Identifier: Apache-2.0
"""Banked signals of third parties' types are found, by a rule that is not ours."""

import json
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from nahmi.bootstrap.plugins import Plugins
from nahmi.core.bank import Category, EntryDraft
from nahmi.core.match import MatchAnswer, Verdict
from nahmi.core.signal import Signal
from nahmi.errors import PluginError
from nahmi.flows.enrol import signal_drafts
from nahmi.flows.match import Matcher, content_of
from nahmi.protect.ports import BankDraft
from nahmi.store.index import Index
from nahmi.store.memory import MemoryBankStore
from nahmi.testing.bank_store import NOW

FOX = "The quick brown fox jumps over the lazy dog"


class House:
    """A store, and a matcher that asks it."""

    def __init__(self, plugins: Plugins, folder: Path) -> None:
        self.store = MemoryBankStore()
        self.store.create_bank(BankDraft(name="KNOWN", category=Category.TEST), now=NOW)
        self.revision = 0
        self.reads = 0
        self.matcher = Matcher(
            reader=self.store,
            index=Index.create(folder / "index"),
            clock=lambda: NOW,
            compared=plugins.search(self, lambda: self.revision),
        )

    def signals_after(
        self, signal_type: str, entry_id: int, *, limit: int = 1000
    ) -> list[tuple[int, str]]:
        self.reads += 1
        return list(self.store.signals_after(signal_type, entry_id, limit=min(limit, 2)))

    def add(self, signal_type: str, *values: str) -> list[int]:
        drafts: list[EntryDraft] = signal_drafts([Signal(signal_type, value) for value in values])
        self.revision += 1
        return list(self.store.add_entries(1, drafts, now=NOW))

    def ask(self, signal_type: str, value: str) -> MatchAnswer:
        return self.matcher.match([content_of([Signal(signal_type, value)])])[0]

    def hits(self, signal_type: str, value: str) -> list[tuple[int, int]]:
        return [
            (match.entry.entry_id, match.distance) for match in self.ask(signal_type, value).matches
        ]


@pytest.fixture
def house(plugins: Plugins, tmp_path: Path) -> Iterator[House]:
    return House(plugins, tmp_path)


def test_texts_are_found_by_the_rule_of_raw_text(house: House) -> None:
    house.add("raw_text", "bball now?", FOX, "Something else")
    assert house.hits("raw_text", FOX.upper() + "s") == [(2, 1)]
    assert house.ask("raw_text", "nobody banked this text").verdict is Verdict.NO_MATCH


def test_trend_queries_are_found_by_the_texts_that_they_describe(house: House) -> None:
    query = json.dumps({"and": [{"or": ["play"]}, {"or": ["tonight"]}], "not": ["chess"]})
    house.add("trend_query", query)
    assert house.hits("trend_query", "shall we play tonight") == [(1, 0)]
    assert house.hits("trend_query", "shall we play chess tonight") == []


@pytest.mark.parametrize("name", ["letters", "forgetful"])
def test_an_index_is_believed_as_far_as_it_agrees_with_the_comparison(
    house: House, name: str
) -> None:
    """One of the two finds too much, the other also loses signals."""
    words = ["hello", "yellow", "jello", "zebra", "olleh"]
    house.add(name, *words[:3])
    assert house.hits(name, "hello") == [(1, 0), (3, 2)]
    house.add(name, *words[3:])
    assert house.hits(name, "hello") == [(1, 0), (5, 0), (3, 2)]
    assert house.hits(name, "bezra") == [(4, 0)]


def test_the_library_own_index_of_pdq_finds_what_nahmis_finds(house: House) -> None:
    values = [f"{(1 << (n * 8)) - 1:064x}" for n in range(33)]
    house.add("pdq", *values)
    house.add("tx_pdq", *values)
    house.matcher._index.add(*_rows(values))  # type: ignore[attr-defined]  # an Index
    for value in (values[0], values[16], values[32]):
        ours = house.hits("pdq", value)
        theirs = [(entry_id - 33, distance) for entry_id, distance in house.hits("tx_pdq", value)]
        assert sorted(theirs) == sorted(ours)
        assert len(ours) >= 4


def _rows(values: list[str]) -> tuple[NDArray[np.uint64], NDArray[np.uint8]]:
    packed = np.frombuffer(bytes.fromhex("".join(values)), np.uint8).reshape(-1, 32)
    return np.arange(1, len(values) + 1, dtype=np.uint64), packed


def test_what_is_added_withdrawn_or_restored_counts_at_once(house: House) -> None:
    [first] = house.add("letters", "hello")
    assert house.hits("letters", "hello") == [(first, 0)]
    [second] = house.add("letters", "hello")
    assert house.hits("letters", "hello") == [(first, 0), (second, 0)]
    house.store.delete_entries([first], now=NOW)
    house.revision += 1
    assert house.hits("letters", "hello") == [(second, 0)]
    house.store.restore_entries([first])
    assert house.hits("letters", "hello") == [(first, 0), (second, 0)]


def test_the_store_is_read_only_where_it_has_changed(house: House) -> None:
    house.add("letters", "hello")
    house.hits("letters", "hello")
    reads = house.reads
    house.hits("letters", "hello")
    house.hits("letters", "other")
    assert house.reads == reads
    house.add("raw_text", FOX)
    house.hits("letters", "hello")
    assert house.reads == reads + 1


def test_a_process_that_was_lost_is_filled_again(house: House) -> None:
    house.add("letters", "hello")
    with pytest.raises(PluginError):
        house.ask("letters", "crash")
    assert house.hits("letters", "hello") == [(1, 0)]


def test_two_stores_do_not_see_each_other(plugins: Plugins, house: House, tmp_path: Path) -> None:
    house.add("letters", "hello")
    other = House(plugins, tmp_path / "other")
    other.add("letters", "zebra")
    assert other.hits("letters", "hello") == []
    assert other.hits("letters", "zebra") == [(1, 0)]
    assert house.hits("letters", "hello") == [(1, 0)]


def test_exact_types_of_plugins_are_answered_by_the_store(house: House) -> None:
    digest = "d41d8cd98f00b204e9800998ecf8427e"
    house.add("video_md5", digest)
    assert house.hits("video_md5", digest.upper()) == [(1, 0)]
    assert house.ask("video_md5", "0" * 32).verdict is Verdict.NO_USABLE_FINGERPRINT


def test_without_plugins_a_compared_signal_has_no_answer(house: House, tmp_path: Path) -> None:
    bare = Matcher(reader=house.store, index=Index.create(tmp_path / "bare"), clock=lambda: NOW)
    with pytest.raises(PluginError):
        bare.match([content_of([Signal("letters", "hello")])])
