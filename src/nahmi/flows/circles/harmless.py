# SPDX-License-Identifier: Apache-2.0
"""What this node knows to be harmless: its banks of what must not match."""

from collections import Counter
from collections.abc import Sequence
from typing import Final, Protocol

import numpy as np

from nahmi.core.bank import DEFAULT_LIMIT_BITS, Bank, Category, Entry
from nahmi.core.signal import Signal
from nahmi.protect.ports import SignalIndex

_INDEXED: Final = "pdq"


class HarmlessReader(Protocol):
    """The part of `BankReader` that is needed here."""

    def banks(self) -> Sequence[Bank]:
        """See `BankReader.banks`."""
        ...

    def entries_by_id(self, entry_ids: Sequence[int]) -> Sequence[Entry]:
        """See `BankReader.entries_by_id`."""
        ...

    def entries_by_signal(self, signals: Sequence[Signal]) -> Sequence[Entry]:
        """See `BankReader.entries_by_signal`."""
        ...


class BankedHarmless:
    """Looks into banks of what must not match. Safe to share between threads.

    Args:
        reader: Has the banks.
        index: Searches fingerprints.
    """

    def __init__(self, reader: HarmlessReader, index: SignalIndex) -> None:
        self._reader = reader
        self._index = index

    def near(self, signals: Sequence[Signal]) -> Sequence[int]:
        """How many harmless signals lie within the limit of each of some.

        Raises:
            StoreError: The banks could not be read.
            SignalIndexError: The index could not be searched.
        """
        banks = {
            bank.bank_id
            for bank in self._reader.banks()
            if bank.category is Category.MUST_NOT_MATCH and bank.is_enabled
        }
        if not banks or not signals:
            return [0] * len(signals)
        exact = self._exact(signals, banks)
        close = self._close(signals, banks)
        return [exact[signal] + close[place] for place, signal in enumerate(signals)]

    def _exact(self, signals: Sequence[Signal], banks: set[int]) -> Counter[Signal]:
        others = [signal for signal in signals if signal.signal_type != _INDEXED]
        found = self._reader.entries_by_signal(others) if others else ()
        return Counter(entry.draft.signal for entry in found if entry.bank_id in banks)

    def _close(self, signals: Sequence[Signal], banks: set[int]) -> Counter[int]:
        places = [place for place, signal in enumerate(signals) if signal.signal_type == _INDEXED]
        if not places:
            return Counter()
        joined = b"".join(bytes.fromhex(signals[place].value) for place in places)
        rows = np.frombuffer(joined, np.uint8).reshape(-1, 32)
        hits = self._index.search(rows, limit_bits=DEFAULT_LIMIT_BITS)
        keys = [int(key) for key in hits.key]
        entries = self._reader.entries_by_id(sorted(set(keys)))
        harmless = {entry.entry_id for entry in entries if entry.bank_id in banks}
        return Counter(
            places[int(query)]
            for query, key in zip(hits.query, keys, strict=True)
            if key in harmless
        )
