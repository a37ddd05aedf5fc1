# SPDX-License-Identifier: Apache-2.0
"""Exchanges: systems through which others share signals, and what a node fetched of them.

An exchange hands over records under keys, some at a time, each time with a checkpoint from which it
can go on later. A record asserts signals with opinions. What is asserted at least once has one
entry in the exchange's bank. Bank, records and checkpoint change in one transaction.
"""

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from datetime import datetime
from typing import Any, Final, Protocol

import msgspec

from nahmi.core.opinion import Opinion
from nahmi.core.signal import Signal
from nahmi.operate.exchange_settings import AnyExchangeSettings

FETCH_KIND: Final = "exchange_fetch"
"""The kind of the jobs that fetch from an exchange."""


class Assertion(msgspec.Struct, frozen=True):
    """What a record says of one signal.

    Attributes:
        signal: The signal.
        opinions: What is thought of it.
    """

    signal: Signal
    opinions: tuple[Opinion, ...]


class Fetched(msgspec.Struct, frozen=True, kw_only=True):
    """A record as it was fetched.

    Attributes:
        key: Under which the exchange knows it, as JSON.
        body: What the exchange said, as JSON; None when it took the record back.
        assertions: The signals in it that the node has a type for; values as the exchange writes
            them.
        unknown_type: Of which type its signal is, where the node has no such type.
        also_unknown: Of which types further signals in it are that the node has no type for, and
            which parts of it could not be read.
        is_refused: Its signal is of a type that the node has, and is no valid one; or it could
            not be read at all.
        is_withdrawn: It was taken back, and what it says is only that.
    """

    key: str
    body: str | None
    assertions: tuple[Assertion, ...] = ()
    unknown_type: str = ""
    also_unknown: tuple[str, ...] = ()
    is_refused: bool = False
    is_withdrawn: bool = False

    def __repr__(self) -> str:
        # Keys and bodies hold fingerprints, which stay out of logs and tracebacks.
        return f"Fetched(<withheld>, assertions={len(self.assertions)})"


class Checkpoint(msgspec.Struct, frozen=True):
    """From where an exchange goes on.

    Attributes:
        text: For the exchange, as JSON.
        reached_at: Up to when everything was handed over, if the exchange says so.
    """

    text: str
    reached_at: datetime | None = None


class Part(msgspec.Struct, frozen=True, kw_only=True):
    """Some of what an exchange hands over.

    Attributes:
        records: Each key at most once.
        checkpoint: From where it goes on after these; None in the middle of what belongs together.
        is_end: There is no more for now.
    """

    records: tuple[Fetched, ...] = ()
    checkpoint: Checkpoint | None = None
    is_end: bool = False


class ExchangeSession(Protocol):
    """One conversation with an exchange."""

    @property
    def types(self) -> tuple[str, ...]:
        """The signal types that the exchange is asked for, by our names."""
        ...

    def is_stale(self, checkpoint: str) -> bool:
        """Whether the exchange cannot go on from a checkpoint any more.

        Raises:
            PluginError: PLUGIN_FAILED.
            WireError: The exchange could not be asked.
        """
        ...

    def parts(
        self, checkpoint: str | None, bodies: Callable[[Sequence[str]], Mapping[str, str]]
    ) -> Iterator[Part]:
        """What there is after a checkpoint, up to a part that says that it is the end.

        Args:
            checkpoint: None for everything.
            bodies: The records that the node has under some keys, for exchanges that send changes
                instead of whole records, or not in the order in which they came about.

        Raises:
            PluginError: PLUGIN_FAILED.
            WireError: FETCH_FAILED, FETCH_TIMEOUT or FETCH_TOO_LARGE: it gives no answer.
                EXCHANGE_MALFORMED: its answer cannot be read. FETCH_REFUSED or EXCHANGE_REFUSED:
                to ask again is of no use.
        """
        ...


class ExchangeSource(Protocol):
    """Opens exchanges."""

    def session(
        self, exchange: AnyExchangeSettings, go_on: Callable[[], bool]
    ) -> AbstractContextManager[ExchangeSession]:
        """Talk to an exchange for as long as the context lasts.

        Args:
            exchange: What the operator set.
            go_on: Asked several times a second while the exchange is waited for; once it says
                False, what is waited for fails.

        Raises:
            InputError: EXTRA_MISSING, PLUGIN_INVALID or FILE_UNREADABLE: the exchange cannot be
                used as it is set.
            PluginError: PLUGIN_FAILED.
            WireError: As `ExchangeSession.parts`.
        """
        ...


class Record(msgspec.Struct, frozen=True):
    """A record as it is kept.

    Attributes:
        key: As in `Fetched`.
        body: As in `Fetched`.
        assertions: Its valid signals in canonical form.
    """

    key: str
    body: str | None
    assertions: tuple[Assertion, ...] = ()

    def __repr__(self) -> str:
        return f"Record(<withheld>, assertions={len(self.assertions)})"


class Tally(msgspec.Struct, kw_only=True):
    """What came of a fetch so far.

    Attributes:
        job_id: The job that fetches; 0 before the first.
        records: How many were handed over.
        added: Entries that were added.
        changed: Entries of which something else is said than before.
        withdrawn: Entries that were deleted because nobody asserts their signal any more.
        refused: Signals of known types that are no valid ones.
        unused: Records without any signal of a type that the node has.
        unknown: How many signals are of which type that the node does not have, where the
            exchange says it; and what else of records could not be read.
    """

    job_id: int = 0
    records: int = 0
    added: int = 0
    changed: int = 0
    withdrawn: int = 0
    refused: int = 0
    unused: int = 0
    unknown: dict[str, int] = {}


def unknown_in_words(tally: Tally) -> str:
    """How many signals are of which type that the node does not have, most first."""
    ranked = sorted(tally.unknown.items(), key=lambda item: (-item[1], item[0]))
    return ", ".join(f"{name} {count}" for name, count in ranked)


class Exchange(msgspec.Struct, frozen=True, kw_only=True):
    """What a node knows of an exchange that it fetches from.

    Attributes:
        exchange_id: From 1, never reused.
        name: As the operator set it.
        bank_id: The bank that it fills.
        shape: A digest of all that decides what is fetched; empty before the first fetch.
        fetch: How often it was fetched from the beginning.
        is_anew: The present fetch began from nothing and has not come to its end.
        checkpoint: From where it goes on; None from the beginning.
        job_id: The job that was asked for last; 0 for none.
        asked_at: When that was.
        completed_at: When everything had been fetched last.
        tally: What came of the last fetch.
    """

    exchange_id: int
    name: str
    bank_id: int
    shape: str = ""
    fetch: int = 0
    is_anew: bool = False
    checkpoint: Checkpoint | None = None
    job_id: int = 0
    asked_at: datetime | None = None
    completed_at: datetime | None = None
    tally: Tally = msgspec.field(default_factory=Tally)


class Held(msgspec.Struct, frozen=True):
    """The entry of a signal that an exchange asserts.

    Attributes:
        entry_id: The entry.
        said: What it was given to say, to be compared with what it should say now.
    """

    entry_id: int
    said: str


class Shared(msgspec.Struct, frozen=True):
    """A signal in a record of an exchange.

    Attributes:
        key: Of the record.
        body: The record.
        signal: One of the signals that it asserts.
        record: A digest of the key, hexadecimal.
        digest: A digest of the signal, hexadecimal.
    """

    key: str
    body: str
    signal: Signal
    record: str
    digest: str

    def __repr__(self) -> str:
        return "Shared(<withheld>)"


Transaction = Any
"""A store's writing transaction."""


class ExchangeStore(Protocol):
    """Keeps what was fetched from exchanges.

    Whoever fetches names themselves by a token that is new for each try. What they do with a token
    that no longer holds the exchange fails, so that two never write at once.
    """

    def exchange(self, name: str) -> Exchange | None:
        """One exchange; None before it was asked for."""
        ...

    def exchanges(self) -> Sequence[Exchange]:
        """All that there are, by name."""
        ...

    def sizes(self, exchange_id: int) -> tuple[int, int]:
        """How many records it has, and how many entries."""
        ...

    def add(self, name: str, bank_id: int, *, within: Transaction = None) -> Exchange:
        """A new exchange.

        Args:
            name: Not there yet.
            bank_id: The bank that it fills.
            within: A writing transaction to take part in.
        """
        ...

    def note_job(
        self, exchange_id: int, job_id: int, *, now: datetime, within: Transaction = None
    ) -> None:
        """A job was asked for."""
        ...

    def begin(self, exchange_id: int, token: str, *, shape: str, is_anew: bool) -> Exchange:
        """Take the exchange, whoever held it before.

        Args:
            exchange_id: Which.
            token: Names the taker.
            shape: See `Exchange`.
            is_anew: Begin from nothing; records of before stay until `complete`.

        Raises:
            StoreError: STORE_BUSY: it is there no more.
        """
        ...

    def bodies(self, exchange_id: int, keys: Collection[str]) -> dict[str, str]:
        """The records that there are under some keys."""
        ...

    def put(
        self,
        taken: Exchange,
        token: str,
        records: Sequence[Record],
        *,
        within: Transaction = None,
    ) -> dict[Signal, tuple[Opinion, ...]]:
        """Keep records, and forget those without a body.

        Args:
            taken: From `begin`.
            token: Of `begin`.
            records: Each key at most once.
            within: A writing transaction to take part in.

        Returns:
            The signals that these records assert or asserted, with the opinions that all records of
            the exchange now hold of each; none when no record asserts it any more.

        Raises:
            StoreError: STORE_BUSY: the token holds it no longer.
        """
        ...

    def unseen(self, taken: Exchange, *, limit: int = 1000) -> Sequence[str]:
        """Keys of records that the present fetch has not brought."""
        ...

    def has_seen(self, taken: Exchange) -> bool:
        """Whether the present fetch has brought any record."""
        ...

    def reach(
        self,
        taken: Exchange,
        token: str,
        checkpoint: Checkpoint | None,
        tally: Tally,
        *,
        within: Transaction = None,
    ) -> None:
        """Note how far the fetch is; without a checkpoint the last one stays.

        Raises:
            StoreError: STORE_BUSY: the token holds it no longer.
        """
        ...

    def complete(self, taken: Exchange, token: str, *, now: datetime) -> None:
        """Everything has been fetched.

        Raises:
            StoreError: STORE_BUSY: the token holds it no longer.
        """
        ...

    def held(
        self, exchange_id: int, signals: Collection[Signal], *, within: Transaction = None
    ) -> dict[Signal, Held]:
        """The entries that stand for these signals."""
        ...

    def hold(
        self, exchange_id: int, held: Mapping[Signal, Held], *, within: Transaction = None
    ) -> None:
        """Note which entries stand for signals, instead of what was noted before."""
        ...

    def release(
        self, exchange_id: int, signals: Collection[Signal], *, within: Transaction = None
    ) -> None:
        """These signals have no entry any more."""
        ...

    def shared(self, exchange_id: int, signal: Signal) -> Sequence[Shared]:
        """The records that assert a signal."""
        ...

    def shared_as(self, exchange_id: int, record: str, digest: str) -> Shared | None:
        """One of `shared`, by its digests; None when it is asserted there no more."""
        ...

    def entry_ids(self, exchange_id: int) -> Sequence[int]:
        """The entries of all its signals."""
        ...

    def forget(self, exchange_id: int, *, within: Transaction = None) -> None:
        """Forget the exchange and all its records; its entries are left as they are."""
        ...
