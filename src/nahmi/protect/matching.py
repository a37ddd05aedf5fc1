# SPDX-License-Identifier: Apache-2.0
"""From the candidates that store and index found to a verdict: the pure rule of matching."""

from collections.abc import Callable, Iterable
from datetime import datetime

import msgspec

from nahmi.core.bank import Bank, Entry
from nahmi.core.match import Match, MatchAnswer, Verdict
from nahmi.core.signal import ORIGINAL, ContentFingerprints, Fingerprint
from nahmi.protect.signal_type import IndexKind
from nahmi.protect.signals.digests import WEAK_DIGESTS
from nahmi.protect.signals.pdq import is_usable
from nahmi.protect.signals.registry import signal_types

NO_FINGERPRINT = "The content has no perceptual fingerprint that could be compared."
"""The reason given when the fingerprinter gave none."""

_ADDRESSES = frozenset({"url", "url_host"})


class Candidate(msgspec.Struct, frozen=True, kw_only=True):
    """A banked entry that a search returned for one fingerprint of the content.

    Attributes:
        entry: The entry that was hit.
        bank: The bank that it is in.
        fingerprint: The content's fingerprint that hit it; for `SignalType.lookups` the one that
            the lookup was derived from.
        distance: Bits for perceptual types, 0 for exact ones, its own measure for compared ones.
        index_version: Generation of the index that answered; 0 when the store answered.
    """

    entry: Entry
    bank: Bank
    fingerprint: Fingerprint
    distance: int
    index_version: int = 0


def judge(
    content: ContentFingerprints,
    candidates: Iterable[Candidate],
    *,
    now: datetime,
    limit_bits: int | None = None,
    index_kind: Callable[[str], IndexKind] | None = None,
) -> MatchAnswer:
    """Whether content matches, and where.

    1. Drop candidates whose entry is deleted, expired or disabled, whose bank is deleted or
       disabled, whose fingerprint is of low quality, that lie beyond the limit, or that compare
       perceptual signals of different types (two types may share one index). Compared types have
       no limit: their own rule has decided.
    2. Keep one match an entry: the nearest, the unaltered picture before altered ones.
    3. Order them: exact types first, then by distance, then by entry.
    4. Without a match and without a usable perceptual fingerprint there is no answer: an altered
       copy has other digests, so "no match" would be a guess.

    A match in a MUST_NOT_MATCH bank counts like any other; what follows from it is the caller's.

    Args:
        content: What was computed from the content.
        candidates: What the searches found; anything too far or inactive is dropped here.
        now: The moment that decides about expiry, UTC.
        limit_bits: The query's own limit, 0..63, instead of each bank's.
        index_kind: Which search serves a signal type; the registry's by default.

    Raises:
        InputError: A candidate's signal type is unknown or broken, as `Registry.get`.
    """
    kind_of = index_kind or signal_types().index_kind
    best: dict[int, Match] = {}
    for candidate in candidates:
        if not _may_match(candidate, now):
            continue
        kind = kind_of(candidate.entry.draft.signal.signal_type)
        match = _as_match(candidate, kind, limit_bits)
        is_beyond = kind is not IndexKind.COMPARED and match.distance > match.limit_bits
        if is_beyond or _is_mixed_up(candidate, kind):
            continue
        known = best.get(match.entry.entry_id)
        if known is None or _preference(match) < _preference(known):
            best[match.entry.entry_id] = match
    if best:
        matches = sorted(best.values(), key=lambda match: _rank(match, kind_of))
        return MatchAnswer(verdict=Verdict.MATCH, matches=tuple(matches))
    if any(_can_exclude(fingerprint, kind_of) for fingerprint in content.fingerprints):
        return MatchAnswer(verdict=Verdict.NO_MATCH)
    reason = content.unusable or NO_FINGERPRINT
    return MatchAnswer(verdict=Verdict.NO_USABLE_FINGERPRINT, reason=reason)


def is_weak_digest_contradicted(
    content: ContentFingerprints, match: Match, siblings: Iterable[Entry]
) -> bool:
    """Whether an MD5 or SHA-1 match is contradicted by the SHA-256 banked for the same content.

    Equal weak digests with different SHA-256 mean that one of the two files was made to collide:
    an alarm for a person, never a ground for action.

    Args:
        content: What was computed from the content.
        match: The match in question; other types are never contradicted.
        siblings: Entries of the match's bank; those with its `content_ref` are looked at.
    """
    reference = match.entry.draft.content_ref
    if match.signal_type not in WEAK_DIGESTS or not reference:
        return False
    ours = {item.value for item in content.fingerprints if item.signal_type == "sha256"}
    banked = {
        entry.draft.signal.value
        for entry in siblings
        if entry.draft.content_ref == reference
        and entry.bank_id == match.entry.bank_id
        and entry.draft.signal.signal_type == "sha256"
    }
    return bool(ours and banked) and ours.isdisjoint(banked)


def _may_match(candidate: Candidate, now: datetime) -> bool:
    return (
        candidate.bank.is_enabled
        and candidate.bank.deleted_at is None
        and candidate.entry.is_active(now)
        and is_usable(candidate.fingerprint.quality)
    )


def _is_mixed_up(candidate: Candidate, kind: IndexKind) -> bool:
    banked = candidate.entry.draft.signal.signal_type
    return kind is not IndexKind.EXACT and banked != candidate.fingerprint.signal_type


def _as_match(candidate: Candidate, kind: IndexKind, limit_bits: int | None) -> Match:
    wanted = candidate.bank.limit_bits if limit_bits is None else limit_bits
    return Match(
        entry=candidate.entry,
        bank=candidate.bank,
        signal_type=candidate.entry.draft.signal.signal_type,
        distance=candidate.distance,
        limit_bits=wanted if kind is IndexKind.HAMMING256 else 0,
        variant=candidate.fingerprint.variant,
        frame=candidate.fingerprint.frame,
        index_version=candidate.index_version,
    )


def _preference(match: Match) -> tuple[int, bool, int, str, int]:
    return (
        match.distance,
        match.variant != ORIGINAL,
        match.frame,
        match.variant,
        match.index_version,
    )


def _rank(match: Match, kind_of: Callable[[str], IndexKind]) -> tuple[bool, int, int]:
    is_exact = kind_of(match.signal_type) is IndexKind.EXACT
    return (not is_exact, match.distance, match.entry.entry_id)


def _can_exclude(fingerprint: Fingerprint, kind_of: Callable[[str], IndexKind]) -> bool:
    """Whether finding nothing for this fingerprint says something about the content.

    An address does, a perceptual fingerprint and a text do, a digest does not.
    """
    if fingerprint.signal_type in _ADDRESSES:
        return True
    is_perceptual = kind_of(fingerprint.signal_type) is not IndexKind.EXACT
    return is_perceptual and is_usable(fingerprint.quality)
