# SPDX-License-Identifier: Apache-2.0
# ruff: noqa: S101 - assert is how a test kit speaks
"""The contract of webhook stores as a test class that adapters subclass."""

from abc import abstractmethod
from datetime import UTC, datetime, timedelta

from nahmi.errors import ErrorCode
from nahmi.operate.outbox import NewMessage, OutboxStore
from nahmi.operate.webhooks import (
    MESSAGE_KIND,
    NewWebhook,
    Webhook,
    WebhookChanges,
    WebhookEvent,
    WebhookStore,
)
from nahmi.testing.refusals import refusal_of

NOW = datetime(2026, 1, 2, 3, 4, 5, 678901, tzinfo=UTC)


class WebhookStoreContract:
    """What every webhook store must do; subclass it and say how to make an empty one."""

    @abstractmethod
    def new_store(self) -> WebhookStore:
        """An empty store with the members 1 and 2."""

    @abstractmethod
    def outbox_of(self, store: WebhookStore) -> OutboxStore:
        """The outbox beside a store that `new_store` made."""

    @staticmethod
    def _add(store: WebhookStore, member_id: int = 1) -> Webhook:
        new = NewWebhook(
            member_id=member_id,
            url="https://example.org/hook",
            events=(WebhookEvent.MATCH_HOLD, WebhookEvent.MATCH_BLOCK, WebhookEvent.MATCH_HOLD),
        )
        return store.add(new, now=NOW)

    def test_a_webhook_is_read_back(self) -> None:
        """With its events sorted, and to whoever may see it."""
        store = self.new_store()
        made, other = self._add(store), self._add(store, member_id=2)
        assert made.events == (WebhookEvent.MATCH_BLOCK, WebhookEvent.MATCH_HOLD)
        assert (made.is_enabled, made.secret_version, made.rotated_at) == (True, 1, None)
        assert made.created_at == NOW
        assert store.webhook(made.webhook_id) == made == store.webhook(made.webhook_id, member_id=1)
        assert list(store.webhooks(1)) == [made]
        assert list(store.webhooks()) == [made, other]

    def test_changes_and_rotation(self) -> None:
        """None leaves a field as it is; a rotation counts and says when."""
        store = self.new_store()
        made = self._add(store).webhook_id
        changes = WebhookChanges(url="https://example.org/b", is_enabled=False)
        changed = store.update(made, changes, member_id=1)
        assert (changed.url, changed.is_enabled) == ("https://example.org/b", False)
        assert store.update(made, WebhookChanges(), member_id=1) == changed
        events = (WebhookEvent.JOB_DONE,)
        assert store.update(made, WebhookChanges(events=events), member_id=1).events == events
        rotated = store.rotate(made, member_id=1, now=NOW + timedelta(hours=1))
        assert (rotated.secret_version, rotated.rotated_at) == (2, NOW + timedelta(hours=1))
        assert store.webhook(made) == rotated

    def test_refusals(self) -> None:
        """Nobody changes another member's webhook, and none is without events."""
        store = self.new_store()
        made = self._add(store).webhook_id
        missing = ErrorCode.WEBHOOK_MISSING
        assert refusal_of(lambda: store.webhook(99)) is missing
        assert refusal_of(lambda: store.webhook(made, member_id=2)) is missing
        changes = WebhookChanges(is_enabled=False)
        assert refusal_of(lambda: store.update(made, changes, member_id=2)) is missing
        assert refusal_of(lambda: store.rotate(made, member_id=2, now=NOW)) is missing
        assert refusal_of(lambda: store.remove(made, member_id=2)) is missing
        nothing = WebhookChanges(events=())
        assert (
            refusal_of(lambda: store.update(made, nothing, member_id=1)) is ErrorCode.INPUT_INVALID
        )
        assert store.webhook(made).is_enabled

    def test_removing_ends_what_waits_and_the_number_is_not_reused(self) -> None:
        """Else a new webhook would get old messages, or an old secret."""
        store = self.new_store()
        outbox = self.outbox_of(store)
        made, kept = self._add(store).webhook_id, self._add(store).webhook_id
        messages = [
            NewMessage(
                member_id=1, kind=MESSAGE_KIND, target_id=target, body="{}", idempotency_key="k"
            )
            for target in (made, kept)
        ]
        outbox.put(messages, now=NOW)
        store.remove(made, member_id=1)
        assert refusal_of(lambda: store.webhook(made)) is ErrorCode.WEBHOOK_MISSING
        assert [item.target_id for item in outbox.dead_letters(1)] == [made]
        assert list(outbox.due(MESSAGE_KIND, now=NOW)) == [kept]
        store.remove(kept, member_id=1)
        assert self._add(store).webhook_id > kept
