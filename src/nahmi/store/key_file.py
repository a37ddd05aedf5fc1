# SPDX-License-Identifier: Apache-2.0
"""The file of the node key: made once, for its owner only, and refused when others may read it."""

import os
import stat
from pathlib import Path
from tempfile import mkstemp

from nahmi.errors import ErrorCode, StoreError
from nahmi.operate.node_key import NodeKey, read_node_key, write_node_key

_OTHERS = 0o077
_LONGEST = 1024


def make_key_file(path: Path, key: NodeKey) -> None:
    """Write a node key; a file that is there already is left as it is.

    The key is there wholly or not at all, whenever the machine stops.

    Raises:
        OSError: The folder cannot be written.
    """
    if path.exists():
        return
    descriptor, name = mkstemp(prefix=f".{path.name}.", dir=path.parent)  # 0600 from the start
    partial = Path(name)
    try:
        with os.fdopen(descriptor, "w", encoding="ascii") as stream:
            stream.write(write_node_key(key))
            stream.flush()
            os.fsync(stream.fileno())
        try:
            path.hardlink_to(partial)  # unlike a rename, never over another process's key
        except FileExistsError:
            return
    finally:
        partial.unlink()


def is_private(status: os.stat_result, user: int) -> bool:
    """Whether nobody but its owner, and root, may read or change a file.

    Args:
        status: Of the file.
        user: Who reads it.
    """
    shared = status.st_mode & _OTHERS
    # systemd hands a credential to a service as a file of root, with an access list that names the
    # service's user alone; the list's mask shows as a right of the group, which is root's as well.
    is_credential = user != 0 and status.st_uid == status.st_gid == 0 and shared == stat.S_IRGRP
    return not shared or is_credential


def read_key_file(path: Path) -> NodeKey:
    """The node key that a file holds.

    Raises:
        StoreError: NODE_KEY_MISSING: there is no such file, or it cannot be read; NODE_KEY_UNSAFE:
            others than its owner may read or change it; STORE_CORRUPT: it holds no key.
    """
    try:
        with path.open("rb") as stream:
            status = os.fstat(stream.fileno())
            text = stream.read(_LONGEST) if stat.S_ISREG(status.st_mode) else b""
    except OSError as error:
        raise StoreError(
            ErrorCode.NODE_KEY_MISSING,
            f"The node key cannot be read: {(error.strerror or 'unknown reason').lower()}.",
            hint="`nahmi init` makes one for a new node; a node's own comes back from a backup.",
        ) from None
    if not is_private(status, os.geteuid()):
        raise StoreError(
            ErrorCode.NODE_KEY_UNSAFE,
            "Others than its owner may read or change the node key.",
            hint="Run chmod 600 on its file, and rotate what was derived from it.",
        )
    key = read_node_key(text.decode("ascii", "replace"))
    if key is None:
        raise StoreError(
            ErrorCode.STORE_CORRUPT, "The file of the node key holds no key.", hint="Restore it."
        )
    return key
