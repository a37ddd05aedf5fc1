# SPDX-License-Identifier: Apache-2.0
"""What a scan says about one item; also the line of its journal and of JSONL output."""

from collections.abc import Iterable
from enum import StrEnum

import msgspec

from nahmi.core.match import Match, MatchAnswer, Verdict
from nahmi.core.signal import ContentFingerprints
from nahmi.errors import NahmiError
from nahmi.flows.sources.items import Unread


class Outcome(StrEnum):
    """What became of an item: a verdict, or that it could not be read."""

    MATCH = "match"
    NO_MATCH = "no_match"
    NO_USABLE_FINGERPRINT = "no_usable_fingerprint"
    UNREADABLE = "unreadable"


class MatchRecord(msgspec.Struct, frozen=True, kw_only=True):
    """One match, without the signal itself.

    Attributes:
        bank: The bank's name.
        category: What the bank's content is.
        entry_id: The entry that was hit.
        entry_variant: Which variant of the banked content it is, such as `crop:centre:5`.
        signal_type: The type that matched.
        distance: In bits; 0 for exact types.
        limit_bits: The limit that applied.
        variant: Which variant of the item hit, such as `rotate90`.
        frame: Which frame of the item hit.
        index_version: As in `Match`.
        source: Who contributed the entry.
        provenance: How it came into the bank.
    """

    bank: str
    category: str
    entry_id: int
    entry_variant: str
    signal_type: str
    distance: int
    limit_bits: int
    variant: str
    frame: int
    index_version: int
    source: str
    provenance: str


class Record(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=False):
    """What a scan says about one item.

    Attributes:
        name: As its source names it.
        outcome: What became of it.
        media_type: Sniffed from the bytes; empty when unreadable.
        width: Pixels; 0 when unreadable.
        height: Pixels.
        size_bytes: Length of the file.
        matches: Best first.
        code: The error's code when unreadable, else empty.
        reason: Why it is unreadable or has no usable fingerprint, else empty.
    """

    name: str
    outcome: Outcome
    media_type: str = ""
    width: int = 0
    height: int = 0
    size_bytes: int = 0
    matches: tuple[MatchRecord, ...] = ()
    code: str = ""
    reason: str = ""


class Summary(msgspec.Struct, frozen=True, kw_only=True):
    """How many items a scan met, by outcome."""

    items: int = 0
    matches: int = 0
    no_match: int = 0
    no_usable_fingerprint: int = 0
    unreadable: int = 0

    @classmethod
    def of(cls, records: Iterable[Record]) -> "Summary":
        """Count records."""
        counts = dict.fromkeys(Outcome, 0)
        for record in records:
            counts[record.outcome] += 1
        return cls(
            items=sum(counts.values()),
            matches=counts[Outcome.MATCH],
            no_match=counts[Outcome.NO_MATCH],
            no_usable_fingerprint=counts[Outcome.NO_USABLE_FINGERPRINT],
            unreadable=counts[Outcome.UNREADABLE],
        )


def record_of(name: str, content: ContentFingerprints, answer: MatchAnswer) -> Record:
    """The record of an item that was judged."""
    is_unusable = answer.verdict is Verdict.NO_USABLE_FINGERPRINT
    return Record(
        name=name,
        outcome=Outcome(answer.verdict.value),
        media_type=content.media_type,
        width=content.width,
        height=content.height,
        size_bytes=content.size_bytes,
        matches=tuple(match_record(match) for match in answer.matches),
        reason=answer.reason if is_unusable else "",
    )


def unreadable(problem: Unread) -> Record:
    """The record of something that its source could not read."""
    return Record(
        name=problem.name,
        outcome=Outcome.UNREADABLE,
        code=problem.code.value,
        reason=problem.reason,
    )


def failed(name: str, error: NahmiError) -> Record:
    """The record of an item that could not be fingerprinted."""
    return Record(name=name, outcome=Outcome.UNREADABLE, code=error.code.value, reason=error.detail)


def match_record(match: Match) -> MatchRecord:
    """A match without its signal."""
    draft = match.entry.draft
    return MatchRecord(
        bank=match.bank.name,
        category=match.bank.category.value,
        entry_id=match.entry.entry_id,
        entry_variant=draft.variant,
        signal_type=match.signal_type,
        distance=match.distance,
        limit_bits=match.limit_bits,
        variant=match.variant,
        frame=match.frame,
        index_version=match.index_version,
        source=draft.source,
        provenance=draft.provenance,
    )
