# SPDX-License-Identifier: Apache-2.0
"""Whole banks are shared: each of their signals is asserted in a circle."""

from collections.abc import Callable, Iterator, Sequence
from itertools import islice
from typing import Final, Protocol

import msgspec

from nahmi.access.identity import Principal
from nahmi.core.bank import Bank, Entry
from nahmi.core.signal import Signal
from nahmi.errors import ErrorCode, PartnerError, StoreError
from nahmi.flows.circles.speaking import Speaking
from nahmi.partner.merkle.batch import LARGEST_BATCH
from nahmi.partner.statements.kinds import RetractReason, ReviewMethod
from nahmi.partner.voice import AssertionDraft


class SharedBanks(Protocol):
    """The part of a bank store that is needed here."""

    def bank(self, name: str, *, member_id: int) -> Bank:
        """See `BankReader.bank`."""
        ...

    def stream_entries(self, bank_id: int) -> Iterator[Entry]:
        """See `BankReader.stream_entries`."""
        ...


class Shared(msgspec.Struct, frozen=True, kw_only=True):
    """What came of sharing a bank, or of taking it back.

    Attributes:
        looked_at: Entries of the bank.
        said: Statements that were made.
        refused: How many of them the circle did not take.
        reasons: Why, each once.
        is_complete: Whether all of the bank was gone through.
    """

    looked_at: int = 0
    said: int = 0
    refused: int = 0
    reasons: tuple[str, ...] = ()
    is_complete: bool = True


class Sharing:
    """Shares banks. Safe to share between threads.

    Args:
        banks: Has the banks.
        speaking: Says what is shared.
        is_fed: Whether a circle fills a bank: what it holds is others' and not shared again.
    """

    def __init__(
        self, *, banks: SharedBanks, speaking: Speaking, is_fed: Callable[[int], bool]
    ) -> None:
        self._banks = banks
        self._speaking = speaking
        self._is_fed = is_fed

    def share(
        self,
        principal: Principal,
        circle_id: str,
        bank: str,
        *,
        review: ReviewMethod = ReviewMethod.HUMAN,
        on_progress: Callable[[int], object] = lambda _: None,
    ) -> Shared:
        """Assert every signal of a bank; what was asserted already is not said again.

        Args:
            principal: Who does it.
            circle_id: In which circle.
            bank: The bank's name.
            review: Who looked before entries came into the bank.
            on_progress: Told how many entries were looked at; False stops there.

        Raises:
            StoreError: BANK_MISSING.
            PartnerError: CIRCLE_MISSING, CIRCLE_STOPPED or CIRCLE_DENIED. STATEMENT_REFUSED: a
                circle fills the bank.
        """
        shared = self._own(principal, bank)
        self.require_own_words(shared.bank_id)

        def say(entries: Sequence[Entry]) -> tuple[int, list[str]]:
            spoken = self._speaking.share(
                principal, circle_id, [_draft(shared, entry, review) for entry in entries]
            )
            refused = [one.detail for one in spoken.answers if one.seq is None]
            return spoken.said, refused

        return self._each(shared, say, on_progress)

    def withdraw(
        self,
        principal: Principal,
        circle_id: str,
        bank: str,
        reason: RetractReason,
        *,
        on_progress: Callable[[int], object] = lambda _: None,
    ) -> Shared:
        """Take back what was asserted of every signal of a bank; otherwise as `share`."""
        shared = self._own(principal, bank)

        def say(entries: Sequence[Entry]) -> tuple[int, list[str]]:
            signals: list[Signal] = [entry.draft.signal for entry in entries]
            spoken = self._speaking.retract(principal, circle_id, signals, reason)
            return spoken.said, [one.detail for one in spoken.answers if one.seq is None]

        return self._each(shared, say, on_progress)

    def require_own_words(self, bank_id: int) -> None:
        """Make sure that a bank holds what our organisation has to say.

        Raises:
            PartnerError: STATEMENT_REFUSED: a circle fills it.
        """
        if self._is_fed(bank_id):
            raise PartnerError(
                ErrorCode.STATEMENT_REFUSED,
                "A circle fills this bank: it holds what others said.",
                hint="Put signals that you have looked at yourself into a bank of your own.",
            )

    def _own(self, principal: Principal, name: str) -> Bank:
        found = self._banks.bank(name, member_id=principal.member_id)
        if found.deleted_at is not None:
            raise StoreError(ErrorCode.BANK_MISSING, "The bank is deleted.")
        return found

    def _each(
        self,
        bank: Bank,
        say: Callable[[Sequence[Entry]], tuple[int, list[str]]],
        on_progress: Callable[[int], object],
    ) -> Shared:
        looked_at = said = refused = 0
        is_complete = True
        reasons: dict[str, None] = {}
        entries = self._banks.stream_entries(bank.bank_id)
        while some := list(islice(entries, _AT_ONCE)):
            count, why = say(some)
            looked_at, said, refused = looked_at + len(some), said + count, refused + len(why)
            reasons |= dict.fromkeys(why)
            if on_progress(looked_at) is False:
                is_complete = False
                break
        return Shared(
            looked_at=looked_at,
            said=said,
            refused=refused,
            reasons=tuple(islice(reasons, _MOST_REASONS)),
            is_complete=is_complete,
        )


_AT_ONCE: Final = LARGEST_BATCH
_MOST_REASONS: Final = 5


def _draft(bank: Bank, entry: Entry, review: ReviewMethod) -> AssertionDraft:
    return AssertionDraft(
        signal=entry.draft.signal,
        category=bank.category,
        review=review,
        reviewers=int(review is ReviewMethod.HUMAN),
        quality=entry.draft.quality,
        expires_at=entry.draft.expires_at,
    )
