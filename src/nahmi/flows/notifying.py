# SPDX-License-Identifier: Apache-2.0
"""Matches become messages to the webhooks that want to hear of them.

The messages are written in the transaction that logs the matches, so none is lost and none is sent
for a match that was not logged.
"""

from collections.abc import Callable, Iterator, Sequence
from threading import Lock
from typing import Final

from nahmi.operate.outbox import NewMessage
from nahmi.operate.webhooks import (
    MESSAGE_KIND,
    Webhook,
    WebhookEvent,
    WebhookStore,
    wants,
    write_body,
)
from nahmi.protect.match_log import MatchEvent

REMEMBERED_S: Final = 1.0
"""How long the list of webhooks is believed without asking the store."""


class Notifier:
    """Writes messages about matches. Safe to share between threads.

    Args:
        webhooks: Those that are registered.
        make_id: A new unique name for each message, up to 200 printable ASCII characters.
        monotonic: Seconds that never go back.
    """

    def __init__(
        self,
        webhooks: WebhookStore,
        *,
        make_id: Callable[[], str],
        monotonic: Callable[[], float],
    ) -> None:
        self._webhooks = webhooks
        self._make_id = make_id
        self._monotonic = monotonic
        self._known: tuple[float, Sequence[Webhook]] | None = None
        self._lock = Lock()

    def messages(self, events: Sequence[MatchEvent]) -> tuple[NewMessage, ...]:
        """What is to be sent about matches.

        Raises:
            StoreError: The webhooks could not be read.
        """
        webhooks = self._listed()
        return tuple(message for event in events for message in self._about(event, webhooks))

    def _about(self, event: MatchEvent, webhooks: Sequence[Webhook]) -> Iterator[NewMessage]:
        kind = WebhookEvent(f"match.{event.action}")
        body = ""
        for webhook in webhooks:
            if wants(webhook, kind, member_id=event.member_id):
                body = body or write_body(kind, event.at, _data(event))
                yield NewMessage(
                    member_id=event.member_id,
                    kind=MESSAGE_KIND,
                    target_id=webhook.webhook_id,
                    body=body,
                    idempotency_key=self._make_id(),
                )

    def _listed(self) -> Sequence[Webhook]:
        moment = self._monotonic()
        with self._lock:
            if self._known is None or moment - self._known[0] >= REMEMBERED_S:
                self._known = (moment, tuple(self._webhooks.webhooks()))
            return self._known[1]


def _data(event: MatchEvent) -> dict[str, object]:
    """What a receiver is told: no fingerprint, and no distance to learn from."""
    return {
        "action": event.action,
        "channel": event.channel,
        "reference": event.reference,
        "matches": [
            {"bank_id": hit.bank_id, "category": hit.category, "entry_id": hit.entry_id}
            for hit in event.hits
        ],
    }
