# SPDX-License-Identifier: Apache-2.0
"""A consistent copy of a SQLite store while others read and write it."""

import sqlite3
from contextlib import closing
from pathlib import Path
from urllib.parse import quote

from nahmi.errors import ErrorCode, StoreError
from nahmi.store.sql.sqlite_errors import sqlite_error


def copy_store(source: Path, target: Path) -> None:
    """Copy one state of a store into a new file that is complete by itself.

    Writers are not held up: in WAL mode the copy reads a snapshot, and the whole of it in one step,
    since a copy in several steps would begin anew after each write of another process.

    Args:
        source: The store's file.
        target: Not there yet; made for its owner only.

    Raises:
        StoreError: STORAGE_FULL: there is no room for the copy. STORE_CORRUPT: the store is
            damaged, which is found out here rather than when the copy is needed. STORE_BUSY or
            STORAGE_DENIED.
        OSError: The new file cannot be made.
    """
    target.touch(0o600, exist_ok=False)
    try:
        with (
            closing(_connect(source, "ro")) as original,
            closing(_connect(target, "rw")) as copy,
        ):
            original.backup(copy, pages=-1)
            copy.execute("PRAGMA journal_mode = DELETE")  # no part of it in a second file
            is_sound = copy.execute("PRAGMA quick_check(1)").fetchone() == ("ok",)
    except sqlite3.Error as error:
        raise sqlite_error(error) from None
    if not is_sound:
        raise StoreError(
            ErrorCode.STORE_CORRUPT,
            "The store's file is damaged, so it was not backed up.",
            hint="Restore an earlier backup.",
        )


def _connect(file: Path, mode: str) -> sqlite3.Connection:
    return sqlite3.connect(f"file:{quote(str(file.absolute()))}?mode={mode}", uri=True, timeout=30)
