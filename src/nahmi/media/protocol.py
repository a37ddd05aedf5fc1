# SPDX-License-Identifier: Apache-2.0
"""What the service and its workers say to each other: one request, one reply, by length."""

import socket
import struct

import msgspec

from nahmi.core.signal import ContentFingerprints
from nahmi.media.limits import MediaLimits
from nahmi.protect.plan import FingerprintPlan

_LENGTH = struct.Struct("<I")
_LONGEST = 64 << 20


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


def send(channel: socket.socket, message: Request | Reply, descriptor: int | None = None) -> None:
    """Send a message, with an open file if there is one."""
    body = encode(message)
    packed = _LENGTH.pack(len(body)) + body
    if descriptor is None:
        channel.sendall(packed)
        return
    sent = socket.send_fds(channel, [packed], [descriptor])
    channel.sendall(packed[sent:])


def receive(channel: socket.socket) -> tuple[bytes, int | None]:
    """The next message and the open file that came with it.

    Raises:
        EOFError: The other side is gone.
    """
    head, descriptors, _, _ = socket.recv_fds(channel, _LENGTH.size, 1)
    descriptor = descriptors[0] if descriptors else None
    head += _exactly(channel, _LENGTH.size - len(head)) if head else b""
    if len(head) < _LENGTH.size:
        raise EOFError
    (length,) = _LENGTH.unpack(head)
    if length > _LONGEST:
        raise EOFError
    return _exactly(channel, length), descriptor


def _exactly(channel: socket.socket, count: int) -> bytes:
    parts = bytearray()
    while len(parts) < count:
        part = channel.recv(count - len(parts))
        if not part:
            raise EOFError
        parts += part
    return bytes(parts)
