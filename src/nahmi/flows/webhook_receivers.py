# SPDX-License-Identifier: Apache-2.0
"""Webhooks as receivers of messages."""

from collections.abc import Collection
from datetime import datetime

from nahmi.errors import ErrorCode, StoreError
from nahmi.operate.delivery import Delivery, MessageSender
from nahmi.operate.outbox import Message
from nahmi.operate.webhooks import MESSAGE_KIND, Webhook, WebhookChanges, WebhookStore


class WebhookReceivers:
    """See `nahmi.flows.deliver.Receivers`.

    Args:
        webhooks: Those that are registered.
        sender: Sends a message to one.
    """

    kind = MESSAGE_KIND

    def __init__(self, webhooks: WebhookStore, sender: MessageSender) -> None:
        self._webhooks = webhooks
        self._sender = sender

    def open(self) -> Collection[int]:
        """See `Receivers.open`."""
        return {hook.webhook_id for hook in self._webhooks.webhooks() if hook.is_enabled}

    def find(self, target_id: int) -> Webhook | None:
        """See `Receivers.find`."""
        try:
            webhook = self._webhooks.webhook(target_id)
        except StoreError as error:
            if error.code is ErrorCode.WEBHOOK_MISSING:
                return None
            raise
        return webhook if webhook.is_enabled else None

    def send(self, to: Webhook, message: Message, *, now: datetime) -> Delivery:
        """See `Receivers.send`."""
        return self._sender.send(to, message, now=now)

    def gone(self, to: Webhook) -> None:
        """See `Receivers.gone`; it is disabled."""
        self._webhooks.update(
            to.webhook_id, WebhookChanges(is_enabled=False), member_id=to.member_id
        )
