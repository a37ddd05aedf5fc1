# SPDX-License-Identifier: Apache-2.0
"""Have we seen this? One item of content or a batch, against all banks of a node."""

from collections.abc import Callable, Iterable, Sequence
from datetime import datetime

import numpy as np

from nahmi.core.bank import Bank
from nahmi.core.match import MatchAnswer
from nahmi.core.member import OWN_MEMBER
from nahmi.core.signal import ORIGINAL, ContentFingerprints, Fingerprint, Signal
from nahmi.protect.matching import judge
from nahmi.protect.ports import Hits, MatchReader, SignalIndex
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


class Matcher:
    """Answers for content. Safe to share between threads when reader and index are.

    Args:
        reader: The banks.
        index: The perceptual signals of these banks, under their entries' ids.
        clock: The current moment, UTC.
    """

    def __init__(
        self, *, reader: MatchReader, index: SignalIndex, clock: Callable[[], datetime]
    ) -> None:
        self._reader = reader
        self._index = index
        self._clock = clock

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
            InputError: LIMIT_INVALID, or a signal type that is unknown.
        """
        asked = [queries(content) for content in contents]
        wanted = self._banks(banks, member_id)
        now = self._clock()
        limit = search_limit(wanted) if limit_bits is None else limit_bits
        rows = np.concatenate([np.empty((0, 32), np.uint8), *(item.rows for item in asked)])
        hits = self._index.search(rows, limit_bits=limit)
        ids = entry_ids(hits)
        near = {
            entry.entry_id: entry
            for start in range(0, len(ids), _IDS_AT_ONCE)
            for entry in self._reader.entries_by_id(ids[start : start + _IDS_AT_ONCE])
        }
        signals = list(dict.fromkeys(signal for item in asked for signal in item.exact))
        same = self._reader.entries_by_signal(signals) if signals else ()
        by_signal: dict[Signal, list[int]] = {}
        for position, entry in enumerate(same):
            by_signal.setdefault(entry.draft.signal, []).append(position)
        answers = []
        for content, item, own in zip(contents, asked, _split(hits, asked), strict=True):
            found = candidates(
                item,
                own,
                near=(near[key] for key in entry_ids(own) if key in near),
                same=[same[at] for signal in item.exact for at in by_signal.get(signal, ())],
                banks=wanted,
            )
            answers.append(judge(content, found, now=now, limit_bits=limit_bits))
        return answers

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
            value=registry.get(signal.signal_type).validate(signal.value),
            variant=ORIGINAL,
        )
        for signal in signals
    )
    return ContentFingerprints(
        media_type="", width=0, height=0, frame_count=0, size_bytes=0, fingerprints=fingerprints
    )


def _split(hits: Hits, asked: Sequence[Queries]) -> list[Hits]:
    """The hits of each item, with query numbers that count from its own first row."""
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
