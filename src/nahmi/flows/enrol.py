# SPDX-License-Identifier: Apache-2.0
"""Content enters a bank: fingerprinted exactly, refused when it is too plain, never twice."""

from collections.abc import Callable, Iterable, Sequence
from datetime import datetime
from typing import BinaryIO

import msgspec

from nahmi.core.bank import Bank, EntryDraft, EntryRun
from nahmi.core.signal import Signal
from nahmi.protect.enrolment import Attribution, drafts, plan_for
from nahmi.protect.ports import BankWriter, Fingerprinter
from nahmi.protect.signals.registry import signal_types


class Enrolled(msgspec.Struct, frozen=True, kw_only=True):
    """What became of something that was handed in.

    Attributes:
        entry_ids: The new entries.
        known: How many of its signals the bank had already.
    """

    entry_ids: tuple[int, ...]
    known: int


class Enroller:
    """Adds content and signals to banks.

    Args:
        writer: Changes banks.
        fingerprinter: Computes fingerprints out of reach of this process.
        clock: The current moment, UTC.
    """

    def __init__(
        self,
        *,
        writer: BankWriter,
        fingerprinter: Fingerprinter | None,
        clock: Callable[[], datetime],
    ) -> None:
        self._writer = writer
        self._fingerprinter = fingerprinter
        self._clock = clock

    def prepare(
        self, content: BinaryIO | bytes, bank: Bank, attribution: Attribution | None = None
    ) -> tuple[EntryDraft, ...]:
        """The entries that content would become; nothing is written. May run in many threads.

        Raises:
            MediaError: It cannot be decoded, or FINGERPRINT_UNUSABLE: it is too plain to tell
                apart from unrelated pictures.
        """
        if self._fingerprinter is None:
            raise AssertionError("an enroller of content needs a fingerprinter")
        return drafts(self._fingerprinter.fingerprint(content, plan_for(bank)), bank, attribution)

    def add(self, bank: Bank, prepared: Sequence[EntryDraft]) -> Enrolled:
        """Add entries in one transaction, those left out whose signal the bank has already.

        Raises:
            StoreError: The store could not be changed; nothing was added.
        """
        runs = runs_of(prepared)
        added = self._writer.add_new_entries(bank.bank_id, runs, now=self._clock())
        return Enrolled(entry_ids=tuple(added.entry_ids), known=added.known)


def runs_of(prepared: Sequence[EntryDraft]) -> list[EntryRun]:
    """Drafts as runs of one each; of those with the same signal the first counts."""
    once = {draft.signal: draft for draft in reversed(prepared)}
    return [EntryRun.of(draft) for draft in reversed(once.values())]


def signal_drafts(
    signals: Iterable[Signal], attribution: Attribution | None = None
) -> list[EntryDraft]:
    """Signals that came without content as entries.

    Args:
        signals: In any spelling; they are validated here.
        attribution: What the curator says about them.

    Raises:
        InputError: SIGNAL_INVALID or SIGNAL_TYPE_UNKNOWN.
    """
    said = attribution or Attribution()
    registry = signal_types()
    return [
        EntryDraft(
            signal=Signal(
                signal.signal_type, registry.get(signal.signal_type).validate(signal.value)
            ),
            content_ref=said.content_ref,
            source=said.source,
            provenance=said.provenance,
            note=said.note,
            expires_at=said.expires_at,
            disabled_until=said.disabled_until,
        )
        for signal in signals
    ]
