# SPDX-License-Identifier: Apache-2.0
"""The receiver that the page shows takes what a node sends and nothing else; its table is true."""

import re
import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from http.server import ThreadingHTTPServer
from typing import Any

import pytest
from pages import DOCS, blocks, text

from nahmi.operate.delivery import Outcome
from nahmi.operate.node_key import NodeKey, webhook_secret
from nahmi.operate.outbox import MOST_ATTEMPTS, Message, MessageState, backoff
from nahmi.operate.signatures import write_secret
from nahmi.operate.webhooks import TEST_EVENT, Webhook, WebhookEvent, write_body
from nahmi.wire.hosts import HostRule
from nahmi.wire.webhooks import WebhookSender

PAGE = DOCS / "how-to" / "webhooks.md"
KEY = NodeKey(bytes(32))


@pytest.fixture
def page(monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    monkeypatch.setenv("WEBHOOK_SECRET", write_secret(webhook_secret(KEY, 1, 1)))
    [code] = blocks(PAGE, "python")
    names: dict[str, Any] = {"__name__": "page"}
    exec(compile(code, str(PAGE), "exec"), names)  # noqa: S102 - what the page shows is what runs
    names["Receiver"].log_message = lambda *_: None
    return names


@pytest.fixture
def port(page: dict[str, Any]) -> Iterator[int]:
    with ThreadingHTTPServer(("127.0.0.1", 0), page["Receiver"]) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.02,))
        thread.start()
        yield server.server_port
        server.shutdown()
        thread.join()


def send(port: int, message_id: str, *, webhook_id: int = 1, late: timedelta = timedelta(0)) -> str:
    now = datetime.now(UTC)
    webhook = Webhook(
        webhook_id=webhook_id,
        member_id=1,
        url=f"http://127.0.0.1:{port}/hooks",
        events=(WebhookEvent.MATCH_HOLD,),
        is_enabled=True,
        secret_version=1,
        created_at=now,
    )
    message = Message(
        message_id=1,
        member_id=1,
        kind="webhook",
        target_id=webhook_id,
        body=write_body(WebhookEvent.MATCH_HOLD, now, {"reference": "مثال"}),
        idempotency_key=message_id,
        created_at=now,
        attempts=1,
        next_at=now,
        state=MessageState.WAITING,
    )
    sender = WebhookSender(KEY, rules=[HostRule.parse(f"http://127.0.0.1:{port} internal")])
    sent = sender.send(webhook, message, now=now - late)
    return "" if sent.outcome is Outcome.DELIVERED else sent.error


@pytest.mark.enable_socket
@pytest.mark.allow_hosts(["127.0.0.1"])
def test_the_receiver_on_the_page_works(port: int, capsys: pytest.CaptureFixture[str]) -> None:
    assert send(port, "msg_1") == ""
    assert send(port, "msg_1") == ""
    assert send(port, "msg_2") == ""
    assert "401" in send(port, "msg_3", webhook_id=2)
    assert "401" in send(port, "msg_4", late=timedelta(seconds=310))
    assert capsys.readouterr().out.split() == ["match.hold", "match.hold"]


def test_the_page_names_each_event() -> None:
    named = re.findall(r"`((?:match|job|webhook)\.\w+)`", text(PAGE))
    assert sorted(named) == sorted([*WebhookEvent, TEST_EVENT])


def test_the_pauses_on_the_page_are_those_of_the_outbox() -> None:
    found = re.search(r"^\| seconds \| (.+) \|$", text(PAGE), re.MULTILINE)
    assert found is not None
    shown = [int(cell) for cell in found[1].split(" | ")]
    pauses = [backoff(tries, 0.0) for tries in range(1, MOST_ATTEMPTS)]
    seconds = [int(pause.total_seconds()) for pause in pauses if pause is not None]
    assert seconds == shown + [shown[-1]] * (MOST_ATTEMPTS - 1 - len(shown))
    assert f"A message is tried {MOST_ATTEMPTS} times" in text(PAGE)
    assert timedelta(days=2) > timedelta(seconds=sum(seconds) / 2)
    assert timedelta(days=4) > timedelta(seconds=sum(seconds)) > timedelta(days=3)
