# SPDX-License-Identifier: Apache-2.0
"""What a request leaves in the log."""

import asyncio
import io
import json
import re
from pathlib import Path
from typing import Any, NoReturn

import pytest
from litestar import Litestar
from litestar.routes import HTTPRoute
from litestar.types import ASGIApp, Message, Receive, Scope, Send

from nahmi.access.identity import LOCAL
from nahmi.api.app import make_app
from nahmi.api.problems import status_of
from nahmi.bootstrap.logs import configure_logs
from nahmi.bootstrap.requests import CODE, Attended, RequestLog, Served
from nahmi.bootstrap.service import Service
from nahmi.operate.log_fields import WITHHELD, allowed
from nahmi.operate.request_lines import Keeps
from nahmi.operate.settings import HmaSettings, ServeSettings, Settings
from nahmi.web.app import make_console

ROOT = Path(__file__).parents[3]
PAGE = ROOT / "docs" / "reference" / "logs.md"


@pytest.fixture
def log(own_logs: None) -> io.StringIO:
    del own_logs  # what this sets for the process is undone
    stream = io.StringIO()
    configure_logs(stream)
    return stream


def lines(log: io.StringIO) -> list[dict[str, Any]]:
    return [json.loads(line) for line in log.getvalue().splitlines()]


def serve(status: int, *, keeps: Keeps = Keeps.CHANGES_AND_FAILURES, **scope: object) -> list[Any]:
    """What an application answers that only says a status; none when that is 0."""
    answers: list[Any] = []

    async def send(message: Message) -> None:
        answers.append(message)

    attended = Attended(answering(status), RequestLog(ServeSettings(request_log=keeps)))
    whole: Any = {"type": "http", "method": "GET", "path": "/", **scope}
    asyncio.run(attended(whole, unread, send))
    return answers


def answering(status: int) -> ASGIApp:
    async def app(scope: Scope, _: Receive, send: Send) -> None:
        scope["state"][CODE] = "bank_missing"
        if status:
            await send({"type": "http.response.start", "status": status, "headers": []})
            await send({"type": "http.response.body", "body": b"", "more_body": False})

    return app


async def unread() -> NoReturn:
    raise AssertionError("nothing is read")


async def unheard(_: Message) -> None:
    """Nobody listens."""


def test_a_failure_has_route_caller_and_code(log: io.StringIO) -> None:
    [start, _] = serve(404, path_template="/api/v1/banks/{bank_id}", user=LOCAL, path="/secret")
    [line] = lines(log)
    [(name, value)] = start["headers"]
    assert (name, value.decode()) == (b"x-request-id", line["request_id"])
    assert line.pop("duration_ms") >= 0
    assert {**line, "at": "", "request_id": ""} == {
        "at": "",
        "level": "info",
        "event": "request:answer",
        "request_id": "",
        "method": "GET",
        "route": "/api/v1/banks/{bank_id}",
        "status": 404,
        "principal": "local",
        "member_id": 1,
        "code": "bank_missing",
    }


def test_who_goes_away_is_noted(log: io.StringIO) -> None:
    serve(0)
    [line] = lines(log)
    assert line["outcome"] == "gone"
    assert "status" not in line


def test_a_failure_of_the_node_is_a_warning(log: io.StringIO) -> None:
    serve(503)
    assert lines(log)[0]["level"] == "warning"


@pytest.mark.parametrize(
    ("method", "keeps", "count"),
    [
        ("GET", Keeps.CHANGES_AND_FAILURES, 0),
        ("POST", Keeps.CHANGES_AND_FAILURES, 1),
        ("GET", Keeps.ALL, 1),
        ("POST", Keeps.NONE, 0),
    ],
)
def test_the_operator_says_which_requests_get_a_line(
    log: io.StringIO, method: str, keeps: Keeps, count: int
) -> None:
    serve(200, method=method, keeps=keeps)
    assert len(lines(log)) == count


def test_a_method_that_is_none_is_not_repeated(log: io.StringIO) -> None:
    serve(405, method="SECRET")
    assert lines(log)[0]["method"] == "other"


def test_what_is_left_out_is_counted(log: io.StringIO) -> None:
    requests = RequestLog(ServeSettings())

    async def many() -> None:
        attended = Attended(answering(401), requests)
        for _ in range(200):
            scope: Any = {"type": "http", "method": "GET"}
            await attended(scope, unread, unheard)

    asyncio.run(many())
    requests.note(
        Served(request_id="", method="POST", route="", status=200, took_s=0, is_change=True)
    )
    written = lines(log)
    left_out = sum(line["count"] for line in written if line["event"] == "request:skip")
    answers = [line for line in written if line["event"] == "request:answer"]
    assert len(answers) + left_out == 201


def test_every_template_of_a_route_may_stand_in_a_line() -> None:
    def unopened() -> Service:
        raise AssertionError("nothing is served here")

    settings = Settings(layout=1, hma=HmaSettings(enabled=True))
    apps: list[Litestar] = [
        make_app(unopened, settings).app,
        make_console(unopened, status_of=status_of),
    ]
    paths = {
        route.path_format for app in apps for route in app.routes if isinstance(route, HTTPRoute)
    }
    withheld = {path for path in paths if allowed({"route": path})["route"] == WITHHELD}
    assert not {path for path in withheld if not path.startswith("/api/v1/schema")}


def test_the_page_names_every_event() -> None:
    calls = r"(?<!>>> structlog\.)(?:_log|get_logger\(\))\.(?:log\([a-z_]+, |\w+\()\"([^\"]+)\""
    sources = (ROOT / "src" / "nahmi").rglob("*.py")
    used = {name for path in sources for name in re.findall(calls, path.read_text("utf-8"))}
    page = PAGE.read_text(encoding="utf-8")
    rows = page.partition("## Events")[2].partition("## Fields")[0]
    assert used | {"library:log"} == set(re.findall(r"`(\w+:\w+)`", rows))
