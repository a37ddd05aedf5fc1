# SPDX-License-Identifier: Apache-2.0
"""What a receiver's answer means for a message, and when a receiver is left alone for a while."""

from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from enum import StrEnum
from typing import Final, Protocol

import msgspec

from nahmi.operate.outbox import Message
from nahmi.operate.webhooks import Webhook

LONGEST_RETRY_AFTER: Final = timedelta(hours=12)
"""What a receiver may ask for at most; the outbox waits no longer either."""

FAILURES_UNTIL_OPEN: Final = 5
"""Failures in a row after which a receiver is left alone."""

_GONE: Final = 410
_PASSING: Final = frozenset({408, 425, 429})
_ASKS_TO_WAIT: Final = frozenset({429, 503})
_FIRST_REST: Final = timedelta(seconds=30)
_LONGEST_REST: Final = timedelta(minutes=10)
_MOST_DOUBLINGS: Final = 10


class Outcome(StrEnum):
    """What came of one try; after the last two there is no other."""

    DELIVERED = "delivered"
    FAILED = "failed"
    GONE = "gone"
    REFUSED = "refused"


class Delivery(msgspec.Struct, frozen=True, kw_only=True):
    """One try to deliver a message.

    Attributes:
        outcome: What came of it.
        error: Why it failed, one sentence that names no address; empty when it did not.
        wait: How long the receiver asks to be left alone; zero when it does not.
    """

    outcome: Outcome
    error: str = ""
    wait: timedelta = timedelta(0)


class MessageSender(Protocol):
    """Sends one message to one receiver."""

    def send(self, webhook: Webhook, message: Message, *, now: datetime) -> Delivery:
        """Try once, within a few seconds. What goes wrong is in the answer, not raised."""
        ...


def judge_answer(status: int, retry_after: str, now: datetime) -> Delivery:
    """What a receiver's answer means.

    Args:
        status: Of its answer; 2xx means that it has the message, 410 that it wants no more.
        retry_after: Its header, seconds or a date; heard with 429 and 503 only.
        now: For a date.
    """
    if 200 <= status < 300:  # noqa: PLR2004 - the class of success
        return Delivery(outcome=Outcome.DELIVERED)
    if status == _GONE:
        return Delivery(outcome=Outcome.GONE, error="The receiver wants no more messages.")
    wait = _wait(retry_after, now) if status in _ASKS_TO_WAIT else timedelta(0)
    error = f"The receiver answered with status {status}."
    return Delivery(outcome=Outcome.FAILED, error=error, wait=wait)


def judge_partner(status: int, retry_after: str, now: datetime) -> Delivery:
    """What the answer of an exchange means for an opinion.

    Unlike a receiver of webhooks, one that says no has understood, and says no again tomorrow.

    Args:
        status: Of its answer; 2xx means that it has the opinion, 4xx that it will not have it.
        retry_after: Its header, heard with 429 and 503 only.
        now: For a date in it.
    """
    judged = judge_answer(status, retry_after, now)
    is_refusal = 400 <= status < 500 and status not in _PASSING  # noqa: PLR2004 - the class
    if judged.outcome is Outcome.DELIVERED or not is_refusal:
        return judged
    return Delivery(outcome=Outcome.REFUSED, error=f"The exchange answered with status {status}.")


def _wait(retry_after: str, now: datetime) -> timedelta:
    text = retry_after.strip()
    if text.isascii() and text.isdigit():
        seconds = int(text[: len(str(LONGEST_RETRY_AFTER // timedelta(seconds=1))) + 1])
        return min(timedelta(seconds=seconds), LONGEST_RETRY_AFTER)
    try:
        moment = parsedate_to_datetime(text)
    except (ValueError, TypeError, IndexError):  # the library raises all of them on odd texts
        return timedelta(0)
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    return min(max(moment - now, timedelta(0)), LONGEST_RETRY_AFTER)


class Breaker(msgspec.Struct, frozen=True, kw_only=True):
    """Whether a receiver may be tried, from how its last tries ended.

    After five failures in a row it rests for 30 seconds, then one try decides: success forgets
    everything, failure doubles the rest, up to ten minutes.

    Attributes:
        failures: In a row.
        rests_until: Not to be tried before; None when it may be.
    """

    failures: int = 0
    rests_until: datetime | None = None

    def may_try(self, now: datetime) -> bool:
        """Whether the receiver may be tried now."""
        return self.rests_until is None or self.rests_until <= now

    def after(self, delivery: Delivery, now: datetime) -> "Breaker":
        """What is known after one more try; a wait that the receiver asked for is kept too."""
        if delivery.outcome is Outcome.DELIVERED:
            return Breaker()
        failures = self.failures + 1
        beyond = failures - FAILURES_UNTIL_OPEN
        rest = timedelta(0)
        if beyond >= 0:
            rest = min(_FIRST_REST * (1 << min(beyond, _MOST_DOUBLINGS)), _LONGEST_REST)
        rest = max(rest, delivery.wait)
        return Breaker(failures=failures, rests_until=now + rest if rest else None)
