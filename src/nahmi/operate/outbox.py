# SPDX-License-Identifier: Apache-2.0
"""The outbox: messages that leave the node, kept in the transaction that caused them.

A message is delivered at least once. Its idempotency key is the same at every try, so that a
receiver can tell a second delivery from a second message. What cannot be delivered for days is a
dead letter: kept, shown, and sent again when a person says so.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final, Protocol

import msgspec

from nahmi.errors import ErrorCode, InputError

LONGEST_BODY: Final = 64 * 1024
"""Characters of a message's body."""

LONGEST_KEY: Final = 200
"""Characters of an idempotency key."""

MOST_ATTEMPTS: Final = 16
"""Tries before a message is dead: with the pauses below, after two to four days."""

_FIRST_PAUSE = timedelta(seconds=10)
_FACTOR = 3
_LONGEST_PAUSE = timedelta(hours=12)


class MessageState(StrEnum):
    """Where a message stands."""

    WAITING = "waiting"
    DELIVERED = "delivered"
    DEAD = "dead"


class NewMessage(msgspec.Struct, frozen=True, kw_only=True):
    """What is needed to send something.

    Attributes:
        member_id: Whose it is.
        kind: How it leaves, such as `webhook`.
        target_id: Where to, in the terms of its kind.
        body: What is sent, JSON: never fingerprints, content or personal data.
        idempotency_key: 1..200 printable ASCII characters, unique for its kind and target. A
            message whose key is there already is not put again.
    """

    member_id: int
    kind: str
    target_id: int
    body: str
    idempotency_key: str


class Message(msgspec.Struct, frozen=True, kw_only=True):
    """Something that is sent until it arrives.

    Attributes:
        message_id: From 1, never reused.
        member_id: Whose it is.
        kind: How it leaves.
        target_id: Where to.
        body: What is sent.
        idempotency_key: What its receiver knows it by.
        created_at: When it was put, UTC.
        attempts: How often it was tried.
        next_at: Not to be tried before.
        state: Where it stands.
        last_error: Why the last try failed, one sentence; empty when none did.
    """

    message_id: int
    member_id: int
    kind: str
    target_id: int
    body: str
    idempotency_key: str
    created_at: datetime
    attempts: int
    next_at: datetime
    state: MessageState
    last_error: str = ""


class Depth(msgspec.Struct, frozen=True, kw_only=True):
    """How much lies in the outbox.

    Attributes:
        waiting: Messages to be delivered.
        dead: Messages that nobody tries any more.
        oldest_at: When the oldest waiting one was put; None when none waits.
    """

    waiting: int
    dead: int
    oldest_at: datetime | None


def check_message(message: NewMessage) -> NewMessage:
    """The message, when it can be kept and sent.

    Raises:
        InputError: INPUT_INVALID: the body is too long, or the key is no short printable text.
    """
    key = message.idempotency_key
    is_key = 0 < len(key) <= LONGEST_KEY and key.isascii() and key.isprintable()
    if not is_key or len(message.body) > LONGEST_BODY or "\0" in message.body:
        raise InputError(
            ErrorCode.INPUT_INVALID, "A message's key or body is too long or no plain text."
        )
    return message


def backoff(attempts: int, chance: float) -> timedelta | None:
    """How long to wait after a failed try; None when it was the last one.

    Pauses grow threefold up to 12 hours. Each is shortened by chance, down to half, so that what
    failed together is not tried together again.

    Args:
        attempts: Tries so far, this one included, 1 or more.
        chance: Evenly from 0 up to 1.
    """
    if attempts >= MOST_ATTEMPTS:
        return None
    growth: int = _FACTOR ** max(attempts - 1, 0)
    pause = min(_FIRST_PAUSE * growth, _LONGEST_PAUSE)
    return pause * (1 - min(max(chance, 0.0), 1.0) / 2)


class OutboxStore(Protocol):
    """Keeps messages. Each call is one transaction.

    A sender names itself by a token that is new for each lease; what it does with one that no
    longer holds the message changes nothing and answers False.
    """

    def put(self, messages: Sequence[NewMessage], *, now: datetime) -> int:
        """Keep messages to be sent at once; how many were not there already.

        Raises:
            InputError: INPUT_INVALID: as `check_message`; then none is kept.
        """
        ...

    def due(self, kind: str, *, now: datetime) -> Sequence[int]:
        """The targets that have a message to be sent now, ascending.

        A sender takes them one by one, so that a slow receiver delays nobody but itself.
        """
        ...

    def lease(  # noqa: PLR0913 - each is a fact of its own
        self,
        kind: str,
        target_id: int,
        *,
        now: datetime,
        lease: timedelta,
        token: str,
        limit: int,
    ) -> Sequence[Message]:
        """The target's messages that are due, oldest first, kept from others for a while."""
        ...

    def delivered(self, message_id: int, token: str) -> bool:
        """The receiver has it."""
        ...

    def failed(self, message_id: int, token: str, error: str, *, next_at: datetime | None) -> bool:
        """The try failed; None for `next_at` makes it a dead letter."""
        ...

    def has_later(self, message: Message, beginning: str) -> bool:
        """Whether a message for the same target was put later whose key begins like this."""
        ...

    def dead_letters(
        self,
        member_id: int,
        *,
        kind: str | None = None,
        before: int | None = None,
        limit: int = 100,
    ) -> Sequence[Message]:
        """A member's dead letters with numbers below `before`, newest first; of a kind, or all."""
        ...

    def retry(self, message_id: int, *, member_id: int, now: datetime) -> Message:
        """Send a dead letter again, with all tries before it; one that waits is sent at once.

        Raises:
            StoreError: MESSAGE_MISSING: the member has no such message, or it was delivered.
        """
        ...

    def depth(self, kind: str, *, target_id: int | None = None) -> Depth:
        """How much of a kind lies in the outbox, for one target or all."""
        ...

    def forget_delivered(self, kind: str, *, until: datetime) -> int:
        """Drop delivered messages that were put before a moment; how many."""
        ...
