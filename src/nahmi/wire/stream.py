# SPDX-License-Identifier: Apache-2.0
"""A connection to addresses that were judged before, under one deadline."""

import ipaddress
import socket
import ssl
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from typing import Any, Final

import httpcore

from nahmi.wire.deadline import Deadline
from nahmi.wire.resolving import Address

_MOST_TRIED: Final = 4
_CONNECT_S: Final = 5.0

Dial = Callable[[Address, int, float], socket.socket]
"""Opens a TCP connection to an address and port within so many seconds."""


def dial(address: Address, port: int, timeout_s: float) -> socket.socket:
    """Connect to exactly this address.

    Raises:
        OSError: It could not be reached in time, or the socket ended up elsewhere.
    """
    family = socket.AF_INET if address.version == 4 else socket.AF_INET6  # noqa: PLR2004
    connection = socket.socket(family, socket.SOCK_STREAM)
    try:
        connection.settimeout(timeout_s)
        connection.connect((str(address), port))
        _check_peer(connection, address)
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    except BaseException:
        connection.close()
        raise
    return connection


def _check_peer(connection: socket.socket, address: Address) -> None:
    """Some systems take an address for another one, as Linux does `0.0.0.0` for loopback."""
    if ipaddress.ip_address(connection.getpeername()[0]) != address:
        raise ConnectionError


class PinnedBackend(httpcore.NetworkBackend):
    """Connects httpcore to judged addresses; the name it asks for is never looked up.

    Args:
        addresses: At least one; the first four are tried in turn.
        deadline: For connecting and for everything that is sent and read then.
        connect: Opens one connection.
    """

    def __init__(
        self, addresses: Sequence[Address], deadline: Deadline, connect: Dial = dial
    ) -> None:
        self._addresses = addresses[:_MOST_TRIED]
        self._deadline = deadline
        self._connect = connect

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[httpcore.SOCKET_OPTION] | None = None,
    ) -> httpcore.NetworkStream:
        """The first address that answers.

        Raises:
            OSError: None does; of the last one.
        """
        del host, timeout, local_address, socket_options  # all decided by whoever made this
        last: OSError = ConnectionError()
        for address in self._addresses:
            try:
                within_s = min(self._deadline.left_s(), _CONNECT_S)
                return DeadlineStream(self._connect(address, port, within_s), self._deadline)
            except OSError as error:
                last = error
        raise last


class DeadlineStream(httpcore.NetworkStream):
    """A socket each of whose operations ends by one common deadline."""

    def __init__(self, connection: socket.socket, deadline: Deadline) -> None:
        self._socket = connection
        self._deadline = deadline

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        """Some bytes; none at the end.

        Raises:
            OSError: TimeoutError at the deadline, or the connection broke. Over TLS an end
                without a closing alert is a break: someone may have cut the answer short.
        """
        del timeout
        self._socket.settimeout(self._deadline.left_s())
        return self._socket.recv(max_bytes)

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        """Send everything.

        Raises:
            TimeoutError: The deadline passed.
            WriteError: The connection broke; the peer's answer may still be there to read.
        """
        del timeout
        left = memoryview(buffer)
        while left:
            self._socket.settimeout(self._deadline.left_s())
            try:
                left = left[self._socket.send(left) :]
            except TimeoutError:
                raise
            except OSError:
                raise httpcore.WriteError from None

    def close(self) -> None:
        """Close at once, without waiting for the peer."""
        with suppress(OSError):
            self._socket.close()

    def start_tls(
        self,
        ssl_context: ssl.SSLContext,
        server_hostname: str | None = None,
        timeout: float | None = None,
    ) -> httpcore.NetworkStream:
        """The same under TLS; certificate and name are checked by `ssl_context`.

        Raises:
            OSError: `ssl.SSLError` where TLS fails, TimeoutError at the deadline.
        """
        del timeout
        try:
            self._socket.settimeout(self._deadline.left_s())
            secured = ssl_context.wrap_socket(
                self._socket, server_hostname=server_hostname, suppress_ragged_eofs=False
            )
        except BaseException:
            self.close()
            raise
        return DeadlineStream(secured, self._deadline)

    def get_extra_info(self, info: str) -> Any:  # noqa: ANN401 - httpcore's signature
        """Nothing: httpcore asks whether TLS chose HTTP/2, and it was not offered."""
        del info
        return None
