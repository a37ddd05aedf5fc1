# SPDX-License-Identifier: Apache-2.0
"""A process of ours that is handed what nobody trusts: started, asked and ended from outside.

Its module has a function `main`, which finds the descriptor of its socket in `sys.argv[1]` and the
further arguments after it.
"""

import os
import select
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Mapping
from contextlib import suppress

import msgspec

from nahmi.media.protocol import receive, send

# Loading makes no rubbish, so none is looked for until the worker is ready.
_PROGRAM = "import gc; gc.disable(); from {module} import main; main()"


class WorkerProcess:
    """One process; used by one thread at a time.

    Args:
        module: Whose `main` it runs.
        arguments: For it.
        environment: All that it is to know of ours.

    Raises:
        OSError: It cannot be started.
    """

    def __init__(self, module: str, *arguments: str, environment: Mapping[str, str]) -> None:
        ours, theirs = socket.socketpair()
        program = _PROGRAM.format(module=module)
        try:
            self._process = subprocess.Popen(  # noqa: S603 - our own interpreter and module
                [sys.executable, "-I", "-c", program, str(theirs.fileno()), *arguments],
                pass_fds=(theirs.fileno(),),
                env={"LC_ALL": "C.UTF-8", **environment},
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
            )
        except BaseException:
            ours.close()
            raise
        finally:
            theirs.close()
        self._channel = ours

    @property
    def pid(self) -> int:
        """Its number in the system."""
        return self._process.pid

    @property
    def is_alive(self) -> bool:
        """Whether it runs."""
        return self._process.poll() is None

    @property
    def ran_out_of_time(self) -> bool:
        """Whether the system ended it because it had used up its processor time."""
        return self._process.returncode == -signal.SIGXCPU

    def send(self, message: msgspec.Struct, descriptor: int | None = None) -> None:
        """Send a message, with an open file if there is one.

        Raises:
            EOFError: The process is gone: nobody takes it any more.
        """
        try:
            send(self._channel, message, descriptor)
        except OSError as error:
            raise EOFError from error

    def has_answered(self, seconds: float) -> bool:
        """Whether a message, or the process's end, can be received; waited for so long at most."""
        waiting = select.poll()  # unlike select, for descriptors of any number
        waiting.register(self._channel, select.POLLIN)
        return bool(waiting.poll(seconds * 1000))

    def receive(self, seconds: float) -> bytes:
        """The next message.

        Args:
            seconds: How long it may take, all of it.

        Raises:
            TimeoutError: It took longer; the process should be ended.
            EOFError: The process is gone: none will come.
        """
        try:
            body, descriptor = receive(self._channel, time.monotonic() + seconds)
        except TimeoutError:
            raise
        except OSError as error:
            raise EOFError from error
        if descriptor is not None:  # nobody asked for one
            with suppress(OSError):
                os.close(descriptor)
        return body

    def end(self) -> None:
        """End the process, whatever it does."""
        self._channel.close()
        self._process.kill()
        self._process.wait()
