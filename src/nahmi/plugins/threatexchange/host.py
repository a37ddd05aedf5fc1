# SPDX-License-Identifier: Apache-2.0
"""The node's side of its plug-ins' process: started, asked in turn, ended and started again."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count
from threading import Lock
from typing import Final, TypeVar

import msgspec

from nahmi.errors import ErrorCode, InputError, NahmiError, PluginError, RequestError
from nahmi.media.process import WorkerProcess
from nahmi.operate.settings import ThreatExchangeSettings
from nahmi.plugins.threatexchange.messages import (
    Failed,
    Load,
    Loaded,
    Reply,
    Request,
    TypeDescription,
    decode_reply,
)

MOST_WAITING: Final = 16
"""Callers that may wait for their turn; one more is sent away, so that a slow type is felt."""

_START_S: Final = 120.0
_ENVIRONMENT: Final = {"OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1"}

AnyReply = TypeVar("AnyReply", bound=Reply)


class PluginHost:
    """Answers for the signal types of plug-ins; safe between threads, which take turns.

    Args:
        settings: Which plug-ins, and what they may take.

    Raises:
        InputError: EXTRA_MISSING or PLUGIN_INVALID.
        PluginError: PLUGIN_FAILED: the process cannot be started.
    """

    def __init__(self, settings: ThreatExchangeSettings) -> None:
        self._settings = settings
        self._turn = Lock()
        self._counting = Lock()
        self._waiting = 0
        self._process: WorkerProcess | None = None
        self._is_closed = False
        self._collections = count(1)
        self.generation = 0
        with self._turn:
            self.types: tuple[TypeDescription, ...] = self._start()

    def new_collection(self) -> int:
        """A number for the signals of one store, for `Add` and `Find`."""
        return next(self._collections)

    @contextmanager
    def session(self) -> Iterator["Session"]:
        """A turn with the process, in which nobody else asks it.

        Raises:
            RequestError: SERVICE_BUSY: too many wait.
            PluginError: PLUGIN_FAILED: it cannot be started again.
        """
        with self._counting:
            if self._waiting >= MOST_WAITING:
                raise RequestError(
                    ErrorCode.SERVICE_BUSY,
                    "Too many wait for a plug-in.",
                    hint="Try again in a moment.",
                )
            self._waiting += 1
        try:
            with self._turn:
                if self._is_closed:
                    raise PluginError(ErrorCode.PLUGIN_FAILED, "The plug-ins have been closed.")
                if self._process is None or not self._process.is_alive:
                    self._restart()
                try:
                    yield Session(self)
                except NahmiError:
                    raise
                except BaseException:  # an answer may still be under way: nobody is to take it
                    self._end()
                    raise
        finally:
            with self._counting:
                self._waiting -= 1

    def ask(
        self, request: Request, kind: type[AnyReply], descriptor: int | None = None
    ) -> AnyReply:
        """One answer, in a turn of its own.

        Raises:
            RequestError: SERVICE_BUSY.
            PluginError: PLUGIN_FAILED.
            MediaError: MEDIA_TOO_LARGE or FILE_UNREADABLE, for files.
        """
        with self.session() as session:
            return session.ask(request, kind, descriptor)

    def exchange(self, request: Request, descriptor: int | None, seconds: float) -> Reply:
        """One message there and one back; for whoever has the turn."""
        if self._process is None:
            raise PluginError(ErrorCode.PLUGIN_FAILED, "The process of the plug-ins is gone.")
        try:
            self._process.send(request, descriptor)
            reply: Reply = decode_reply(self._process.receive(seconds))
        except TimeoutError as error:
            self._end()
            raise PluginError(
                ErrorCode.PLUGIN_FAILED,
                f"A plug-in took more than {seconds:g} s and was stopped.",
            ) from error
        except (EOFError, msgspec.MsgspecError) as error:
            self._end()
            raise PluginError(
                ErrorCode.PLUGIN_FAILED, "A plug-in crashed; nothing else was affected."
            ) from error
        except UnicodeEncodeError as error:
            raise InputError(ErrorCode.INPUT_INVALID, "A text is no valid Unicode.") from error
        if isinstance(reply, Failed) and reply.code == ErrorCode.PLUGIN_FAILED:
            self._end()  # it ends by itself, but not before it could be asked once more
        return reply

    @property
    def seconds(self) -> float:
        """How long one answer may take."""
        return float(self._settings.seconds)

    def close(self) -> None:
        """End the process; answers under way are finished first."""
        with self._turn:
            self._is_closed = True
            self._end()

    def _restart(self) -> None:
        if self._start() != self.types:
            self._end()
            raise PluginError(
                ErrorCode.PLUGIN_FAILED,
                "A plug-in has changed while the node was running.",
                hint="Start the node again.",
            )

    def _start(self) -> tuple[TypeDescription, ...]:
        """A new process that holds no signals yet; what its types are."""
        settings = self._settings
        self._end()
        try:
            self._process = WorkerProcess(
                "nahmi.plugins.threatexchange.worker", str(self.seconds), environment=_ENVIRONMENT
            )
        except OSError as error:
            raise PluginError(
                ErrorCode.PLUGIN_FAILED,
                "The process of the plug-ins could not be started.",
                hint="`nahmi doctor` says what is missing.",
            ) from error
        self.generation += 1
        load = Load(
            settings.manifests, settings.signal_types, tuple(sys.path), settings.memory_bytes
        )
        reply = self.exchange(load, None, _START_S)
        if isinstance(reply, Loaded):
            return reply.types
        self._end()
        raise _failure(reply)

    def _end(self) -> None:
        if self._process is not None:
            self._process.end()
            self._process = None


class Session:
    """A turn with the process.

    Args:
        host: Whose turn it is.
    """

    def __init__(self, host: PluginHost) -> None:
        self._host = host

    @property
    def generation(self) -> int:
        """Which process it is; a new one holds no signals yet."""
        return self._host.generation

    def ask(
        self, request: Request, kind: type[AnyReply], descriptor: int | None = None
    ) -> AnyReply:
        """One answer.

        Args:
            request: What to do.
            kind: What is answered to it.
            descriptor: An open file that goes along.

        Raises:
            PluginError: PLUGIN_FAILED.
            MediaError: MEDIA_TOO_LARGE or FILE_UNREADABLE, for files.
        """
        reply = self._host.exchange(request, descriptor, self._host.seconds)
        if isinstance(reply, kind):
            return reply
        raise _failure(reply)


_FAILURES: Final[dict[ErrorCode, type[NahmiError]]] = {
    ErrorCode.EXTRA_MISSING: InputError,
    ErrorCode.PLUGIN_INVALID: InputError,
}


def _failure(reply: Reply) -> NahmiError:
    """The error that a reply stands for. What the process says is untrusted as well."""
    if isinstance(reply, Failed):
        for code, kind in _FAILURES.items():
            if reply.code == code:
                return kind(code, reply.detail, hint=reply.hint)
        return PluginError(ErrorCode.PLUGIN_FAILED, reply.detail)
    return PluginError(ErrorCode.PLUGIN_FAILED, "A plug-in answered something else.")
