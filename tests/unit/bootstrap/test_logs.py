# SPDX-License-Identifier: Apache-2.0
"""What a process writes to its log: by structlog, by the standard library, and when it crashes."""

import errno
import io
import json
import logging
import subprocess
import sys
import threading
import warnings
from datetime import UTC, datetime
from typing import Any

import pytest
import structlog

from nahmi.bootstrap.logs import configure_logs
from nahmi.errors import InputError
from nahmi.wire.hosts import HostRule

CANARY = "person@example.org at https://example.org/" + "ab" * 32


class Log:
    """What was written so far."""

    def __init__(self) -> None:
        self.stream = io.StringIO()

    def lines(self) -> list[dict[str, Any]]:
        text = self.stream.getvalue()
        assert "example" not in text
        assert "abab" not in text
        return [json.loads(line) for line in text.splitlines()]


@pytest.fixture
def log(own_logs: None) -> Log:
    del own_logs  # what this sets for the process is undone
    log = Log()
    configure_logs(log.stream, clock=lambda: datetime(2026, 1, 1, tzinfo=UTC))
    return log


def test_a_line_has_its_fields_and_nothing_else(log: Log) -> None:
    structlog.contextvars.bind_contextvars(request_id="0123456789abcdef", url=CANARY)
    structlog.get_logger().info("bank:create", bank_id=3, note=CANARY, kind=CANARY)
    structlog.get_logger().debug("not:written")
    assert log.lines() == [
        {
            "at": "2026-01-01T00:00:00Z",
            "level": "info",
            "event": "bank:create",
            "request_id": "0123456789abcdef",
            "bank_id": 3,
            "kind": "<withheld>",
            "dropped": 2,
        }
    ]


def test_a_sentence_is_no_event(log: Log) -> None:
    structlog.get_logger().warning(f"could not fetch {CANARY}")
    assert log.lines()[0]["event"] == "<withheld>"


def test_of_an_error_code_class_and_places_are_kept_and_no_text(log: Log) -> None:
    try:
        HostRule.parse(CANARY)
    except InputError:
        structlog.get_logger().exception("content:fetch", secret=CANARY)
    [line] = log.lines()
    assert (line["level"], line["code"], line["error"]) == ("error", "input_invalid", "InputError")
    assert line["places"][1].startswith("nahmi/wire/hosts:")


def test_of_a_library_only_the_place_is_kept(log: Log) -> None:
    logging.getLogger("library.part").warning("cannot reach %s", CANARY, extra={"bank_id": 1})
    logging.getLogger("library.part").info("quiet")
    with warnings.catch_warnings():
        warnings.simplefilter("always")
        warnings.warn(CANARY, UserWarning, stacklevel=1)
    first, second = log.lines()
    assert (first["event"], first["logger"], first["level"]) == (
        "library:log",
        "library",
        "warning",
    )
    assert "bank_id" not in first
    assert second["logger"] == "py"


def test_a_library_that_logs_an_error_of_the_system_leaves_its_number(log: Log) -> None:
    logging.getLogger("uvicorn.error").error(OSError(errno.EADDRINUSE, CANARY))
    [line] = log.lines()
    assert (line["error"], line["code"]) == ("OSError", "EADDRINUSE")


def test_our_own_floors_log_events_with_fields(log: Log) -> None:
    logging.getLogger("nahmi.store").error("index:merge_fail", extra={"code": "index_busy"})
    logging.getLogger("nahmi.store").error("it is %s", CANARY)
    first, second = log.lines()
    assert (first["event"], first["code"]) == ("index:merge_fail", "index_busy")
    assert second["event"] == "<withheld>"


def test_an_error_that_nobody_caught_is_told_without_its_text(log: Log) -> None:
    def crash() -> None:
        raise ValueError(CANARY)

    thread = threading.Thread(target=crash)
    thread.start()
    thread.join()
    [line] = log.lines()
    assert (line["event"], line["error"]) == ("thread:crash", "ValueError")


def test_a_process_that_crashes_leaves_one_line() -> None:
    code = (
        "import sys; from nahmi.bootstrap.logs import configure_logs; configure_logs(sys.stderr);"
        f"raise ValueError({CANARY!r})"
    )
    ended = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=False
    )
    line = json.loads(ended.stderr)
    assert (line["event"], line["level"], line["error"]) == (
        "process:crash",
        "critical",
        "ValueError",
    )
    assert ended.returncode == 1
    assert "example" not in ended.stderr
