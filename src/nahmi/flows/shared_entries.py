# SPDX-License-Identifier: Apache-2.0
"""Records of an exchange become entries of its bank, one for each signal that any asserts."""

import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import AbstractContextManager
from datetime import datetime
from typing import Final, Protocol

import msgspec

from nahmi.core.bank import EntryDraft
from nahmi.core.opinion import Opinion
from nahmi.core.signal import Signal
from nahmi.flows.curating import Curated
from nahmi.flows.ledger import Transaction
from nahmi.operate.exchange_settings import AnyExchangeSettings
from nahmi.operate.exchanges import (
    Assertion,
    Checkpoint,
    Exchange,
    ExchangeStore,
    Fetched,
    Held,
    Record,
    Tally,
)
from nahmi.protect.shared import Said, changes_of, draft_of, said_of
from nahmi.protect.signals.registry import signal_types

OTHERS: Final = "others"
"""Under which signal types are counted when there are very many."""

_MOST_UNKNOWN: Final = 50
# Too short for a digest: what an exchange says of types is shown, signals never are.
_TYPE_NAME: Final = re.compile(r"[A-Za-z][A-Za-z0-9_.-]{0,30}")


class Filled(Curated, Protocol):
    """Banks that an exchange fills."""

    def add_entries(
        self,
        bank_id: int,
        drafts: Iterable[EntryDraft],
        *,
        now: datetime,
        within: Transaction = None,
    ) -> range:
        """See `BankWriter.add_entries`."""
        ...


class SharedEntries:
    """Keeps what exchanges hand over.

    Args:
        store: Keeps records.
        banks: Banks and entries.
        begin: Begins a writing transaction.
        clock: The current moment, UTC.
    """

    def __init__(
        self,
        *,
        store: ExchangeStore,
        banks: Filled,
        begin: Callable[[], AbstractContextManager[Transaction]],
        clock: Callable[[], datetime],
    ) -> None:
        self._store = store
        self._banks = banks
        self._begin = begin
        self._clock = clock

    def keep(  # noqa: PLR0913, PLR0917 - the parts of one step
        self,
        settings: AnyExchangeSettings,
        taken: Exchange,
        token: str,
        fetched: Sequence[Fetched],
        checkpoint: Checkpoint | None,
        tally: Tally,
    ) -> Tally:
        """Keep records, what they mean for entries, and from where to go on: all or nothing.

        Args:
            settings: The exchange, as the operator set it.
            taken: The exchange, from `ExchangeStore.begin`.
            token: Of `ExchangeStore.begin`.
            fetched: Records.
            checkpoint: From where to go on after these.
            tally: What came of the fetch before.

        Returns:
            What came of it by now.

        Raises:
            StoreError: STORE_BUSY: another process fetches by now. BANK_MISSING.
        """
        counted = msgspec.structs.replace(tally, unknown=dict(tally.unknown))
        records = _valid(fetched, counted)
        counted.records += len(fetched)
        self._write(settings, taken, token, records, checkpoint, counted)
        return counted

    def forget(
        self,
        settings: AnyExchangeSettings,
        taken: Exchange,
        token: str,
        keys: Sequence[str],
        tally: Tally,
    ) -> Tally:
        """Forget records that the exchange has no longer; otherwise as `keep`."""
        counted = msgspec.structs.replace(tally)
        records = [Record(key, None) for key in keys]
        self._write(settings, taken, token, records, None, counted)
        return counted

    def _write(  # noqa: PLR0913, PLR0917 - the parts of one step
        self,
        settings: AnyExchangeSettings,
        taken: Exchange,
        token: str,
        records: Sequence[Record],
        checkpoint: Checkpoint | None,
        counted: Tally,
    ) -> None:
        with self._begin() as transaction:
            left = self._store.put(taken, token, records, within=transaction)
            self._bring(settings, taken, left, counted, transaction)
            self._store.reach(taken, token, checkpoint, counted, within=transaction)

    def _bring(
        self,
        settings: AnyExchangeSettings,
        taken: Exchange,
        left: Mapping[Signal, Sequence[Opinion]],
        counted: Tally,
        transaction: Transaction,
    ) -> None:
        """Bring entries to what is asserted now."""
        held = self._store.held(taken.exchange_id, left, within=transaction)
        said = {
            signal: said_of(
                settings.name, opinions, disables_contested=settings.contested == "disable"
            )
            for signal, opinions in left.items()
            if opinions
        }
        gone = [signal for signal in held if signal not in said]
        new = {signal: one for signal, one in said.items() if signal not in held}
        changed = {
            signal: one
            for signal, one in said.items()
            if signal in held and held[signal].said != one.write()
        }
        self._withdraw(taken, {signal: held[signal] for signal in gone}, counted, transaction)
        self._add(taken, new, counted, transaction)
        for signal, one in changed.items():
            self._banks.update_entry(
                held[signal].entry_id,
                changes_of(Said.read(held[signal].said), one),
                within=transaction,
            )
        counted.changed += len(changed)
        self._store.hold(
            taken.exchange_id,
            {signal: Held(held[signal].entry_id, one.write()) for signal, one in changed.items()},
            within=transaction,
        )

    def _withdraw(
        self,
        taken: Exchange,
        gone: Mapping[Signal, Held],
        counted: Tally,
        transaction: Transaction,
    ) -> None:
        if not gone:
            return
        counted.withdrawn += self._banks.delete_entries(
            [one.entry_id for one in gone.values()], now=self._clock(), within=transaction
        )
        self._store.release(taken.exchange_id, gone, within=transaction)

    def _add(
        self,
        taken: Exchange,
        new: Mapping[Signal, Said],
        counted: Tally,
        transaction: Transaction,
    ) -> None:
        if not new:
            return
        # The bank may have the signal from elsewhere. This entry is the exchange's own all the
        # same, so that taking one back leaves the other.
        ids = self._banks.add_entries(
            taken.bank_id,
            [draft_of(taken.name, signal, one) for signal, one in new.items()],
            now=self._clock(),
            within=transaction,
        )
        self._store.hold(
            taken.exchange_id,
            {
                signal: Held(entry_id, one.write())
                for entry_id, (signal, one) in zip(ids, new.items(), strict=True)
            },
            within=transaction,
        )
        counted.added += len(new)


def _valid(fetched: Sequence[Fetched], counted: Tally) -> list[Record]:
    """Records with their signals in canonical form; what is left out is counted."""
    texts: dict[str, set[str]] = defaultdict(set)
    for one in fetched:
        for each in one.assertions:
            texts[each.signal.signal_type].add(each.signal.value)
    canonical: dict[Signal, str] = {}
    for name, values in texts.items():
        ordered = sorted(values)
        for text, valid in zip(
            ordered, signal_types().get(name).validate_all(ordered), strict=True
        ):
            if isinstance(valid, str) and "\0" not in valid:
                canonical[Signal(name, text)] = valid
    records = []
    for one in fetched:
        assertions = [
            Assertion(Signal(each.signal.signal_type, canonical[each.signal]), each.opinions)
            for each in one.assertions
            if each.signal in canonical
        ]
        counted.refused += len(one.assertions) - len(assertions) + one.is_refused
        is_used = one.assertions or one.is_refused or one.is_withdrawn
        if one.body is not None and not is_used:
            counted.unused += 1
            _count_unknown(one.unknown_type, counted)
        for name in one.also_unknown:
            _count_unknown(name, counted)
        records.append(Record(one.key, one.body, tuple(assertions)))
    return records


def _count_unknown(type_name: str, counted: Tally) -> None:
    if _TYPE_NAME.fullmatch(type_name):
        is_listed = type_name in counted.unknown or len(counted.unknown) < _MOST_UNKNOWN
        name = type_name if is_listed else OTHERS
        counted.unknown[name] = counted.unknown.get(name, 0) + 1
