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
import os
import resource
import socket
import sys
from contextlib import suppress
from pathlib import Path

from nahmi import kernels
from nahmi.errors import ErrorCode, MediaError, NahmiError
from nahmi.media import decoding
from nahmi.media.fingerprints import fingerprints_of
from nahmi.media.formats import media_type_of
from nahmi.media.limits import MediaLimits
from nahmi.media.protocol import LAST_WORDS, Reply, Request, decode_request, receive, send

_CHUNK_BYTES = 1 << 20
_OPEN_FILES = 32  # the socket, one file at a time, and what the interpreter holds


def main() -> None:
    """Serve one socket."""
    channel = socket.socket(fileno=int(sys.argv[1]))
    decoding.prepare()
    gc.freeze()  # what was loaded stays, and need not be looked through again and again
    gc.enable()
    layers = _lock_in(int(sys.argv[2]))
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


def _lock_in(memory_bytes: int) -> tuple[str, ...]:
    layers = []
    for name, limit, value in (
        ("memory", resource.RLIMIT_DATA, _data_bytes() + memory_bytes),
        ("file_size", resource.RLIMIT_FSIZE, 0),
        ("core_dumps", resource.RLIMIT_CORE, 0),
        ("open_files", resource.RLIMIT_NOFILE, _OPEN_FILES),
    ):
        with suppress(ValueError, OSError):
            resource.setrlimit(limit, (value, value))
            layers.append(name)
    return (*layers, "cpu_time", *kernels.sandbox_enter())


def _data_bytes() -> int:
    """Private memory that the process holds already; counted by RLIMIT_DATA on Linux."""
    with suppress(OSError, ValueError, IndexError):
        return int(Path("/proc/self/statm").read_text().split()[5]) * resource.getpagesize()
    return 256 << 20


def _answer(request: Request, descriptor: int) -> Reply:
    try:
        _renew_cpu_time(request.limits.seconds)
        data = _read(descriptor, request.limits)
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


def _renew_cpu_time(seconds: float) -> None:
    """Processor time for one more file; the system ends the process when it is used up."""
    usage = resource.getrusage(resource.RUSAGE_SELF)
    used = usage.ru_utime + usage.ru_stime
    _, hard = resource.getrlimit(resource.RLIMIT_CPU)
    resource.setrlimit(resource.RLIMIT_CPU, (int(used + seconds) + 2, hard))


def _read(descriptor: int, limits: MediaLimits) -> bytes:
    try:
        size = os.fstat(descriptor).st_size
        if size > limits.file_bytes:
            raise MediaError(
                ErrorCode.MEDIA_TOO_LARGE,
                f"The file has {size} bytes; the limit is {limits.file_bytes}.",
            )
        whole = os.pread(descriptor, size, 0)
        if len(whole) == size > 0:
            return whole
        parts = bytearray()  # a pipe's file, or one that shrinks while it is read
        while part := os.pread(descriptor, max(_CHUNK_BYTES, size), len(parts)):
            parts += part
            if len(parts) > limits.file_bytes:
                raise MediaError(ErrorCode.MEDIA_TOO_LARGE, "The file grows beyond the limit.")
        return bytes(parts)
    except OSError as error:
        raise MediaError(
            ErrorCode.FILE_UNREADABLE, f"The file could not be read ({error.strerror})."
        ) from error
    finally:
        os.close(descriptor)
