# SPDX-License-Identifier: Apache-2.0
"""Webhooks: where a member wants to hear of what happens, and of what."""

from collections.abc import Collection, Sequence
from datetime import datetime
from enum import StrEnum
from typing import Final, Protocol
from urllib.parse import urlsplit

import msgspec

from nahmi.errors import ErrorCode, InputError

LONGEST_URL: Final = 2000
"""Characters of a webhook's address."""

MESSAGE_KIND: Final = "webhook"
"""The kind of the outbox messages that webhooks deliver."""


class WebhookEvent(StrEnum):
    """What a webhook can tell of."""

    MATCH_LOG = "match.log"
    MATCH_REVIEW = "match.review"
    MATCH_HOLD = "match.hold"
    MATCH_BLOCK = "match.block"
    JOB_DONE = "job.done"
    JOB_FAILED = "job.failed"


TEST_EVENT: Final = "webhook.test"
"""The type of a message that a person sends to try a webhook; nobody subscribes to it."""


class NewWebhook(msgspec.Struct, frozen=True, kw_only=True):
    """What is needed to register a webhook.

    Attributes:
        member_id: Whose it is.
        url: Where messages go, https.
        events: Of what it tells; at least one.
    """

    member_id: int
    url: str
    events: tuple[WebhookEvent, ...]


class Webhook(msgspec.Struct, frozen=True, kw_only=True):
    """Where a member wants to hear of what happens.

    Attributes:
        webhook_id: From 1, never reused.
        member_id: Whose it is.
        url: Where messages go.
        events: Of what it tells, sorted.
        is_enabled: Otherwise nothing is put for it, and what waits for it waits.
        secret_version: Of the secret that its messages are signed with, from 1.
        created_at: UTC.
        rotated_at: When it got this version; None for the first one.
    """

    webhook_id: int
    member_id: int
    url: str
    events: tuple[WebhookEvent, ...]
    is_enabled: bool
    secret_version: int
    created_at: datetime
    rotated_at: datetime | None = None

    def __repr__(self) -> str:
        """Without the address, which may hold a token."""
        return f"Webhook(webhook_id={self.webhook_id}, member_id={self.member_id})"


class WebhookChanges(msgspec.Struct, frozen=True, kw_only=True):
    """What to change of a webhook; None leaves a field as it is."""

    url: str | None = None
    events: tuple[WebhookEvent, ...] | None = None
    is_enabled: bool | None = None


def check_url(url: str, *, allow_plain: bool = False) -> str:
    """The address, when it may be a webhook's.

    Which hosts may be reached is judged where the connection is opened.

    Args:
        url: As typed.
        allow_plain: Accept http too, for receivers within one machine or a closed network.

    Raises:
        InputError: INPUT_INVALID: no https address, too long, or with a name, password or fragment.
    """
    schemes = {"https", "http"} if allow_plain else {"https"}
    is_plain_text = url.isascii() and url.isprintable() and " " not in url
    try:
        parts = urlsplit(url)
        is_good = (
            is_plain_text
            and len(url) <= LONGEST_URL
            and parts.scheme in schemes
            and bool(parts.hostname)
            and "@" not in parts.netloc
            and "#" not in url
            and parts.port != 0
        )
    except ValueError:
        is_good = False
    if not is_good:
        raise InputError(
            ErrorCode.INPUT_INVALID,
            "This is no address for a webhook.",
            hint="It begins with https:// and has no user name, blank or #.",
        )
    return url


def tidy_events(events: Collection[WebhookEvent]) -> tuple[WebhookEvent, ...]:
    """Each event once, sorted.

    Raises:
        InputError: INPUT_INVALID: there is none.
    """
    if not events:
        raise InputError(
            ErrorCode.INPUT_INVALID,
            "A webhook needs at least one event.",
            hint=f"One of: {', '.join(WebhookEvent)}.",
        )
    return tuple(sorted(set(events)))


def wants(webhook: Webhook, event: WebhookEvent, *, member_id: int) -> bool:
    """Whether a webhook is to hear of an event of a member: its own member's, when enabled."""
    return webhook.is_enabled and webhook.member_id == member_id and event in webhook.events


def write_body(event: str, at: datetime, data: dict[str, object]) -> str:
    """The body of a message: type, time and what happened, keys sorted."""
    body = {"type": event, "timestamp": at, "data": data}
    return msgspec.json.encode(body, order="sorted").decode()


class WebhookStore(Protocol):
    """Keeps webhooks, never their secrets. Each call is one transaction."""

    def add(self, webhook: NewWebhook, *, now: datetime) -> Webhook:
        """A new webhook, enabled.

        Raises:
            InputError: INPUT_INVALID: as `tidy_events`. Its address is the caller's to check.
        """
        ...

    def webhooks(self, member_id: int | None = None) -> Sequence[Webhook]:
        """A member's webhooks, oldest first; those of all members by default."""
        ...

    def webhook(self, webhook_id: int, *, member_id: int | None = None) -> Webhook:
        """One webhook; of any member by default.

        Raises:
            StoreError: WEBHOOK_MISSING.
        """
        ...

    def update(self, webhook_id: int, changes: WebhookChanges, *, member_id: int) -> Webhook:
        """Change what is not None.

        Raises:
            StoreError: WEBHOOK_MISSING: the member has no such webhook.
            InputError: INPUT_INVALID: as `tidy_events`.
        """
        ...

    def rotate(self, webhook_id: int, *, member_id: int, now: datetime) -> Webhook:
        """Sign with a new secret from now on, and with the old one too for a day.

        Raises:
            StoreError: WEBHOOK_MISSING.
        """
        ...

    def remove(self, webhook_id: int, *, member_id: int) -> None:
        """Forget a webhook; what waits for it becomes dead letters.

        Raises:
            StoreError: WEBHOOK_MISSING.
        """
        ...
