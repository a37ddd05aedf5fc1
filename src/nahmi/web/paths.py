# SPDX-License-Identifier: Apache-2.0
"""The addresses of the console's pages, in one place; parts are percent-encoded.

No address holds content, a fingerprint or personal data. A one-time link holds its token, which is
worth nothing once it was used.
"""

from collections.abc import Mapping
from typing import Final
from urllib.parse import quote, urlencode, urlsplit

CONSOLE: Final = "/console"


def to(*parts: str | int) -> str:
    """The address of a page.

    Args:
        parts: Its steps below the console, such as `"banks"` and a bank's name.
    """
    return "/".join((CONSOLE, *(quote(str(part), safe="", errors="replace") for part in parts)))


def with_query(path: str, query: Mapping[str, str | int | None]) -> str:
    """An address with a query; None and empty values are left out."""
    kept = {name: value for name, value in query.items() if value not in (None, "")}
    return f"{path}?{urlencode(kept, errors='replace')}" if kept else path


def is_own(path: str) -> bool:
    """Whether this is an address of the console, to which a page may send somebody back.

    An address of another host must not pass, in any of the ways in which browsers read one.
    """
    parts = urlsplit(path)
    return (
        path.startswith(CONSOLE)
        and (parts.path == CONSOLE or parts.path.startswith(f"{CONSOLE}/"))
        and ".." not in parts.path
        and "\\" not in path
        and path.isprintable()
    )
