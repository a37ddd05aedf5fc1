# SPDX-License-Identifier: Apache-2.0
"""From the outbox to receivers: at least once, in order, and no receiver waits for another."""

import random
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from concurrent.futures import Future
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime, timedelta
from io import BufferedIOBase
from pathlib import Path
from secrets import token_hex

import pytest
from sqlalchemy import func, select

from nahmi.flows.deliver import Deliverer, _Standing
from nahmi.flows.webhook_receivers import WebhookReceivers
from nahmi.operate.delivery import FAILURES_UNTIL_OPEN
from nahmi.operate.node_key import NodeKey, webhook_secret
from nahmi.operate.outbox import MOST_ATTEMPTS, Message, NewMessage
from nahmi.operate.signatures import write_secret
from nahmi.operate.webhooks import MESSAGE_KIND, NewWebhook, Webhook, WebhookEvent
from nahmi.store.sql.database import Database
from nahmi.store.sql.opening import create_database, open_database
from nahmi.store.sql.operate_outbox import SqlOutboxStore
from nahmi.store.sql.operate_tables import message
from nahmi.store.sql.operate_webhooks import SqlWebhookStore
from nahmi.testing.loopback import Asked, Behaviour, reply
from nahmi.testing.webhook_receiver import WebhookReceiver, slow
from nahmi.wire.hosts import HostRule
from nahmi.wire.webhooks import WebhookSender

pytestmark = [pytest.mark.enable_socket, pytest.mark.allow_hosts(["127.0.0.1"])]

KEY = NodeKey(bytes(range(32)))
PATIENCE_S = 60


class Desk:
    """A store with webhooks whose receivers are real, and a clock that a test may turn on."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.ahead = timedelta(0)
        self.rules: list[HostRule] = []
        self._open = ExitStack()
        self.database = self.opened()
        self.outbox = SqlOutboxStore(self.database)
        self.webhooks = SqlWebhookStore(self.database)

    def opened(self, busy_timeout_s: float = 30) -> Database:
        database = open_database(self.path, busy_timeout_s=busy_timeout_s)
        self._open.callback(database.close)
        return database

    def now(self) -> datetime:
        return datetime.now(UTC) + self.ahead

    def receiver(self, behaviour: Behaviour | None = None) -> tuple[WebhookReceiver, Webhook]:
        receiver = self._open.enter_context(WebhookReceiver(behaviour=behaviour))
        self.rules.append(HostRule.parse(receiver.rule))
        new = NewWebhook(member_id=1, url=receiver.url, events=(WebhookEvent.MATCH_HOLD,))
        webhook = self.webhooks.add(new, now=self.now())
        receiver.secrets = (write_secret(webhook_secret(KEY, webhook.webhook_id, 1)),)
        return receiver, webhook

    def put(self, webhook: Webhook, *names: str) -> None:
        messages = [
            NewMessage(
                member_id=1,
                kind=MESSAGE_KIND,
                target_id=webhook.webhook_id,
                body=f'{{"type":"match.hold","name":"{name}"}}',
                idempotency_key=f"msg_{name}",
            )
            for name in names
        ]
        assert self.outbox.put(messages, now=self.now()) == len(names)

    def deliverer(self, database: Database | None = None, **more: int) -> Deliverer:
        store = database or self.database
        return Deliverer(
            outbox=SqlOutboxStore(store),
            receivers=WebhookReceivers(
                SqlWebhookStore(store),
                WebhookSender(KEY, rules=self.rules, seconds=PATIENCE_S),
            ),
            clock=self.now,
            chance=random.Random(7).random,  # noqa: S311 - pauses need no secret
            make_token=lambda: token_hex(16),
            **more,
        )

    @contextmanager
    def delivering(self, deliverer: Deliverer | None = None) -> Iterator[threading.Event]:
        """Deliver in a thread for as long as the context lasts."""
        stop = threading.Event()
        thread = threading.Thread(target=(deliverer or self.deliverer()).run, args=(stop,))
        thread.start()
        try:
            yield stop
        finally:
            stop.set()
            thread.join(PATIENCE_S)
            assert not thread.is_alive()

    def until_empty(self) -> None:
        """Wait until nothing waits any more."""
        end = time.monotonic() + PATIENCE_S
        while self.outbox.depth(MESSAGE_KIND).waiting:
            assert time.monotonic() < end, "messages still wait"
            time.sleep(0.01)

    def turn_clock(self, ahead: timedelta) -> None:
        """Let time pass, once whatever is under way has ended and was noted."""
        end = time.monotonic() + PATIENCE_S
        held = select(func.count()).where(message.c.token != "", message.c.state == "waiting")
        while True:
            with self.database.reading() as connection:
                if not connection.execute(held).scalar():
                    break
            assert time.monotonic() < end, "a message is still held"
            time.sleep(0.01)
        self.ahead += ahead

    def dead(self) -> list[Message]:
        return list(self.outbox.dead_letters(1))

    def close(self) -> None:
        self._open.close()


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    create_database(tmp_path / "nahmi.sqlite3")
    desk = Desk(tmp_path / "nahmi.sqlite3")
    yield desk
    desk.close()


def ids(receiver: WebhookReceiver) -> list[str]:
    return [received.message_id for received in receiver.received]


def test_messages_arrive_once_signed_and_in_order(desk: Desk) -> None:
    receiver, webhook = desk.receiver()
    names = [f"{number:03}" for number in range(60)]
    desk.put(webhook, *names)
    with desk.delivering():
        desk.until_empty()
    assert ids(receiver) == [f"msg_{name}" for name in names]
    assert all(received.is_genuine for received in receiver.received)
    assert not desk.dead()


def test_a_slow_receiver_delays_no_other(desk: Desk) -> None:
    release = threading.Event()
    late, late_hook = desk.receiver(slow(release))
    quick, quick_hook = desk.receiver()
    desk.put(late_hook, "a", "b", "c")
    with desk.delivering(desk.deliverer(threads=2)):
        late.wait_for(1)
        for number in range(40):
            desk.put(quick_hook, f"q{number}")
        quick.wait_for(40)
        assert ids(late) == ["msg_a"], "a receiver gets one message at a time"
        release.set()
        desk.until_empty()
    assert ids(late) == ["msg_a", "msg_b", "msg_c"]


def test_receivers_that_were_slow_leave_half_of_the_threads_to_others(desk: Desk) -> None:
    deliverer = desk.deliverer(threads=4)
    slow_one, other = _Standing(is_slow=True), _Standing()
    for target in (1, 2):
        assert deliverer._has_room(slow_one)
        deliverer._standings[target] = slow_one
        deliverer._turns[target] = Future()
    assert not deliverer._has_room(slow_one)
    for target in (3, 4):
        assert deliverer._has_room(other)
        deliverer._turns[target] = Future()
    assert not deliverer._has_room(other)


def test_what_failed_is_sent_again_later_with_the_same_id(desk: Desk) -> None:
    answers = iter([reply(500), reply(302, location="/"), reply(200)])

    def behave(asked: Asked, answer: BufferedIOBase) -> None:
        next(answers)(asked, answer)

    receiver, webhook = desk.receiver(behave)
    desk.put(webhook, "a")
    with desk.delivering():
        for tries in (1, 2):
            receiver.wait_for(tries)
            desk.turn_clock(timedelta(seconds=40))
        desk.until_empty()
    assert ids(receiver) == ["msg_a"] * 3
    assert not desk.dead()


def test_after_the_last_try_a_message_is_a_dead_letter_until_a_person_says_so(desk: Desk) -> None:
    receiver, webhook = desk.receiver(reply(500))
    desk.put(webhook, "a")
    with desk.delivering():
        for tries in range(1, MOST_ATTEMPTS + 1):
            receiver.wait_for(tries)
            desk.turn_clock(timedelta(hours=13))
        desk.until_empty()
    [dead] = desk.dead()
    assert dead.attempts == MOST_ATTEMPTS
    assert "401" in dead.last_error, "days ahead, its time is not the receiver's"
    desk.ahead = timedelta(0)
    receiver.behaviour = reply(200)
    desk.outbox.retry(dead.message_id, member_id=1, now=desk.now())
    with desk.delivering():
        desk.until_empty()
    assert len(receiver.received) == MOST_ATTEMPTS + 1
    assert set(ids(receiver)) == {"msg_a"}


def test_a_receiver_that_is_gone_gets_nothing_more(desk: Desk) -> None:
    receiver, webhook = desk.receiver(reply(410))
    other, other_hook = desk.receiver()
    desk.put(webhook, "a", "b")
    with desk.delivering():
        receiver.wait_for(1)
        for fence in "xyz":
            desk.put(other_hook, fence)
            other.wait_for("xyz".index(fence) + 1)
    assert ids(receiver) == ["msg_a"]
    assert not desk.webhooks.webhook(webhook.webhook_id).is_enabled
    assert [dead.idempotency_key for dead in desk.dead()] == ["msg_a"]
    assert desk.outbox.depth(MESSAGE_KIND).waiting == 1


def test_a_receiver_that_asks_to_wait_is_left_alone(desk: Desk) -> None:
    receiver, webhook = desk.receiver(reply(429, retry_after="200"))
    other, other_hook = desk.receiver()
    desk.put(webhook, "a", "b")
    with desk.delivering():
        receiver.wait_for(1)
        desk.turn_clock(timedelta(seconds=190))
        for fence in "xyz":
            desk.put(other_hook, fence)
            other.wait_for("xyz".index(fence) + 1)
        assert ids(receiver) == ["msg_a"]
        receiver.behaviour = reply(200)
        desk.turn_clock(timedelta(seconds=20))
        desk.until_empty()
    assert sorted(ids(receiver)) == ["msg_a", "msg_a", "msg_b"]


def test_a_receiver_that_is_down_is_not_tried_for_each_message(desk: Desk) -> None:
    down, down_hook = desk.receiver(reply(500))
    other, other_hook = desk.receiver()
    desk.put(down_hook, *(f"d{number}" for number in range(50)))
    with desk.delivering():
        down.wait_for(FAILURES_UNTIL_OPEN)
        for fence in "xyz":
            desk.put(other_hook, fence)
            other.wait_for("xyz".index(fence) + 1)
        assert len(down.received) == FAILURES_UNTIL_OPEN
        down.behaviour = reply(200)
        desk.turn_clock(timedelta(minutes=2))
        desk.until_empty()
    assert len(set(ids(down))) == 50


def test_two_deliverers_share_the_work(desk: Desk) -> None:
    hooks = [desk.receiver() for _ in range(4)]
    for number, (_, webhook) in enumerate(hooks):
        desk.put(webhook, *(f"{number}_{each}" for each in range(30)))
    second = desk.deliverer(desk.opened())
    with desk.delivering(), desk.delivering(second):
        desk.until_empty()
    for receiver, _ in hooks:
        assert len(ids(receiver)) == len(set(ids(receiver))) == 30


def test_what_is_under_way_is_finished_before_it_stops(desk: Desk) -> None:
    release = threading.Event()
    receiver, webhook = desk.receiver(slow(release))
    desk.put(webhook, "a", "b")
    with desk.delivering() as stop:
        receiver.wait_for(1)
        stop.set()
        release.set()
    assert ids(receiver) == ["msg_a"]
    assert desk.outbox.depth(MESSAGE_KIND).waiting == 1


def test_a_store_that_is_busy_delays_messages_and_loses_none(desk: Desk) -> None:
    receiver, webhook = desk.receiver()
    desk.put(webhook, "a")
    hurried = desk.deliverer(desk.opened(busy_timeout_s=0.01))
    with desk.delivering(hurried):
        with desk.database.writing():
            time.sleep(0.6)  # several polls
        desk.ahead += timedelta(seconds=70)  # beyond a lease, should one have been taken
        desk.until_empty()
    assert set(ids(receiver)) == {"msg_a"}


CHILD = """
import random, sys, threading
from datetime import UTC, datetime, timedelta
from pathlib import Path
from nahmi.flows.deliver import Deliverer
from nahmi.flows.webhook_receivers import WebhookReceivers
from nahmi.operate.node_key import NodeKey
from nahmi.store.sql.opening import open_database
from nahmi.store.sql.operate_outbox import SqlOutboxStore
from nahmi.store.sql.operate_tables import message
from nahmi.store.sql.operate_webhooks import SqlWebhookStore
from nahmi.wire.hosts import HostRule
from nahmi.wire.webhooks import WebhookSender

database = open_database(Path(sys.argv[1]), busy_timeout_s=30)
Deliverer(
    outbox=SqlOutboxStore(database),
    receivers=WebhookReceivers(
        SqlWebhookStore(database),
        WebhookSender(NodeKey(bytes(range(32))), rules=[HostRule.parse(sys.argv[2])]),
    ),
    clock=lambda: datetime.now(UTC),
    chance=random.random,
    make_token=lambda: "child",
    lease=timedelta(seconds=1),
).run(threading.Event())
"""


def test_a_process_killed_while_it_sends_loses_no_message(desk: Desk) -> None:
    release = threading.Event()
    receiver, webhook = desk.receiver(slow(release))
    desk.put(webhook, "a", "b")
    child = subprocess.Popen([sys.executable, "-c", CHILD, str(desk.path), receiver.rule])
    try:
        receiver.wait_for(1)
    finally:
        child.kill()
        child.wait()
    release.set()
    assert desk.outbox.depth(MESSAGE_KIND).waiting == 2
    with desk.delivering():
        desk.until_empty()
    assert sorted(ids(receiver)) == ["msg_a", "msg_a", "msg_b"]
    assert all(received.is_genuine for received in receiver.received)
