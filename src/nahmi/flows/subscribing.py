# SPDX-License-Identifier: Apache-2.0
"""Webhooks of a principal's member: registered, tried, and their dead letters sent again."""

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Protocol

from nahmi.access.identity import Principal
from nahmi.flows.ledger import Ledger, Transaction, any_state
from nahmi.operate.delivery import Delivery, MessageSender
from nahmi.operate.node_key import NodeKey, webhook_secret
from nahmi.operate.outbox import Message, MessageState
from nahmi.operate.signatures import write_secret
from nahmi.operate.webhooks import (
    MESSAGE_KIND,
    TEST_EVENT,
    NewWebhook,
    Webhook,
    WebhookChanges,
    WebhookEvent,
    write_body,
)


class Subscriptions(Protocol):
    """Webhooks whose changes take part in a transaction; see `WebhookStore`."""

    def add(self, new: NewWebhook, *, now: datetime, within: Transaction = None) -> Webhook:
        """See `WebhookStore.add`."""
        ...

    def webhooks(self, member_id: int | None = None) -> Sequence[Webhook]:
        """See `WebhookStore.webhooks`."""
        ...

    def webhook(self, webhook_id: int, *, member_id: int | None = None) -> Webhook:
        """See `WebhookStore.webhook`."""
        ...

    def update(
        self,
        webhook_id: int,
        changes: WebhookChanges,
        *,
        member_id: int,
        within: Transaction = None,
    ) -> Webhook:
        """See `WebhookStore.update`."""
        ...

    def rotate(
        self, webhook_id: int, *, member_id: int, now: datetime, within: Transaction = None
    ) -> Webhook:
        """See `WebhookStore.rotate`."""
        ...

    def remove(self, webhook_id: int, *, member_id: int, within: Transaction = None) -> None:
        """See `WebhookStore.remove`."""
        ...


class Letters(Protocol):
    """Messages that could not be delivered; see `OutboxStore`."""

    def dead_letters(
        self,
        member_id: int,
        *,
        kind: str | None = None,
        before: int | None = None,
        limit: int = 100,
    ) -> Sequence[Message]:
        """See `OutboxStore.dead_letters`."""
        ...

    def retry(
        self, message_id: int, *, member_id: int, now: datetime, within: Transaction = None
    ) -> Message:
        """See `OutboxStore.retry`."""
        ...


class UrlCheckingSender(MessageSender, Protocol):
    """Sends messages, and knows to which addresses it would not."""

    def check(self, url: str) -> None:
        """Refuse an address to which nothing would be sent."""
        ...


class Subscribing:
    """The webhooks of a principal's member. Safe to share between threads.

    Args:
        webhooks: Keeps webhooks.
        letters: Keeps messages.
        sender: Sends messages.
        node_key: What secrets are derived from.
        ledger: Makes the changes.
        make_id: A new name for a message.
        clock: The current moment, UTC.
    """

    def __init__(  # noqa: PLR0913 - each is a part of its own
        self,
        *,
        webhooks: Subscriptions,
        letters: Letters,
        sender: UrlCheckingSender,
        node_key: NodeKey,
        ledger: Ledger,
        make_id: Callable[[], str],
        clock: Callable[[], datetime],
    ) -> None:
        self._webhooks = webhooks
        self._letters = letters
        self._sender = sender
        self._node_key = node_key
        self._ledger = ledger
        self._make_id = make_id
        self._clock = clock

    def webhooks(self, principal: Principal) -> Sequence[Webhook]:
        """The member's webhooks, oldest first.

        Raises:
            StoreError: The store could not be read.
        """
        return self._webhooks.webhooks(principal.member_id)

    def webhook(self, principal: Principal, webhook_id: int) -> Webhook:
        """One of `webhooks`.

        Raises:
            StoreError: WEBHOOK_MISSING.
        """
        return self._webhooks.webhook(webhook_id, member_id=principal.member_id)

    def add(
        self, principal: Principal, url: str, events: tuple[WebhookEvent, ...]
    ) -> tuple[Webhook, str]:
        """Register a webhook; it and the secret that its messages are signed with.

        Raises:
            InputError: INPUT_INVALID: no events, or no address of a receiver.
            WireError: FETCH_REFUSED: the address must not be called.
        """
        self._sender.check(url)
        new = NewWebhook(member_id=principal.member_id, url=url, events=events)
        with self._ledger.change(principal, "webhook:create") as change:
            made = self._webhooks.add(new, now=change.now, within=change.transaction)
            change.object = f"webhook:{made.webhook_id}"
        return made, self._secret(made)

    def change(
        self,
        principal: Principal,
        webhook_id: int,
        changes: WebhookChanges,
        *,
        check: Callable[[Webhook], None] = any_state,
    ) -> Webhook:
        """Change a webhook.

        Raises:
            StoreError: WEBHOOK_MISSING.
            InputError: INPUT_INVALID: no events, or no address of a receiver.
            WireError: FETCH_REFUSED: the address must not be called.
        """
        if changes.url is not None:
            self._sender.check(changes.url)
        with self._ledger.change(principal, "webhook:update", f"webhook:{webhook_id}") as change:
            check(self.webhook(principal, webhook_id))
            return self._webhooks.update(
                webhook_id, changes, member_id=principal.member_id, within=change.transaction
            )

    def rotate(self, principal: Principal, webhook_id: int) -> tuple[Webhook, str]:
        """Sign with a new secret, and with the old one too for a day.

        Raises:
            StoreError: WEBHOOK_MISSING.
        """
        with self._ledger.change(principal, "webhook:rotate", f"webhook:{webhook_id}") as change:
            changed = self._webhooks.rotate(
                webhook_id,
                member_id=principal.member_id,
                now=change.now,
                within=change.transaction,
            )
        return changed, self._secret(changed)

    def remove(
        self, principal: Principal, webhook_id: int, *, check: Callable[[Webhook], None] = any_state
    ) -> Webhook:
        """Forget a webhook; what waits for it becomes dead letters.

        Raises:
            StoreError: WEBHOOK_MISSING.
        """
        with self._ledger.change(principal, "webhook:remove", f"webhook:{webhook_id}") as change:
            webhook = self.webhook(principal, webhook_id)
            check(webhook)
            self._webhooks.remove(
                webhook_id, member_id=principal.member_id, within=change.transaction
            )
        return webhook

    def try_out(self, principal: Principal, webhook_id: int) -> Delivery:
        """Send a message that says nothing, now and once; what became of it.

        Raises:
            StoreError: WEBHOOK_MISSING.
        """
        webhook = self.webhook(principal, webhook_id)
        self._ledger.note(principal, "webhook:test", f"webhook:{webhook_id}")
        now = self._clock()
        message = Message(
            message_id=0,
            member_id=principal.member_id,
            kind=MESSAGE_KIND,
            target_id=webhook_id,
            body=write_body(TEST_EVENT, now, {}),
            idempotency_key=self._make_id(),
            created_at=now,
            attempts=0,
            next_at=now,
            state=MessageState.WAITING,
        )
        return self._sender.send(webhook, message, now=now)

    def dead_letters(
        self, principal: Principal, *, before: int | None, limit: int
    ) -> Sequence[Message]:
        """The member's messages that nobody tries any more, newest first.

        Raises:
            StoreError: The store could not be read.
        """
        return self._letters.dead_letters(
            principal.member_id, kind=MESSAGE_KIND, before=before, limit=limit
        )

    def retry(self, principal: Principal, message_id: int) -> Message:
        """Send a message again, with all tries before it.

        Raises:
            StoreError: MESSAGE_MISSING.
        """
        with self._ledger.change(principal, "message:retry", f"message:{message_id}") as change:
            return self._letters.retry(
                message_id,
                member_id=principal.member_id,
                now=change.now,
                within=change.transaction,
            )

    def _secret(self, webhook: Webhook) -> str:
        secret = webhook_secret(self._node_key, webhook.webhook_id, webhook.secret_version)
        return write_secret(secret)
