# SPDX-License-Identifier: Apache-2.0
"""Webhooks over HTTP: registered, signed, tried, and their dead letters."""

import json
import secrets
from base64 import b64decode
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import httpx
import pytest

from nahmi.access.roles import Permission
from nahmi.bootstrap import now
from nahmi.bootstrap.operation import open_operation
from nahmi.operate.outbox import NewMessage
from nahmi.operate.signatures import is_signed, sign
from nahmi.operate.webhooks import MESSAGE_KIND

Ask = Callable[..., httpx.Response]
P = Permission
HOOKS = "/api/v1/webhooks"
URL = "https://receiver.example/hook"


def create(ask: Ask, url: str = URL) -> dict[str, object]:
    body = {"url": url, "events": ["match.block"]}
    made = ask("POST", HOOKS, P.NODE_WEBHOOK_WRITE, json=body)
    assert made.status_code == 201, made.text
    found: dict[str, object] = made.json()
    return found


def test_a_webhook_is_registered_changed_and_forgotten(ask: Ask, other_member: int) -> None:
    made = create(ask)
    webhook = made["webhook"]
    assert isinstance(webhook, dict)
    path = f"{HOOKS}/{webhook['webhook_id']}"
    read = ask("GET", path, P.NODE_WEBHOOK_READ)
    assert read.json() == webhook
    assert str(made["secret"]) not in read.text
    tag = {"if-match": read.headers["etag"]}
    changed = ask("PATCH", path, P.NODE_WEBHOOK_WRITE, headers=tag, json={"is_enabled": False})
    assert changed.json() == webhook | {"is_enabled": False}
    late = ask("PATCH", path, P.NODE_WEBHOOK_WRITE, headers=tag, json={"is_enabled": True})
    assert late.status_code == 412
    assert ask("GET", path, P.NODE_WEBHOOK_READ, member_id=other_member).status_code == 404
    assert ask("DELETE", path, P.NODE_WEBHOOK_WRITE).status_code == 200
    assert ask("GET", path, P.NODE_WEBHOOK_READ).status_code == 404


def test_a_new_secret_is_another_one_that_signs(ask: Ask) -> None:
    made = create(ask)
    webhook = made["webhook"]
    assert isinstance(webhook, dict)
    rotated = ask("POST", f"{HOOKS}/{webhook['webhook_id']}/rotate", P.NODE_WEBHOOK_WRITE).json()
    assert rotated["webhook"]["secret_version"] == 2
    assert rotated["secret"] != made["secret"]
    secret = b64decode(rotated["secret"].removeprefix("whsec_"))
    stamp = int(datetime.now(UTC).timestamp())
    sent = {
        "webhook-id": "m",
        "webhook-timestamp": str(stamp),
        "webhook-signature": sign(secret, message_id="m", stamp=stamp, body="{}"),
    }
    assert is_signed(secret, sent, "{}", now=datetime.now(UTC))


@pytest.mark.parametrize(
    ("url", "code"),
    [
        ("http://receiver.example/", "input_invalid"),
        ("https://a:b@receiver.example/", "input_invalid"),
        ("https://127.0.0.1/", "fetch_refused"),
        ("https://[::ffff:10.0.0.1]/", "fetch_refused"),
        ("", "input_invalid"),
    ],
)
def test_an_address_that_would_not_be_called_is_refused(ask: Ask, url: str, code: str) -> None:
    body = {"url": url, "events": ["match.hold"]}
    answer = ask("POST", HOOKS, P.NODE_WEBHOOK_WRITE, json=body)
    assert (answer.status_code, answer.json()["code"]) == (422, code)
    assert not url or url not in answer.text


def test_a_webhook_needs_an_event(ask: Ask) -> None:
    answer = ask("POST", HOOKS, P.NODE_WEBHOOK_WRITE, json={"url": URL, "events": []})
    assert (answer.status_code, answer.json()["code"]) == (422, "input_invalid")


def test_a_dead_letter_is_shown_and_sent_again(
    ask: Ask, node_folder: Path, other_member: int
) -> None:
    webhook = create(ask)["webhook"]
    assert isinstance(webhook, dict)
    number = int(webhook["webhook_id"])
    body = json.dumps({"type": "match.hold"})
    with open_operation(node_folder) as node:
        new = NewMessage(
            member_id=1,
            kind=MESSAGE_KIND,
            target_id=number,
            body=body,
            idempotency_key=secrets.token_hex(8),
        )
        # A webhook that was forgotten leaves what waits for it as dead letters.
        ask("PATCH", f"{HOOKS}/{number}", P.NODE_WEBHOOK_WRITE, json={"is_enabled": False})
        node.outbox.put([new], now=now())
    ask("DELETE", f"{HOOKS}/{number}", P.NODE_WEBHOOK_WRITE)
    page = ask("GET", f"{HOOKS}/dead-letters", P.NODE_WEBHOOK_READ).json()
    [letter] = [item for item in page["items"] if item["webhook_id"] == number]
    assert (letter["body"], letter["state"]) == (body, "dead")
    path = f"{HOOKS}/dead-letters/{letter['message_id']}/retry"
    assert ask("POST", path, P.NODE_WEBHOOK_WRITE, member_id=other_member).status_code == 404
    assert ask("POST", path, P.NODE_WEBHOOK_WRITE).json()["state"] == "waiting"
