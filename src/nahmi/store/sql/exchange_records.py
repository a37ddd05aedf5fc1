# SPDX-License-Identifier: Apache-2.0
"""Statements that keep the records of an exchange; each runs in its caller's transaction."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from hashlib import blake2b

import msgspec
from sqlalchemy import Connection, delete, insert, select, update

from nahmi.core.opinion import Opinion
from nahmi.core.signal import Signal
from nahmi.operate.exchanges import Exchange, Record, Shared
from nahmi.store.sql.exchange_tables import assertion, record
from nahmi.store.sql.reading import chunks

_DIGEST_BYTES = 16
_OPINIONS = tuple[Opinion, ...]
_encode = msgspec.json.Encoder().encode


def digest_of(*texts: str) -> bytes:
    """A short stand-in for texts of any length, as a key."""
    return blake2b(_encode(texts), digest_size=_DIGEST_BYTES).digest()


def signal_digest(signal: Signal) -> bytes:
    """The stand-in for a signal."""
    return digest_of(signal.signal_type, signal.value)


def put_records(
    connection: Connection, taken: Exchange, records: Sequence[Record]
) -> dict[Signal, tuple[Opinion, ...]]:
    """Keep records and their assertions; see `ExchangeStore.put`.

    A record that says what it said before is only marked as seen: most do when everything is
    fetched anew. Where other things decide what is fetched, none counts as said before.
    """
    exchange_id, fetch = taken.exchange_id, taken.fetch
    given = {digest_of(one.key): one for one in records}
    known = _known(connection, exchange_id, list(given))
    said = {key: _said(one, taken.shape) for key, one in given.items() if one.body is not None}
    same = {key for key, digest in said.items() if known.get(key) == digest}
    new = [key for key in said if key not in same]
    touched = _drop(connection, exchange_id, [key for key in known if key not in same])
    for some in chunks(list(same)):
        seen = update(record).where(
            record.c.exchange_id == exchange_id, record.c.key_digest.in_(some)
        )
        connection.execute(seen.values(fetch=fetch))
    rows = [
        {
            "exchange_id": exchange_id,
            "key_digest": key,
            "key": given[key].key,
            "fetch": fetch,
            "digest": said[key],
            "body": given[key].body,
        }
        for key in new
    ]
    if rows:
        connection.execute(insert(record), rows)
    touched |= _assert(connection, exchange_id, ((key, given[key]) for key in new))
    return _opinions(connection, exchange_id, touched)


def shared_in(connection: Connection, exchange_id: int, digest: bytes) -> list[Shared]:
    """The records that assert a signal; see `ExchangeStore.shared`."""
    is_same = (record.c.exchange_id == exchange_id) & (
        record.c.key_digest == assertion.c.key_digest
    )
    query = (
        select(
            record.c.key,
            record.c.body,
            record.c.key_digest,
            assertion.c.signal_type,
            assertion.c.signal_value,
        )
        .join(record, is_same)
        .where(assertion.c.exchange_id == exchange_id, assertion.c.signal_digest == digest)
        .order_by(record.c.key_digest)
    )
    return [
        Shared(
            row.key,
            row.body,
            Signal(row.signal_type, row.signal_value),
            bytes(row.key_digest).hex(),
            digest.hex(),
        )
        for row in connection.execute(query)
    ]


def _known(connection: Connection, exchange_id: int, keys: Sequence[bytes]) -> dict[bytes, bytes]:
    found: dict[bytes, bytes] = {}
    for some in chunks(keys):
        query = select(record.c.key_digest, record.c.digest).where(
            record.c.exchange_id == exchange_id, record.c.key_digest.in_(some)
        )
        found |= {bytes(row.key_digest): bytes(row.digest) for row in connection.execute(query)}
    return found


def _said(one: Record, shape: str) -> bytes:
    said = _encode((shape, one.body, [(each.signal, each.opinions) for each in one.assertions]))
    return blake2b(said, digest_size=_DIGEST_BYTES).digest()


def _drop(connection: Connection, exchange_id: int, keys: Sequence[bytes]) -> dict[bytes, Signal]:
    """Forget records; what they asserted."""
    touched = {}
    for some in chunks(keys):
        mine = (assertion.c.exchange_id == exchange_id, assertion.c.key_digest.in_(some))
        gone = (
            delete(assertion)
            .where(*mine)
            .returning(assertion.c.signal_digest, assertion.c.signal_type, assertion.c.signal_value)
        )
        for row in connection.execute(gone):
            touched[bytes(row.signal_digest)] = Signal(row.signal_type, row.signal_value)
        connection.execute(
            delete(record).where(record.c.exchange_id == exchange_id, record.c.key_digest.in_(some))
        )
    return touched


def _assert(
    connection: Connection, exchange_id: int, records: Iterable[tuple[bytes, Record]]
) -> dict[bytes, Signal]:
    """Keep what records assert; which signals that is."""
    touched = {}
    rows = []
    for key, one in records:
        opinions: dict[Signal, _OPINIONS] = defaultdict(tuple)
        for each in one.assertions:
            opinions[each.signal] += each.opinions
        for signal, given in opinions.items():
            digest = signal_digest(signal)
            touched[digest] = signal
            rows.append(
                {
                    "exchange_id": exchange_id,
                    "key_digest": key,
                    "signal_digest": digest,
                    "signal_type": signal.signal_type,
                    "signal_value": signal.value,
                    "opinions": _encode(given).decode(),
                }
            )
    if rows:
        connection.execute(insert(assertion), rows)
    return touched


def _opinions(
    connection: Connection, exchange_id: int, signals: dict[bytes, Signal]
) -> dict[Signal, tuple[Opinion, ...]]:
    """What all records of the exchange together think of signals."""
    found: dict[Signal, list[Opinion]] = {signal: [] for signal in signals.values()}
    for some in chunks(list(signals)):
        query = select(assertion.c.signal_digest, assertion.c.opinions).where(
            assertion.c.exchange_id == exchange_id, assertion.c.signal_digest.in_(some)
        )
        for row in connection.execute(query.order_by(assertion.c.key_digest)):
            given = msgspec.json.decode(row.opinions, type=_OPINIONS)
            found[signals[bytes(row.signal_digest)]] += given
    return {signal: tuple(dict.fromkeys(given)) for signal, given in found.items()}
