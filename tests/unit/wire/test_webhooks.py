# SPDX-License-Identifier: Apache-2.0
"""One message to one receiver: signed, once, to where it may go, and whatever comes back."""

import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest

from nahmi.errors import InputError, WireError
from nahmi.operate.delivery import Outcome
from nahmi.operate.node_key import NodeKey, webhook_secret
from nahmi.operate.outbox import Message, MessageState
from nahmi.operate.signatures import write_secret
from nahmi.operate.webhooks import Webhook, WebhookEvent
from nahmi.testing.loopback import Asked, LoopbackServer, reply
from nahmi.testing.webhook_receiver import (
    WebhookReceiver,
    chattering,
    dropping,
    is_genuine_message,
    slow,
)
from nahmi.wire.call import Caller
from nahmi.wire.hosts import HostRule
from nahmi.wire.webhooks import WebhookSender

pytestmark = [pytest.mark.enable_socket, pytest.mark.allow_hosts(["127.0.0.1"])]

KEY = NodeKey(bytes(range(32)))
BODY = '{"type":"match.hold","data":{"reference":"مثال"}}'


def secret(version: int = 1) -> str:
    return write_secret(webhook_secret(KEY, 7, version))


def webhook(url: str, *, version: int = 1, rotated_at: datetime | None = None) -> Webhook:
    return Webhook(
        webhook_id=7,
        member_id=1,
        url=url,
        events=(WebhookEvent.MATCH_HOLD,),
        is_enabled=True,
        secret_version=version,
        created_at=datetime(2026, 1, 1, tzinfo=UTC),
        rotated_at=rotated_at,
    )


def message() -> Message:
    moment = datetime(2026, 1, 1, tzinfo=UTC)
    return Message(
        message_id=3,
        member_id=1,
        kind="webhook",
        target_id=7,
        body=BODY,
        idempotency_key="msg_3",
        created_at=moment,
        attempts=1,
        next_at=moment,
        state=MessageState.WAITING,
    )


@pytest.fixture
def receiver() -> Iterator[WebhookReceiver]:
    with WebhookReceiver(secret()) as receiver:
        yield receiver


def sender(receiver: WebhookReceiver, seconds: float = 10) -> WebhookSender:
    return WebhookSender(KEY, rules=[HostRule.parse(receiver.rule)], seconds=seconds)


def test_a_receiver_gets_what_was_signed(receiver: WebhookReceiver) -> None:
    sent = sender(receiver).send(webhook(receiver.url), message(), now=datetime.now(UTC))
    assert sent.outcome is Outcome.DELIVERED
    [received] = receiver.received
    assert received.is_genuine
    assert received.message_id == "msg_3"
    assert received.body == BODY


@pytest.mark.parametrize("seconds", [-400, 400])
def test_a_message_that_is_not_of_now_is_refused(receiver: WebhookReceiver, seconds: int) -> None:
    moment = datetime.now(UTC) + timedelta(seconds=seconds)
    sent = sender(receiver).send(webhook(receiver.url), message(), now=moment)
    assert sent.outcome is Outcome.FAILED
    assert "401" in sent.error


def test_after_a_rotation_old_and_new_secret_are_good_for_a_day(receiver: WebhookReceiver) -> None:
    now = datetime.now(UTC)
    day, minute = timedelta(days=1), timedelta(minutes=1)
    for rotated_at, versions in ((now - day + minute, (1, 2)), (now - day, (2,))):
        rotated = webhook(receiver.url, version=2, rotated_at=rotated_at)
        for version in (1, 2, 3):
            receiver.secrets = (secret(version),)
            sent = sender(receiver).send(rotated, message(), now=now)
            assert (sent.outcome is Outcome.DELIVERED) is (version in versions)


def test_a_forged_or_altered_message_is_told() -> None:
    headers = {"webhook-id": "msg_3", "webhook-timestamp": "100", "webhook-signature": "v1,AAAA"}
    for altered in ({}, {"webhook-timestamp": "x"}, {"webhook-signature": ""}):
        asked = Asked("POST", "/", {**headers, **altered}, BODY.encode())
        assert not is_genuine_message(secret(), asked, now_s=100)


@pytest.mark.parametrize(
    ("status", "outcome"),
    [
        (200, Outcome.DELIVERED),
        (202, Outcome.DELIVERED),
        (301, Outcome.FAILED),
        (302, Outcome.FAILED),
        (307, Outcome.FAILED),
        (400, Outcome.FAILED),
        (404, Outcome.FAILED),
        (410, Outcome.GONE),
        (429, Outcome.FAILED),
        (500, Outcome.FAILED),
        (503, Outcome.FAILED),
    ],
)
def test_what_a_status_means(receiver: WebhookReceiver, status: int, outcome: Outcome) -> None:
    with LoopbackServer(reply(200)) as elsewhere:
        receiver.behaviour = reply(status, b"secret", location=elsewhere.url(), retry_after="90")
        sent = sender(receiver).send(webhook(receiver.url), message(), now=datetime.now(UTC))
    assert sent.outcome is outcome
    assert not elsewhere.asked
    assert sent.wait == timedelta(seconds=90 if status in {429, 503} else 0)
    assert "secret" not in sent.error
    assert "token" not in sent.error


def test_a_receiver_that_waits_is_given_up(receiver: WebhookReceiver) -> None:
    release = threading.Event()
    receiver.behaviour = slow(release)
    sent = sender(receiver, 0.3).send(webhook(receiver.url), message(), now=datetime.now(UTC))
    release.set()
    assert sent.outcome is Outcome.FAILED
    assert "in time" in sent.error


def test_a_receiver_that_hangs_up_failed(receiver: WebhookReceiver) -> None:
    receiver.behaviour = dropping
    sent = sender(receiver).send(webhook(receiver.url), message(), now=datetime.now(UTC))
    assert sent.outcome is Outcome.FAILED


def test_a_receiver_that_does_not_stop_talking_has_the_message(receiver: WebhookReceiver) -> None:
    receiver.behaviour = chattering
    sent = sender(receiver).send(webhook(receiver.url), message(), now=datetime.now(UTC))
    assert sent.outcome is Outcome.DELIVERED


@pytest.mark.parametrize(
    "url", ["http://a.example/", "http://127.0.0.1/", "https://u@a.example/", ""]
)
def test_addresses_that_cannot_be_registered(url: str) -> None:
    with pytest.raises(InputError):
        WebhookSender(KEY).check(url)


@pytest.mark.parametrize(
    "host", ["127.0.0.1", "10.0.0.1", "169.254.169.254", "[::1]", "[::ffff:127.0.0.1]", "[fd00::1]"]
)
def test_internal_addresses_are_neither_registered_nor_called(host: str) -> None:
    url = f"https://{host}/"
    with pytest.raises(WireError):
        WebhookSender(KEY).check(url)
    sent = WebhookSender(KEY).send(webhook(url), message(), now=datetime.now(UTC))
    assert sent.outcome is Outcome.FAILED
    assert "must not be called" in sent.error


def test_a_name_that_came_to_lead_inside_is_not_called(names: type) -> None:
    sender = WebhookSender(KEY, caller=Caller(resolver=names(a_example=[["10.0.0.1"]])))
    sender.check("https://a.example/")
    sent = sender.send(webhook("https://a.example/"), message(), now=datetime.now(UTC))
    assert sent.outcome is Outcome.FAILED


def test_what_the_operator_opened_can_be_registered(receiver: WebhookReceiver) -> None:
    sender(receiver).check(receiver.url)
    WebhookSender(KEY).check("https://93.184.216.34:8443/hook")
