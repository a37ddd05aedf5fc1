# SPDX-License-Identifier: Apache-2.0
"""The circles of a node, opened for the command line."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from nahmi.bootstrap.circles import Circles
from nahmi.bootstrap.node import Node, open_node
from nahmi.bootstrap.place import NodePlace
from nahmi.bootstrap.secret import open_node_key


@contextmanager
def open_circles(folder: Path | NodePlace) -> Iterator[tuple[Node, Circles]]:
    """Open a node and its circles.

    Raises:
        StoreError: As `open_node`; NODE_KEY_MISSING or NODE_KEY_UNSAFE.
        SignalIndexError: As `open_node`.
        InputError: The node's settings cannot be read or used.
    """
    with open_node(folder) as node:
        settings = node.folder.read_settings()
        key = open_node_key(folder)
        with Circles(
            node.store.database, node.index, node.store, settings, key, node.catch_up
        ) as circles:
            yield node, circles
