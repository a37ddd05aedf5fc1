# SPDX-License-Identifier: Apache-2.0
"""Matches: a banked signal lies within the limit of content."""

from enum import StrEnum

import msgspec

from nahmi.core.bank import Bank, Entry


class Verdict(StrEnum):
    """The answer to "have we seen this?"."""

    MATCH = "match"
    NO_MATCH = "no_match"
    NO_USABLE_FINGERPRINT = "no_usable_fingerprint"


class Match(msgspec.Struct, frozen=True, kw_only=True):
    """A banked signal within the limit of one fingerprint of the content.

    Attributes:
        entry: The entry that was hit.
        bank: The bank that it is in.
        signal_type: The type that matched.
        distance: Bits (Hamming) for perceptual types, 0 for exact ones; for compared types the
            type's own measure.
        limit_bits: The limit that applied; 0 for exact and compared types.
        variant: The query variant that hit, as in `Fingerprint.variant`.
        frame: The frame of the content that hit.
        index_version: Generation of the search index that answered; 0 for exact and compared
            types, which it does not hold.
    """

    entry: Entry
    bank: Bank
    signal_type: str
    distance: int
    limit_bits: int
    variant: str
    frame: int
    index_version: int


class MatchAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """The verdict on one item of content, with its evidence.

    Attributes:
        verdict: Match, no match, or nothing that could be compared.
        matches: Best first: exact digests, then by distance; one per entry.
        reason: Why there was no usable fingerprint; empty otherwise.
    """

    verdict: Verdict
    matches: tuple[Match, ...] = ()
    reason: str = ""
