# SPDX-License-Identifier: Apache-2.0
"""A node with one known picture, served for real on a socket file."""

import secrets
import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest

from nahmi.access.api_keys import PREFIX_BYTES, SECRET_BYTES, make_key
from nahmi.access.identity import LOCAL
from nahmi.access.roles import Permission, Role
from nahmi.api.app import make_app
from nahmi.bootstrap import init_node, now, open_access
from nahmi.bootstrap.open_circles import open_circles
from nahmi.bootstrap.operation import open_operation
from nahmi.bootstrap.service import Service
from nahmi.core.bank import Action, Category
from nahmi.core.member import OWN_MEMBER
from nahmi.flows.circles.founding import NewCircle, Organisation
from nahmi.library import Bank
from nahmi.operate.jobs import NewJob
from nahmi.operate.outbox import NewMessage
from nahmi.operate.settings import Settings
from nahmi.operate.webhooks import NewWebhook, WebhookEvent
from nahmi.partner.circles.members import CircleRole, Sector
from nahmi.partner.circles.rules import Rules
from nahmi.partner.naming import signal_key
from nahmi.partner.voice import AssertionDraft
from nahmi.protect.actions import NewActionRule
from nahmi.protect.match_log import LoggedHit, MatchEvent, MatchFilter
from nahmi.testing.circles import signal
from nahmi.testing.keys import give_key
from nahmi.testing.media import as_jpeg, scene
from nahmi.testing.serving import serving

sys.path.insert(0, str(Path(__file__).parent))  # makes `operations` importable

MakeKey = Callable[..., str]


@pytest.fixture(scope="session")
def node_folder() -> Iterator[Path]:
    with tempfile.TemporaryDirectory(prefix="nahmi-") as name:
        folder = Path(name) / "node"
        init_node(folder).close()
        with Bank.open(folder, "KNOWN", category=Category.TEST) as bank:
            bank.add(as_jpeg(scene(1)), note="beach")
        yield folder


@pytest.fixture(scope="session")
def key_maker() -> Callable[[Path], MakeKey]:
    """Makes makers of keys: permissions give the text of a key of a node that holds them."""

    def maker(folder: Path) -> MakeKey:
        def make(
            *permissions: Permission, budget: int = 100_000, member_id: int = OWN_MEMBER
        ) -> str:
            return give_key(folder, permissions, budget=budget, member_id=member_id)

        return make

    return maker


@pytest.fixture(scope="session")
def make_api_key(node_folder: Path, key_maker: Callable[[Path], MakeKey]) -> MakeKey:
    """Makes keys of the node."""
    return key_maker(node_folder)


@pytest.fixture(scope="session")
def anonymous(node_folder: Path) -> Iterator[httpx.Client]:
    """A client without a key."""
    settings = Settings(layout=1)
    with serving(
        make_app(lambda: Service(node_folder, settings), settings), node_folder.parent
    ) as client:
        yield client


@pytest.fixture
def ask(anonymous: httpx.Client, make_api_key: MakeKey) -> Callable[..., httpx.Response]:
    """Sends a request with a key that holds the permissions named."""

    def send(
        method: str,
        path: str,
        *permissions: Permission,
        member_id: int = OWN_MEMBER,
        headers: Mapping[str, str] | None = None,
        **more: object,
    ) -> httpx.Response:
        key = make_api_key(*permissions, member_id=member_id)
        return anonymous.request(
            method,
            path,
            headers={"authorization": f"Bearer {key}", **(headers or {})},
            **more,  # type: ignore[arg-type]  # passed on
        )

    return send


@pytest.fixture
def bank(ask: Callable[..., httpx.Response]) -> dict[str, Any]:
    """A new bank of the own member."""
    body = {"name": f"T_{secrets.token_hex(8).upper()}", "category": "test"}
    made = ask("POST", "/api/v1/banks", Permission.PROTECT_BANK_WRITE, json=body)
    assert made.status_code == 201, made.text
    found: dict[str, Any] = made.json()
    return found


@pytest.fixture(scope="session")
def other_member(node_folder: Path) -> int:
    """Another member of the node."""
    with open_access(node_folder) as access:
        return access.people.add_member("Other", now=now()).member_id


def own_circle(folder: Path) -> dict[str, int | str]:
    """A circle of the own member, with an invitation and a signal."""
    rules = Rules(signal_types=("pdq",), categories=(Category.TEST,))
    new = NewCircle(
        name=f"Own {secrets.token_hex(4)}",
        url="https://node.example",
        organisation=Organisation(name="Own", sector=Sector.HOTLINE, country="AE"),
        rules=rules,
    )
    with open_circles(folder) as (_, circles):
        made = circles.founding.found(LOCAL, new)
        circles.stewarding.invite(LOCAL, made.circle_id, roles=[CircleRole.READ], note="")
        [invited] = circles.stewarding.invitations(LOCAL, made.circle_id)
        draft = AssertionDraft(signal=signal(1), category=Category.TEST)
        circles.speaking.share(LOCAL, made.circle_id, [draft])
    return {
        "circle_id": made.circle_id,
        "org": made.own_org,
        "number": invited.number,
        "key": signal_key(signal(1)).hex(),
        "seq": 0,
    }


@pytest.fixture(scope="session")
def own_objects(node_folder: Path) -> dict[str, int | str]:
    """One object of the own member for each number or id that a path can have."""
    with open_access(node_folder) as access:
        text = make_key(secrets.token_bytes(PREFIX_BYTES + SECRET_BYTES))
        key = access.keys.add_key(
            text,
            member_id=OWN_MEMBER,
            label="own",
            permissions=[Permission.PROTECT_CONTENT_MATCH],
            daily_budget=1,
            created_by="local",
            now=now(),
            expires_at=now() + timedelta(days=1),
        )
        person = access.people.add_person(
            member_id=OWN_MEMBER,
            email="own@x.example",
            name="Own",
            role=Role.VIEWER,
            language="en",
            now=now(),
        )
    with open_operation(node_folder) as operation:
        job = operation.jobs.add(
            NewJob(member_id=OWN_MEMBER, kind="none", created_by="local"), now=now()
        )
        rule = operation.rules.set_rule(
            NewActionRule(member_id=OWN_MEMBER, category=Category.NCII, action=Action.LOG)
        )
        webhook = operation.webhooks.add(
            NewWebhook(
                member_id=OWN_MEMBER,
                url="https://receiver.example/",
                events=(WebhookEvent.MATCH_BLOCK,),
            ),
            now=now(),
        )
        operation.outbox.put(
            [
                NewMessage(
                    member_id=OWN_MEMBER,
                    kind="none",
                    target_id=webhook.webhook_id,
                    body="{}",
                    idempotency_key="own",
                )
            ],
            now=now(),
        )
        hit = LoggedHit(
            bank_id=1,
            category=Category.TEST,
            entry_id=1,
            signal_type="pdq",
            distance=0,
            limit_bits=31,
            variant="original",
            frame=0,
        )
        event = MatchEvent(
            at=now(),
            member_id=OWN_MEMBER,
            principal="key:1",
            reference="",
            channel="api",
            action=Action.REVIEW,
            hits=(hit,),
        )
        operation.match_writer.record([event], [], [], now=now())
        match = operation.matches.matches(OWN_MEMBER, MatchFilter(), limit=1)[0]
    return {
        **own_circle(node_folder),
        "job_id": job.job_id,
        "rule_id": rule.rule_id,
        "webhook_id": webhook.webhook_id,
        "message_id": 1,
        "match_id": match.match_id,
        "bank_id": 1,
        "entry_id": 1,
        "key_id": key.key_id,
        "member_id": OWN_MEMBER,
        "person_id": person.person_id,
    }
