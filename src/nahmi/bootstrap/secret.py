# SPDX-License-Identifier: Apache-2.0
"""Where a node's secrets come from."""

import os
from pathlib import Path
from typing import Final

from nahmi.bootstrap.place import NodePlace, placed
from nahmi.operate.node_key import NodeKey
from nahmi.store import node as node_files
from nahmi.store.key_file import read_key_file

KEY_FILE_VARIABLE: Final = "NAHMI_NODE_KEY_FILE"
"""Names another file for the node key, such as a credential that systemd hands over."""


def node_key_file(folder: Path | NodePlace) -> Path:
    """Where the node key is, whether it is there or not.

    Raises:
        StoreError: There is no node.
    """
    named = os.environ.get(KEY_FILE_VARIABLE, "")
    return Path(named) if named else node_files.open_node(placed(folder).folder).key


def open_node_key(folder: Path | NodePlace) -> NodeKey:
    """The key that the node's other secrets are derived from.

    Args:
        folder: The node's; the environment variable NAHMI_NODE_KEY_FILE names another file.

    Raises:
        StoreError: NODE_KEY_MISSING, NODE_KEY_UNSAFE or STORE_CORRUPT; or there is no node.
    """
    return read_key_file(node_key_file(folder))
