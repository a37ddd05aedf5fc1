# SPDX-License-Identifier: Apache-2.0
"""The outbox in SQL."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import (
    Connection,
    RowMapping,
    bindparam,
    delete,
    func,
    literal_column,
    select,
    update,
)

from nahmi.errors import ErrorCode, StoreError
from nahmi.operate.outbox import Depth, Message, MessageState, NewMessage, check_message
from nahmi.store.sql.access_rows import to_time
from nahmi.store.sql.database import Database
from nahmi.store.sql.operate_tables import message
from nahmi.store.sql.rows import from_us, to_us
from nahmi.store.sql.upserts import insertion

# Written out, not bound: only so do the databases see that an index of such rows alone will do.
_WAITING = message.c.state == literal_column("'waiting'")
_DEAD = message.c.state == literal_column("'dead'")
_DELIVERED = message.c.state == literal_column("'delivered'")


class SqlOutboxStore:
    """`OutboxStore` in a database.

    Args:
        database: An opened store.
    """

    def __init__(self, database: Database) -> None:
        self._database = database

    def put(
        self, messages: Sequence[NewMessage], *, now: datetime, within: Connection | None = None
    ) -> int:
        """See `OutboxStore.put`; `within` is the transaction that causes the messages."""
        for item in messages:
            check_message(item)
        with self._database.joining(within) as connection:
            return put_messages(connection, messages, now)

    def due(self, kind: str, *, now: datetime) -> Sequence[int]:
        """See `OutboxStore.due`; two looks into the index a target, however much waits for it."""
        mine = (_WAITING, message.c.kind == kind)
        after = select(func.min(message.c.target_id)).where(
            *mine, message.c.target_id > bindparam("last")
        )
        earliest = select(func.min(message.c.next_us)).where(
            *mine, message.c.target_id == bindparam("target")
        )
        moment_us, found, last = to_us(now), [], -1
        with self._database.reading() as connection:
            while (target := connection.execute(after, {"last": last}).scalar()) is not None:
                if connection.execute(earliest, {"target": target}).scalar_one() <= moment_us:
                    found.append(target)
                last = target
        return found

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
        """See `OutboxStore.lease`."""
        due = (
            select(message.c.message_id)
            .where(
                _WAITING,
                message.c.kind == kind,
                message.c.target_id == target_id,
                message.c.next_us <= to_us(now),
            )
            .order_by(message.c.next_us, message.c.message_id)
            .limit(limit)
            .with_for_update(skip_locked=True)
        )
        values = {
            "next_us": to_us(now + lease),
            "token": token,
            "attempts": message.c.attempts + 1,
        }
        with self._database.writing() as connection:
            ids = connection.execute(due).scalars().all()
            if not ids:
                return []
            taken = update(message).where(message.c.message_id.in_(ids)).values(values)
            rows = connection.execute(taken.returning(*message.c)).mappings()
            by_id = {row["message_id"]: _to_message(row) for row in rows}
        return [by_id[message_id] for message_id in ids]

    def delivered(self, message_id: int, token: str) -> bool:
        """See `OutboxStore.delivered`."""
        values = {"state": MessageState.DELIVERED.value, "token": "", "last_error": ""}
        return self._change_held(message_id, token, values)

    def failed(self, message_id: int, token: str, error: str, *, next_at: datetime | None) -> bool:
        """See `OutboxStore.failed`."""
        values: dict[str, Any] = {"token": "", "last_error": error}
        if next_at is None:
            values["state"] = MessageState.DEAD.value
        else:
            values["next_us"] = to_us(next_at)
        return self._change_held(message_id, token, values)

    def has_later(self, one: Message, beginning: str) -> bool:
        """See `OutboxStore.has_later`."""
        query = select(message.c.message_id).where(
            message.c.kind == one.kind,
            message.c.target_id == one.target_id,
            message.c.message_id > one.message_id,
            message.c.idempotency_key.startswith(beginning, autoescape=True),
        )
        with self._database.reading() as connection:
            return connection.execute(query.limit(1)).first() is not None

    def dead_letters(
        self,
        member_id: int,
        *,
        kind: str | None = None,
        before: int | None = None,
        limit: int = 100,
    ) -> Sequence[Message]:
        """See `OutboxStore.dead_letters`."""
        query = (
            select(message)
            .where(_DEAD, message.c.member_id == member_id)
            .order_by(message.c.message_id.desc())
        )
        if kind is not None:
            query = query.where(message.c.kind == kind)
        if before is not None:
            query = query.where(message.c.message_id < before)
        with self._database.reading() as connection:
            return [_to_message(row) for row in connection.execute(query.limit(limit)).mappings()]

    def retry(
        self,
        message_id: int,
        *,
        member_id: int,
        now: datetime,
        within: Connection | None = None,
    ) -> Message:
        """See `OutboxStore.retry`; `within` is a writing transaction to take part in."""
        again = update(message).where(
            message.c.message_id == message_id,
            message.c.member_id == member_id,
            message.c.state != MessageState.DELIVERED.value,
        )
        values = {
            "state": MessageState.WAITING.value,
            "token": "",
            "attempts": 0,
            "next_us": to_us(now),
        }
        with self._database.joining(within) as connection:
            changed = connection.execute(again.values(values).returning(*message.c))
            row = changed.mappings().first()
            if row is None:
                raise StoreError(
                    ErrorCode.MESSAGE_MISSING,
                    "There is no such message that could be sent again.",
                    hint="List the dead letters.",
                )
            return _to_message(row)

    def depth(self, kind: str, *, target_id: int | None = None) -> Depth:
        """See `OutboxStore.depth`."""
        counted = select(func.count(), func.min(message.c.created_us)).where(message.c.kind == kind)
        if target_id is not None:
            counted = counted.where(message.c.target_id == target_id)
        with self._database.reading() as connection:
            waiting, oldest_us = connection.execute(counted.where(_WAITING)).one()
            dead, _ = connection.execute(counted.where(_DEAD)).one()
        return Depth(waiting=waiting, dead=dead, oldest_at=from_us(oldest_us))

    def forget_delivered(self, kind: str, *, until: datetime) -> int:
        """See `OutboxStore.forget_delivered`."""
        gone = delete(message).where(
            _DELIVERED, message.c.kind == kind, message.c.created_us < to_us(until)
        )
        with self._database.writing() as connection:
            return connection.execute(gone).rowcount

    def _change_held(self, message_id: int, token: str, values: dict[str, Any]) -> bool:
        held = (
            message.c.message_id == message_id,
            message.c.token == token,
            message.c.token != "",
            _WAITING,
        )
        with self._database.writing() as connection:
            changed = update(message).where(*held).values(values).returning(message.c.message_id)
            return connection.execute(changed).first() is not None


def put_messages(connection: Connection, messages: Sequence[NewMessage], now: datetime) -> int:
    """Keep messages in a transaction that is under way; how many were not there already."""
    if not messages:
        return 0
    moment_us = to_us(now)
    rows = [
        {
            "member_id": item.member_id,
            "kind": item.kind,
            "target_id": item.target_id,
            "body": item.body,
            "idempotency_key": item.idempotency_key,
            "created_us": moment_us,
            "attempts": 0,
            "next_us": moment_us,
            "state": MessageState.WAITING.value,
            "token": "",
            "last_error": "",
        }
        for item in messages
    ]
    new = insertion(connection, message).on_conflict_do_nothing(
        index_elements=["kind", "target_id", "idempotency_key"]
    )
    made = connection.execute(new.returning(message.c.message_id), rows)
    return len(made.all())


def close_target(connection: Connection, kind: str, target_id: int, why: str) -> None:
    """Make dead letters of what waits for a target that is no more."""
    left = update(message).where(_WAITING, message.c.kind == kind, message.c.target_id == target_id)
    dead = {"state": MessageState.DEAD.value, "token": "", "last_error": why}
    connection.execute(left.values(dead))


def _to_message(row: RowMapping) -> Message:
    return Message(
        message_id=row["message_id"],
        member_id=row["member_id"],
        kind=row["kind"],
        target_id=row["target_id"],
        body=row["body"],
        idempotency_key=row["idempotency_key"],
        created_at=to_time(row["created_us"]),
        attempts=row["attempts"],
        next_at=to_time(row["next_us"]),
        state=MessageState(row["state"]),
        last_error=row["last_error"],
    )
