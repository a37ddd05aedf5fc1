# SPDX-License-Identifier: Apache-2.0
"""What the protect pillar needs from the outside: decoding, fetching, storage and search.

The adapters live in `nahmi.media`, `nahmi.wire` and `nahmi.store`; `nahmi.bootstrap` joins them.
"""

from collections.abc import Collection, Iterable, Iterator, Sequence
from contextlib import AbstractContextManager
from datetime import datetime
from typing import BinaryIO, Protocol

import msgspec
import numpy as np
from numpy.typing import NDArray

from nahmi.core.bank import Action, Bank, Category, CropPolicy, Entry, EntryDraft, EntryRun
from nahmi.core.member import OWN_MEMBER
from nahmi.core.signal import ContentFingerprints, Signal
from nahmi.protect.plan import FingerprintPlan


class Fingerprinter(Protocol):
    """Turns untrusted content into fingerprints, out of reach of the calling process."""

    def fingerprint(self, content: BinaryIO | bytes, plan: FingerprintPlan) -> ContentFingerprints:
        """Fingerprint one item of content.

        Raises:
            MediaError: The content could not be decoded within its limits.
        """
        ...


class ContentFetcher(Protocol):
    """Gets content by URL, from hosts that the operator named."""

    def fetch(self, url: str) -> AbstractContextManager[BinaryIO]:
        """What a URL holds, for as long as the context lasts; a file at its start.

        Raises:
            InputError: INPUT_INVALID: the URL is malformed.
            WireError: FETCH_DISABLED, FETCH_REFUSED, FETCH_FAILED, FETCH_TOO_LARGE or
                FETCH_TIMEOUT.
        """
        ...


class Hits(msgspec.Struct, frozen=True):
    """What a search returned: one row a hit, grouped by query, nearest first within a query.

    Attributes:
        query: Which query, (h,) int64.
        key: The key that the signal was added under, (h,) uint64.
        distance: Hamming distance in bits, (h,) uint16.
        index_version: Generation of the index that answered.
    """

    query: NDArray[np.int64]
    key: NDArray[np.uint64]
    distance: NDArray[np.uint16]
    index_version: int


class SignalIndex(Protocol):
    """Exact radius search over 256-bit signals."""

    def add(self, keys: NDArray[np.uint64], rows: NDArray[np.uint8]) -> None:
        """Add signals, visible to every process at once.

        Args:
            keys: One key a signal, (n,) uint64; a key may repeat.
            rows: The signals, (n, 32) uint8, bytes in the order of the hexadecimal text.
        """
        ...

    def remove(self, keys: NDArray[np.uint64]) -> int:
        """Remove every signal under these keys, for every process at once; how many there were."""
        ...

    def search(self, queries: NDArray[np.uint8], *, limit_bits: int) -> Hits:
        """All signals within `limit_bits` of each query, none outside.

        Args:
            queries: (q, 32) uint8.
            limit_bits: Inclusive, 0..63.
        """
        ...


class Compared(msgspec.Struct, frozen=True):
    """A banked signal that a type's own rule found to match.

    Attributes:
        entry_id: The entry.
        distance: In the type's own measure, 0 or more.
    """

    entry_id: int
    distance: int


class ComparedSearch(Protocol):
    """Searches the signals of types whose own rule decides."""

    def search(self, questions: Sequence[Signal]) -> Sequence[Sequence[Compared]]:
        """For each question the entries that match it; deleted ones may be among them.

        Args:
            questions: Of types of the kind COMPARED; values as `SignalType.question` gives them.

        Raises:
            PluginError: PLUGIN_FAILED: the rule gave no answer, which is never "no match".
            RequestError: SERVICE_BUSY: too many wait for an answer already.
            StoreError: The signals could not be read.
        """
        ...


class BankReader(Protocol):
    """Reads banks and entries.

    What is asked for in the name of a member (`member_id`) and belongs to another is missing.
    """

    def bank(self, name: str, *, member_id: int = OWN_MEMBER) -> Bank:
        """One of a member's banks by name, if it is not deleted.

        Raises:
            StoreError: BANK_MISSING.
        """
        ...

    def banks(
        self, *, include_deleted: bool = False, member_id: int | None = None
    ) -> Sequence[Bank]:
        """The banks of a member, of all members by default, by name."""
        ...

    def entry(self, entry_id: int, *, member_id: int | None = None) -> Entry:
        """One entry of a member, of any by default, deleted ones included.

        Raises:
            StoreError: ENTRY_MISSING.
        """
        ...

    def entries(  # noqa: PLR0913 - each is a filter of its own
        self,
        bank_id: int,
        *,
        after: int = 0,
        limit: int = 1000,
        signal_type: str | None = None,
        text: str | None = None,
        content_ref: str | None = None,
        include_deleted: bool = False,
    ) -> Sequence[Entry]:
        """A page of entries with ids above `after`, ascending.

        Args:
            bank_id: The bank.
            after: Ids above this one.
            limit: How many at most.
            signal_type: Of this type only.
            text: In source, provenance, note or content_ref, or the start of the signal's value.
            content_ref: Exactly this one; quick however many entries there are.
            include_deleted: Deleted ones too.
        """
        ...

    def stream_entries(self, bank_id: int) -> Iterator[Entry]:
        """Every entry that is not deleted, ascending by id, without holding them all."""
        ...

    def entries_by_id(self, entry_ids: Sequence[int]) -> Sequence[Entry]:
        """The entries that exist among these, deleted ones left out, in no set order."""
        ...

    def entries_by_signal(self, signals: Sequence[Signal]) -> Sequence[Entry]:
        """Entries whose signal equals one of these exactly, deleted ones left out."""
        ...

    def signals_after(
        self, signal_type: str, entry_id: int, *, limit: int = 1000
    ) -> Sequence[tuple[int, str]]:
        """Signals of a type as pairs of entry and value, with ids above `entry_id`, ascending.

        Those of deleted entries and banks are among them, for both can come back. Entries appear
        in the order of their ids, so whoever goes on after the last one misses none.
        """
        ...

    def count_entries(self, bank_id: int) -> int:
        """How many entries are not deleted."""
        ...

    def types_held(self, names: Collection[str]) -> frozenset[str]:
        """Which of these signal types any entry has, deleted ones included.

        Quick however many entries there are.

        Args:
            names: Types whose signals are looked up exactly.
        """
        ...


class MatchReader(Protocol):
    """What a matcher asks of banks and entries: a part of `BankReader`."""

    def bank(self, name: str, *, member_id: int = OWN_MEMBER) -> Bank:
        """See `BankReader.bank`."""
        ...

    def banks(self) -> Sequence[Bank]:
        """All banks that are not deleted, by name."""
        ...

    def entries_by_id(self, entry_ids: Sequence[int]) -> Sequence[Entry]:
        """See `BankReader.entries_by_id`."""
        ...

    def entries_by_signal(self, signals: Sequence[Signal]) -> Sequence[Entry]:
        """See `BankReader.entries_by_signal`."""
        ...

    def types_held(self, names: Collection[str]) -> frozenset[str]:
        """See `BankReader.types_held`."""
        ...


class BankWriter(Protocol):
    """Changes banks and entries. Each call is one transaction.

    What is changed in the name of a member (`member_id`) and belongs to another is missing.
    """

    def create_bank(self, bank: "BankDraft", *, now: datetime) -> Bank:
        """Make a bank.

        Raises:
            StoreError: BANK_EXISTS.
        """
        ...

    def update_bank(
        self, name: str, changes: "BankChanges", *, member_id: int = OWN_MEMBER
    ) -> Bank:
        """Change what is not None in `changes`."""
        ...

    def delete_bank(self, name: str, *, now: datetime, member_id: int = OWN_MEMBER) -> Bank:
        """Delete a bank; its entries stop matching at once."""
        ...

    def restore_bank(self, bank_id: int, *, member_id: int | None = None) -> Bank:
        """Undo `delete_bank`."""
        ...

    def add_entries(self, bank_id: int, drafts: Iterable[EntryDraft], *, now: datetime) -> range:
        """Add entries; all or none. Ids are consecutive: the range of them is returned."""
        ...

    def add_new_entries(self, bank_id: int, runs: Iterable[EntryRun], *, now: datetime) -> "Added":
        """Add the entries whose signal the bank does not have yet; all of them or none.

        A signal that comes twice is added once. Runs are taken as they come; the entries of a long
        run may be numbered in another order than they came in.

        Raises:
            StoreError: BANK_MISSING, or the store could not be changed.
        """
        ...

    def update_entry(
        self, entry_id: int, changes: "EntryChanges", *, member_id: int | None = None
    ) -> Entry:
        """Change what is set in `changes`."""
        ...

    def delete_entries(
        self, entry_ids: Sequence[int], *, now: datetime, member_id: int | None = None
    ) -> int:
        """Delete entries; how many were not deleted before."""
        ...

    def restore_entries(self, entry_ids: Sequence[int], *, member_id: int | None = None) -> int:
        """Undo `delete_entries`; how many were deleted before."""
        ...


class Added(msgspec.Struct, frozen=True):
    """What `BankWriter.add_new_entries` did.

    Attributes:
        entry_ids: The new entries, consecutive.
        known: How many signals were passed over because the bank has them.
    """

    entry_ids: range
    known: int


class IndexChanges(msgspec.Struct, frozen=True):
    """Numbered changes of the store that concern the search index: all additions or all removals.

    Attributes:
        sequence: The number of the last one, 1 or more; the numbers ascend, with gaps.
        keys: The entries, which are the keys in the index, (n,) uint64.
        rows: The signals to be found from now on, (n, 32) uint8; None when they are found no more.
    """

    sequence: int
    keys: NDArray[np.uint64]
    rows: NDArray[np.uint8] | None

    def __repr__(self) -> str:
        # Fingerprints can be inverted in part, so they stay out of logs and tracebacks.
        kind = "remove" if self.rows is None else "add"
        return f"IndexChanges(sequence={self.sequence}, {kind} {len(self.keys)})"


class StoreIdentity(msgspec.Struct, frozen=True, kw_only=True):
    """Which store an index follows.

    Attributes:
        store_id: Random, made with the store.
        last_change: The number of its last change to an indexed signal, 0 when there was none.
    """

    store_id: str
    last_change: int


class IndexChangeReader(Protocol):
    """Reads what the search index must do to follow the store.

    The index holds every signal of an indexed type that is neither deleted nor in a deleted bank.
    Switched-off banks, expiry and `disabled_until` are judged when a match is answered.
    """

    def identity(self) -> StoreIdentity:
        """Which store this is, and how far its changes go.

        Raises:
            StoreError: STORE_CORRUPT: it does not say.
        """
        ...

    def index_changes(self, after_seq: int, limit: int, /) -> Sequence[IndexChanges]:
        """Changes numbered above `after_seq`, ascending, at most `limit` of them in all.

        Applied in order they lead to the present state; changes that later ones undo may be left
        out. An empty answer means that the index is up to date.
        """
        ...


class BankDraft(msgspec.Struct, frozen=True, kw_only=True):
    """What is needed to make a bank; fields as in `Bank`."""

    name: str
    category: Category
    actions: tuple[Action, ...] = (Action.REVIEW,)
    limit_bits: int = 31
    is_enabled: bool = True
    crops: CropPolicy = CropPolicy.NONE
    labels: tuple[str, ...] = ()
    member_id: int = OWN_MEMBER
    is_shared: bool = False


class BankChanges(msgspec.Struct, frozen=True, kw_only=True):
    """What to change of a bank; None leaves a field as it is."""

    name: str | None = None
    category: Category | None = None
    actions: tuple[Action, ...] | None = None
    limit_bits: int | None = None
    is_enabled: bool | None = None
    crops: CropPolicy | None = None
    labels: tuple[str, ...] | None = None
    is_shared: bool | None = None


class EntryChanges(msgspec.Struct, frozen=True, kw_only=True):
    """What to change of an entry; UNSET leaves a field as it is, None clears it."""

    source: str | msgspec.UnsetType = msgspec.UNSET
    provenance: str | msgspec.UnsetType = msgspec.UNSET
    note: str | msgspec.UnsetType = msgspec.UNSET
    expires_at: datetime | msgspec.UnsetType | None = msgspec.UNSET
    disabled_until: datetime | msgspec.UnsetType | None = msgspec.UNSET
