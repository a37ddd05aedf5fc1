# SPDX-License-Identifier: Apache-2.0
"""The search index follows the store: what was committed there is found here, whatever crashed.

The store numbers every change to an indexed signal. The index notes the number of the last change
that it holds (`watermark`) in the same atomic step as the change itself, so a crash between the
store's commit and the index's change loses nothing and doubles nothing: the next catch-up goes on
from the watermark.
"""

from contextlib import AbstractContextManager
from typing import Any, Protocol

import msgspec
import numpy as np
from numpy.typing import NDArray

from nahmi.errors import ErrorCode, SignalIndexError
from nahmi.protect.ports import IndexChangeReader, SignalIndex

PAGE = 100_000
"""Changes read from the store at a time."""


class FollowingIndex(SignalIndex, Protocol):
    """A search index that notes how far it follows a store."""

    @property
    def watermark(self) -> int:
        """The number of the last change that the index holds."""
        ...

    def add(
        self,
        keys: NDArray[np.uint64],
        rows: NDArray[np.uint8],
        *,
        watermark: int | None = None,
    ) -> None:
        """Add signals and set the watermark in one step."""
        ...

    def remove(self, keys: NDArray[np.uint64], *, watermark: int | None = None) -> int:
        """Remove signals and set the watermark; how many there were."""
        ...

    @property
    def store_id(self) -> str | None:
        """The store that it says it follows; None when it says none."""
        ...

    def note_store(self, store_id: str) -> None:
        """Say which store it follows."""
        ...

    def exclusive(self) -> AbstractContextManager[Any]:
        """Keep other writers out during several changes."""
        ...


class CatchUp(msgspec.Struct, frozen=True, kw_only=True):
    """What a catch-up did.

    Attributes:
        added: Signals added.
        removed: Signals removed.
        watermark: The number of the last change that the index now holds.
    """

    added: int
    removed: int
    watermark: int


def check_follows(
    changes: IndexChangeReader, index: FollowingIndex, *, may_adopt: bool, read_only: bool = False
) -> None:
    """Make sure that the index follows this store and no other; one that is empty says so now.

    Args:
        changes: The store.
        index: The index.
        may_adopt: An index that holds signals and does not say whose they are belongs to it.
        read_only: Write nothing down.

    Raises:
        StoreError: The store could not be read.
        SignalIndexError: INDEX_MISSING: the index follows another store, or a later state of this
            one, as after a backup was restored.
    """
    watermark, noted = index.watermark, index.store_id  # before the store, which may go on
    identity = changes.identity()
    is_ours = noted == identity.store_id or (noted is None and (may_adopt or watermark == 0))
    if not is_ours or watermark > identity.last_change:
        raise SignalIndexError(
            ErrorCode.INDEX_MISSING,
            "The index in the node's folder was made from another store, or a later state of it.",
            hint="Check which store is meant; make its index with `nahmi index rebuild`.",
        )
    if noted is None and not read_only:
        index.note_store(identity.store_id)


def catch_up(changes: IndexChangeReader, index: FollowingIndex) -> CatchUp:
    """Bring the index to where the store is. Quick when there is nothing to do.

    Raises:
        StoreError: The store could not be read.
        SignalIndexError: The index could not be changed; the next call goes on from there.
    """
    if not changes.index_changes(index.watermark, 1):
        return CatchUp(added=0, removed=0, watermark=index.watermark)
    added = removed = 0
    with index.exclusive():  # two processes that catch up at once would add signals twice
        while page := changes.index_changes(index.watermark, PAGE):
            for run in page:
                if run.rows is None:
                    removed += index.remove(run.keys, watermark=run.sequence)
                else:
                    index.add(run.keys, run.rows, watermark=run.sequence)
                    added += len(run.keys)
    return CatchUp(added=added, removed=removed, watermark=index.watermark)
