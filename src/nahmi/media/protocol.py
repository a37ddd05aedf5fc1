# SPDX-License-Identifier: Apache-2.0
"""What the service and its workers say to each other: one request, one reply, by length."""

import socket
import struct
import time

import msgspec

from nahmi.core.signal import ContentFingerprints
from nahmi.errors import ErrorCode
from nahmi.media.limits import MediaLimits
from nahmi.protect.plan import FingerprintPlan

_LENGTH = struct.Struct("<I")
_LONGEST = 64 << 20

LAST_WORDS = frozenset({ErrorCode.MEDIA_MEMORY, ErrorCode.MEDIA_CRASHED})
"""After such a reply a worker ends: what the failure leaves behind is not worth trusting."""


class Request(msgspec.Struct, frozen=True):
    """What to do with the file whose descriptor comes along.

    Attributes:
        plan: What to compute; None for a thumbnail.
        limits: What the file may ask for.
        thumbnail: Longest side of the thumbnail in pixels; 0 for none.
    """

    plan: FingerprintPlan | None
    limits: MediaLimits
    thumbnail: int = 0


class Reply(msgspec.Struct, frozen=True):
    """What came of it; `code` is empty when all went well.

    Attributes:
        fingerprints: For a plan.
        thumbnail: For a thumbnail, a JPEG.
        code: An `ErrorCode`.
        detail: What happened.
        hint: What to do about it.
        layers: For the first message of a worker: the layers of its sandbox.
    """

    fingerprints: ContentFingerprints | None = None
    thumbnail: bytes = b""
    code: str = ""
    detail: str = ""
    hint: str = ""
    layers: tuple[str, ...] = ()


encode = msgspec.msgpack.Encoder().encode
decode_request = msgspec.msgpack.Decoder(Request).decode
decode_reply = msgspec.msgpack.Decoder(Reply).decode


def send(channel: socket.socket, message: msgspec.Struct, descriptor: int | None = None) -> None:
    """Send a message, with an open file if there is one."""
    body = encode(message)
    packed = _LENGTH.pack(len(body)) + body
    if descriptor is None:
        channel.sendall(packed)
        return
    sent = socket.send_fds(channel, [packed], [descriptor])
    if sent < len(packed):
        channel.sendall(packed[sent:])


def receive(channel: socket.socket, deadline: float | None = None) -> tuple[bytes, int | None]:
    """The next message and the open file that came with it.

    Args:
        channel: Where it comes from.
        deadline: When the whole message must be here, on `time.monotonic`'s clock; None waits.

    Raises:
        EOFError: The other side is gone.
        TimeoutError: The deadline has passed.
    """
    _wait_no_longer_than(channel, deadline)
    head, descriptors, _, _ = socket.recv_fds(channel, _LENGTH.size, 1)
    descriptor = descriptors[0] if descriptors else None
    head += _exactly(channel, _LENGTH.size - len(head), deadline) if head else b""
    if len(head) < _LENGTH.size:
        raise EOFError
    (length,) = _LENGTH.unpack(head)
    if length > _LONGEST:
        raise EOFError
    return _exactly(channel, length, deadline), descriptor


def _wait_no_longer_than(channel: socket.socket, deadline: float | None) -> None:
    if deadline is None:
        return
    left = deadline - time.monotonic()
    if left <= 0:
        raise TimeoutError
    channel.settimeout(left)


def _exactly(channel: socket.socket, count: int, deadline: float | None) -> bytes:
    parts = bytearray()
    while len(parts) < count:
        # A sender that drips single bytes gets no new time for each.
        _wait_no_longer_than(channel, deadline)
        part = channel.recv(count - len(parts))
        if not part:
            raise EOFError
        parts += part
    return bytes(parts)
