# SPDX-License-Identifier: Apache-2.0
"""Whose banks a member's content is matched against."""

from pathlib import Path

import pytest

from nahmi.core.bank import Category, EntryDraft
from nahmi.core.match import MatchAnswer
from nahmi.core.signal import Signal
from nahmi.errors import ErrorCode, StoreError
from nahmi.flows.match import Matcher, content_of
from nahmi.protect.ports import BankDraft
from nahmi.store.index import Index
from nahmi.store.memory import MemoryBankStore
from nahmi.testing.bank_store import NOW, OTHER


@pytest.fixture
def matcher(tmp_path: Path) -> Matcher:
    store = MemoryBankStore()
    for name, member_id, is_shared in (("OWN", 1, False), ("SHARED", 1, True), ("OWN", 2, False)):
        draft = BankDraft(
            name=name, category=Category.TEST, member_id=member_id, is_shared=is_shared
        )
        bank = store.create_bank(draft, now=NOW)
        url = Signal("url", f"https://example.org/{member_id}/{name.lower()}")
        store.add_entries(bank.bank_id, [EntryDraft(signal=url)], now=NOW)
    return Matcher(reader=store, index=Index.create(tmp_path / "index"), clock=lambda: NOW)


def ask(matcher: Matcher, path: str, **options: int) -> MatchAnswer:
    content = content_of([Signal("url", f"https://example.org/{path}")])
    return matcher.match([content], **options)[0]


@pytest.mark.parametrize(
    ("path", "own", "other"),
    [("1/own", True, False), ("1/shared", True, True), ("2/own", False, True)],
)
def test_own_and_shared_banks_are_asked(
    matcher: Matcher, path: str, *, own: bool, other: bool
) -> None:
    assert bool(ask(matcher, path).matches) is own
    assert bool(ask(matcher, path, member_id=OTHER).matches) is other


def test_another_members_bank_is_missing_even_when_it_is_named(matcher: Matcher) -> None:
    content = content_of([Signal("url", "https://example.org/1/own")])
    with pytest.raises(StoreError) as refused:
        matcher.match([content], banks=["SHARED"], member_id=OTHER)
    assert refused.value.code is ErrorCode.BANK_MISSING
