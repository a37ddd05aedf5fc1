# SPDX-License-Identifier: Apache-2.0
"""A webhook that was registered over HTTP hears of matches and jobs, with signatures that hold."""

import json
import secrets
import tempfile
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from nahmi.api.app import make_app
from nahmi.bootstrap import init_node
from nahmi.bootstrap.service import Service
from nahmi.operate.settings import Settings, WebhookSettings
from nahmi.testing.keys import give_key
from nahmi.testing.serving import serving
from nahmi.testing.webhook_receiver import WebhookReceiver

pytestmark = [pytest.mark.enable_socket, pytest.mark.allow_hosts(["127.0.0.1"])]


@pytest.fixture
def receiver() -> Iterator[WebhookReceiver]:
    with WebhookReceiver() as opened:
        yield opened


@pytest.fixture
def client(receiver: WebhookReceiver) -> Iterator[httpx.Client]:
    host = receiver.rule.removesuffix(" internal")
    settings = Settings(layout=1, webhooks=WebhookSettings(private_hosts=(host,)))
    with tempfile.TemporaryDirectory(prefix="nahmi-") as name:
        folder = Path(name) / "node"
        init_node(folder).close()
        app = make_app(lambda: Service(folder, settings), settings)
        with serving(app, Path(name)) as opened:
            opened.headers["authorization"] = f"Bearer {give_key(folder)}"
            yield opened


def test_a_webhook_hears_of_a_trial_a_job_and_a_match(
    client: httpx.Client, receiver: WebhookReceiver
) -> None:
    body = {"url": receiver.url, "events": ["job.done", "job.failed", "match.review"]}
    made = client.post("/api/v1/webhooks", json=body).json()
    path = f"/api/v1/webhooks/{made['webhook']['webhook_id']}"
    assert client.post(f"{path}/test").json()["outcome"] == "failed", "the secret is not there yet"
    receiver.secrets = (made["secret"],)
    assert client.post(f"{path}/test").json() == {"outcome": "delivered", "error": ""}

    bank = client.post("/api/v1/banks", json={"name": "A", "category": "test"}).json()
    value = secrets.token_hex(32)
    importing = f"/api/v1/banks/{bank['bank_id']}/import"
    good = client.post(importing, content=f"pdq {value}\n".encode()).json()
    receiver.wait_for(3)
    bad = client.post(importing, content=b"\x1f\x8b\x08broken").json()
    receiver.wait_for(4)
    client.post("/api/v1/match", json={"signals": [{"type": "pdq", "value": value}]})
    received = receiver.wait_for(5)

    told = [json.loads(message.body) for message in received]
    assert [message.is_genuine for message in received] == [False, True, True, True, True]
    assert [item["type"] for item in told] == [
        "webhook.test",
        "webhook.test",
        "job.done",
        "job.failed",
        "match.review",
    ]
    assert [told[2]["data"]["job_id"], told[3]["data"]["job_id"]] == [good["job_id"], bad["job_id"]]
    assert value not in received[4].body
