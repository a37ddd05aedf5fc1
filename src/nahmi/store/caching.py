# SPDX-License-Identifier: Apache-2.0
"""Banks and entries remembered until something in the store changes."""

from collections.abc import Callable, Collection, Iterator, Sequence
from typing import Final

from nahmi.core.bank import Bank, Entry
from nahmi.core.member import OWN_MEMBER
from nahmi.core.signal import Signal
from nahmi.protect.actions import ActionRule, RuleReader
from nahmi.protect.ports import BankReader

MOST_ENTRIES: Final = 100_000
"""Entries remembered at most; a hundred megabytes."""


class CachedReader:
    """What a matcher asks, answered from memory while the store's revision stays the same.

    Only entries that were hit are remembered, so a node under attack by random queries keeps what
    it needs. Safe to share between threads: each answer is taken from one generation.

    Args:
        reader: The store.
        revision: The number of the store's newest change to banks and entries.
    """

    def __init__(self, reader: BankReader, revision: Callable[[], int]) -> None:
        self._reader = reader
        self._revision = revision
        self._generation = _Generation(-1)

    def bank(self, name: str, *, member_id: int = OWN_MEMBER) -> Bank:
        """See `BankReader.bank`."""
        for bank in self.banks():
            if bank.name == name and bank.member_id == member_id:
                return bank
        return self._reader.bank(name, member_id=member_id)

    def banks(self) -> Sequence[Bank]:
        """All banks that are not deleted, by name."""
        generation = self._current()
        if generation.banks is None:
            generation.banks = tuple(self._reader.banks())
        return generation.banks

    def entries_by_id(self, entry_ids: Sequence[int]) -> Sequence[Entry]:
        """See `BankReader.entries_by_id`."""
        generation = self._current()
        known = generation.entries
        missing = [entry_id for entry_id in entry_ids if entry_id not in known]
        found = {entry.entry_id: entry for entry in self._asked(missing)}
        if len(known) + len(found) > MOST_ENTRIES:
            known.clear()
        # One that is not there is remembered as well: it was deleted, and stays so.
        known.update((entry_id, found.get(entry_id)) for entry_id in missing)
        answers = (known.get(entry_id) or found.get(entry_id) for entry_id in entry_ids)
        return [entry for entry in answers if entry is not None]

    def entries_by_signal(self, signals: Sequence[Signal]) -> Sequence[Entry]:
        """See `BankReader.entries_by_signal`."""
        return self._reader.entries_by_signal(signals)

    def types_held(self, names: Collection[str]) -> frozenset[str]:
        """See `BankReader.types_held`."""
        held, asked = self._current().held, frozenset(names)
        if asked not in held:
            held[asked] = self._reader.types_held(asked)
        return held[asked]

    def _asked(self, entry_ids: Sequence[int]) -> Iterator[Entry]:
        if entry_ids:
            yield from self._reader.entries_by_id(entry_ids)

    def _current(self) -> "_Generation":
        revision = self._revision()
        if self._generation.revision != revision:
            self._generation = _Generation(revision)
        return self._generation


class _Generation:
    """What was read while the store had one revision."""

    def __init__(self, revision: int) -> None:
        self.revision = revision
        self.banks: Sequence[Bank] | None = None
        self.entries: dict[int, Entry | None] = {}
        self.held: dict[frozenset[str], frozenset[str]] = {}


class CachedRules:
    """Action rules of each member, answered from memory while their revision stays the same.

    Args:
        reader: The store.
        revision: The number of the store's newest change to rules.
    """

    def __init__(self, reader: RuleReader, revision: Callable[[], int]) -> None:
        self._reader = reader
        self._revision = revision
        self._known: tuple[int, dict[int, Sequence[ActionRule]]] = (-1, {})

    def rules(self, member_id: int) -> Sequence[ActionRule]:
        """See `RuleReader.rules`."""
        revision = self._revision()
        if self._known[0] != revision:
            self._known = (revision, {})
        members = self._known[1]
        if member_id not in members:
            members[member_id] = self._reader.rules(member_id)
        return members[member_id]
