# SPDX-License-Identifier: Apache-2.0
"""A worker process: decodes untrusted files, one after the other, and nothing else.

`nahmi.media.pool` starts it with the descriptor of its socket and the bytes that it may take.

1. Load every decoder.
2. Limit memory, files and core dumps; enter the sandbox, from which no file, socket or process can
   be opened. What comes later comes as an open file over the socket.
3. Answer requests until the other side is gone. A decoder that crashes, hangs or takes too much
   ends this process and no other.
"""

import gc
import socket
import sys
from contextlib import suppress

from nahmi.errors import ErrorCode, NahmiError
from nahmi.media import decoding
from nahmi.media.fingerprints import fingerprints_of
from nahmi.media.formats import media_type_of
from nahmi.media.locking_in import lock_in, read_whole, renew_cpu_time
from nahmi.media.protocol import LAST_WORDS, Reply, Request, decode_request, receive, send


def main() -> None:
    """Serve one socket."""
    channel = socket.socket(fileno=int(sys.argv[1]))
    decoding.prepare()
    gc.freeze()  # what was loaded stays, and need not be looked through again and again
    gc.enable()
    layers = lock_in(int(sys.argv[2]))
    send(channel, Reply(layers=layers))
    with suppress(EOFError, BrokenPipeError, ConnectionResetError):
        while True:
            body, descriptor = receive(channel)
            if descriptor is None:
                raise EOFError
            reply = _answer(decode_request(body), descriptor)
            send(channel, reply)
            if reply.code in LAST_WORDS:
                return


def _answer(request: Request, descriptor: int) -> Reply:
    try:
        renew_cpu_time(request.limits.seconds)
        data = read_whole(descriptor, request.limits.file_bytes)
        if request.plan is None:
            media_type = media_type_of(data)
            picture = decoding.thumbnail(data, media_type, request.limits, request.thumbnail)
            return Reply(thumbnail=picture)
        return Reply(fingerprints=fingerprints_of(data, request.plan, request.limits))
    except NahmiError as error:
        return Reply(code=error.code, detail=error.detail, hint=error.hint)
    except MemoryError:
        return Reply(
            code=ErrorCode.MEDIA_MEMORY,
            detail="Decoding the file needs more memory than is allowed.",
        )
    except Exception as error:  # noqa: BLE001 - whatever a decoder does, the caller gets an answer
        return Reply(
            code=ErrorCode.MEDIA_CRASHED, detail=f"The decoder failed ({type(error).__name__})."
        )
