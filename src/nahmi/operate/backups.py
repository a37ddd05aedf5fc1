# SPDX-License-Identifier: Apache-2.0
"""What a backup holds and how it says so: a list of files with their sums, and nothing unlisted."""

from datetime import datetime
from typing import Final

import msgspec

from nahmi.errors import ErrorCode, StoreError

FORMAT: Final = 1
"""Version of the archive's form."""
STORE_FILE: Final = "nahmi.sqlite3"
KEY_FILE: Final = "node.key"
SETTINGS_FILE: Final = "node.toml"
LABELS_FILE: Final = "ucs.toml"
FILES: Final = (SETTINGS_FILE, LABELS_FILE, KEY_FILE, STORE_FILE)
"""What may be in a backup, in this order. The index is made anew and scans are no part of it."""
_NEEDED: Final = frozenset({SETTINGS_FILE, STORE_FILE})
_SUM_DIGITS: Final = 64


class BackedUpFile(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One file of a backup.

    Attributes:
        name: One of `FILES`.
        size_bytes: Its length.
        sha256: Its sum, 64 hexadecimal digits.
    """

    name: str
    size_bytes: int
    sha256: str


class BackupManifest(msgspec.Struct, frozen=True, kw_only=True):
    """What a backup holds.

    Attributes:
        format: Version of the archive's form.
        nahmi: Version of the program that made it.
        made_at: When its state was taken, UTC.
        schema: Version of the store's schema.
        files: In the order of `FILES`.
    """

    format: int
    nahmi: str
    made_at: datetime
    schema: int
    files: tuple[BackedUpFile, ...]

    @property
    def has_key(self) -> bool:
        """Whether the node key is in it."""
        return any(file.name == KEY_FILE for file in self.files)

    @property
    def size_bytes(self) -> int:
        """Length of all files together."""
        return sum(file.size_bytes for file in self.files)


def write_manifest(manifest: BackupManifest) -> bytes:
    """A manifest as JSON."""
    return msgspec.json.format(msgspec.json.encode(manifest), indent=1)


def read_manifest(text: bytes, *, newest_schema: int) -> BackupManifest:
    """The manifest that a backup begins with.

    Args:
        text: JSON.
        newest_schema: The schema that this nahmi works with; older ones can be brought to it.

    Raises:
        StoreError: BACKUP_INVALID: it is none. STORE_VERSION: a newer nahmi made it.
    """
    try:
        manifest = msgspec.json.decode(text, type=BackupManifest)
    except (msgspec.DecodeError, UnicodeDecodeError):
        raise invalid_backup() from None
    if manifest.format > FORMAT or manifest.schema > newest_schema:
        raise StoreError(
            ErrorCode.STORE_VERSION,
            "The backup was made by a newer nahmi than this one.",
            hint="Install a newer nahmi.",
        )
    if not _is_sound(manifest):
        raise invalid_backup()
    return manifest


def invalid_backup() -> StoreError:
    """The file is no backup, or not the backup that was made."""
    return StoreError(
        ErrorCode.BACKUP_INVALID,
        "The file is no backup, or it is damaged or cut off.",
        hint="Use another backup; nothing was restored from this one.",
    )


def _is_sound(manifest: BackupManifest) -> bool:
    names = [file.name for file in manifest.files]
    in_order = [name for name in FILES if name in names]
    return (
        manifest.format >= 1
        and manifest.schema >= 1
        and names == in_order
        and set(names) >= _NEEDED
        and all(_is_sound_file(file) for file in manifest.files)
    )


def _is_sound_file(file: BackedUpFile) -> bool:
    is_sum = len(file.sha256) == _SUM_DIGITS and set(file.sha256) <= set("0123456789abcdef")
    return is_sum and file.size_bytes >= 0
