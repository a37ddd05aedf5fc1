# SPDX-License-Identifier: Apache-2.0
"""Banks and their entries: the signals that a node looks for."""

from collections.abc import Iterator
from datetime import datetime
from enum import StrEnum

import msgspec

from nahmi.core.member import OWN_MEMBER
from nahmi.core.signal import ORIGINAL, Signal

DEFAULT_LIMIT_BITS = 31
"""PDQ distance up to which two pictures count as the same (Meta's published advice)."""

MAX_LIMIT_BITS = 63
"""Largest distance that a bank or a query may ask for."""


class Category(StrEnum):
    """What a bank's content is, so that actions and reports can differ by it."""

    CSAM_A1 = "csam_a1"
    CSAM_A2 = "csam_a2"
    CSAM_B1 = "csam_b1"
    CSAM_B2 = "csam_b2"
    CSAM_UNGRADED = "csam_ungraded"
    NCII = "ncii"
    SELF_REPORTED = "self_reported"
    MUST_NOT_MATCH = "must_not_match"
    TEST = "test"


class Action(StrEnum):
    """What a match in a bank asks the caller to do; rules of later stages refine it."""

    LOG = "log"
    REVIEW = "review"
    HOLD = "hold"
    BLOCK = "block"


class CropPolicy(StrEnum):
    """Which crops of a picture are enrolled beside the picture itself."""

    NONE = "none"
    CENTRE = "centre"
    CENTRE_AND_CORNERS = "centre_and_corners"


class Bank(msgspec.Struct, frozen=True, kw_only=True):
    """A named, curated set of signals.

    Attributes:
        bank_id: Stable identifier, never reused.
        name: UPPER_SNAKE, unique among a member's banks that are not deleted.
        category: What its content is.
        actions: What a match asks for, mildest first.
        limit_bits: Inclusive Hamming limit for perceptual signals, 0..63.
        is_enabled: A disabled bank never matches.
        crops: Which crops are enrolled with each picture.
        labels: Free words of the curator, sorted.
        created_at: When it was made, UTC.
        deleted_at: When it was deleted (deleting can be undone), else None.
        member_id: Whose it is.
        is_shared: Other members of this node may match against it; they never see its entries.
    """

    bank_id: int
    name: str
    category: Category
    actions: tuple[Action, ...] = (Action.REVIEW,)
    limit_bits: int = DEFAULT_LIMIT_BITS
    is_enabled: bool = True
    crops: CropPolicy = CropPolicy.NONE
    labels: tuple[str, ...] = ()
    created_at: datetime
    deleted_at: datetime | None = None
    member_id: int = OWN_MEMBER
    is_shared: bool = False

    def may_be_asked_by(self, member_id: int) -> bool:
        """Whether a member's content is matched against it."""
        return self.is_shared or self.member_id == member_id


class EntryDraft(msgspec.Struct, frozen=True, kw_only=True):
    """What a curator or an import hands in to become an entry.

    Attributes:
        signal: Validated signal in canonical form.
        content_ref: Name that ties entries of one item of content together (its original and
            crops); empty when the signal stands alone.
        variant: Which variant of the content the signal was computed from.
        quality: 0..100 or None, as in `Fingerprint`.
        canon: Canonical form version or None, as in `Fingerprint`.
        source: Who contributed it, such as an organisation's name.
        provenance: How it came here: a file name, an exchange, an analyst's case.
        note: Free text for curators.
        expires_at: From then on it no longer matches; None for never.
        disabled_until: Until then it does not match; None for enabled.
    """

    signal: Signal
    content_ref: str = ""
    variant: str = ORIGINAL
    quality: int | None = None
    canon: str | None = None
    source: str = ""
    provenance: str = ""
    note: str = ""
    expires_at: datetime | None = None
    disabled_until: datetime | None = None


class EntryRun(msgspec.Struct, frozen=True):
    """Drafts that differ in nothing but their signals' values, as most of a partner's list does.

    Attributes:
        like: What all of them say; the value of its signal does not count.
        values: The values of their signals, validated and canonical, one draft each.
    """

    like: EntryDraft
    values: tuple[str, ...]

    @classmethod
    def of(cls, draft: EntryDraft) -> "EntryRun":
        """A run of one."""
        return cls(draft, (draft.signal.value,))

    def drafts(self) -> Iterator[EntryDraft]:
        """The drafts one by one."""
        for value in self.values:
            signal = Signal(self.like.signal.signal_type, value)
            yield msgspec.structs.replace(self.like, signal=signal)

    def __repr__(self) -> str:
        # Fingerprints can be inverted in part, so they stay out of logs and tracebacks.
        return f"EntryRun(like={self.like!r}, values=<{len(self.values)} withheld>)"


class Entry(msgspec.Struct, frozen=True, kw_only=True):
    """A signal in a bank.

    Attributes:
        entry_id: Stable identifier, 1 or more, never reused; the key in the search index.
        bank_id: The bank that it belongs to.
        draft: What was handed in.
        added_at: When it was added, UTC.
        deleted_at: When it was deleted (deleting can be undone), else None.
    """

    entry_id: int
    bank_id: int
    draft: EntryDraft
    added_at: datetime
    deleted_at: datetime | None = None

    def is_active(self, now: datetime) -> bool:
        """Whether the entry may match at `now` (its bank's switch not considered)."""
        return (
            self.deleted_at is None
            and (self.draft.expires_at is None or now < self.draft.expires_at)
            and (self.draft.disabled_until is None or now >= self.draft.disabled_until)
        )
