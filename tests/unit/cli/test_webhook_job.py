# SPDX-License-Identifier: Apache-2.0
"""Webhooks, dead letters and jobs from the command line."""

import json
from pathlib import Path

import pytest

from nahmi.bootstrap import NodePlace, now
from nahmi.bootstrap.operation import open_operation
from nahmi.cli.app import run
from nahmi.core.member import OWN_MEMBER
from nahmi.operate.jobs import NewJob
from nahmi.operate.outbox import NewMessage
from nahmi.operate.webhooks import MESSAGE_KIND

URL = "https://moderation.example.org/hook?token=secret"
Capture = pytest.CaptureFixture[str]


@pytest.fixture
def node(tmp_path: Path) -> list[str]:
    options = ["--node", str(tmp_path / "node")]
    assert run([*options, "init"]) == 0
    return options


def place(node: list[str]) -> NodePlace:
    return NodePlace(Path(node[1]))


def test_webhooks_are_added_rotated_and_removed_on_the_record(
    node: list[str], capsys: Capture
) -> None:
    capsys.readouterr()
    assert run([*node, "webhook", "add", URL, "--event", "match.hold"]) == 0
    first = capsys.readouterr().out.splitlines()[-1]
    assert first.startswith("whsec_")
    assert run([*node, "webhook", "rotate", "1"]) == 0
    assert capsys.readouterr().out.splitlines()[-1] not in ("", first)
    assert run([*node, "webhook", "list", "--json"]) == 0
    [webhook] = json.loads(capsys.readouterr().out)["webhooks"]
    assert (webhook["url"], webhook["events"]) == (URL, ["match.hold"])
    assert webhook["secret_version"] == 2
    assert run([*node, "webhook", "remove", "1"]) == 0
    assert run([*node, "audit", "list"]) == 0
    shown = capsys.readouterr().out
    for event in ("webhook:create", "webhook:rotate", "webhook:remove"):
        assert shown.count(event) == 1
    assert "token=secret" not in shown


@pytest.mark.parametrize(
    "wrong",
    [
        ["add", "http://moderation.example.org/", "--event", "match.hold"],
        ["add", URL, "--event", "match.unknown"],
        ["add", URL],
        ["rotate", "7"],
        ["remove", "7"],
        ["test", "7"],
        ["retry", "7"],
    ],
)
def test_what_makes_no_sense_is_refused(node: list[str], wrong: list[str]) -> None:
    assert run([*node, "webhook", *wrong]) == 2


def test_dead_letters_are_listed_without_their_text_and_sent_again(
    node: list[str], capsys: Capture
) -> None:
    assert run([*node, "webhook", "add", URL, "--event", "match.hold"]) == 0
    message = NewMessage(
        member_id=OWN_MEMBER,
        kind=MESSAGE_KIND,
        target_id=1,
        body='{"said": "in confidence"}',
        idempotency_key="msg_1",
    )
    with open_operation(place(node)) as operation:
        operation.outbox.put([message], now=now())
    assert run([*node, "webhook", "remove", "1"]) == 0
    capsys.readouterr()
    assert run([*node, "webhook", "dead", "--json"]) == 0
    shown = capsys.readouterr().out
    [letter] = json.loads(shown)["messages"]
    assert letter["webhook_id"] == 1
    assert "in confidence" not in shown
    assert run([*node, "webhook", "dead"]) == 0
    assert run([*node, "webhook", "retry", str(letter["message_id"])]) == 0
    capsys.readouterr()
    assert run([*node, "webhook", "dead", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["messages"] == []


def test_jobs_are_listed_shown_and_cancelled_on_the_record(
    node: list[str], capsys: Capture
) -> None:
    with open_operation(place(node)) as operation:
        for total in (None, 1_000):
            new = NewJob(
                member_id=OWN_MEMBER,
                kind="bank_import",
                created_by="key:7",
                detail={"bank": "KNOWN"},
                total=total,
            )
            operation.jobs.add(new, now=now())
    assert run([*node, "job", "list"]) == 0
    shown = capsys.readouterr().out
    assert "bank_import  waiting  0 of 1,000" in shown
    assert run([*node, "job", "cancel", "2"]) == 0
    assert "cancelled" in capsys.readouterr().out
    assert run([*node, "job", "show", "2"]) == 0
    assert "KNOWN" in capsys.readouterr().out
    assert run([*node, "job", "list", "--json", "--before", "2"]) == 0
    [job] = json.loads(capsys.readouterr().out)["jobs"]
    assert (job["job_id"], job["state"]) == (1, "waiting")
    assert [run([*node, "job", step, "9"]) for step in ("show", "cancel")] == [2, 2]
    capsys.readouterr()
    assert run([*node, "audit", "list"]) == 0
    assert capsys.readouterr().out.count("job:cancel") == 1
