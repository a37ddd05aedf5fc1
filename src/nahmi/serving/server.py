# SPDX-License-Identifier: Apache-2.0
"""One server process: it serves until it is told to stop, and then loses no request.

1. Told to stop, it is not ready any more, and goes on for as long as a load balancer needs to see
   that (`serve.drain_s`).
2. It takes no more connections. Over those that there are, what is asked is still answered; each
   answer says that it is the last one.
3. Who asks nothing for a while is hung up on. Who is being served is waited for (`serve.stop_s`).
4. The node is closed.
"""

import asyncio
import signal
import socket
import time
from collections.abc import Callable, Sequence
from types import FrameType
from typing import Final

import uvicorn

from nahmi.errors import NahmiError
from nahmi.operate.settings import Settings
from nahmi.serving.connections import Connection, Connections
from nahmi.serving.gate import Gate

_LOOKS_EVERY_S: Final = 1.0
_BLAMED_AT_MOST_S: Final = 3.0
_RESTING_S: Final = 2.0
"""A caller that has sent nothing for so long is taken to be about to send nothing."""

_ENDINGS: Final = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP)


class NodeServer(uvicorn.Server):
    """One server process.

    Args:
        gate: The application.
        settings: What the operator set.
        on_start: Called once requests are taken.
        on_look: Called about once a second as long as the event loop turns.
    """

    def __init__(
        self,
        gate: Gate,
        settings: Settings,
        *,
        on_start: Callable[[], None] = lambda: None,
        on_look: Callable[[], None] = lambda: None,
    ) -> None:
        super().__init__(_config(gate, settings))
        self._gate = gate
        self._settings = settings.serve
        self.connections = Connections(settings.limits)
        self.server_state = self.connections
        self._on_start = on_start
        self._on_look = on_look
        self._drained_at: float | None = None
        self._turned_s = 0.0
        self._looking: asyncio.Task[None] | None = None

    def stop(self) -> None:
        """Stop, after the time in which a load balancer turns to others."""
        self._gate.stop()
        if self._drained_at is None:
            self._drained_at = time.monotonic() + self._settings.drain_s
        else:
            self.stop_now()  # asked twice: somebody is in a hurry

    def stop_now(self) -> None:
        """Stop; there is no load balancer to wait for."""
        self._gate.stop()
        self.should_exit = True

    def look(self, passed_s: float) -> None:
        """End what takes too long.

        Args:
            passed_s: Since the last look. What a process takes that is stopped or kept busy is no
                caller's fault, so more than a few seconds do not count.
        """
        self._turned_s += min(passed_s, _BLAMED_AT_MOST_S)
        self.connections.look(self._turned_s)
        self._gate.look(self._turned_s)

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        """See `uvicorn.Server`; a person at a terminal is not kept waiting."""
        if sig == signal.SIGINT or self._drained_at is not None:
            self._gate.stop()
            super().handle_exit(sig, frame)
        else:
            self.stop()

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """See `uvicorn.Server`."""
        await super().startup(sockets)
        self._looking = asyncio.create_task(self._look())
        self._on_start()

    async def on_tick(self, counter: int) -> bool:
        """See `uvicorn.Server`."""
        if self._drained_at is not None and time.monotonic() >= self._drained_at:
            self.should_exit = True
        return await super().on_tick(counter)

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """See `uvicorn.Server`."""
        self._gate.stop()
        self.connections.is_leaving = True
        patience_s = min(_RESTING_S, self._settings.stop_s / 2)
        asyncio.get_running_loop().call_later(patience_s, self.connections.close_resting)
        await super().shutdown(sockets)
        self.connections.break_off()
        if self._looking is not None:
            self._looking.cancel()

    async def _look(self) -> None:
        while True:
            began = time.monotonic()
            await asyncio.sleep(_LOOKS_EVERY_S)
            self.look(time.monotonic() - began)
            self._on_look()


def serve_until_told(server: NodeServer, gate: Gate, sockets: Sequence[socket.socket]) -> None:
    """Serve, and return when the process was told to stop and has stopped.

    Args:
        server: Not started yet.
        gate: Its application.
        sockets: At which it listens.

    Raises:
        NahmiError: The node could not be opened.
    """
    # uvicorn raises the signal that stopped it once more, when there is nothing left to stop.
    before = {
        number: signal.signal(number, server.handle_exit)
        for number in _ENDINGS
        if signal.getsignal(number) is not signal.SIG_IGN
    }
    try:
        server.run(list(sockets))
    except SystemExit:
        if isinstance(gate.startup_error, NahmiError):
            raise gate.startup_error from None
        raise
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _config(gate: Gate, settings: Settings) -> uvicorn.Config:
    serve = settings.serve
    return uvicorn.Config(
        gate,
        loop="uvloop",
        http=Connection,
        ws="none",
        lifespan="on",
        interface="asgi3",
        access_log=False,
        log_config=None,
        server_header=False,
        date_header=True,
        proxy_headers=bool(serve.trusted_proxies),
        forwarded_allow_ips=list(serve.trusted_proxies),
        timeout_graceful_shutdown=serve.stop_s,
    )
