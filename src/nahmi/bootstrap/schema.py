# SPDX-License-Identifier: Apache-2.0
"""The schema of a node's store: which it is, and how it gets to the newest."""

from pathlib import Path

from nahmi.bootstrap.place import NodePlace, placed
from nahmi.store import node as node_files
from nahmi.store.sql.opening import SchemaVersion, migrate_database, schema_version


def check_schema(folder: Path | NodePlace) -> SchemaVersion:
    """Which schema a node's store has; changes nothing.

    Raises:
        StoreError: STORE_MISSING, STORE_CORRUPT, STORE_VERSION (it is newer), STORAGE_DENIED.
    """
    return schema_version(_store(folder))


def migrate(folder: Path | NodePlace) -> SchemaVersion:
    """Bring a node's store to the newest schema, wholly or not at all.

    Raises:
        StoreError: As `check_schema`, STORE_BUSY or STORAGE_FULL.
    """
    return migrate_database(_store(folder))


def _store(folder: Path | NodePlace) -> str | Path:
    place = placed(folder)
    return place.store_of(node_files.open_node(place.folder))
