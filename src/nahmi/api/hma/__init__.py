# SPDX-License-Identifier: Apache-2.0
"""The interface of Meta's Hasher-Matcher-Actioner over a nahmi node.

Present callers switch by changing an address. Paths, names and JSON are those of its version 1.1;
what differs, and why, is in docs/how-to/move-from-hma.md. The routes are written from its
documented interface; nothing of its code is here.
"""

from nahmi.api.hma.routing import hma_router

__all__ = ["hma_router"]
