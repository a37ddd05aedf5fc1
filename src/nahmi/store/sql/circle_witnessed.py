# SPDX-License-Identifier: Apache-2.0
"""What this node cosigned as a witness, in SQL."""

from sqlalchemy import Connection, select

from nahmi.partner.witness import Seen
from nahmi.store.sql.bulk import put_rows
from nahmi.store.sql.circle_tables import witnessed
from nahmi.store.sql.database import Database


class SqlWitnessedStore:
    """`WitnessedStore` on SQLite or PostgreSQL.

    Args:
        database: An opened store.
    """

    def __init__(self, database: Database) -> None:
        self._database = database

    def seen(self, number: int, *, within: Connection) -> Seen:
        """See `WitnessedStore.seen`."""
        self._database.take_turn(within)
        query = select(witnessed).where(witnessed.c.circle_no == number)
        row = within.execute(query).first()
        return Seen() if row is None else Seen(row.size, bytes(row.root))

    def put(self, number: int, seen: Seen, *, within: Connection) -> None:
        """See `WitnessedStore.put`."""
        put_rows(within, witnessed, [(number, seen.size, seen.root)], replaces=True)
