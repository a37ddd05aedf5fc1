# SPDX-License-Identifier: Apache-2.0
"""Keeping a node safe: a backup while it serves, and a new node from a backup.

Both happen in a folder of their own beside the result, which takes its place at the end: whatever
fails, there is a whole backup or a whole node, or nothing.
"""

import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import BinaryIO, Final, TypeVar

from nahmi.errors import ErrorCode, InputError, StoreError
from nahmi.flows.backup_archive import describe, pack, unpack
from nahmi.flows.disk import replacing, storage_error
from nahmi.operate.backups import FORMAT, BackupManifest

_Outcome = TypeVar("_Outcome")
_WRITE: Final = "write the backup"
_RESTORE: Final = "restore the backup"


def back_up(
    file: Path, *, gather: Callable[[Path], int], now: datetime, version: str
) -> BackupManifest:
    """Write a backup into a new file, for its owner only.

    Args:
        file: Must not be there yet, so that no backup replaces another by mistake.
        gather: Puts one state of the node into an empty folder; returns its store's schema.
        now: The current moment.
        version: Of nahmi.

    Raises:
        StoreError: STORAGE_FULL or STORAGE_DENIED; or as `gather`. There is no file then.
        InputError: INPUT_INVALID: there is such a file.
    """
    if file.exists() or file.is_symlink():
        raise InputError(
            ErrorCode.INPUT_INVALID,
            "There is a file of that name already.",
            hint="A backup never replaces another: choose a new name.",
        )
    with _workshop(file.parent, _WRITE) as folder:
        schema = gather(folder)
        manifest = BackupManifest(
            format=FORMAT, nahmi=version, made_at=now, schema=schema, files=describe(folder)
        )
        with replacing(file, _WRITE, is_private=True) as stream:
            pack(stream, manifest, folder)
    return manifest


def restore(
    file: Path,
    target: Path,
    *,
    finish: Callable[[Path], _Outcome],
    newest_schema: int,
) -> tuple[BackupManifest, _Outcome]:
    """Make a node from a backup.

    Args:
        file: The backup.
        target: The new node's folder: missing or empty.
        finish: Makes a node of the files that were restored.
        newest_schema: The schema that this nahmi works with.

    Raises:
        InputError: FILE_MISSING or FILE_UNREADABLE: the backup.
        StoreError: BACKUP_INVALID, STORE_VERSION, STORAGE_FULL, or STORAGE_DENIED: the folder holds
            something, or cannot be made; or as `finish`. The folder is as before then.
        SignalIndexError: As `finish`.
    """
    _refuse_filled(target)
    with _open(file) as stream, _workshop(target.absolute().parent, _RESTORE) as folder:
        made = folder / "node"
        made.mkdir(mode=0o700)
        manifest = unpack(stream, made, newest_schema=newest_schema)
        outcome = finish(made)
        made.replace(target)  # an empty folder gives way, a filled one does not
    return manifest, outcome


def _refuse_filled(target: Path) -> None:
    try:
        is_free = not target.is_symlink() and (not target.exists() or not any(target.iterdir()))
    except OSError:
        is_free = False
    if not is_free:
        raise StoreError(
            ErrorCode.STORAGE_DENIED,
            "A backup is restored into a new folder only, and there is something here.",
            hint="Name another folder with --node.",
        )


def _open(file: Path) -> BinaryIO:
    try:
        return file.open("rb")
    except FileNotFoundError as error:
        raise InputError(ErrorCode.FILE_MISSING, "There is no such backup.") from error
    except OSError as error:
        reason = (error.strerror or "unknown reason").lower()
        raise InputError(
            ErrorCode.FILE_UNREADABLE, f"The backup cannot be read: {reason}."
        ) from error


@contextmanager
def _workshop(parent: Path, what: str) -> Iterator[Path]:
    """An empty folder beside the result, for its owner only; gone at the end."""
    try:
        parent.mkdir(parents=True, exist_ok=True)
        folder = Path(tempfile.mkdtemp(prefix=".nahmi-", dir=parent))
    except OSError as error:
        raise storage_error(error, what) from error
    try:
        yield folder
    except OSError as error:
        raise storage_error(error, what) from error
    finally:
        shutil.rmtree(folder, ignore_errors=True)
