# SPDX-License-Identifier: Apache-2.0
"""Who may do what on a node, joined to its store."""

from contextlib import AbstractContextManager
from pathlib import Path
from typing import Self

from sqlalchemy import Connection

from nahmi.bootstrap.place import NodePlace, open_store, placed
from nahmi.store.sql.access_audit import SqlAuditStore
from nahmi.store.sql.access_keys import SqlKeyStore
from nahmi.store.sql.access_logins import SqlLoginStore
from nahmi.store.sql.access_people import SqlPeopleStore
from nahmi.store.sql.access_sessions import SqlSessionStore
from nahmi.store.sql.database import Database


class Access:
    """Who may do what on a node, opened.

    Args:
        database: The node's store.

    Attributes:
        database: In which other stores of the node can work too.
    """

    def __init__(self, database: Database) -> None:
        self.database = database
        self.audit = SqlAuditStore(database)
        self.keys = SqlKeyStore(database)
        self.logins = SqlLoginStore(database)
        self.people = SqlPeopleStore(database)
        self.sessions = SqlSessionStore(database)

    def writing(self) -> AbstractContextManager[Connection]:
        """A writing transaction, in which every store of the node can take part.

        Raises:
            StoreError: The store could not be written.
        """
        return self.database.writing()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.database.close()


def open_access(folder: Path | NodePlace, *, database: str | None = None) -> Access:
    """Open who may do what on a node.

    Args:
        folder: The node's folder.
        database: The PostgreSQL database that holds its banks, if one does.

    Raises:
        StoreError: STORE_MISSING, STORE_CORRUPT, STORE_VERSION or STORAGE_DENIED.
    """
    return Access(open_store(placed(folder, database)))
