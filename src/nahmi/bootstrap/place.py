# SPDX-License-Identifier: Apache-2.0
"""Where a node is: its folder, and the database that holds its banks."""

from pathlib import Path

import msgspec

from nahmi.store.node import NodeFolder


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
    """Where a node is, from whichever way it was said.

    Args:
        folder: Its folder, or all of it.
        database: Its database, if the folder alone was given.
    """
    return folder if isinstance(folder, NodePlace) else NodePlace(folder, database or None)
