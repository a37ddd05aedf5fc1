# SPDX-License-Identifier: Apache-2.0
"""Webhooks: where a member wants to hear of what happens."""

from datetime import UTC, datetime
from typing import Annotated

import msgspec
from litestar import Router, delete, get, patch, post
from litestar.di import NamedDependency
from litestar.params import JSONBody

from nahmi.access.roles import Permission
from nahmi.api.callers import Caller
from nahmi.api.describing import Sample
from nahmi.api.fields import Id
from nahmi.api.operations import operation
from nahmi.api.paging import Cursor, Limit, Page, page, place, slice_after
from nahmi.errors import ErrorCode
from nahmi.operate.delivery import Outcome
from nahmi.operate.outbox import Message, MessageState
from nahmi.operate.webhooks import LONGEST_URL, Webhook, WebhookChanges, WebhookEvent

Url = Annotated[str, msgspec.Meta(min_length=1, max_length=LONGEST_URL)]
_REFUSED = (ErrorCode.FETCH_REFUSED,)


class WebhookReply(msgspec.Struct, frozen=True, kw_only=True):
    """Where a member wants to hear of what happens.

    Attributes:
        webhook_id: Its number, never reused.
        url: Where messages go.
        events: Of what it tells.
        is_enabled: Otherwise nothing is sent.
        secret_version: Rises with each new secret.
        created_at: When it was registered.
        rotated_at: When it got its present secret; null for the first one.
    """

    webhook_id: int
    url: str
    events: tuple[WebhookEvent, ...]
    is_enabled: bool
    secret_version: int
    created_at: datetime
    rotated_at: datetime | None

    def __repr__(self) -> str:
        """Without the address, which may hold a token."""
        return f"WebhookReply(webhook_id={self.webhook_id})"


class WebhookPage(Page[WebhookReply], frozen=True):
    """A part of the list of webhooks."""


class NewWebhookBody(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A webhook that is to be registered.

    Attributes:
        url: Where messages go; https, unless the operator has named the host.
        events: Of what it tells; at least one.
    """

    url: Url
    events: tuple[WebhookEvent, ...]


class WebhookChangesBody(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What is to change of a webhook; what is left out stays.

    Attributes:
        url: Where messages go.
        events: Of what it tells; at least one.
        is_enabled: Otherwise nothing is sent.
    """

    url: Url | None = None
    events: tuple[WebhookEvent, ...] | None = None
    is_enabled: bool | None = None


class SecretReply(msgspec.Struct, frozen=True, kw_only=True):
    """A webhook and its secret.

    Attributes:
        webhook: The webhook.
        secret: With which its messages are signed (Standard Webhooks), shown this once; null in
            the answer to a repeated request.
    """

    webhook: WebhookReply
    secret: str | None

    def __repr__(self) -> str:
        """Without the secret."""
        return f"SecretReply(webhook={self.webhook!r})"


class TrialReply(msgspec.Struct, frozen=True, kw_only=True):
    """What became of a message that was sent to try a webhook.

    Attributes:
        outcome: `delivered`, `failed`, or `gone` when the receiver wants no more.
        error: Why it failed; empty when it did not.
    """

    outcome: Outcome
    error: str


class LetterReply(msgspec.Struct, frozen=True, kw_only=True):
    """A message that nobody tries to deliver any more.

    Attributes:
        message_id: Its number.
        webhook_id: Where it should have gone.
        body: What should have been sent.
        created_at: When it was caused.
        attempts: How often it was tried.
        state: `dead`, or `waiting` once it is to be sent again.
        last_error: Why the last try failed.
    """

    message_id: int
    webhook_id: int
    body: str
    created_at: datetime
    attempts: int
    state: MessageState
    last_error: str


class LetterPage(Page[LetterReply], frozen=True):
    """A part of the list of dead letters."""


def webhook_reply(webhook: Webhook) -> WebhookReply:
    """A webhook as callers see it."""
    return WebhookReply(
        webhook_id=webhook.webhook_id,
        url=webhook.url,
        events=webhook.events,
        is_enabled=webhook.is_enabled,
        secret_version=webhook.secret_version,
        created_at=webhook.created_at,
        rotated_at=webhook.rotated_at,
    )


def _letter_reply(message: Message) -> LetterReply:
    return LetterReply(
        message_id=message.message_id,
        webhook_id=message.target_id,
        body=message.body,
        created_at=message.created_at,
        attempts=message.attempts,
        state=message.state,
        last_error=message.last_error,
    )


_WEBHOOK = WebhookReply(
    webhook_id=2,
    url="https://platform.example/hooks/nahmi",
    events=(WebhookEvent.MATCH_BLOCK,),
    is_enabled=True,
    secret_version=1,
    created_at=datetime(2026, 3, 1, 9, 30, tzinfo=UTC),
    rotated_at=None,
)
_WITH_SECRET = SecretReply(webhook=_WEBHOOK, secret="whsec_" + "x" * 43 + "=")
_LETTER = LetterReply(
    message_id=31,
    webhook_id=2,
    body='{"data":{},"timestamp":"2026-03-01T09:30:00Z","type":"match.hold"}',
    created_at=datetime(2026, 3, 1, 9, 30, tzinfo=UTC),
    attempts=16,
    state=MessageState.DEAD,
    last_error="The receiver answered with status 500.",
)


@operation(
    get,
    "/",
    permission=Permission.NODE_WEBHOOK_READ,
    summary="List the webhooks",
    sample=Sample(reply=WebhookPage([_WEBHOOK])),
)
def list_webhooks(
    caller: NamedDependency[Caller], *, cursor: Cursor = None, limit: Limit = 100
) -> WebhookPage:
    """The webhooks of your member, oldest first."""
    found = caller.journeys.subscribing.webhooks(caller.principal)
    rest = slice_after(found, place(cursor), number=_number)
    return page(WebhookPage, rest, limit, number=_number, reply=webhook_reply)


@operation(
    post,
    "/",
    permission=Permission.NODE_WEBHOOK_WRITE,
    summary="Register a webhook",
    sample=Sample(
        request=NewWebhookBody(url=_WEBHOOK.url, events=_WEBHOOK.events), reply=_WITH_SECRET
    ),
    problems=_REFUSED,
    is_change=True,
    secret="secret",  # noqa: S106 - a field's name
)
def create_webhook(caller: NamedDependency[Caller], data: JSONBody[NewWebhookBody]) -> SecretReply:
    """Register a webhook. Keep its secret now: the receiver needs it to know the sender."""
    made, secret = caller.journeys.subscribing.add(caller.principal, data.url, data.events)
    return SecretReply(webhook=webhook_reply(made), secret=secret)


@operation(
    get,
    "/{webhook_id:int}",
    permission=Permission.NODE_WEBHOOK_READ,
    summary="Read a webhook",
    sample=Sample(reply=_WEBHOOK),
    problems=(ErrorCode.WEBHOOK_MISSING,),
    is_tagged=True,
)
def read_webhook(caller: NamedDependency[Caller], webhook_id: Id) -> WebhookReply:
    """One webhook."""
    return webhook_reply(caller.journeys.subscribing.webhook(caller.principal, webhook_id))


@operation(
    patch,
    "/{webhook_id:int}",
    permission=Permission.NODE_WEBHOOK_WRITE,
    summary="Change a webhook",
    sample=Sample(request=WebhookChangesBody(is_enabled=False), reply=_WEBHOOK),
    problems=(ErrorCode.WEBHOOK_MISSING, *_REFUSED),
    is_tagged=True,
    is_change=True,
)
def change_webhook(
    caller: NamedDependency[Caller], webhook_id: Id, data: JSONBody[WebhookChangesBody]
) -> WebhookReply:
    """Change where messages go, of what they tell, or whether they are sent."""
    changes = WebhookChanges(**msgspec.structs.asdict(data))
    return webhook_reply(
        caller.journeys.subscribing.change(
            caller.principal,
            webhook_id,
            changes,
            check=lambda webhook: caller.check_unchanged(webhook_reply(webhook)),
        )
    )


@operation(
    post,
    "/{webhook_id:int}/rotate",
    permission=Permission.NODE_WEBHOOK_WRITE,
    summary="Give a webhook a new secret",
    sample=Sample(reply=_WITH_SECRET),
    problems=(ErrorCode.WEBHOOK_MISSING,),
    status=200,
    is_change=True,
    secret="secret",  # noqa: S106 - a field's name
)
def rotate_webhook(caller: NamedDependency[Caller], webhook_id: Id) -> SecretReply:
    """Sign with a new secret. For a day messages carry the old signature as well."""
    changed, secret = caller.journeys.subscribing.rotate(caller.principal, webhook_id)
    return SecretReply(webhook=webhook_reply(changed), secret=secret)


@operation(
    post,
    "/{webhook_id:int}/test",
    permission=Permission.NODE_WEBHOOK_WRITE,
    summary="Try a webhook",
    sample=Sample(reply=TrialReply(outcome=Outcome.DELIVERED, error="")),
    problems=(ErrorCode.WEBHOOK_MISSING,),
    status=200,
    is_change=True,
)
def test_webhook(caller: NamedDependency[Caller], webhook_id: Id) -> TrialReply:
    """Send a signed message of the type `webhook.test`, now and once."""
    found = caller.journeys.subscribing.try_out(caller.principal, webhook_id)
    return TrialReply(outcome=found.outcome, error=found.error)


@operation(
    delete,
    "/{webhook_id:int}",
    permission=Permission.NODE_WEBHOOK_WRITE,
    summary="Forget a webhook",
    sample=Sample(reply=_WEBHOOK),
    problems=(ErrorCode.WEBHOOK_MISSING,),
    status=200,
    is_tagged=True,
    is_change=True,
)
def remove_webhook(caller: NamedDependency[Caller], webhook_id: Id) -> WebhookReply:
    """Send nothing more to a webhook; what waits for it becomes dead letters."""
    return webhook_reply(
        caller.journeys.subscribing.remove(
            caller.principal,
            webhook_id,
            check=lambda webhook: caller.check_unchanged(webhook_reply(webhook)),
        )
    )


@operation(
    get,
    "/dead-letters",
    permission=Permission.NODE_WEBHOOK_READ,
    summary="List the dead letters",
    sample=Sample(reply=LetterPage([_LETTER])),
)
def list_dead_letters(
    caller: NamedDependency[Caller], *, cursor: Cursor = None, limit: Limit = 100
) -> LetterPage:
    """Messages of your member that could not be delivered for days, newest first."""
    found = caller.journeys.subscribing.dead_letters(
        caller.principal, before=place(cursor), limit=limit + 1
    )
    return page(
        LetterPage, found, limit, number=lambda letter: letter.message_id, reply=_letter_reply
    )


@operation(
    post,
    "/dead-letters/{message_id:int}/retry",
    permission=Permission.NODE_WEBHOOK_WRITE,
    summary="Send a dead letter again",
    sample=Sample(reply=msgspec.structs.replace(_LETTER, state=MessageState.WAITING, attempts=0)),
    problems=(ErrorCode.MESSAGE_MISSING,),
    status=200,
    is_change=True,
)
def retry_dead_letter(caller: NamedDependency[Caller], message_id: Id) -> LetterReply:
    """Send a message again, at once and with all tries before it."""
    return _letter_reply(caller.journeys.subscribing.retry(caller.principal, message_id))


def _number(webhook: Webhook) -> int:
    return webhook.webhook_id


routes = Router(
    "/webhooks",
    route_handlers=[
        list_webhooks,
        create_webhook,
        read_webhook,
        change_webhook,
        rotate_webhook,
        test_webhook,
        remove_webhook,
        list_dead_letters,
        retry_dead_letter,
    ],
    tags=["webhooks"],
)
