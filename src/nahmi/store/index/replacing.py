# SPDX-License-Identifier: Apache-2.0
"""A new index takes the place of another, while processes search in the other and write to it."""

import shutil
from contextlib import suppress
from pathlib import Path

from nahmi.errors import SignalIndexError
from nahmi.store.index.files import LOCK
from nahmi.store.index.lock import WriterLock
from nahmi.store.index.manifest import REPLACED, State


def replace_index(place: Path, new: Path, *, wait_s: float = 60.0) -> None:
    """Put an index in the place of another, which is removed.

    Whoever has the other one open goes over to the new one with the next search or change.

    Args:
        place: Where the index belongs; may hold one, also a damaged one.
        new: The other index, closed, in the same file system.
        wait_s: How long to wait for a writer, seconds.

    Raises:
        SignalIndexError: INDEX_BUSY: the old one is as before.
        OSError: The folders could not be changed.
    """
    if not place.exists():
        new.rename(place)
        return
    old = place.with_name(f"{place.name}.old")
    if old.exists():
        shutil.rmtree(old)
    lock = WriterLock(place / LOCK, wait_s=wait_s)
    with lock:
        place.rename(old)
        new.rename(place)
        # Nobody can have a damaged state open, so nobody has to be told.
        with suppress(OSError, SignalIndexError):
            State(old, writable=True).announce(REPLACED)
    lock.close()
    shutil.rmtree(old)
