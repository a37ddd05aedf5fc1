# SPDX-License-Identifier: Apache-2.0
"""Exchanges and what was fetched of them, in SQL.

Every writing transaction takes the turn of banks and entries first, because entries change in the
same one: so two never wait for each other.
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime
from typing import Any, Final

import msgspec
from sqlalchemy import Connection, RowMapping, delete, func, insert, select, update

from nahmi.core.opinion import Opinion
from nahmi.core.signal import Signal
from nahmi.errors import ErrorCode, StoreError
from nahmi.operate.exchanges import Checkpoint, Exchange, Held, Record, Shared, Tally
from nahmi.store.sql.database import Database
from nahmi.store.sql.exchange_records import digest_of, put_records, shared_in, signal_digest
from nahmi.store.sql.exchange_tables import assertion, exchange, held_entry, record
from nahmi.store.sql.reading import chunks
from nahmi.store.sql.rows import from_us, to_us

_TABLES: Final = (assertion, held_entry, record, exchange)


class SqlExchangeStore:
    """`ExchangeStore` in a database.

    Args:
        database: An opened store.
    """

    def __init__(self, database: Database) -> None:
        self._database = database

    def exchange(self, name: str) -> Exchange | None:
        """See `ExchangeStore.exchange`."""
        with self._database.reading() as connection:
            query = select(exchange).where(exchange.c.name == name)
            row = connection.execute(query).mappings().first()
        return None if row is None else _to_exchange(row)

    def exchanges(self) -> Sequence[Exchange]:
        """See `ExchangeStore.exchanges`."""
        with self._database.reading() as connection:
            rows = connection.execute(select(exchange).order_by(exchange.c.name)).mappings()
            return [_to_exchange(row) for row in rows]

    def sizes(self, exchange_id: int) -> tuple[int, int]:
        """See `ExchangeStore.sizes`."""
        with self._database.reading() as connection:
            records, entries = (
                connection.execute(
                    select(func.count())
                    .select_from(table)
                    .where(table.c.exchange_id == exchange_id)
                ).scalar_one()
                for table in (record, held_entry)
            )
        return records, entries

    def add(self, name: str, bank_id: int, *, within: Connection | None = None) -> Exchange:
        """See `ExchangeStore.add`."""
        values = {
            "name": name,
            "bank_id": bank_id,
            "shape": "",
            "fetch": 0,
            "is_anew": 0,
            "job_id": 0,
            "tally": _write(Tally()),
            "token": "",
        }
        with self._changing(within) as connection:
            made = connection.execute(insert(exchange).values(values).returning(*exchange.c))
            return _to_exchange(made.mappings().one())

    def note_job(
        self, exchange_id: int, job_id: int, *, now: datetime, within: Connection | None = None
    ) -> None:
        """See `ExchangeStore.note_job`."""
        with self._changing(within) as connection:
            mine = update(exchange).where(exchange.c.exchange_id == exchange_id)
            connection.execute(mine.values(job_id=job_id, asked_us=to_us(now)))

    def begin(self, exchange_id: int, token: str, *, shape: str, is_anew: bool) -> Exchange:
        """See `ExchangeStore.begin`."""
        values: dict[str, Any] = {"token": token, "shape": shape}
        if is_anew:
            values |= {
                "fetch": exchange.c.fetch + 1,
                "is_anew": 1,
                "checkpoint": None,
                "reached_us": None,
            }
        mine = update(exchange).where(exchange.c.exchange_id == exchange_id)
        with self._changing(None) as connection:
            taken = connection.execute(mine.values(values).returning(*exchange.c))
            row = taken.mappings().first()
        if row is None:
            raise _lost()
        return _to_exchange(row)

    def bodies(self, exchange_id: int, keys: Collection[str]) -> dict[str, str]:
        """See `ExchangeStore.bodies`."""
        found: dict[str, str] = {}
        with self._database.reading() as connection:
            for some in chunks([digest_of(key) for key in keys]):
                query = select(record.c.key, record.c.body).where(
                    record.c.exchange_id == exchange_id, record.c.key_digest.in_(some)
                )
                found |= {row.key: row.body for row in connection.execute(query)}
        return found

    def put(
        self,
        taken: Exchange,
        token: str,
        records: Sequence[Record],
        *,
        within: Connection | None = None,
    ) -> dict[Signal, tuple[Opinion, ...]]:
        """See `ExchangeStore.put`."""
        with self._holding(taken, token, {}, within) as connection:
            return put_records(connection, taken, records)

    def unseen(self, taken: Exchange, *, limit: int = 1000) -> Sequence[str]:
        """See `ExchangeStore.unseen`."""
        query = (
            select(record.c.key)
            .where(record.c.exchange_id == taken.exchange_id, record.c.fetch < taken.fetch)
            .limit(limit)
        )
        with self._database.reading() as connection:
            return list(connection.execute(query).scalars())

    def has_seen(self, taken: Exchange) -> bool:
        """See `ExchangeStore.has_seen`."""
        query = select(record.c.key).where(
            record.c.exchange_id == taken.exchange_id, record.c.fetch == taken.fetch
        )
        with self._database.reading() as connection:
            return connection.execute(query.limit(1)).first() is not None

    def reach(
        self,
        taken: Exchange,
        token: str,
        checkpoint: Checkpoint | None,
        tally: Tally,
        *,
        within: Connection | None = None,
    ) -> None:
        """See `ExchangeStore.reach`."""
        values: dict[str, Any] = {"tally": _write(tally)}
        if checkpoint is not None:
            values |= {"checkpoint": checkpoint.text, "reached_us": to_us(checkpoint.reached_at)}
        with self._holding(taken, token, values, within):
            pass

    def complete(self, taken: Exchange, token: str, *, now: datetime) -> None:
        """See `ExchangeStore.complete`."""
        values = {"is_anew": 0, "completed_us": to_us(now), "token": ""}
        with self._holding(taken, token, values, None):
            pass

    def held(
        self, exchange_id: int, signals: Collection[Signal], *, within: Connection | None = None
    ) -> dict[Signal, Held]:
        """See `ExchangeStore.held`."""
        by_digest = {signal_digest(signal): signal for signal in signals}
        found: dict[Signal, Held] = {}
        with self._database.joining(within) as connection:
            for some in chunks(list(by_digest)):
                query = select(held_entry).where(
                    held_entry.c.exchange_id == exchange_id, held_entry.c.signal_digest.in_(some)
                )
                for row in connection.execute(query):
                    found[by_digest[bytes(row.signal_digest)]] = Held(row.entry_id, row.said)
        return found

    def hold(
        self,
        exchange_id: int,
        held: Mapping[Signal, Held],
        *,
        within: Connection | None = None,
    ) -> None:
        """See `ExchangeStore.hold`."""
        if not held:
            return
        rows = [
            {
                "exchange_id": exchange_id,
                "signal_digest": signal_digest(signal),
                "entry_id": one.entry_id,
                "said": one.said,
            }
            for signal, one in held.items()
        ]
        with self._changing(within) as connection:
            self.release(exchange_id, held, within=connection)
            connection.execute(insert(held_entry), rows)

    def release(
        self, exchange_id: int, signals: Collection[Signal], *, within: Connection | None = None
    ) -> None:
        """See `ExchangeStore.release`."""
        with self._changing(within) as connection:
            for some in chunks([signal_digest(signal) for signal in signals]):
                connection.execute(
                    delete(held_entry).where(
                        held_entry.c.exchange_id == exchange_id,
                        held_entry.c.signal_digest.in_(some),
                    )
                )

    def shared(self, exchange_id: int, signal: Signal) -> Sequence[Shared]:
        """See `ExchangeStore.shared`."""
        with self._database.reading() as connection:
            return shared_in(connection, exchange_id, signal_digest(signal))

    def shared_as(self, exchange_id: int, record: str, digest: str) -> Shared | None:
        """See `ExchangeStore.shared_as`."""
        with self._database.reading() as connection:
            found = shared_in(connection, exchange_id, bytes.fromhex(digest))
        return next((one for one in found if one.record == record), None)

    def entry_ids(self, exchange_id: int) -> Sequence[int]:
        """See `ExchangeStore.entry_ids`."""
        query = select(held_entry.c.entry_id).where(held_entry.c.exchange_id == exchange_id)
        with self._database.reading() as connection:
            return list(connection.execute(query.order_by(held_entry.c.entry_id)).scalars())

    def forget(self, exchange_id: int, *, within: Connection | None = None) -> None:
        """See `ExchangeStore.forget`."""
        with self._changing(within) as connection:
            for table in _TABLES:
                connection.execute(delete(table).where(table.c.exchange_id == exchange_id))

    @contextmanager
    def _changing(self, within: Connection | None) -> Iterator[Connection]:
        with self._database.joining(within) as connection:
            self._database.take_turn(connection)
            yield connection

    @contextmanager
    def _holding(
        self, taken: Exchange, token: str, values: dict[str, Any], within: Connection | None
    ) -> Iterator[Connection]:
        """A transaction in which the token holds the exchange, whose row is changed."""
        mine = update(exchange).where(
            exchange.c.exchange_id == taken.exchange_id, exchange.c.token == token
        )
        with self._changing(within) as connection:
            held = mine.values(token=token) if not values else mine.values(values)
            if connection.execute(held.returning(exchange.c.exchange_id)).first() is None:
                raise _lost()
            yield connection


def _lost() -> StoreError:
    return StoreError(
        ErrorCode.STORE_BUSY,
        "Another process fetches from this exchange by now, or it was removed.",
    )


def _to_exchange(row: RowMapping) -> Exchange:
    checkpoint = row["checkpoint"]
    return Exchange(
        exchange_id=row["exchange_id"],
        name=row["name"],
        bank_id=row["bank_id"],
        shape=row["shape"],
        fetch=row["fetch"],
        is_anew=bool(row["is_anew"]),
        checkpoint=None
        if checkpoint is None
        else Checkpoint(checkpoint, from_us(row["reached_us"])),
        job_id=row["job_id"],
        asked_at=from_us(row["asked_us"]),
        completed_at=from_us(row["completed_us"]),
        tally=msgspec.json.decode(row["tally"], type=Tally),
    )


def _write(tally: Tally) -> str:
    return msgspec.json.encode(tally).decode()
