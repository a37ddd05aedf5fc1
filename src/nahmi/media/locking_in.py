# SPDX-License-Identifier: Apache-2.0
"""What every worker does to itself before, and for, what nobody trusts."""

import os
import resource
import sys
import sysconfig
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

from nahmi import kernels
from nahmi.errors import ErrorCode, MediaError

_CHUNK_BYTES = 1 << 20
_OPEN_FILES = 32  # the socket, one file at a time, and what the interpreter holds
_OPEN_CONNECTIONS = 128
_SYSTEM = (
    # libraries
    "/lib",
    "/lib64",
    "/usr/lib",
    "/usr/lib64",
    "/usr/local/lib",
    # names of machines, certificates, time zones
    "/etc",
    "/run/systemd/resolve",
    "/run/resolvconf",
    "/run/NetworkManager",
    "/usr/share/ca-certificates",
    "/usr/share/zoneinfo",
    # what programs expect to find
    "/dev/null",
    "/dev/urandom",
)
"""What a process that talks to other machines reads of the system."""


def lock_in(memory_bytes: int) -> tuple[str, ...]:
    """Give up everything but computing: from now on no file, socket or process can be opened.

    Args:
        memory_bytes: What the process may take beyond what it holds now.

    Returns:
        Names of the layers that hold on this system.
    """
    return (*_limit(memory_bytes, _OPEN_FILES), "cpu_time", *kernels.sandbox_enter())


def confine(memory_bytes: int, readable: Sequence[str]) -> tuple[str, ...]:
    """Give up all that talking to other machines does not need: no file can be written.

    Args:
        memory_bytes: What the process may take beyond what it holds now.
        readable: Files and folders that may be read, beside the interpreter's and the system's own.

    Returns:
        Names of the layers that hold on this system.
    """
    layers = _limit(memory_bytes, _OPEN_CONNECTIONS)
    own = (sys.prefix, sys.base_prefix, sysconfig.get_path("stdlib"))
    paths = [path for path in (*_SYSTEM, *own, *readable) if path]
    return (*layers, *kernels.sandbox_confine(paths))


def _limit(memory_bytes: int, open_files: int) -> list[str]:
    layers = []
    for name, limit, value in (
        ("memory", resource.RLIMIT_DATA, _data_bytes() + memory_bytes),
        ("file_size", resource.RLIMIT_FSIZE, 0),
        ("core_dumps", resource.RLIMIT_CORE, 0),
        ("open_files", resource.RLIMIT_NOFILE, open_files),
    ):
        with suppress(ValueError, OSError):
            resource.setrlimit(limit, (value, value))
            layers.append(name)
    return layers


def _data_bytes() -> int:
    """Private memory that the process holds already; counted by RLIMIT_DATA on Linux."""
    with suppress(OSError, ValueError, IndexError):
        return int(Path("/proc/self/statm").read_text().split()[5]) * resource.getpagesize()
    return 256 << 20


def renew_cpu_time(seconds: float) -> None:
    """Processor time for one more file; the system ends the process when it is used up."""
    usage = resource.getrusage(resource.RUSAGE_SELF)
    used = usage.ru_utime + usage.ru_stime
    _, hard = resource.getrlimit(resource.RLIMIT_CPU)
    resource.setrlimit(resource.RLIMIT_CPU, (int(used + seconds) + 2, hard))


def read_whole(descriptor: int, most_bytes: int) -> bytes:
    """All of an open file, which is closed.

    Raises:
        MediaError: MEDIA_TOO_LARGE or FILE_UNREADABLE.
    """
    try:
        size = os.fstat(descriptor).st_size
        if size > most_bytes:
            raise MediaError(
                ErrorCode.MEDIA_TOO_LARGE,
                f"The file has {size} bytes; the limit is {most_bytes}.",
            )
        whole = os.pread(descriptor, size, 0)
        if len(whole) == size > 0:
            return whole
        parts = bytearray()  # a pipe's file, or one that shrinks while it is read
        while part := os.pread(descriptor, max(_CHUNK_BYTES, size), len(parts)):
            parts += part
            if len(parts) > most_bytes:
                raise MediaError(ErrorCode.MEDIA_TOO_LARGE, "The file grows beyond the limit.")
        return bytes(parts)
    except OSError as error:
        raise MediaError(
            ErrorCode.FILE_UNREADABLE, f"The file could not be read ({error.strerror})."
        ) from error
    finally:
        os.close(descriptor)
