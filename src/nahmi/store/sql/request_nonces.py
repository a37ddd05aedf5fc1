# SPDX-License-Identifier: Apache-2.0
"""The nonces of signed requests in SQL, shared by all processes of a node."""

from sqlalchemy import Column, Table, delete

from nahmi.store.sql.database import Database
from nahmi.store.sql.tables import metadata
from nahmi.store.sql.types import NUMBER, WORDS
from nahmi.store.sql.upserts import insertion

nonce_table = Table(
    "nonce",
    metadata,
    Column("kid", WORDS, primary_key=True),
    Column("nonce", WORDS, primary_key=True),
    Column("until_s", NUMBER),
)


class SqlNonceStore:
    """`NonceStore` in a database.

    Args:
        database: An opened store.
    """

    def __init__(self, database: Database) -> None:
        self._database = database

    def use(self, kid: str, nonce: str, *, until_s: int) -> bool:
        """See `NonceStore.use`."""
        with self._database.writing() as connection:
            row = {"kid": kid, "nonce": nonce, "until_s": until_s}
            new = insertion(connection, nonce_table).values(row).on_conflict_do_nothing()
            return connection.execute(new.returning(nonce_table.c.until_s)).first() is not None

    def forget(self, *, now_s: int) -> int:
        """See `NonceStore.forget`."""
        old = delete(nonce_table).where(nonce_table.c.until_s <= now_s)
        with self._database.writing() as connection:
            return connection.execute(old).rowcount
