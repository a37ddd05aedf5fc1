# SPDX-License-Identifier: Apache-2.0
"""The audit chain in SQL: one writer at a time holds its head."""

from collections.abc import Iterator, Sequence

import msgspec
from sqlalchemy import Connection, RowMapping, insert, select, update

from nahmi.access.audit import AuditEvent, AuditRecord, chain, verify
from nahmi.errors import ErrorCode, StoreError
from nahmi.store.sql.access_tables import audit, audit_head
from nahmi.store.sql.database import Database

_PAGE = 1000


class SqlAuditStore:
    """Appends to the chain and checks it.

    Args:
        database: An opened store.
    """

    def __init__(self, database: Database) -> None:
        self._database = database

    def hold(self, *, within: Connection) -> None:
        """Keep every other writer of the chain out until the transaction ends."""
        within.execute(_LOCKED)

    def append(self, event: AuditEvent, *, within: Connection | None = None) -> AuditRecord:
        """Add a record.

        Args:
            event: What was done.
            within: The writing transaction that does it; the record then lives and dies with it.

        Raises:
            StoreError: STORE_CORRUPT: the chain's head is missing; or writing failed.
            InputError: INPUT_INVALID: as `nahmi.access.audit.chain`.
        """
        if within is not None:
            return _append(within, event)
        with self._database.writing() as connection:
            return _append(connection, event)

    def records(self, *, after: int = 0, limit: int = _PAGE) -> Sequence[AuditRecord]:
        """Records numbered above `after`, ascending.

        Raises:
            StoreError: Reading failed.
        """
        query = select(audit).where(audit.c.sequence > after).order_by(audit.c.sequence)
        with self._database.reading() as connection:
            rows = connection.execute(query.limit(limit)).mappings().all()
        return [_record(row) for row in rows]

    def newest(
        self, *, member_id: int | None = None, before: int | None = None, limit: int = _PAGE
    ) -> Sequence[AuditRecord]:
        """Records numbered below `before`, newest first.

        Args:
            member_id: In whose area; of all members by default.
            before: A record's number; None for the newest.
            limit: Records at most.

        Raises:
            StoreError: Reading failed.
        """
        query = select(audit).order_by(audit.c.sequence.desc()).limit(limit)
        if before is not None:
            query = query.where(audit.c.sequence < before)
        if member_id is not None:
            query = query.where(audit.c.event.contains(_area(member_id)))
        with self._database.reading() as connection:
            return [_record(row) for row in connection.execute(query).mappings()]

    def first_broken(self) -> int | None:
        """The number of the first record that is wrong or missing; None when the chain holds.

        Raises:
            StoreError: Reading failed.
        """
        with self._database.reading() as connection:
            head = connection.execute(
                select(audit_head.c.sequence, audit_head.c.hash).where(audit_head.c.id == 1)
            ).first()
            if head is None:
                return 1
            return verify(_all(connection), head=(head[0], head[1]))


_LOCKED = (
    select(audit_head.c.sequence, audit_head.c.hash).where(audit_head.c.id == 1).with_for_update()
)


def _area(member_id: int) -> str:
    """What stands in the JSON of a member's events, whose keys are sorted, and in no other.

    Inside a text the quotation marks would be escaped.
    """
    return f'"member_id":{member_id},"object":'


def _all(connection: Connection) -> Iterator[AuditRecord]:
    after = -(2**62)
    while True:
        query = select(audit).where(audit.c.sequence > after).order_by(audit.c.sequence)
        rows = connection.execute(query.limit(_PAGE)).mappings().all()
        if not rows:
            return
        yield from map(_record, rows)
        after = rows[-1]["sequence"]


def _append(connection: Connection, event: AuditEvent) -> AuditRecord:
    head = connection.execute(_LOCKED).first()
    if head is None:
        raise StoreError(
            ErrorCode.STORE_CORRUPT,
            "The audit chain has lost its head.",
            hint="Restore the store from a backup.",
        )
    last = AuditRecord(sequence=head[0], event=event, previous_hash=b"", hash=head[1])
    record = chain(event, last)
    connection.execute(
        insert(audit).values(
            sequence=record.sequence,
            event=msgspec.json.encode(event, order="sorted").decode(),
            previous_hash=record.previous_hash,
            hash=record.hash,
        )
    )
    connection.execute(
        update(audit_head)
        .where(audit_head.c.id == 1)
        .values(sequence=record.sequence, hash=record.hash)
    )
    return record


def _record(row: RowMapping) -> AuditRecord:
    """A record as it was kept; one whose event cannot be read gets one that breaks the chain."""
    try:
        event = msgspec.json.decode(row["event"], type=AuditEvent)
    except msgspec.DecodeError:
        event = _UNREADABLE
    return AuditRecord(
        sequence=row["sequence"],
        event=event,
        previous_hash=row["previous_hash"],
        hash=row["hash"],
    )


_UNREADABLE = msgspec.json.decode(
    b'{"at":"1970-01-01T00:00:00Z","member_id":0,"actor":"","event":"audit:unreadable"}',
    type=AuditEvent,
)
