# SPDX-License-Identifier: Apache-2.0
"""The process in which an exchange of a third party talks to its partner.

1. Confine the process: it may call other machines and read what it needs of files, and write or
   start nothing.
2. Import what the operator named, and make it ready with its configuration and credentials.
3. Hand over what the exchange fetches, part by part, as the node asks for it. What crashes, hangs
   or takes too much ends this process and no other.
"""

import gc
import socket
import sys
from collections.abc import Generator, Mapping
from contextlib import suppress

from nahmi.errors import ErrorCode, NahmiError
from nahmi.media.locking_in import confine
from nahmi.media.protocol import receive, send
from nahmi.plugins.threatexchange.exchanges.adapted import AdaptedExchange, failing
from nahmi.plugins.threatexchange.exchanges.loading import (
    collaboration,
    exchange_class,
    opened,
    types_of,
)
from nahmi.plugins.threatexchange.exchanges.messages import (
    Begin,
    Brought,
    IsStale,
    Merge,
    Next,
    Open,
    Opened,
    Reply,
    Request,
    Stale,
    Wanted,
    decode_request,
)
from nahmi.plugins.threatexchange.messages import Done, Failed


def main() -> None:
    """Serve one socket."""
    channel = socket.socket(fileno=int(sys.argv[1]))
    with suppress(EOFError, BrokenPipeError, ConnectionResetError):
        request = decode_request(receive(channel)[0])
        if not isinstance(request, Open):
            return
        serving, reply = _start(request)
        send(channel, reply)
        while serving is not None:
            reply = serving.answer(decode_request(receive(channel)[0]))
            send(channel, reply)
            if isinstance(reply, Failed):
                return  # what a failure leaves behind is not worth trusting


class _Serving:
    """An exchange that is ready."""

    def __init__(self, name: str, exchange: AdaptedExchange) -> None:
        self._name = name
        self._exchange = exchange
        self._parts: Generator[Brought | Wanted, Mapping[str, str], None] | None = None

    def answer(self, request: Request) -> Reply:
        try:
            with failing(self._name):
                return self._answer(request)
        except NahmiError as error:
            return Failed(error.code, error.detail, error.hint)
        except MemoryError:
            detail = "The exchange needs more memory than is allowed."
            return Failed(ErrorCode.PLUGIN_FAILED, detail)

    def _answer(self, request: Request) -> Reply:
        match request:
            case IsStale():
                return Stale(self._exchange.is_stale(request.checkpoint))
            case Begin():
                self._parts = self._exchange.parts(request.checkpoint)
                return Done()
            case Next() if self._parts is not None:
                return next(self._parts)
            case Merge() if self._parts is not None:
                return self._parts.send(request.bodies)
            case _:
                raise EOFError


def _start(request: Open) -> tuple[_Serving | None, Reply]:
    sys.path[:] = request.path
    layers = confine(request.memory_bytes, (*request.path, *request.files))
    try:
        kind = exchange_class(request)
        types = types_of(request)
        with failing(request.name):
            collab = collaboration(kind, request)
            adapted = AdaptedExchange(request.name, opened(kind, collab, request), collab, types)
    except NahmiError as error:
        return None, Failed(error.code, error.detail, error.hint)
    gc.freeze()
    gc.enable()
    return _Serving(request.name, adapted), Opened(tuple(types), layers)
