# SPDX-License-Identifier: Apache-2.0
"""What calls out, as the operator allowed it."""

from nahmi.operate.node_key import NodeKey
from nahmi.operate.settings import Settings
from nahmi.wire.fetching import Fetcher, FetchLimits
from nahmi.wire.hosts import HostRule
from nahmi.wire.webhooks import WebhookSender


def make_fetcher(settings: Settings) -> Fetcher:
    """Fetches content by URL, from the hosts in `fetch.hosts`.

    Raises:
        InputError: INPUT_INVALID: a rule is malformed or too wide.
    """
    rules = [HostRule.parse(text) for text in settings.fetch.hosts]
    return Fetcher(rules, limits=FetchLimits(size_bytes=settings.limits.upload_bytes))


def make_webhook_sender(settings: Settings, key: NodeKey) -> WebhookSender:
    """Sends messages to webhooks, those in `webhooks.private_hosts` among them.

    Raises:
        InputError: INPUT_INVALID: a rule is malformed or too wide.
    """
    rules = [HostRule.parse(f"{text} internal") for text in settings.webhooks.private_hosts]
    return WebhookSender(key, rules=rules)
