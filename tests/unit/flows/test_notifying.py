# SPDX-License-Identifier: Apache-2.0
"""Who hears of a match, and what they are told."""

from collections.abc import Sequence
from datetime import UTC, datetime

import msgspec
import pytest

from nahmi.core.bank import Action, Category
from nahmi.flows.notifying import REMEMBERED_S, Notifier
from nahmi.operate.webhooks import MESSAGE_KIND, Webhook, WebhookEvent
from nahmi.protect.match_log import LoggedHit, MatchEvent

NOW = datetime(2026, 11, 24, tzinfo=UTC)
HIT = LoggedHit(
    bank_id=3,
    category=Category.TEST,
    entry_id=9,
    signal_type="pdq",
    distance=12,
    limit_bits=31,
    variant="original",
    frame=0,
)
EVENT = MatchEvent(
    at=NOW,
    member_id=1,
    principal="key:7",
    reference="upload-1",
    channel="api",
    action=Action.HOLD,
    hits=(HIT,),
)


def webhook(number: int, *, member_id: int = 1, is_enabled: bool = True) -> Webhook:
    return Webhook(
        webhook_id=number,
        member_id=member_id,
        url="https://example.org/",
        events=(WebhookEvent.MATCH_HOLD,),
        is_enabled=is_enabled,
        secret_version=1,
        created_at=NOW,
    )


class Hooks:
    """A store of webhooks that counts how often it is asked."""

    def __init__(self, *hooks: Webhook) -> None:
        self.hooks = hooks
        self.asked = 0

    def webhooks(self, member_id: int | None = None) -> Sequence[Webhook]:
        assert member_id is None
        self.asked += 1
        return self.hooks


@pytest.fixture
def moment() -> list[float]:
    return [0.0]


def notifier(hooks: Hooks, moment: list[float]) -> Notifier:
    numbers = iter(range(100))
    return Notifier(
        hooks,  # type: ignore[arg-type]  # the part that is used
        make_id=lambda: f"msg_{next(numbers)}",
        monotonic=lambda: moment[0],
    )


def test_the_members_own_enabled_webhooks_are_told(moment: list[float]) -> None:
    hooks = Hooks(webhook(1), webhook(2, member_id=2), webhook(3, is_enabled=False), webhook(4))
    told = notifier(hooks, moment).messages([EVENT])
    assert [(message.target_id, message.idempotency_key) for message in told] == [
        (1, "msg_0"),
        (4, "msg_1"),
    ]
    assert {message.kind for message in told} == {MESSAGE_KIND}
    body = msgspec.json.decode(told[0].body)
    assert body["type"] == "match.hold"
    assert body["data"] == {
        "action": "hold",
        "channel": "api",
        "reference": "upload-1",
        "matches": [{"bank_id": 3, "category": "test", "entry_id": 9}],
    }


def test_what_is_not_wanted_is_not_written(moment: list[float]) -> None:
    review = msgspec.structs.replace(EVENT, action=Action.REVIEW)
    assert notifier(Hooks(webhook(1)), moment).messages([review]) == ()


def test_the_list_is_read_again_after_a_moment(moment: list[float]) -> None:
    hooks = Hooks()
    told = notifier(hooks, moment)
    told.messages([EVENT])
    hooks.hooks = (webhook(1),)
    assert told.messages([EVENT]) == ()
    moment[0] = REMEMBERED_S
    assert len(told.messages([EVENT])) == 1
    assert hooks.asked == 2
