# SPDX-License-Identifier: Apache-2.0
"""What a server process and its supervisor tell each other: one JSON object a line.

The end of the link says most: a worker whose supervisor is gone stops, for nobody else would ever
stop it, and a new supervisor could not have its port.
"""

import socket
from contextlib import suppress
from typing import Final, Literal

import msgspec

from nahmi.errors import ErrorCode, NahmiError

_AT_ONCE: Final = 1 << 16


class Said(msgspec.Struct, frozen=True, omit_defaults=True):
    """What a server process says.

    Attributes:
        what: It takes requests, its event loop turns, or it could not start.
        code: Why not.
        detail: The same, for people.
        hint: What to do about it.
    """

    what: Literal["ready", "alive", "failed"]
    code: ErrorCode | None = None
    detail: str = ""
    hint: str = ""


_encode = msgspec.json.Encoder().encode
_decode = msgspec.json.Decoder(Said).decode


class Speaker:
    """The end of a server process; what cannot be said is left out.

    Args:
        channel: Leads to the supervisor.
    """

    def __init__(self, channel: socket.socket) -> None:
        channel.settimeout(0)
        self.channel = channel

    def ready(self) -> None:
        """Requests are taken from now on."""
        self._say(Said("ready"))

    def alive(self) -> None:
        """The event loop turns."""
        self._say(Said("alive"))

    def failed(self, error: NahmiError) -> None:
        """The node could not be opened."""
        self._say(Said("failed", error.code, error.detail, error.hint))

    def is_over(self) -> bool:
        """Whether the supervisor is gone; to be asked when there is something to read."""
        try:
            return not self.channel.recv(_AT_ONCE)
        except BlockingIOError:
            return False
        except OSError:
            return True

    def _say(self, said: Said) -> None:
        with suppress(OSError):
            self.channel.send(_encode(said) + b"\n")


class Listener:
    """The end of the supervisor.

    Args:
        channel: Leads to one server process.
    """

    def __init__(self, channel: socket.socket) -> None:
        channel.settimeout(0)
        self._channel = channel
        self._rest = b""

    def heard(self) -> list[Said]:
        """What was said since the last time."""
        data = self._rest
        with suppress(OSError):  # nothing to read, or the process is gone
            while part := self._channel.recv(_AT_ONCE):
                data += part
        *lines, self._rest = data.split(b"\n")
        return [_decode(line) for line in lines]

    def close(self) -> None:
        """Close the link."""
        self._channel.close()
