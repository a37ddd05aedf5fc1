# SPDX-License-Identifier: Apache-2.0
"""What members acknowledged of circles' logs, in SQL."""

from collections.abc import Collection, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Final

import msgspec
from sqlalchemy import Connection, insert, select

from nahmi.partner.ports.receipts import Acknowledged
from nahmi.partner.receipts import SignedReceipt
from nahmi.store.sql.circle_tables import acknowledgement, receipt, statement
from nahmi.store.sql.circles import WITHDRAWALS
from nahmi.store.sql.database import Database
from nahmi.store.sql.reading import chunks
from nahmi.store.sql.rows import to_us
from nahmi.store.sql.upserts import insertion

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)


class SqlReceiptStore:
    """`ReceiptStore` on SQLite or PostgreSQL.

    Args:
        database: An opened store.
    """

    def __init__(self, database: Database) -> None:
        self._database = database

    def receive(
        self,
        number: int,
        receipt_: SignedReceipt,
        *,
        now: datetime,
        within: Connection | None = None,
    ) -> bool:
        """See `ReceiptStore.receive`."""
        said = receipt_.receipt
        with self._database.joining(within) as connection:
            # Two receipts of one member are compared one after the other.
            self._database.take_turn(connection)
            known = select(receipt.c.size, receipt.c.withdrawn_to).where(
                receipt.c.circle_no == number, receipt.c.org == said.org
            )
            row = connection.execute(known).first()
            size, withdrawn_to = (0, 0) if row is None else row
            if row is not None and (said.size < size or said.withdrawn_to < withdrawn_to):
                return False
            self._keep(connection, number, receipt_, now)
            self._acknowledge(connection, number, receipt_, withdrawn_to, now)
            return True

    def receipts(self, number: int) -> Sequence[Acknowledged]:
        """See `ReceiptStore.receipts`."""
        query = select(receipt).where(receipt.c.circle_no == number).order_by(receipt.c.org)
        with self._database.reading() as connection:
            return [
                Acknowledged(
                    org=row.org,
                    size=row.size,
                    withdrawn_to=row.withdrawn_to,
                    fold=SignedReceipt.read(bytes(row.receipt)).receipt.fold,
                    at=_moment(row.at_us),
                )
                for row in connection.execute(query)
            ]

    def acknowledgements(self, number: int, seq: int) -> Mapping[str, datetime]:
        """See `ReceiptStore.acknowledgements`."""
        query = select(acknowledgement.c.org, acknowledgement.c.at_us).where(
            acknowledgement.c.circle_no == number, acknowledgement.c.seq == seq
        )
        with self._database.reading() as connection:
            return {org: _moment(at_us) for org, at_us in connection.execute(query)}

    def acknowledged(
        self, number: int, seqs: Collection[int]
    ) -> Mapping[int, Mapping[str, datetime]]:
        """See `ReceiptStore.acknowledged`."""
        found: dict[int, dict[str, datetime]] = {}
        columns = acknowledgement.c.seq, acknowledgement.c.org, acknowledgement.c.at_us
        with self._database.reading() as connection:
            for some in chunks(sorted(set(seqs))):
                query = select(*columns).where(
                    acknowledgement.c.circle_no == number, acknowledgement.c.seq.in_(some)
                )
                for seq, org, at_us in connection.execute(query):
                    found.setdefault(seq, {})[org] = _moment(at_us)
        return found

    def newest(self, number: int) -> Sequence[SignedReceipt]:
        """See `ReceiptStore.newest`."""
        query = select(receipt.c.receipt).where(receipt.c.circle_no == number)
        with self._database.reading() as connection:
            found = connection.execute(query.order_by(receipt.c.org)).scalars()
            return [SignedReceipt.read(bytes(data)) for data in found]

    def _keep(
        self, connection: Connection, number: int, receipt_: SignedReceipt, now: datetime
    ) -> None:
        said = receipt_.receipt
        into = insertion(connection, receipt)
        values = {
            "size": said.size,
            "withdrawn_to": said.withdrawn_to,
            "at_us": to_us(now),
            "receipt": msgspec.json.encode(receipt_),
        }
        connection.execute(
            into.values(circle_no=number, org=said.org, **values).on_conflict_do_update(
                index_elements=["circle_no", "org"], set_=values
            )
        )

    def _acknowledge(
        self,
        connection: Connection,
        number: int,
        receipt_: SignedReceipt,
        before: int,
        now: datetime,
    ) -> None:
        """Note of each withdrawal since the last receipt that it is in effect there."""
        said = receipt_.receipt
        query = select(statement.c.seq).where(
            statement.c.circle_no == number,
            statement.c.kind.in_(WITHDRAWALS),
            statement.c.seq >= before,
            statement.c.seq < said.withdrawn_to,
        )
        rows = [
            {"circle_no": number, "seq": seq, "org": said.org, "at_us": to_us(now)}
            for seq in connection.execute(query).scalars()
        ]
        if rows:
            connection.execute(insert(acknowledgement), rows)


def _moment(at_us: int) -> datetime:
    return _EPOCH + timedelta(microseconds=at_us)
