# SPDX-License-Identifier: Apache-2.0
"""Requests with an idempotency key in SQL."""

from datetime import datetime

import msgspec
from sqlalchemy import ColumnElement, RowMapping, delete, update

from nahmi.errors import ErrorCode, StoreError
from nahmi.operate.idempotency import KEPT, Begun, Kept, Outcome, Response, is_kept, judge
from nahmi.store.sql.access_rows import to_time
from nahmi.store.sql.database import Database
from nahmi.store.sql.operate_tables import request
from nahmi.store.sql.rows import to_us
from nahmi.store.sql.upserts import insertion


class SqlIdempotencyStore:
    """`IdempotencyStore` in a database.

    Args:
        database: An opened store.
    """

    def __init__(self, database: Database) -> None:
        self._database = database

    def begin(self, member_id: int, key: str, wanted: bytes, *, now: datetime, token: str) -> Begun:
        """See `IdempotencyStore.begin`."""
        claim = {
            "fingerprint": wanted,
            "begun_us": to_us(now),
            "token": token,
            "response": None,
        }
        mine = _is(member_id, key)
        with self._database.writing() as connection:
            # Of two that come at once, one inserts; the other waits and gets its row, locked.
            row = {"member_id": member_id, "key": key, **claim}
            new = insertion(connection, request).values(row)
            found = new.on_conflict_do_update(
                index_elements=["member_id", "key"], set_={"token": request.c.token}
            )
            known = connection.execute(found.returning(*request.c)).mappings().one()
            if known["token"] == token:
                return Begun(Outcome.FRESH)
            begun = judge(_to_kept(known), wanted, now)
            if begun.outcome is Outcome.FRESH:
                connection.execute(update(request).where(*mine).values(claim))
            return begun

    def complete(self, member_id: int, key: str, token: str, response: Response) -> bool:
        """See `IdempotencyStore.complete`."""
        if not is_kept(response):
            return self.abandon(member_id, key, token)
        kept = msgspec.msgpack.encode(response)
        done = update(request).where(*_is(member_id, key), request.c.token == token)
        with self._database.writing() as connection:
            changed = connection.execute(done.values(response=kept).returning(request.c.token))
            return changed.first() is not None

    def abandon(self, member_id: int, key: str, token: str) -> bool:
        """See `IdempotencyStore.abandon`."""
        gone = delete(request).where(
            *_is(member_id, key), request.c.token == token, request.c.response.is_(None)
        )
        with self._database.writing() as connection:
            return connection.execute(gone.returning(request.c.token)).first() is not None

    def forget(self, *, now: datetime) -> int:
        """See `IdempotencyStore.forget`."""
        old = delete(request).where(request.c.begun_us <= to_us(now - KEPT))
        with self._database.writing() as connection:
            return connection.execute(old).rowcount


def _is(member_id: int, key: str) -> tuple[ColumnElement[bool], ColumnElement[bool]]:
    return request.c.member_id == member_id, request.c.key == key


def _to_kept(row: RowMapping) -> Kept:
    response = row["response"]
    try:
        answer = None if response is None else msgspec.msgpack.decode(response, type=Response)
    except msgspec.MsgspecError:
        raise StoreError(
            ErrorCode.STORE_CORRUPT, "A kept response cannot be read.", hint="Use another key."
        ) from None
    return Kept(fingerprint=row["fingerprint"], begun_at=to_time(row["begun_us"]), response=answer)
