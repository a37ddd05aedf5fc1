# SPDX-License-Identifier: Apache-2.0
"""The folder of a node: where its banks, search index and scans lie.

node.toml         layout version, and what the operator sets
node.key          what the node's other secrets are derived from
nahmi.sqlite3     banks and entries
index/pdq/        search index, rebuilt from the banks at any time
scans/            results and progress of scans
ucs.toml          optional: what labels of the Universal Classification Schema mean
"""

import os
import tomllib
from pathlib import Path
from secrets import token_bytes

import msgspec

from nahmi.errors import ErrorCode, InputError, StoreError
from nahmi.operate.node_key import NODE_KEY_BYTES, make_node_key
from nahmi.operate.settings import Settings
from nahmi.protect.category_rules import CategoryRules
from nahmi.store.key_file import make_key_file
from nahmi.store.sql.opening import create_database

LAYOUT_VERSION = 1
"""Version of the folder's layout."""

_PRIVATE = 0o700


class NodeFolder(msgspec.Struct, frozen=True):
    """The paths of a node.

    Attributes:
        root: The folder.
    """

    root: Path

    @property
    def settings(self) -> Path:
        """The file with the layout's version."""
        return self.root / "node.toml"

    @property
    def store(self) -> Path:
        """The SQLite file with banks and entries."""
        return self.root / "nahmi.sqlite3"

    @property
    def key(self) -> Path:
        """The file with the node key."""
        return self.root / "node.key"

    @property
    def pdq_index(self) -> Path:
        """The folder of the search index."""
        return self.root / "index" / "pdq"

    @property
    def scans(self) -> Path:
        """The folder for scans."""
        return self.root / "scans"

    def is_writable(self, store: str | Path) -> bool:
        """Whether this process may change the index and, where a file holds them, the banks.

        Args:
            store: Where the banks are: a file, or the address of a database.
        """
        places = [self.root, self.pdq_index, *([store] if isinstance(store, Path) else ())]
        return all(os.access(place, os.W_OK) for place in places) and all(
            os.access(file, os.W_OK) for file in self.pdq_index.iterdir()
        )

    def category_rules(self) -> CategoryRules:
        """What labels of the Universal Classification Schema mean here; no rules without a file.

        Raises:
            InputError: FILE_UNREADABLE, or INPUT_INVALID: it holds something else.
        """
        try:
            return CategoryRules.parse((self.root / "ucs.toml").read_text(encoding="utf-8"))
        except FileNotFoundError:
            return CategoryRules({})
        except (OSError, UnicodeDecodeError) as error:
            raise InputError(
                ErrorCode.FILE_UNREADABLE, "The file ucs.toml in the node's folder cannot be read."
            ) from error

    def read_settings(self) -> Settings:
        """What the operator set in node.toml.

        Raises:
            InputError: FILE_UNREADABLE, or INPUT_INVALID.
        """
        try:
            return Settings.parse(self.settings.read_text(encoding="utf-8"))
        except (OSError, UnicodeDecodeError) as error:
            raise InputError(
                ErrorCode.FILE_UNREADABLE, "The file node.toml in the node's folder cannot be read."
            ) from error


def init_node(path: str | Path, *, database: str | None = None) -> NodeFolder:
    """Make a node; one that is there already is completed and otherwise left as it is.

    `index/` is made, `index/pdq` is left to the search index.

    Args:
        path: The folder.
        database: Address of the PostgreSQL database that holds the banks; a SQLite file in the
            folder does by default.

    Raises:
        StoreError: STORAGE_DENIED, STORAGE_FULL, or as `open_node` when there is one already.
    """
    node = NodeFolder(Path(path))
    try:
        for folder in (node.root, node.pdq_index.parent, node.scans):
            folder.mkdir(mode=_PRIVATE, parents=True, exist_ok=True)
        node.root.chmod(_PRIVATE)
        if node.settings.exists():
            _check_layout(node)
        make_key_file(node.key, make_node_key(token_bytes(NODE_KEY_BYTES)))
        create_database(database or node.store)
        # Written last: a node without it was not finished and may be made again.
        if not node.settings.exists():
            node.settings.write_text(f"layout = {LAYOUT_VERSION}\n", encoding="utf-8")
    except OSError as error:
        raise StoreError(
            ErrorCode.STORAGE_DENIED,
            f"The node folder could not be made: {error.strerror}.",
            hint="Check the path and who may write there.",
        ) from None
    return node


def open_node(path: str | Path) -> NodeFolder:
    """The paths of a node that `init_node` made.

    Raises:
        StoreError: STORE_MISSING, STORE_CORRUPT, STORE_VERSION, STORAGE_DENIED.
    """
    node = NodeFolder(Path(path))
    _check_layout(node)
    return node


def named_database(path: str | Path) -> str | None:
    """The database that a node's node.toml names; None where it names none, or cannot be read."""
    try:
        text = NodeFolder(Path(path)).settings.read_text(encoding="utf-8")
        named = tomllib.loads(text).get("database")
    except (OSError, ValueError):
        return None  # whoever opens the node says what is wrong with the file
    return named if isinstance(named, str) and named else None


def _check_layout(node: NodeFolder) -> None:
    try:
        layout = tomllib.loads(node.settings.read_text(encoding="utf-8")).get("layout")
    except (FileNotFoundError, NotADirectoryError):
        raise StoreError(
            ErrorCode.STORE_MISSING, "There is no node here.", hint="Make one with `nahmi init`."
        ) from None
    except OSError as error:
        raise StoreError(
            ErrorCode.STORAGE_DENIED, f"The node folder cannot be read: {error.strerror}."
        ) from None
    except ValueError:
        layout = None
    if not isinstance(layout, int) or layout < 1:
        raise StoreError(ErrorCode.STORE_CORRUPT, "The node's node.toml is damaged.")
    if layout > LAYOUT_VERSION:
        raise StoreError(
            ErrorCode.STORE_VERSION,
            f"The node has layout {layout}; this nahmi knows up to {LAYOUT_VERSION}.",
            hint="Install a newer nahmi.",
        )
