# SPDX-License-Identifier: Apache-2.0
"""What calls out, as the operator allowed it."""

import random
import secrets

from nahmi.bootstrap.clock import now
from nahmi.flows.deliver import Deliverer
from nahmi.flows.webhook_receivers import WebhookReceivers
from nahmi.operate.node_key import NodeKey
from nahmi.operate.settings import Settings
from nahmi.operate.webhooks import Webhook
from nahmi.store.sql.database import Database
from nahmi.store.sql.operate_outbox import SqlOutboxStore
from nahmi.store.sql.operate_webhooks import SqlWebhookStore
from nahmi.wire.fetching import Fetcher, FetchLimits
from nahmi.wire.hosts import HostRule
from nahmi.wire.webhooks import WebhookSender


def host_rules(settings: Settings) -> tuple[list[HostRule], list[HostRule]]:
    """The operator's rules for hosts: from where content is fetched, and where webhooks may go.

    Raises:
        InputError: INPUT_INVALID: a rule is malformed or too wide.
    """
    return (
        [HostRule.parse(text) for text in settings.fetch.hosts],
        [HostRule.parse(f"{text} internal") for text in settings.webhooks.private_hosts],
    )


def make_fetcher(settings: Settings) -> Fetcher:
    """Fetches content by URL, from the hosts in `fetch.hosts`.

    Raises:
        InputError: INPUT_INVALID: a rule is malformed or too wide.
    """
    rules, _ = host_rules(settings)
    return Fetcher(rules, limits=FetchLimits(size_bytes=settings.limits.upload_bytes))


def make_webhook_sender(settings: Settings, key: NodeKey) -> WebhookSender:
    """Sends messages to webhooks, those in `webhooks.private_hosts` among them.

    Raises:
        InputError: INPUT_INVALID: a rule is malformed or too wide.
    """
    _, rules = host_rules(settings)
    return WebhookSender(key, rules=rules)


def make_deliverer(database: Database, sender: WebhookSender) -> Deliverer[Webhook]:
    """Takes messages out of a node's outbox and sends them.

    Args:
        database: The node's store.
        sender: From `make_webhook_sender`.
    """
    return Deliverer(
        outbox=SqlOutboxStore(database),
        receivers=WebhookReceivers(SqlWebhookStore(database), sender),
        clock=now,
        chance=random.random,
        make_token=lambda: secrets.token_hex(16),
    )
