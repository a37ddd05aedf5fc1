# SPDX-License-Identifier: Apache-2.0
"""Log lines: JSON, one event a line, with fields from the list in `nahmi.operate.log_fields` only.

    >>> import sys, structlog
    >>> from nahmi.bootstrap.logs import configure_logs
    >>> configure_logs(sys.stdout, clock=lambda: datetime(2026, 1, 1, tzinfo=UTC))
    >>> structlog.get_logger().info("bank:create", bank_id=3, note="free text")
    {"at":"2026-01-01T00:00:00Z","level":"info","event":"bank:create","bank_id":3,"dropped":1}

Libraries write sentences, and a sentence may quote anything. Of their records only the logger, the
level and the place in their source are kept: enough to look it up.
"""

import errno
import logging
import sys
import threading
import traceback
from collections.abc import Callable, MutableMapping
from datetime import UTC, datetime
from types import TracebackType
from typing import Any, TextIO

import msgspec
import structlog

from nahmi.bootstrap.clock import now
from nahmi.errors import NahmiError
from nahmi.operate.log_fields import FIELDS, allowed

_OURS = "nahmi"
_MOST_PLACES = 12
_LEVELS = (logging.DEBUG, logging.INFO, logging.WARNING, logging.ERROR, logging.CRITICAL)

_Fields = MutableMapping[str, Any]


def configure_logs(
    stream: TextIO, *, level: int = logging.INFO, clock: Callable[[], datetime] = now
) -> None:
    """Write this process's log to a stream; uncaught errors of all threads among it.

    Args:
        stream: Where to; lines are flushed.
        level: Lines below it are not written. Of libraries, only warnings and worse are.
        clock: The current moment, UTC.
    """

    def stamp(_: object, __: str, fields: _Fields) -> _Fields:
        moment = clock().astimezone(UTC).isoformat().replace("+00:00", "Z")
        return {**fields, "at": moment}

    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            stamp,
            _error_fields,
            _as_line,
        ],
        wrapper_class=structlog.make_filtering_bound_logger(level),
        logger_factory=structlog.WriteLoggerFactory(file=stream),
        cache_logger_on_first_use=False,
    )
    root = logging.getLogger()
    root.handlers[:] = [_Handler()]
    root.setLevel(logging.WARNING)
    logging.getLogger(_OURS).setLevel(level)
    logging.captureWarnings(capture=True)
    sys.excepthook = _uncaught
    threading.excepthook = _uncaught_in_thread


def _as_line(_: object, __: str, fields: _Fields) -> str:
    return msgspec.json.encode(allowed(fields)).decode()


def _error_fields(_: object, __: str, fields: _Fields) -> _Fields:
    """Put code, kind and places of an error where the error was; its text is left out."""
    given = fields.pop("exc_info", None)
    if given is True:
        given = sys.exc_info()[1]
    elif isinstance(given, tuple):
        given = given[1]
    return {**fields, **_told(given)} if isinstance(given, BaseException) else fields


def _told(error: BaseException) -> dict[str, object]:
    code = {}
    if isinstance(error, NahmiError):
        code = {"code": error.code.value}
    elif isinstance(error, OSError) and (name := errno.errorcode.get(error.errno or 0)):
        code = {"code": name}  # such as EADDRINUSE
    frames = traceback.walk_tb(error.__traceback__)
    places = [_place(frame.f_globals.get("__name__", ""), line) for frame, line in frames]
    return {**code, "error": type(error).__name__, "places": places[-_MOST_PLACES:]}


def _place(module: str, line: int) -> str:
    return f"{module.replace('.', '/')}:{line}"  # what has dots could be a host


class _Handler(logging.Handler):
    """Takes what was logged with the standard library.

    Floors that also run in commands log with it: unconfigured, it stays quiet. Of ours the message
    is an event and `extra` has the fields; of libraries neither is believed.
    """

    def emit(self, record: logging.LogRecord) -> None:
        fields: dict[str, object] = {
            "event": "library:log",
            "logger": record.name.partition(".")[0],
        }
        if record.name.partition(".")[0] == _OURS:
            fields = {name: value for name, value in vars(record).items() if name in FIELDS}
            fields["event"] = record.msg
        if record.exc_info:
            fields["exc_info"] = record.exc_info
        elif isinstance(record.msg, BaseException):
            fields["exc_info"] = record.msg
        elif record.levelno >= logging.WARNING:
            fields["places"] = [_place(record.module, record.lineno)]
        at_least = min(_LEVELS, key=lambda level: abs(level - record.levelno))
        structlog.get_logger().log(at_least, **fields)


def _uncaught(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
    del kind
    structlog.get_logger().critical("process:crash", exc_info=error.with_traceback(trace))


def _uncaught_in_thread(args: threading.ExceptHookArgs) -> None:
    if args.exc_value is not None:
        structlog.get_logger().critical("thread:crash", exc_info=args.exc_value)
