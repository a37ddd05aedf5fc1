# SPDX-License-Identifier: Apache-2.0
"""Backups of a node, and nodes from backups."""

from functools import partial
from importlib.metadata import version
from pathlib import Path
from typing import Final

import msgspec

from nahmi.bootstrap.access import open_access
from nahmi.bootstrap.clock import now
from nahmi.bootstrap.node import rebuild_index
from nahmi.bootstrap.place import NodePlace, placed
from nahmi.bootstrap.schema import migrate
from nahmi.bootstrap.secret import open_node_key
from nahmi.errors import ErrorCode, InputError, StoreError
from nahmi.flows import backup
from nahmi.operate.backups import LABELS_FILE, SETTINGS_FILE, BackupManifest
from nahmi.store import node as node_files
from nahmi.store.key_file import make_key_file
from nahmi.store.node import NodeFolder
from nahmi.store.sql.copying import copy_store
from nahmi.store.sql.migrations import newest_version
from nahmi.store.sql.opening import schema_version

_ELSEWHERE: Final = "The banks of this node are in PostgreSQL, which has backups of its own."


class Restored(msgspec.Struct, frozen=True, kw_only=True):
    """What became of a backup.

    Attributes:
        backup: What it holds.
        first_broken: Number of the first record of the audit log that is broken; None when the log
            is whole.
    """

    backup: BackupManifest
    first_broken: int | None


def back_up(place: NodePlace, file: Path, *, with_key: bool) -> BackupManifest:
    """Write a node into a new file; the node may serve meanwhile.

    Args:
        place: Where the node is.
        file: Not there yet; only its owner may read it.
        with_key: Put the node key in as well.

    Raises:
        InputError: INPUT_INVALID: the banks are in PostgreSQL, or there is such a file.
        StoreError: STORAGE_FULL, STORAGE_DENIED; the store or the node key cannot be read. There
            is no file then.
    """
    if placed(place).database is not None:
        raise InputError(
            ErrorCode.INPUT_INVALID,
            _ELSEWHERE,
            hint="Use pg_dump, and keep node.toml and node.key: docs/how-to/backup.md.",
        )
    gather = partial(_gather, place, with_key=with_key)
    return backup.back_up(file, gather=gather, now=now(), version=version("nahmi"))


def restore(place: NodePlace, file: Path) -> Restored:
    """Make a new node of a backup: its store at the newest schema, its index made anew.

    Args:
        place: Its folder is missing or empty.
        file: The backup.

    Raises:
        InputError: INPUT_INVALID: PostgreSQL was asked for. FILE_MISSING or FILE_UNREADABLE.
        StoreError: BACKUP_INVALID, STORE_VERSION, STORAGE_FULL or STORAGE_DENIED. There is no node
            then.
        SignalIndexError: The index could not be made.
    """
    if place.database is not None:
        raise InputError(
            ErrorCode.INPUT_INVALID,
            "A backup is restored into a folder, not into a database.",
            hint="Leave out --database.",
        )
    manifest, first_broken = backup.restore(
        file, place.folder, finish=_finish, newest_schema=newest_version()
    )
    return Restored(backup=manifest, first_broken=first_broken)


def _gather(place: NodePlace, into: Path, *, with_key: bool) -> int:
    files, copies = node_files.open_node(place.folder), NodeFolder(into)
    if not files.store.is_file():
        raise StoreError(ErrorCode.STORE_MISSING, "There is no store in the node's folder.")
    copy_store(files.store, copies.store)
    for name in (SETTINGS_FILE, LABELS_FILE):
        if (files.root / name).exists():
            (into / name).write_bytes((files.root / name).read_bytes())
    if with_key:
        make_key_file(copies.key, open_node_key(place))
    return schema_version(copies.store).before


def _finish(folder: Path) -> int | None:
    files = node_files.open_node(folder)
    for made in (files.pdq_index.parent, files.scans):
        made.mkdir(mode=0o700)
    migrate(folder)
    rebuild_index(folder)
    with open_access(folder) as access:
        return access.audit.first_broken()
