# SPDX-License-Identifier: Apache-2.0
"""The sockets at which a node listens: opened before anything else, or refused with a reason."""

import errno
import os
import socket
from collections.abc import Sequence
from contextlib import ExitStack
from typing import Final

from nahmi.errors import ErrorCode, InputError

_BACKLOG: Final = 2048
_ELSEWHERE: Final = frozenset({errno.EADDRNOTAVAIL, errno.EAFNOSUPPORT})


def listen(host: str, port: int) -> list[socket.socket]:
    """Sockets at every address that a host has, which take connections from now on.

    Args:
        host: A name or an address of this machine; empty for all addresses.
        port: 1..65535.

    Raises:
        InputError: ADDRESS_UNUSABLE: the address is taken, is none of this machine, or may not be
            used.
    """
    refused: OSError | None = None
    with ExitStack() as opened:
        sockets = []
        for family, address in _addresses(host, port):
            try:
                made = _listen(family, address)
            except OSError as error:
                if error.errno not in _ELSEWHERE:
                    raise _unusable(host, port, error) from error
                refused = error  # such as ::1 where there is no IPv6; another address may do
                continue
            sockets.append(opened.enter_context(made))
        if not sockets:
            raise _unusable(host, port, refused) from refused
        opened.pop_all()
        return sockets


def _addresses(host: str, port: int) -> list[tuple[socket.AddressFamily, tuple[object, ...]]]:
    try:
        found = socket.getaddrinfo(
            host or None, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )
    except (OSError, UnicodeError) as error:
        raise InputError(
            ErrorCode.ADDRESS_UNUSABLE,
            f"{host} is neither an address nor a name that leads to one.",
            hint="Choose another with --host.",
        ) from error
    return list(dict.fromkeys((family, tuple(address)) for family, _, _, _, address in found))


def _listen(family: socket.AddressFamily, address: Sequence[object]) -> socket.socket:
    made = socket.socket(family, socket.SOCK_STREAM)
    try:
        made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if family == socket.AF_INET6:
            made.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
        made.bind(tuple(address))
        made.listen(_BACKLOG)
        made.settimeout(0)
    except BaseException:
        made.close()
        raise
    return made


def _unusable(host: str, port: int, error: OSError | None) -> InputError:
    number = 0 if error is None else error.errno or 0
    hint = "Choose another with --host or --port."
    if number == errno.EADDRINUSE:
        detail = f"Another process listens at port {port} of {host or 'this machine'}."
        hint = "Stop it, or choose another port with --port."
    elif number in _ELSEWHERE:
        detail = f"{host} is no address of this machine."
    elif number in {errno.EACCES, errno.EPERM}:
        detail = f"This user may not listen at port {port}."
    else:
        detail = f"The system lets nobody listen at port {port} of {host}: {os.strerror(number)}."
    return InputError(ErrorCode.ADDRESS_UNUSABLE, detail, hint=hint)
