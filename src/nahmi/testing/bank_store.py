# SPDX-License-Identifier: Apache-2.0
# ruff: noqa: S101 - assert is how a test kit speaks
"""The contract of bank stores as a test class that adapters subclass.

Example:
    An adapter's test file::

        class TestMyStore(BankStoreContract):
            def new_store(self, folder: Path) -> BankStore:
                return MyStore(folder)
"""

from abc import abstractmethod
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Protocol

import msgspec

from nahmi.core.bank import Action, Bank, Category, EntryDraft, EntryRun
from nahmi.core.member import OWN_MEMBER
from nahmi.core.signal import Signal
from nahmi.errors import ErrorCode, InputError, NahmiError
from nahmi.protect.ports import (
    Added,
    BankChanges,
    BankDraft,
    BankReader,
    BankWriter,
    EntryChanges,
    IndexChangeReader,
)

NOW = datetime(2026, 1, 2, 3, 4, 5, 678901, tzinfo=UTC)
"""The time at which the tests take place."""


OTHER = 2
"""Another member than the node's own."""

_URL = EntryDraft(signal=Signal("url", "https://example.org/"))


class BankStore(BankReader, BankWriter, IndexChangeReader, Protocol):
    """Everything that an adapter offers."""


def pdq(number: int) -> Signal:
    """A PDQ signal that stands for a number."""
    return Signal("pdq", f"{number:064x}")


def refused(act: Callable[[], object]) -> ErrorCode | None:
    """The code with which something is refused; None when it is done."""
    try:
        act()
    except NahmiError as error:
        return error.code
    return None


def live_index(store: BankStore, page: int = 3) -> dict[int, bytes]:
    """What an index holds that follows the store from its beginning, page by page."""
    held: dict[int, bytes] = {}
    after = 0
    while changes := store.index_changes(after, page):
        assert sum(len(change.keys) for change in changes) <= page
        for change in changes:
            assert change.sequence > after
            after = change.sequence
            keys = change.keys.tolist()
            if change.rows is None:
                for key in keys:
                    held.pop(key, None)
            else:
                assert not held.keys() & set(keys), "an entry was added twice"
                held |= dict(zip(keys, map(bytes, change.rows), strict=True))
    return held


class BankStoreContract:
    """What every bank store must do; subclass it and say how to make an empty one."""

    @abstractmethod
    def new_store(self, folder: Path) -> BankStore:
        """An empty store that may keep files in `folder` and knows the members 1 and 2."""

    @contextmanager
    def _store(self) -> Iterator[BankStore]:
        with TemporaryDirectory() as folder:
            store = self.new_store(Path(folder))
            try:
                yield store
            finally:
                getattr(store, "close", lambda: None)()

    @staticmethod
    def _bank(store: BankStore, name: str = "A") -> Bank:
        return store.create_bank(BankDraft(name=name, category=Category.TEST), now=NOW)

    def test_bank_is_kept_in_canonical_form(self) -> None:
        """Actions and labels are sorted, names are read back."""
        with self._store() as store:
            draft = BankDraft(
                name="B_1",
                category=Category.NCII,
                actions=(Action.BLOCK, Action.LOG),
                limit_bits=20,
                labels=("b", "a", "b", " "),
            )
            bank = store.create_bank(draft, now=NOW)
            assert bank.actions == (Action.LOG, Action.BLOCK)
            assert bank.labels == ("a", "b")
            assert bank.created_at == NOW
            assert store.bank("B_1") == bank
            assert list(store.banks()) == [bank]

    def test_refusals(self) -> None:
        """Each refusal has its code."""
        with self._store() as store:
            bank = self._bank(store)
            cases: list[tuple[Callable[[], object], ErrorCode]] = [
                (lambda: self._bank(store), ErrorCode.BANK_EXISTS),
                (lambda: self._bank(store, "a"), ErrorCode.NAME_INVALID),
                (lambda: self._bank(store, "A" * 65), ErrorCode.NAME_INVALID),
                (lambda: store.bank("B"), ErrorCode.BANK_MISSING),
                (lambda: store.entry(1), ErrorCode.ENTRY_MISSING),
                (lambda: store.restore_bank(9), ErrorCode.BANK_MISSING),
                (lambda: store.add_entries(9, [], now=NOW), ErrorCode.BANK_MISSING),
                (lambda: store.update_bank("B", BankChanges()), ErrorCode.BANK_MISSING),
                (
                    lambda: store.update_bank("A", BankChanges(limit_bits=64)),
                    ErrorCode.LIMIT_INVALID,
                ),
                (
                    lambda: store.add_entries(
                        bank.bank_id,
                        [EntryDraft(signal=pdq(1)), EntryDraft(signal=pdq(2), quality=101)],
                        now=NOW,
                    ),
                    ErrorCode.INPUT_INVALID,
                ),
            ]
            for number, (act, code) in enumerate(cases):
                assert refused(act) == code, number
            assert store.count_entries(bank.bank_id) == 0, "all or none"

    def test_bank_changes_and_renames(self) -> None:
        """None leaves a field as it is."""
        with self._store() as store:
            bank = self._bank(store)
            store.update_bank("A", BankChanges(name="C", is_enabled=False, labels=("x",)))
            changed = store.bank("C")
            assert (changed.bank_id, changed.is_enabled) == (bank.bank_id, False)
            assert store.update_bank("C", BankChanges()) == changed

    def test_entries_are_read_back_and_paged(self) -> None:
        """Pages by id, filters, counts, exact look-ups."""
        with self._store() as store:
            bank = self._bank(store)
            full = EntryDraft(
                signal=pdq(7),
                content_ref="item",
                variant="crop:centre:5",
                quality=80,
                canon="pdq-canon-v1",
                source="Café",
                provenance="file.csv",
                note="x",
                expires_at=NOW + timedelta(days=1),
                disabled_until=NOW - timedelta(microseconds=1),
            )
            url = EntryDraft(signal=Signal("url", "https://example.org/"))
            ids = store.add_entries(bank.bank_id, iter([full, url, url]), now=NOW)
            assert list(ids) == [1, 2, 3]
            assert store.entry(1).draft == full
            assert store.entry(1).added_at == NOW
            found = [e.entry_id for e in store.entries(bank.bank_id, after=1, limit=1)]
            assert found == [2]
            for text, expected in (("CAF", [1]), ("000", [1]), ("https://EX", [2, 3]), ("%", [])):
                page = store.entries(bank.bank_id, text=text)
                assert [e.entry_id for e in page] == expected, text
            for content_ref, expected in (("item", [1]), ("ite", []), ("ITEM", []), ("", [2, 3])):
                page = store.entries(bank.bank_id, content_ref=content_ref)
                assert [e.entry_id for e in page] == expected, content_ref
            assert [e.entry_id for e in store.entries(bank.bank_id, signal_type="pdq")] == [1]
            by_signal = store.entries_by_signal([url.signal, pdq(7), pdq(8)])
            assert sorted(e.entry_id for e in by_signal) == [1, 2, 3]
            assert [e.entry_id for e in store.entries_by_id([3, 3, 99])] == [3]
            assert list(store.entries_by_id([1])) == [store.entry(1)]
            assert [e.entry_id for e in store.stream_entries(bank.bank_id)] == [1, 2, 3]
            assert store.count_entries(bank.bank_id) == 3  # noqa: PLR2004 - as many as above

    def test_what_a_bank_lacks_is_added_once(self) -> None:
        """Long and short runs, bytes and texts, repeated, known, deleted or in another bank."""
        with self._store() as store:
            bank, other = self._bank(store, "A"), self._bank(store, "B")
            known, gone, elsewhere = (EntryDraft(signal=pdq(n)) for n in (1, 2, 3))
            store.add_entries(bank.bank_id, [known, gone], now=NOW)
            store.add_entries(other.bank_id, [elsewhere], now=NOW)
            store.delete_entries([2], now=NOW)
            like = EntryDraft(signal=pdq(0), note="n", quality=80, expires_at=NOW)
            numbers = (*range(40, 0, -1), 40, 7)
            texts = [f"https://example.org/{n}?\"'%25" for n in range(30)]
            runs = [
                EntryRun(like, tuple(pdq(n).value for n in numbers)),
                EntryRun.of(EntryDraft(signal=pdq(41))),
                EntryRun.of(EntryDraft(signal=pdq(41), note="again")),
                EntryRun(_URL, (*texts, texts[0])),
                EntryRun.of(msgspec.structs.replace(_URL, signal=Signal("url", texts[1]))),
            ]
            added = store.add_new_entries(bank.bank_id, iter(runs), now=NOW)
            assert added == Added(range(4, 4 + 39 + 1 + 30), 3 + 1 + 2)
            entries = list(store.stream_entries(bank.bank_id))[1:]
            assert [entry.entry_id for entry in entries] == list(added.entry_ids)
            expected = [pdq(n) for n in (*range(40, 1, -1), 41)]
            assert [e.draft.signal for e in entries] == [
                *expected,
                *(Signal("url", text) for text in texts),
            ]
            assert entries[0].draft == msgspec.structs.replace(like, signal=pdq(40))
            assert entries[0].added_at == NOW
            assert sorted(live_index(store)) == [1, 3, *added.entry_ids[:40]]
            again = store.add_new_entries(bank.bank_id, runs, now=NOW)
            assert (len(again.entry_ids), again.known) == (0, len(numbers) + 2 + 31 + 1)

    def test_entries_that_each_say_something_are_added_as_they_are(self) -> None:
        """Many that are no run: every field, every sign, the first of two that are the same."""
        with self._store() as store:
            bank = self._bank(store)
            drafts = [
                EntryDraft(
                    signal=pdq(n % 50) if n % 20 < 18 else Signal("md5", f"{n:032x}"),  # noqa: PLR2004
                    content_ref=f"item {n}",
                    variant="original" if n % 2 else "crop:centre:5",
                    quality=None if n % 3 else 100,
                    canon="pdq-canon-v1" if n % 2 else None,
                    source="Café" * (n % 3),
                    provenance=f'list.csv "{n}" \\ \t \x7f',
                    note=f"صورة {n} 👍\n' -- $[0]",
                    expires_at=NOW + timedelta(days=n) if n % 2 else None,
                    disabled_until=NOW - timedelta(microseconds=n) if n % 5 else None,
                )
                for n in range(100)
            ]
            first: dict[Signal, EntryDraft] = {}
            for draft in drafts:
                first.setdefault(draft.signal, draft)
            added = store.add_new_entries(bank.bank_id, map(EntryRun.of, drafts), now=NOW)
            assert added == Added(range(1, len(first) + 1), len(drafts) - len(first))
            entries = list(store.stream_entries(bank.bank_id))
            assert [entry.draft for entry in entries] == list(first.values())
            assert {entry.added_at for entry in entries} == {NOW}

    def test_a_long_run_is_added_whole(self) -> None:
        """Thousands of signals in disorder, some twice; bytes that are zero count."""
        with self._store() as store:
            bank = self._bank(store)
            values = [f"{n * 7919 % 6007:04x}{'0' * 60}" for n in range(6000)]
            like = EntryDraft(signal=pdq(0), note="n")
            halves = (EntryRun(like, tuple(values)), EntryRun(like, tuple(values[:500])))
            added = store.add_new_entries(bank.bank_id, iter(halves), now=NOW)
            assert added == Added(range(1, len(set(values)) + 1), 6500 - len(set(values)))
            entries = list(store.stream_entries(bank.bank_id))
            assert {entry.draft.signal.value for entry in entries} == {*values}
            assert all(entry.draft.note == "n" for entry in entries)
            assert sorted(live_index(store)) == list(added.entry_ids)

    def test_new_entries_come_all_or_none(self) -> None:
        """A run that cannot be stored takes back those before it."""
        with self._store() as store:
            bank = self._bank(store)
            long = EntryRun(EntryDraft(signal=pdq(0)), tuple(pdq(n).value for n in range(50)))
            for wrong in (
                EntryRun(EntryDraft(signal=pdq(0)), ("00",) * 20),
                EntryRun.of(EntryDraft(signal=pdq(99), quality=101)),
                EntryRun.of(EntryDraft(signal=Signal("url", "a\0b"))),
                EntryRun(_URL, ("a\0b",) * 20),
            ):
                caught: NahmiError | None = None
                try:
                    store.add_new_entries(bank.bank_id, [long, wrong], now=NOW)
                except InputError as error:
                    caught = error
                assert caught is not None
                assert store.count_entries(bank.bank_id) == 0
                assert not live_index(store)
            added = store.add_new_entries(bank.bank_id, [long], now=NOW)
            assert added == Added(range(1, 51), 0)

    def test_entry_changes(self) -> None:
        """UNSET leaves a field as it is, None clears it."""
        with self._store() as store:
            bank = self._bank(store)
            draft = EntryDraft(signal=pdq(1), note="n", expires_at=NOW)
            store.add_entries(bank.bank_id, [draft], now=NOW)
            changed = store.update_entry(1, EntryChanges(source="s", expires_at=None))
            assert (changed.draft.source, changed.draft.note) == ("s", "n")
            assert changed.draft.expires_at is None
            assert store.entry(1) == changed

    def test_deleting_is_undone_and_ids_are_not_reused(self) -> None:
        """Deleted entries are hidden, kept and come back."""
        with self._store() as store:
            bank = self._bank(store)
            store.add_entries(bank.bank_id, [EntryDraft(signal=pdq(n)) for n in (1, 2)], now=NOW)
            assert store.delete_entries([2, 2, 9], now=NOW) == 1
            assert store.delete_entries([2], now=NOW) == 0
            assert store.entry(2).deleted_at == NOW
            assert store.entries_by_signal([pdq(2)]) == []
            shown = store.entries(bank.bank_id, include_deleted=True)
            assert [e.entry_id for e in shown] == [1, 2]
            new = store.add_entries(bank.bank_id, [EntryDraft(signal=pdq(3))], now=NOW)
            assert list(new) == [3]
            assert store.restore_entries([2]) == 1
            assert [e.entry_id for e in store.entries(bank.bank_id)] == [1, 2, 3]

    def test_deleted_bank_frees_its_name(self) -> None:
        """A deleted bank comes back unless its name was taken."""
        with self._store() as store:
            old = self._bank(store)
            assert store.delete_bank("A", now=NOW).deleted_at == NOW
            assert list(store.banks()) == []
            new = self._bank(store)
            assert new.bank_id != old.bank_id
            assert len(store.banks(include_deleted=True)) == 2  # noqa: PLR2004 - old and new
            assert refused(lambda: store.restore_bank(old.bank_id)) is ErrorCode.BANK_EXISTS
            store.update_bank("A", BankChanges(name="B"))
            assert store.restore_bank(old.bank_id).deleted_at is None

    def test_banks_belong_to_members(self) -> None:
        """Names are unique within a member; what is another member's is missing."""
        with self._store() as store:
            own = self._bank(store)
            draft = BankDraft(name="A", category=Category.TEST, member_id=OTHER, is_shared=True)
            other = store.create_bank(draft, now=NOW)
            assert (own.member_id, own.is_shared) == (OWN_MEMBER, False)
            assert (other.member_id, other.is_shared) == (OTHER, True)
            assert store.bank("A") == own
            assert store.bank("A", member_id=OTHER) == other
            assert list(store.banks(member_id=OTHER)) == [other]
            assert list(store.banks()) == [own, other]
            assert not own.may_be_asked_by(OTHER)
            assert other.may_be_asked_by(OWN_MEMBER)
            changed = store.update_bank("A", BankChanges(is_shared=False), member_id=OTHER)
            assert not changed.is_shared
            store.delete_bank("A", now=NOW, member_id=OTHER)
            assert list(store.banks()) == [own]
            for member_id, code in ((OWN_MEMBER, ErrorCode.BANK_MISSING), (OTHER, None)):
                act = partial(store.restore_bank, other.bank_id, member_id=member_id)
                assert refused(act) == code

    def test_entries_belong_to_the_member_of_their_bank(self) -> None:
        """An entry of another member can be neither seen nor changed."""
        with self._store() as store:
            bank = self._bank(store)
            store.add_entries(bank.bank_id, [EntryDraft(signal=pdq(1))], now=NOW)
            changes = EntryChanges(note="n")
            assert refused(lambda: store.entry(1, member_id=OTHER)) is ErrorCode.ENTRY_MISSING
            act = partial(store.update_entry, 1, changes, member_id=OTHER)
            assert refused(act) is ErrorCode.ENTRY_MISSING
            assert store.delete_entries([1], now=NOW, member_id=OTHER) == 0
            assert store.entry(1, member_id=OWN_MEMBER).deleted_at is None
            assert store.update_entry(1, changes, member_id=OWN_MEMBER).draft.note == "n"
            assert store.delete_entries([1], now=NOW, member_id=OWN_MEMBER) == 1
            assert store.restore_entries([1], member_id=OTHER) == 0
            assert store.restore_entries([1], member_id=OWN_MEMBER) == 1

    def test_types_held_are_those_of_any_entry(self) -> None:
        """Deleted entries count, for they may come back; types that are not asked for do not."""
        asked = ("md5", "sha1", "url")
        with self._store() as store:
            bank = self._bank(store)
            assert store.types_held(asked) == frozenset()
            digest = EntryDraft(signal=Signal("md5", "d" * 32))
            store.add_entries(bank.bank_id, [digest, _URL, EntryDraft(signal=pdq(1))], now=NOW)
            assert store.types_held(asked) == {"md5", "url"}
            assert store.types_held(()) == frozenset()
            store.delete_entries([1], now=NOW)
            assert store.types_held(asked) == {"md5", "url"}

    def test_signals_of_a_type_are_read_on_from_any_entry(self) -> None:
        """In the order of their entries, deleted ones too; other types are left out."""
        drafts = [EntryDraft(signal=Signal("md5", f"{n:032x}")) for n in range(5)]
        wanted = [(1, drafts[0]), (2, drafts[1]), (4, drafts[2]), (5, drafts[3]), (6, drafts[4])]
        pairs = [(entry_id, draft.signal.value) for entry_id, draft in wanted]
        with self._store() as store:
            bank = self._bank(store)
            assert not store.signals_after("md5", 0)
            store.add_entries(bank.bank_id, [*drafts[:2], _URL, *drafts[2:]], now=NOW)
            store.delete_entries([2], now=NOW)
            assert list(store.signals_after("md5", 0)) == pairs
            assert list(store.signals_after("md5", 0, limit=2)) == pairs[:2]
            assert list(store.signals_after("md5", 2)) == pairs[2:]
            store.delete_bank(bank.name, now=NOW)
            assert list(store.signals_after("md5", 5)) == pairs[4:]
            assert not store.signals_after("md5", 6)

    def test_index_changes_lead_to_the_present_state(self) -> None:
        """Whatever happened, a follower holds the live signals of indexed types, each once."""
        with self._store() as store:
            a, b = self._bank(store, "A"), self._bank(store, "B")

            def add(bank: Bank, *numbers: int) -> None:
                drafts = [EntryDraft(signal=pdq(n)) for n in numbers]
                store.add_entries(bank.bank_id, [_URL, *drafts, _URL], now=NOW)

            def check(*numbers: int) -> None:
                for page in (1, 2, 100):
                    rows = sorted(live_index(store, page).values())
                    assert rows == [bytes.fromhex(pdq(n).value) for n in numbers]

            add(a, 1, 2)  # entries 2, 3
            add(b, 3)  # entry 6
            add(a, 4, 5)  # entries 9, 10
            check(1, 2, 3, 4, 5)
            store.delete_entries([3, 9, 1], now=NOW)
            check(1, 3, 5)
            store.delete_bank("A", now=NOW)
            check(3)
            store.restore_entries([3])
            check(3)
            store.restore_bank(a.bank_id)
            check(1, 2, 3, 5)
            store.restore_entries([9])
            check(1, 2, 3, 4, 5)
