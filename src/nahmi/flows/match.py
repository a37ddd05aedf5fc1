# SPDX-License-Identifier: Apache-2.0
"""Have we seen this? One item of content or a batch, against all banks of a node."""

from collections.abc import Callable, Iterable, Sequence
from datetime import datetime

import numpy as np
from numpy.typing import NDArray

from nahmi.core.bank import Bank, Entry
from nahmi.core.match import MatchAnswer
from nahmi.core.member import OWN_MEMBER
from nahmi.core.signal import ORIGINAL, ContentFingerprints, Fingerprint, Signal
from nahmi.errors import ErrorCode, PluginError
from nahmi.protect.matching import Candidate, judge
from nahmi.protect.ports import ComparedSearch, Hits, MatchReader, SignalIndex
from nahmi.protect.querying import (
    Queries,
    candidates,
    digests_to_compute,
    entry_ids,
    queries,
    search_limit,
)
from nahmi.protect.signals.digests import DIGEST_NAMES
from nahmi.protect.signals.registry import signal_types

_IDS_AT_ONCE = 10_000
_NO_ROWS = np.empty((0, 32), np.uint8)


class Matcher:
    """Answers for content. Safe to share between threads when reader and index are.

    Args:
        reader: The banks.
        index: The perceptual signals of these banks, under their entries' ids.
        clock: The current moment, UTC.
        compared: Signals of the types whose own rule decides; None where no such type is installed.
    """

    def __init__(
        self,
        *,
        reader: MatchReader,
        index: SignalIndex,
        clock: Callable[[], datetime],
        compared: ComparedSearch | None = None,
    ) -> None:
        self._reader = reader
        self._index = index
        self._clock = clock
        self._compared = compared

    def match(
        self,
        contents: Sequence[ContentFingerprints],
        *,
        banks: Iterable[str] = (),
        limit_bits: int | None = None,
        member_id: int = OWN_MEMBER,
    ) -> list[MatchAnswer]:
        """The verdict on each item, with one search of the index for all of them.

        Args:
            contents: What was computed from the items.
            banks: Names of the member's banks to ask; by default all enabled ones, with those that
                other members share.
            limit_bits: Inclusive limit for perceptual signals instead of each bank's, 0..63.
            member_id: Who asks.

        Raises:
            StoreError: A bank is missing, or the store cannot be read.
            SignalIndexError: The index cannot be searched: an error, never "no match".
            PluginError: PLUGIN_FAILED: a plug-in's rule gave no answer, which is no verdict either.
            RequestError: SERVICE_BUSY: too many wait for a plug-in already.
            InputError: LIMIT_INVALID, or a signal type that is unknown.
        """
        asked = [queries(content) for content in contents]
        wanted = self._banks(banks, member_id)
        now = self._clock()
        hits = self._search(asked, search_limit(wanted) if limit_bits is None else limit_bits)
        near = self._entries(entry_ids(hits))
        same = self._same(asked)
        alike = self._alike(asked)
        answers = []
        for content, item, own in zip(contents, asked, _split(hits, asked), strict=True):
            found: Iterable[Candidate] = ()
            if len(own.key) or same or alike:
                found = candidates(
                    item,
                    own,
                    near=(near[key] for key in entry_ids(own) if key in near),
                    same=[entry for signal in item.exact for entry in same.get(signal, ())],
                    alike=[hit for asks in item.compared for hit in alike.get(asks, ())],
                    banks=wanted,
                )
            answers.append(judge(content, found, now=now, limit_bits=limit_bits))
        return answers

    def seen(
        self, rows: NDArray[np.uint8], *, banks: Iterable[str] = (), member_id: int = OWN_MEMBER
    ) -> list[int]:
        """Which perceptual signals have something near them.

        Args:
            rows: (n, 32).
            banks: As for `match`.
            member_id: Who asks.

        Returns:
            Numbers of rows, ascending; for all others `match` would find nothing.

        Raises:
            StoreError: A bank is missing, or the store cannot be read.
            SignalIndexError: The index cannot be searched.
        """
        limit_bits = search_limit(self._banks(banks, member_id))
        hits = self._index.search(rows, limit_bits=limit_bits)
        return np.unique(hits.query).tolist() if len(hits.query) else []

    def _search(self, asked: Sequence[Queries], limit_bits: int) -> Hits:
        if len(asked) == 1:  # the most frequent case by far needs no copy
            return self._index.search(asked[0].rows, limit_bits=limit_bits)
        rows = np.concatenate([_NO_ROWS, *(item.rows for item in asked)])
        return self._index.search(rows, limit_bits=limit_bits)

    def _entries(self, ids: Sequence[int]) -> dict[int, Entry]:
        return {
            entry.entry_id: entry
            for start in range(0, len(ids), _IDS_AT_ONCE)
            for entry in self._reader.entries_by_id(ids[start : start + _IDS_AT_ONCE])
        }

    def _same(self, asked: Sequence[Queries]) -> dict[Signal, list[Entry]]:
        """The entries of each signal that is looked up exactly."""
        signals = list(dict.fromkeys(signal for item in asked for signal in item.exact))
        found: dict[Signal, list[Entry]] = {}
        for entry in self._reader.entries_by_signal(signals) if signals else ():
            found.setdefault(entry.draft.signal, []).append(entry)
        return found

    def _alike(self, asked: Sequence[Queries]) -> dict[Signal, list[tuple[Signal, Entry, int]]]:
        """For each question to a type's own rule the entries that match it."""
        questions = list(dict.fromkeys(asks for item in asked for asks in item.compared))
        if not questions:
            return {}
        if self._compared is None:
            raise PluginError(
                ErrorCode.PLUGIN_FAILED, "Nothing is installed that could compare these signals."
            )
        found = self._compared.search(questions)
        entries = self._entries(sorted({one.entry_id for each in found for one in each}))
        return {
            asks: [
                (asks, entries[one.entry_id], one.distance)
                for one in each
                if one.entry_id in entries
            ]
            for asks, each in zip(questions, found, strict=True)
            if each
        }

    def digests_wanted(self) -> tuple[str, ...]:
        """The digests that content needs now, so that everything banked can be found.

        Raises:
            StoreError: The store cannot be read.
        """
        return digests_to_compute(self._reader.types_held(DIGEST_NAMES))

    def _banks(self, names: Iterable[str], member_id: int) -> list[Bank]:
        chosen = [self._reader.bank(name, member_id=member_id) for name in names]
        return [
            bank
            for bank in chosen or self._reader.banks()
            if bank.is_enabled and bank.may_be_asked_by(member_id)
        ]


def content_of(signals: Sequence[Signal]) -> ContentFingerprints:
    """Signals that came without content, such as a hash or a URL, as something to match.

    Args:
        signals: In any spelling; they are validated here.

    Raises:
        InputError: SIGNAL_INVALID or SIGNAL_TYPE_UNKNOWN.
    """
    registry = signal_types()
    fingerprints = tuple(
        Fingerprint(
            signal_type=signal.signal_type,
            value=registry.get(signal.signal_type).question(signal.value),
            variant=ORIGINAL,
        )
        for signal in signals
    )
    return ContentFingerprints(
        media_type="", width=0, height=0, frame_count=0, size_bytes=0, fingerprints=fingerprints
    )


def _split(hits: Hits, asked: Sequence[Queries]) -> list[Hits]:
    """The hits of each item, with query numbers that count from its own first row."""
    if len(asked) == 1:
        return [hits]
    ends = np.cumsum([len(item.rows) for item in asked])
    order = np.argsort(hits.query, kind="stable")
    query, key, distance = hits.query[order], hits.key[order], hits.distance[order]
    cuts = np.searchsorted(query, ends)
    split = []
    start = first = 0
    for cut, end in zip(cuts.tolist(), ends.tolist(), strict=True):
        part = slice(start, cut)
        split.append(Hits(query[part] - first, key[part], distance[part], hits.index_version))
        start, first = cut, end
    return split
