# SPDX-License-Identifier: Apache-2.0
"""Where a node is: its folder, and the database that holds its banks."""

from pathlib import Path

import msgspec

from nahmi.store.node import NodeFolder, named_database, open_node
from nahmi.store.sql.database import Database
from nahmi.store.sql.opening import open_database

_PATIENCE_S = 30


class NodePlace(msgspec.Struct, frozen=True):
    """Where a node is.

    Attributes:
        folder: With its index, its settings, and its banks unless a database holds them.
        database: Address of a PostgreSQL database; None for the SQLite file in the folder.
    """

    folder: Path
    database: str | None = None

    def __repr__(self) -> str:
        # The address may hold a password.
        kind = "SQLite" if self.database is None else "PostgreSQL"
        return f"NodePlace({str(self.folder)!r}, {kind})"

    def store_of(self, files: NodeFolder) -> str | Path:
        """Where the banks of the node are."""
        return files.store if self.database is None else self.database


def placed(folder: Path | NodePlace, database: str | None = None) -> NodePlace:
    """Where a node is, from whichever way it was said; its node.toml may name the database, too.

    Args:
        folder: Its folder, or all of it.
        database: Its database, if the folder alone was given.
    """
    place = folder if isinstance(folder, NodePlace) else NodePlace(folder, database or None)
    if place.database is not None:
        return place
    return NodePlace(place.folder, named_database(place.folder))


def open_store(place: NodePlace) -> Database:
    """Open the database of a node's store, to read and to write.

    Raises:
        StoreError: STORE_MISSING, STORE_CORRUPT, STORE_VERSION, STORE_BUSY or STORAGE_DENIED.
    """
    return open_database(place.store_of(open_node(place.folder)), busy_timeout_s=_PATIENCE_S)
