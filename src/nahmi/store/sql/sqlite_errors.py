# SPDX-License-Identifier: Apache-2.0
"""SQLite's failures as nahmi's."""

import sqlite3

from nahmi.errors import ErrorCode, StoreError

_PRIMARY_CODE = 0xFF
_RULES: dict[int, tuple[ErrorCode, str, str]] = {
    sqlite3.SQLITE_FULL: (
        ErrorCode.STORAGE_FULL,
        "The disk is full: the store is as it was before.",
        "Free some space and try again.",
    ),
    sqlite3.SQLITE_BUSY: (
        ErrorCode.STORE_BUSY,
        "Another process kept the store locked for too long.",
        "Try again when its import is done.",
    ),
    sqlite3.SQLITE_NOTADB: (ErrorCode.STORE_CORRUPT, "The store's file is no database.", ""),
    sqlite3.SQLITE_CORRUPT: (ErrorCode.STORE_CORRUPT, "The store's file is damaged.", ""),
}
_DENIED = (
    ErrorCode.STORAGE_DENIED,
    "The store may not be opened or written to.",
    "Check who owns the node folder and whether the file system is read-only.",
)
for _code in (sqlite3.SQLITE_READONLY, sqlite3.SQLITE_PERM, sqlite3.SQLITE_CANTOPEN):
    _RULES[_code] = _DENIED
_RULES[sqlite3.SQLITE_LOCKED] = _RULES[sqlite3.SQLITE_BUSY]
# A quota and a limit on a file's size come as failures of input and output.
_UNWRITTEN = (
    ErrorCode.STORAGE_FULL,
    "The store could not be written, for want of room or of a sound disk.",
    "Free some space, look at the disk, and try again.",
)
_EXTENDED: dict[int, tuple[ErrorCode, str, str]] = dict.fromkeys(
    (
        sqlite3.SQLITE_IOERR_WRITE,
        sqlite3.SQLITE_IOERR_TRUNCATE,
        sqlite3.SQLITE_IOERR_FSYNC,
        sqlite3.SQLITE_IOERR_SHMSIZE,
    ),
    _UNWRITTEN,
)
_UNKNOWN = (ErrorCode.STORE_CORRUPT, "The store's file could not be used.", "")
_RESTORE = "Restore it from a backup."


def sqlite_error(error: sqlite3.Error) -> StoreError:
    """The typed error for a failure of SQLite; its own message may quote values and is dropped."""
    code = getattr(error, "sqlite_errorcode", 0)
    rule = _EXTENDED.get(code) or _RULES.get(code & _PRIMARY_CODE, _UNKNOWN)
    name, detail, hint = rule
    return StoreError(name, detail, hint=hint or _RESTORE)
