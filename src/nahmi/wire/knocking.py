# SPDX-License-Identifier: Apache-2.0
"""Who listens at an address of this machine, as far as that can be found out from outside."""

import errno
import http.client
import re
import socket
from collections.abc import Mapping
from enum import StrEnum
from typing import Final

_PATIENCE_S: Final = 3.0
_EVERYWHERE: Final = {"": "127.0.0.1", "0.0.0.0": "127.0.0.1", "::": "::1"}  # noqa: S104 - where to knock instead
_REQUEST_ID: Final = re.compile(r"[0-9a-f]{16}\Z")


class Listener(StrEnum):
    """Who listens."""

    NOBODY = "nobody"
    NODE = "node"
    OTHER = "other"
    FORBIDDEN = "forbidden"
    """Nobody knows: this user may not listen there."""
    ELSEWHERE = "elsewhere"
    """It is no address of this machine."""


_REASONS: Final[Mapping[int, Listener]] = {
    errno.EACCES: Listener.FORBIDDEN,
    errno.EPERM: Listener.FORBIDDEN,
    errno.EADDRNOTAVAIL: Listener.ELSEWHERE,
}


def who_listens(host: str, port: int) -> Listener:
    """Who listens at an address; nobody is spoken to when the port is free.

    Args:
        host: A name or an address of this machine.
        port: 1..65535.
    """
    try:
        found = socket.getaddrinfo(
            host or None, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )
    except socket.gaierror:
        return Listener.ELSEWHERE
    family, kind, protocol, _, address = found[0]
    try:
        with socket.socket(family, kind, protocol) as own:
            own.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            own.bind(address)
    except OSError as error:
        if error.errno == errno.EADDRINUSE:
            return Listener.NODE if is_node(host, port) else Listener.OTHER
        return _REASONS.get(error.errno or 0, Listener.ELSEWHERE)
    return Listener.NOBODY


def is_node(host: str, port: int) -> bool:
    """Whether a node answers at an address of this machine.

    Args:
        host: A name or an address.
        port: 1..65535.
    """
    connection = http.client.HTTPConnection(_EVERYWHERE.get(host, host), port, timeout=_PATIENCE_S)
    try:
        connection.request("GET", "/health/live")
        answer = connection.getresponse()
        name = answer.getheader("x-request-id") or ""
        return answer.status == http.client.OK and _REQUEST_ID.match(name) is not None
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()
