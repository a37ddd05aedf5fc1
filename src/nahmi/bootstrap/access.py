# SPDX-License-Identifier: Apache-2.0
"""Who may do what on a node, joined to its store."""

from pathlib import Path
from typing import Self

from nahmi.store import node as node_files
from nahmi.store.sql.access_audit import SqlAuditStore
from nahmi.store.sql.access_keys import SqlKeyStore
from nahmi.store.sql.access_logins import SqlLoginStore
from nahmi.store.sql.access_people import SqlPeopleStore
from nahmi.store.sql.access_sessions import SqlSessionStore
from nahmi.store.sql.database import Database
from nahmi.store.sql.opening import open_database


class Access:
    """Who may do what on a node, opened.

    Args:
        database: The node's store.
    """

    def __init__(self, database: Database) -> None:
        self._database = database
        self.audit = SqlAuditStore(database)
        self.keys = SqlKeyStore(database)
        self.logins = SqlLoginStore(database)
        self.people = SqlPeopleStore(database)
        self.sessions = SqlSessionStore(database)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._database.close()


def open_access(folder: Path) -> Access:
    """Open who may do what on a node.

    Raises:
        StoreError: STORE_MISSING, STORE_CORRUPT, STORE_VERSION or STORAGE_DENIED.
    """
    files = node_files.open_node(folder)
    return Access(open_database(files.store, busy_timeout_s=30))
