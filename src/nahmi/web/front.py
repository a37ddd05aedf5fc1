# SPDX-License-Identifier: Apache-2.0
"""Pages and interface under one roof: the path says which of them is asked."""

from typing import Final

from litestar.enums import ScopeType
from litestar.types import ASGIApp, Receive, Scope, Send

from nahmi.web.assets import PREFIX
from nahmi.web.paths import CONSOLE

_BELOW: Final = (f"{CONSOLE}/", PREFIX)
_EXACT: Final = frozenset({"/", CONSOLE})


class Front:
    """Sends each request to the console or to the interface.

    Args:
        interface: Gets everything else, and opens and closes the node.
        console: Gets what is below the console's addresses.
    """

    def __init__(self, interface: ASGIApp, console: ASGIApp) -> None:
        self._interface = interface
        self._console = console

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve a request."""
        is_page = scope["type"] == ScopeType.HTTP and _is_page(scope["path"])
        await (self._console if is_page else self._interface)(scope, receive, send)


def _is_page(path: str) -> bool:
    return path in _EXACT or path.startswith(_BELOW)
