# SPDX-License-Identifier: Apache-2.0
"""A node's folder: its banks, and the index that follows them."""

import hashlib
import shutil
from contextlib import ExitStack
from pathlib import Path
from typing import Self

from nahmi.bootstrap.clock import now
from nahmi.bootstrap.place import NodePlace, placed
from nahmi.bootstrap.plugins import Plugins
from nahmi.bootstrap.user import user_state_folder
from nahmi.errors import ErrorCode, SignalIndexError, StoreError
from nahmi.flows.disk import storage_error
from nahmi.flows.enrol import Enroller
from nahmi.flows.follow import CatchUp, catch_up, check_follows
from nahmi.flows.match import Matcher
from nahmi.operate.settings import Settings
from nahmi.protect.ports import Fingerprinter
from nahmi.store import node as node_files
from nahmi.store.index import Index
from nahmi.store.index.replacing import replace_index
from nahmi.store.node import NodeFolder
from nahmi.store.sql import SqlBankStore


def node_settings(folder: Path | NodePlace) -> Settings:
    """What the operator of a node set in its node.toml.

    Raises:
        StoreError: STORE_MISSING, STORE_CORRUPT, STORE_VERSION or STORAGE_DENIED.
        InputError: INPUT_INVALID.
    """
    return node_files.open_node(placed(folder).folder).read_settings()


class Node:
    """A node's folder, opened: its banks and the index that follows them.

    Args:
        folder: Its paths.
        store: Its banks.
        index: Its index.
        plugins: Third parties' signal types.
        read_only: Whether it may not be changed.
    """

    def __init__(
        self,
        folder: NodeFolder,
        store: SqlBankStore,
        index: Index,
        plugins: Plugins,
        *,
        read_only: bool = False,
    ) -> None:
        self.folder = folder
        self.store = store
        self.index = index
        self.plugins = plugins
        self._compared = plugins.search(store)
        self.read_only = read_only

    def journals(self, elsewhere: Path | None = None) -> Path:
        """The folder for the journals of scans; in the node's own, where that may be changed.

        Args:
            elsewhere: Another place for them; by default the user's state folder.
        """
        if elsewhere is None and not self.read_only:
            return self.folder.scans
        # Another node may be asked about the same files, with another answer.
        name = hashlib.sha256(bytes(self.folder.root.resolve())).hexdigest()[:16]
        return (elsewhere or user_state_folder() / "scans") / name

    def is_behind(self) -> bool:
        """Whether the index lacks changes of the banks."""
        return bool(self.store.index_changes(self.index.watermark, 1))

    def catch_up(self) -> CatchUp:
        """Bring the index to where the store is, as `nahmi.flows.follow.catch_up`."""
        return catch_up(self.store, self.index)

    def matcher(self) -> Matcher:
        """Answers for content.

        Raises:
            SignalIndexError: INDEX_BEHIND: the node may only be read, and its index lacks changes.
        """
        if self.read_only and self.is_behind():
            raise SignalIndexError(
                ErrorCode.INDEX_BEHIND,
                "The index lacks changes of the banks, and this node may only be read.",
                hint="Run `nahmi index status` once as a user who may write there.",
            )
        return Matcher(reader=self.store, index=self.index, clock=now, compared=self._compared)

    def enroller(self, fingerprinter: Fingerprinter | None) -> Enroller:
        """Adds to banks; `fingerprinter` is needed for content, not for signals."""
        return Enroller(writer=self.store, fingerprinter=fingerprinter, clock=now)

    def close(self) -> None:
        """Close store, index and plug-ins."""
        self.plugins.close()
        self.index.close()
        self.store.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def init_node(folder: Path | NodePlace, *, database: str | None = None) -> Node:
    """Make a node and open it; one that was half made is completed.

    Args:
        folder: Made when missing, for its owner only; must hold nothing but a node otherwise.
        database: Address of the PostgreSQL database for the banks, which is blank or holds them
            already; a SQLite file in the folder holds them by default.

    Raises:
        StoreError: STORAGE_DENIED: there is something else in the folder, or it cannot be
            written. STORAGE_FULL. STORE_CORRUPT or STORE_VERSION: the node there is unusable.
        SignalIndexError: The same for the index.
    """
    place = placed(folder, database)
    if _holds_something_else(place.folder):
        raise StoreError(
            ErrorCode.STORAGE_DENIED,
            "The folder for the node holds something else.",
            hint="Name another one with --node.",
        )
    node = node_files.init_node(place.folder, database=place.database)
    if not node.pdq_index.exists():
        Index.create(node.pdq_index).close()
    return open_node(place)


def open_node(
    folder: Path | NodePlace, *, database: str | None = None, read_only: bool = False
) -> Node:
    """Open a node; its index catches up with what its store holds.

    Args:
        folder: Made by `init_node`.
        database: As for `init_node`.
        read_only: Change nothing, for folders that may only be read.

    Raises:
        StoreError: STORE_MISSING, STORE_CORRUPT, STORE_VERSION, STORE_BUSY (the database cannot be
            reached) or STORAGE_DENIED.
        SignalIndexError: INDEX_MISSING (it follows another store, too), INDEX_CORRUPT,
            INDEX_VERSION or STORAGE_DENIED.
        InputError: The node's settings cannot be read or used; EXTRA_MISSING or PLUGIN_INVALID:
            a plug-in that they name cannot be loaded.
        PluginError: PLUGIN_FAILED: the process of the plug-ins cannot be started.
    """
    place = placed(folder, database)
    files = node_files.open_node(place.folder)
    with ExitStack() as opened:
        where = place.store_of(files)
        store = opened.enter_context(SqlBankStore.open(where, read_only=read_only))
        index = opened.enter_context(Index.open(files.pdq_index, read_only=read_only))
        # Only the file in the folder can be what an index without a note was made from.
        check_follows(store, index, may_adopt=place.database is None, read_only=read_only)
        plugins = opened.enter_context(Plugins(files.read_settings().threatexchange))
        node = Node(files, store, index, plugins, read_only=read_only)
        if not read_only:
            node.catch_up()
        opened.pop_all()
    return node


def open_to_ask(folder: Path | NodePlace, *, database: str | None = None) -> Node:
    """Open a node that is only to be asked: in a folder that may only be read, nothing is changed.

    Raises:
        StoreError: As `open_node`; STORAGE_DENIED also when the store holds changes that cannot be
            read without writing.
        SignalIndexError: As `open_node`.
    """
    place = placed(folder, database)
    files = node_files.open_node(place.folder)
    return open_node(place, read_only=not files.is_writable(place.store_of(files)))


def rebuild_index(folder: Path | NodePlace, *, database: str | None = None) -> None:
    """Make a node's index anew from its banks, whatever has become of the old one.

    Processes that serve the node meanwhile go over to the new index.

    Raises:
        StoreError: The store could not be read.
        SignalIndexError: The index could not be written; the old one is as before.
    """
    place = placed(folder, database)
    files = node_files.open_node(place.folder)
    new = files.pdq_index.with_name("pdq.new")
    try:
        if new.exists():
            shutil.rmtree(new)
        with SqlBankStore.open(place.store_of(files)) as store, Index.create(new) as index:
            check_follows(store, index, may_adopt=False)
            catch_up(store, index)
            index.compact()
        replace_index(files.pdq_index, new)
    except OSError as error:
        raise storage_error(error, "rebuild the index") from error


def _holds_something_else(folder: Path) -> bool:
    try:
        names = {path.name for path in folder.iterdir()}
    except OSError:
        return False  # missing, or node_files.init_node says what is wrong
    return bool(names) and not names & {"node.toml", "nahmi.sqlite3"}
