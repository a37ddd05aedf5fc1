# SPDX-License-Identifier: Apache-2.0
"""The only place that joins ports to adapters."""

from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Self

import numpy as np

from nahmi.errors import ErrorCode, StoreError
from nahmi.flows.disk import storage_error
from nahmi.flows.enrol import Enroller
from nahmi.flows.follow import CatchUp, catch_up
from nahmi.flows.match import Matcher
from nahmi.media import SandboxedFingerprinter
from nahmi.protect.ports import Fingerprinter
from nahmi.store.index import Index
from nahmi.store.sqlite import SqliteBankStore

STORE_FILE = "banks.sqlite"
INDEX_FOLDER = "index"
SCANS_FOLDER = "scans"


class Node:
    """A node's folder, opened: its banks and the index that follows them.

    Args:
        folder: The folder, made by `init_node`.
        store: Its banks.
        index: Its index.
    """

    def __init__(self, folder: Path, store: SqliteBankStore, index: Index) -> None:
        self.folder = folder
        self.store = store
        self.index = index

    @property
    def scans(self) -> Path:
        """Where the journals of scans are kept."""
        return self.folder / SCANS_FOLDER

    def catch_up(self) -> CatchUp:
        """Bring the index to where the store is, as `nahmi.flows.follow.catch_up`."""
        return catch_up(self.store, self.index)

    def matcher(self) -> Matcher:
        """Answers for content."""
        return Matcher(reader=self.store, index=self.index, clock=_now)

    def enroller(self, fingerprinter: Fingerprinter | None) -> Enroller:
        """Adds to banks; `fingerprinter` is needed for content, not for signals."""
        return Enroller(
            reader=self.store, writer=self.store, fingerprinter=fingerprinter, clock=_now
        )

    def rebuild_index(self) -> CatchUp:
        """Empty the index and fill it again from the store.

        Raises:
            SignalIndexError: The index could not be changed.
            StoreError: The store could not be read.
        """
        with self.index.exclusive():
            for bank in self.store.banks(include_deleted=True):
                ids = [entry.entry_id for entry in self.store.stream_entries(bank.bank_id)]
                self.index.remove(np.array(ids, dtype=np.uint64))
            self.index.remove(np.empty(0, dtype=np.uint64), watermark=0)
            return self.catch_up()

    def close(self) -> None:
        """Close store and index."""
        self.index.close()
        self.store.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def init_node(folder: Path) -> Node:
    """Make a node and open it.

    Args:
        folder: Made when missing, for its owner only; must be empty otherwise.

    Raises:
        StoreError: STORAGE_DENIED: there is something in the folder already, or it cannot be
            written. STORAGE_FULL.
        SignalIndexError: The same for the index.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        is_empty = not any(folder.iterdir())
    except OSError as error:
        raise storage_error(error, "make the node's folder") from error
    if not is_empty:
        raise StoreError(
            ErrorCode.STORAGE_DENIED,
            "The folder for the node is not empty.",
            hint="Name another one with --node, or use the node that is there.",
        )
    Index.create(folder / INDEX_FOLDER).close()
    SqliteBankStore.create(folder / STORE_FILE)  # last: a folder with a store is a whole node
    return open_node(folder)


def open_node(folder: Path, *, read_only: bool = False) -> Node:
    """Open a node; its index catches up with what its store holds.

    Args:
        folder: Made by `init_node`.
        read_only: Change nothing, for folders that may only be read.

    Raises:
        StoreError: STORE_MISSING, STORE_CORRUPT, STORE_VERSION or STORAGE_DENIED.
        SignalIndexError: INDEX_MISSING, INDEX_CORRUPT, INDEX_VERSION or STORAGE_DENIED.
    """
    file = folder / STORE_FILE
    if not file.is_file():
        raise StoreError(
            ErrorCode.STORE_MISSING,
            "There is no node in this folder.",
            hint="Make one with nahmi init, or name its folder with --node or NAHMI_NODE.",
        )
    store = SqliteBankStore.open(file, read_only=read_only)
    try:
        index = Index.open(folder / INDEX_FOLDER, read_only=read_only)
    except BaseException:
        store.close()
        raise
    node = Node(folder, store, index)
    try:
        if not read_only:
            node.catch_up()
    except BaseException:
        node.close()
        raise
    return node


def make_fingerprinter(*, workers: int) -> SandboxedFingerprinter:
    """Sandboxed workers that fingerprint untrusted files.

    Args:
        workers: Processes at most, 1 or more.
    """
    return SandboxedFingerprinter(workers=workers)


def sandbox_layers() -> Sequence[str]:
    """Names of the layers that hold a worker in on this system."""
    with make_fingerprinter(workers=1) as fingerprinter:
        return fingerprinter.layers()


def _now() -> datetime:
    return datetime.now(UTC)
