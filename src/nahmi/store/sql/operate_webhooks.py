# SPDX-License-Identifier: Apache-2.0
"""Webhooks in SQL; their secrets are derived from the node key and never kept."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, RowMapping, delete, insert, select, update

from nahmi.errors import ErrorCode, StoreError
from nahmi.operate.webhooks import (
    MESSAGE_KIND,
    NewWebhook,
    Webhook,
    WebhookChanges,
    WebhookEvent,
    tidy_events,
)
from nahmi.store.sql.access_rows import to_time
from nahmi.store.sql.database import Database
from nahmi.store.sql.operate_outbox import close_target
from nahmi.store.sql.operate_tables import webhook
from nahmi.store.sql.rows import from_us, to_us

_REMOVED = "The webhook was removed."


class SqlWebhookStore:
    """`WebhookStore` in a database; each writing method takes part in a transaction `within`.

    Args:
        database: An opened store.
    """

    def __init__(self, database: Database) -> None:
        self._database = database

    def add(self, new: NewWebhook, *, now: datetime, within: Connection | None = None) -> Webhook:
        """See `WebhookStore.add`."""
        values = {
            "member_id": new.member_id,
            "url": new.url,
            "events": " ".join(tidy_events(new.events)),
            "is_enabled": 1,
            "secret_version": 1,
            "created_us": to_us(now),
        }
        with self._database.joining(within) as connection:
            made = insert(webhook).values(values).returning(*webhook.c)
            return _to_webhook(connection.execute(made).mappings().one())

    def webhooks(self, member_id: int | None = None) -> Sequence[Webhook]:
        """See `WebhookStore.webhooks`."""
        query = select(webhook).where(*_of(member_id)).order_by(webhook.c.webhook_id)
        with self._database.reading() as connection:
            return [_to_webhook(row) for row in connection.execute(query).mappings()]

    def webhook(self, webhook_id: int, *, member_id: int | None = None) -> Webhook:
        """See `WebhookStore.webhook`."""
        query = select(webhook).where(webhook.c.webhook_id == webhook_id, *_of(member_id))
        with self._database.reading() as connection:
            return _found(connection.execute(query).mappings().first())

    def update(
        self,
        webhook_id: int,
        changes: WebhookChanges,
        *,
        member_id: int,
        within: Connection | None = None,
    ) -> Webhook:
        """See `WebhookStore.update`."""
        events = None if changes.events is None else " ".join(tidy_events(changes.events))
        is_enabled = None if changes.is_enabled is None else int(changes.is_enabled)
        given = {"url": changes.url, "events": events, "is_enabled": is_enabled}
        values = {column: value for column, value in given.items() if value is not None}
        return self._change(webhook_id, member_id, values, within)

    def rotate(
        self,
        webhook_id: int,
        *,
        member_id: int,
        now: datetime,
        within: Connection | None = None,
    ) -> Webhook:
        """See `WebhookStore.rotate`."""
        values = {"secret_version": webhook.c.secret_version + 1, "rotated_us": to_us(now)}
        return self._change(webhook_id, member_id, values, within)

    def remove(self, webhook_id: int, *, member_id: int, within: Connection | None = None) -> None:
        """See `WebhookStore.remove`."""
        gone = delete(webhook).where(webhook.c.webhook_id == webhook_id, *_of(member_id))
        with self._database.joining(within) as connection:
            _found(connection.execute(gone.returning(*webhook.c)).mappings().first())
            close_target(connection, MESSAGE_KIND, webhook_id, _REMOVED)

    def _change(
        self,
        webhook_id: int,
        member_id: int,
        values: dict[str, Any],
        within: Connection | None,
    ) -> Webhook:
        mine = (webhook.c.webhook_id == webhook_id, *_of(member_id))
        with self._database.joining(within) as connection:
            if values:
                connection.execute(update(webhook).where(*mine).values(values))
            return _found(connection.execute(select(webhook).where(*mine)).mappings().first())


def _of(member_id: int | None) -> Sequence[ColumnElement[bool]]:
    return () if member_id is None else (webhook.c.member_id == member_id,)


def _found(row: RowMapping | None) -> Webhook:
    if row is None:
        raise StoreError(
            ErrorCode.WEBHOOK_MISSING,
            "There is no such webhook.",
            hint="List those that there are.",
        )
    return _to_webhook(row)


def _to_webhook(row: RowMapping) -> Webhook:
    """A webhook; events that are no longer known are left out."""
    known = {event.value: event for event in WebhookEvent}
    return Webhook(
        webhook_id=row["webhook_id"],
        member_id=row["member_id"],
        url=row["url"],
        events=tuple(known[name] for name in row["events"].split() if name in known),
        is_enabled=bool(row["is_enabled"]),
        secret_version=row["secret_version"],
        created_at=to_time(row["created_us"]),
        rotated_at=from_us(row["rotated_us"]),
    )
