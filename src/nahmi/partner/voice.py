# SPDX-License-Identifier: Apache-2.0
"""What an organisation says, put into statements; time and chance come in from outside."""

from base64 import urlsafe_b64encode
from collections.abc import Callable
from datetime import datetime
from typing import Any

import msgspec

from nahmi.core.bank import Category
from nahmi.core.signal import Signal
from nahmi.partner.circles.roster import SignedRoster
from nahmi.partner.keys import SigningKey
from nahmi.partner.naming import assertion_id, opinion_id, redaction_id, sighting_id
from nahmi.partner.statements.kinds import (
    SALT_BYTES,
    Assert,
    Basis,
    Ground,
    Opinion,
    Redact,
    Retract,
    RetractReason,
    ReviewMethod,
    Revise,
    RosterChange,
    Sighting,
)
from nahmi.partner.statements.text import write_moment


class AssertionDraft(msgspec.Struct, frozen=True, kw_only=True):
    """What an organisation wants to assert.

    Attributes:
        signal: The signal in canonical form.
        category: As what.
        review: Who looked.
        reviewers: How many people looked.
        quality: Of the fingerprint, 0..100, if it has one.
        media: What the content is; empty when not said.
        grounds: Under which laws.
        expires_at: From then on it does not count; None for what the circle's rules say.
    """

    signal: Signal
    category: Category
    review: ReviewMethod = ReviewMethod.HUMAN
    reviewers: int = 1
    quality: int | None = None
    media: str = ""
    grounds: tuple[Ground, ...] = ()
    expires_at: datetime | None = None


class Voice:
    """Puts into statements what one organisation says in one circle.

    Args:
        circle: The circle's id.
        org: The organisation's id.
        key: With which it signs.
        at: The moment that the statements have.
        random: As many random bytes as it is asked for.
    """

    def __init__(
        self,
        *,
        circle: str,
        org: str,
        key: SigningKey,
        at: datetime,
        random: Callable[[int], bytes],
    ) -> None:
        self._circle = circle
        self._org = org
        self._kid = key.public.kid
        self._at = write_moment(at)
        self._random = random

    def asserts(self, draft: AssertionDraft, *, rev: int, is_revision: bool) -> Assert | Revise:
        """That a signal stands for something."""
        kind = Revise if is_revision else Assert
        return kind(
            id=assertion_id(self._circle, self._org, draft.signal),
            rev=rev,
            signal=draft.signal,
            category=draft.category,
            review=draft.review,
            reviewers=draft.reviewers,
            quality=draft.quality,
            media=draft.media,
            grounds=draft.grounds,
            expires="" if draft.expires_at is None else write_moment(draft.expires_at),
            **self._common(),
        )

    def retracts(self, assertion: str, reason: RetractReason, *, rev: int) -> Retract:
        """That an assertion of its own is taken back."""
        return Retract(id=assertion, rev=rev, reason=reason, **self._common())

    def opines(self, assertion: str, value: int, basis: Basis, reason: str, *, rev: int) -> Opinion:
        """What it thinks of another's assertion."""
        return Opinion(
            id=opinion_id(self._circle, self._org, assertion),
            rev=rev,
            assertion=assertion,
            value=value,
            basis=basis,
            reason=reason,
            **self._common(),
        )

    def saw(self, assertion: str, day: str, count: int, *, rev: int) -> Sighting:
        """How often it saw what an assertion is about, on one day."""
        return Sighting(
            id=sighting_id(self._circle, self._org, assertion, day),
            rev=rev,
            assertion=assertion,
            day=day,
            count=count,
            **self._common(),
        )

    def changes_roster(self, signed: SignedRoster) -> RosterChange:
        """The circle's next roster."""
        roster = signed.roster
        return RosterChange(id=roster.circle, rev=roster.version, signed=signed, **self._common())

    def redacts(self, target: str, seqs: tuple[int, ...], reason: RetractReason) -> Redact:
        """That all that was said under an id is destroyed."""
        return Redact(
            id=redaction_id(self._circle, target),
            rev=1,
            target=target,
            seqs=seqs,
            reason=reason,
            **self._common(),
        )

    def _common(self) -> dict[str, Any]:
        return {
            "circle": self._circle,
            "org": self._org,
            "key": self._kid,
            "at": self._at,
            "salt": urlsafe_b64encode(self._random(SALT_BYTES)).rstrip(b"=").decode(),
        }
