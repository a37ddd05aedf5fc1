# SPDX-License-Identifier: Apache-2.0
"""The only place that joins ports to adapters."""

from nahmi.bootstrap.access import Access, open_access
from nahmi.bootstrap.clock import now
from nahmi.bootstrap.media import make_fingerprinter, sandbox_layers
from nahmi.bootstrap.node import (
    Node,
    init_node,
    node_settings,
    open_node,
    open_to_ask,
    rebuild_index,
)
from nahmi.bootstrap.place import NodePlace
from nahmi.bootstrap.schema import check_schema, migrate
from nahmi.bootstrap.secret import open_node_key

__all__ = [
    "Access",
    "Node",
    "NodePlace",
    "check_schema",
    "init_node",
    "make_fingerprinter",
    "migrate",
    "node_settings",
    "now",
    "open_access",
    "open_node",
    "open_node_key",
    "open_to_ask",
    "rebuild_index",
    "sandbox_layers",
]
