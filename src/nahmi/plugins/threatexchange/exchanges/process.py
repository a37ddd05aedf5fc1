# SPDX-License-Identifier: Apache-2.0
"""The node's side of an exchange's process: started for a fetch, asked part by part, ended."""

import os
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Final, TypeVar

import msgspec

from nahmi.errors import ErrorCode, InputError, NahmiError, PluginError
from nahmi.media.process import WorkerProcess
from nahmi.operate.exchange_settings import ExchangeSettings
from nahmi.operate.exchanges import Fetched, Part
from nahmi.operate.settings import ThreatExchangeSettings
from nahmi.plugins.threatexchange.exchanges.loading import missing_file
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
    decode_reply,
)
from nahmi.plugins.threatexchange.messages import Done, Failed

_START_S: Final = 120.0
_LOOK_EVERY_S: Final = 0.25
_FILES: Final = ("REQUESTS_CA_BUNDLE", "SSL_CERT_DIR", "SSL_CERT_FILE")
_PASSED_ON: Final = (
    *_FILES,
    "HTTPS_PROXY",
    "https_proxy",
    "HTTP_PROXY",
    "http_proxy",
    "NO_PROXY",
    "no_proxy",
)
"""All that an exchange learns of our environment: how this machine reaches others."""

_CLOCK: Final = {"TZ": "UTC"}
"""The library's `ncmec` sends local time as UTC, which loses what was shared in between."""

_AnyReply = TypeVar("_AnyReply", bound=Reply)


class ExchangeProcesses:
    """`ExchangeSource` whose exchanges live in processes of their own.

    Args:
        settings: Which plug-ins there are.
    """

    def __init__(self, settings: ThreatExchangeSettings) -> None:
        self._settings = settings

    @contextmanager
    def session(
        self, exchange: ExchangeSettings, go_on: Callable[[], bool]
    ) -> Iterator["ExchangeProcess"]:
        """See `ExchangeSource.session`."""
        passed_on = {name: os.environ[name] for name in _PASSED_ON if name in os.environ}
        opening = Open(
            name=exchange.name,
            api=exchange.api,
            config=exchange.config,
            credentials=_credentials(exchange),
            manifests=self._settings.manifests,
            signal_types=self._settings.signal_types,
            path=tuple(sys.path),
            memory_bytes=exchange.memory_bytes,
            files=(*exchange.files, *(passed_on[name] for name in _FILES if name in passed_on)),
        )
        try:
            process = WorkerProcess(
                "nahmi.plugins.threatexchange.exchanges.worker",
                environment=passed_on | _CLOCK,
            )
        except OSError as error:
            raise PluginError(
                ErrorCode.PLUGIN_FAILED,
                "The process of an exchange could not be started.",
                hint="`nahmi doctor` says what is missing.",
            ) from error
        try:
            yield ExchangeProcess(process, opening, float(exchange.seconds), go_on)
        finally:
            process.end()


class ExchangeProcess:
    """`ExchangeSession` in a process of its own.

    Args:
        process: The process, which has been told nothing yet.
        opening: What to tell it.
        seconds: How long one answer may take.
        go_on: See `ExchangeSource.session`.

    Attributes:
        types: See `ExchangeSession.types`.
        layers: What confines it.

    Raises:
        InputError: EXTRA_MISSING or PLUGIN_INVALID.
        PluginError: PLUGIN_FAILED.
    """

    def __init__(
        self, process: WorkerProcess, opening: Open, seconds: float, go_on: Callable[[], bool]
    ) -> None:
        self._process = process
        self._name = opening.name
        self._seconds = _START_S
        self._go_on = go_on
        found = self._ask(opening, Opened)
        self._seconds = seconds
        self.types = found.types
        self.layers = found.layers

    def is_stale(self, checkpoint: str) -> bool:
        """See `ExchangeSession.is_stale`."""
        return self._ask(IsStale(checkpoint), Stale).is_stale

    def parts(
        self, checkpoint: str | None, bodies: Callable[[Sequence[str]], Mapping[str, str]]
    ) -> Iterator[Part]:
        """See `ExchangeSession.parts`."""
        self._ask(Begin(checkpoint), Done)
        held: list[Fetched] = []
        must_hold = False
        self._send(Next())
        while True:
            reply = self._receive()
            if isinstance(reply, Wanted):
                must_hold = True  # what was merged once must not be merged again
                self._send(Merge(dict(bodies(reply.keys))))
                continue
            if not isinstance(reply, Brought):
                raise _failure(reply, self._name)
            if not reply.is_end:
                self._send(Next())  # made ready while what came before is kept
            if not reply.is_open:
                yield Part(records=tuple(held), checkpoint=reply.checkpoint, is_end=reply.is_end)
                held, must_hold = [], False
                if reply.is_end:
                    return
            elif held and not must_hold:
                yield Part(records=tuple(held))
                held = list(reply.records)
            else:
                held += reply.records

    def _ask(self, request: Request, kind: type[_AnyReply]) -> _AnyReply:
        self._send(request)
        reply = self._receive()
        if isinstance(reply, kind):
            return reply
        raise _failure(reply, self._name)

    def _send(self, request: Request) -> None:
        with suppress(EOFError):  # who is gone is missed when an answer is waited for
            self._process.send(request)

    def _receive(self) -> Reply:
        try:
            reply: Reply = decode_reply(self._process.receive(self._wait()))
        except TimeoutError:
            raise PluginError(
                ErrorCode.PLUGIN_FAILED,
                f"The exchange {self._name!r} took more than {self._seconds:g} s and was stopped.",
            ) from None
        except (EOFError, msgspec.MsgspecError):
            raise PluginError(
                ErrorCode.PLUGIN_FAILED,
                f"The exchange {self._name!r} crashed; nothing else was affected.",
            ) from None
        return reply

    def _wait(self) -> float:
        """Until an answer begins; how long the whole of it may still take."""
        end = time.monotonic() + self._seconds
        while not self._process.has_answered(_LOOK_EVERY_S):
            if time.monotonic() >= end:
                raise TimeoutError
            if not self._go_on():
                raise EOFError
        return max(_LOOK_EVERY_S, end - time.monotonic())


def _credentials(exchange: ExchangeSettings) -> str | None:
    if not exchange.credentials_file:
        return None
    try:
        return Path(exchange.credentials_file).read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError):
        raise missing_file() from None


_INPUT: Final = (ErrorCode.EXTRA_MISSING, ErrorCode.PLUGIN_INVALID)


def _failure(reply: Reply, name: str) -> NahmiError:
    """The error that a reply stands for. What the process says is untrusted as well."""
    if isinstance(reply, Failed):
        for code in _INPUT:
            if reply.code == code:
                return InputError(code, reply.detail, hint=reply.hint)
        return PluginError(ErrorCode.PLUGIN_FAILED, reply.detail)
    return PluginError(ErrorCode.PLUGIN_FAILED, f"The exchange {name!r} answered something else.")
