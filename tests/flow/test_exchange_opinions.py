# SPDX-License-Identifier: Apache-2.0
"""What we think of what others share reaches them once, whatever happens on the way."""

import json
import time
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from nahmi.access.identity import LOCAL
from nahmi.api.app import make_app
from nahmi.bootstrap import node_settings
from nahmi.bootstrap.service import Service
from nahmi.cli.app import run
from nahmi.core.signal import Signal
from nahmi.errors import ErrorCode, InputError
from nahmi.operate.opinions import OPINION_KIND
from nahmi.testing.exchange_node import ExchangeNode
from nahmi.testing.fake_exchanges import FakeNcmec, FakeStopNcii, FakeTat, FakeThreatExchange
from nahmi.testing.fake_exchanges.ncmec import REASONS
from nahmi.testing.fake_exchanges.program import faults
from nahmi.testing.fake_exchanges.threatexchange import limit_reached, said
from nahmi.testing.loopback import reply
from nahmi.testing.serving import serving

pytestmark = [pytest.mark.enable_socket, pytest.mark.allow_hosts(["127.0.0.1"])]

T = "2017-10-24T15:00:00Z"
AT = 1_700_000_000
ONE, TWO = f"{1:032x}", f"{2:064x}"
GUID, WHY = next(iter(REASONS.items()))
PATIENCE_S = 60


@pytest.fixture
def node(tmp_path: Path) -> Iterator[ExchangeNode]:
    with ExchangeNode(tmp_path) as node:
        yield node


@pytest.fixture
def ncmec(node: ExchangeNode) -> Iterator[FakeNcmec]:
    with FakeNcmec() as program:
        program.share("42", "a/b", T, md5=ONE, pdq=TWO)
        program.share("43", "other", T, md5=ONE)
        node.connect("ncmec", program, program.credentials)
        node.brings(records=2)
        yield program


def test_agreement_is_put_to_each_entry_of_the_signal(node: ExchangeNode, ncmec: FakeNcmec) -> None:
    assert node.opining.say(LOCAL, "x", Signal("md5", ONE.upper()), agrees=True) == 2
    node.deliver()
    assert ncmec.feedback == {("42", "a/b", "MD5"): "yes", ("43", "other", "MD5"): "yes"}
    put = next(one for one in ncmec.asked if one.method == "PUT")
    assert put.headers["content-type"] == "application/xml; charset=utf-8"
    assert put.body.decode() == (
        '<feedbackSubmission xmlns="https://hashsharing.ncmec.org/hashsharing/v2">'
        "<affirmative /></feedbackSubmission>"
    )
    waiting = node.outbox.depth(OPINION_KIND)
    assert (waiting.waiting, waiting.dead) == (0, 0)


@pytest.mark.parametrize("reason", [GUID, WHY, WHY.upper()])
def test_disagreement_has_a_reason_that_the_program_knows(
    node: ExchangeNode, ncmec: FakeNcmec, reason: str
) -> None:
    entry = node.entries()[f"pdq:{TWO}"]
    node.opining.say(LOCAL, "x", entry.entry_id, agrees=False, reason=reason)
    node.deliver()
    assert ncmec.feedback == {("42", "a/b", "PDQ"): GUID}
    events = [record.event for record in node.audit.records(limit=20)]
    [event] = [one for one in events if one.event == "exchange:say"]
    assert event.detail == {"agrees": False, "records": 1, "entry": entry.entry_id}


def test_what_the_program_refuses_is_shown_with_its_reason(
    node: ExchangeNode, ncmec: FakeNcmec
) -> None:
    node.opining.say(LOCAL, "x", Signal("pdq", TWO), agrees=False, reason="no such reason")
    ncmec.interfere = faults(reply(403), when="feedback")
    node.deliver()
    ncmec.interfere = faults(reply(409), when="feedback")
    node.opining.say(LOCAL, "x", Signal("pdq", TWO), agrees=True)
    node.deliver()
    node.opining.say(LOCAL, "x", Signal("pdq", TWO), agrees=False, reason="no such reason")
    node.deliver()
    unknown, conflict, denied = node.dead_opinions()
    assert WHY in unknown
    assert "409" in conflict
    assert "403" in denied
    assert ncmec.feedback == {}
    assert node.asking.one("x").opinions.dead == 3


def test_what_is_no_longer_shared_is_not_spoken_of(node: ExchangeNode, ncmec: FakeNcmec) -> None:
    node.opining.say(LOCAL, "x", Signal("pdq", TWO), agrees=True)
    ncmec.take_back("42", "a/b", "2026-01-02T03:04:30Z")
    node.fetch()
    node.deliver()
    assert "not share" in node.dead_opinions()[0]
    assert ncmec.puts == 0


def test_a_crash_before_sending_sends_once(node: ExchangeNode, ncmec: FakeNcmec) -> None:
    node.opining.say(LOCAL, "x", Signal("pdq", TWO), agrees=True)
    lost = _leased(node)
    assert lost
    node.deliver()
    assert ncmec.puts == 0, "the lease of the process that died still holds"
    node.now += timedelta(minutes=11)
    node.deliver()
    assert ncmec.puts == 1


def test_a_crash_after_sending_has_one_effect(node: ExchangeNode, ncmec: FakeNcmec) -> None:
    node.opining.say(LOCAL, "x", Signal("pdq", TWO), agrees=True)
    [message] = _leased(node)
    known = node.receivers.find(message.target_id)
    assert known is not None
    node.receivers.send(known, message, now=node.now)
    assert ncmec.feedback == {("42", "a/b", "PDQ"): "yes"}
    node.now += timedelta(minutes=11)
    node.deliver()
    assert ncmec.feedback == {("42", "a/b", "PDQ"): "yes"}


def _leased(node: ExchangeNode):  # noqa: ANN202 - messages
    """What a process takes that dies with it in its hands."""
    [target] = node.outbox.due(OPINION_KIND, now=node.now)
    lease = timedelta(minutes=10)
    taken = {"now": node.now, "lease": lease, "token": "a", "limit": 1}
    return node.outbox.lease(OPINION_KIND, target, **taken)


def test_a_crash_while_it_is_said_says_nothing(
    node: ExchangeNode, ncmec: FakeNcmec, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert ncmec.puts == 0

    def crash(*_: object, **__: object) -> None:
        raise RuntimeError

    with monkeypatch.context() as patched:
        patched.setattr(type(node.audit), "append", crash)
        with pytest.raises(RuntimeError):
            node.opining.say(LOCAL, "x", Signal("pdq", TWO), agrees=True)
    assert node.outbox.depth(OPINION_KIND).waiting == 0


def test_a_fault_that_passes_is_tried_again(node: ExchangeNode, ncmec: FakeNcmec) -> None:
    node.opining.say(LOCAL, "x", Signal("pdq", TWO), agrees=False, reason=GUID)
    for fault in (reply(503), reply(429)):
        ncmec.interfere = faults(*[fault] * 3, when="feedback")
        node.deliver()
        node.now += timedelta(hours=1)
    ncmec.interfere = lambda _: None
    node.deliver()
    assert ncmec.feedback == {("42", "a/b", "PDQ"): GUID}


def test_the_last_word_is_the_last_one(node: ExchangeNode, ncmec: FakeNcmec) -> None:
    """One that could not be sent must not arrive after one that was said later."""
    node.opining.say(LOCAL, "x", Signal("pdq", TWO), agrees=False, reason=GUID)
    ncmec.interfere = faults(*[reply(503)] * 3, when="feedback")
    node.deliver()
    node.opining.say(LOCAL, "x", Signal("pdq", TWO), agrees=True)
    node.opining.say(LOCAL, "x", Signal("md5", ONE), agrees=True)
    node.deliver()
    node.now += timedelta(hours=1)
    node.deliver()
    assert ncmec.feedback[("42", "a/b", "PDQ")] == "yes"
    assert (ncmec.puts, node.outbox.depth(OPINION_KIND).waiting) == (3, 0)


@pytest.mark.parametrize(
    ("what", "agrees", "reason"),
    [
        (Signal("pdq", TWO), False, ""),
        (Signal("pdq", TWO), True, WHY),
        (Signal("pdq", TWO), False, "x" * 201),
        (Signal("pdq", TWO), False, "a\nb"),
        (Signal("pdq", f"{3:064x}"), True, ""),
    ],
)
@pytest.mark.usefixtures("ncmec")
def test_what_cannot_be_said_is_refused_at_once(
    node: ExchangeNode, *, what: Signal, agrees: bool, reason: str
) -> None:
    with pytest.raises(InputError) as refused:
        node.opining.say(LOCAL, "x", what, agrees=agrees, reason=reason)
    assert refused.value.code is ErrorCode.INPUT_INVALID
    assert node.outbox.depth(OPINION_KIND).waiting == 0
    with pytest.raises(InputError):
        node.opining.say(LOCAL, "unknown", what, agrees=agrees, reason=reason)


def test_stopncii_gets_the_words_of_its_lists(node: ExchangeNode) -> None:
    with FakeStopNcii() as program:
        program.submit("ImagePDQ", TWO, AT)
        node.connect("stopncii", program, program.credentials)
        node.brings(added=1)
        node.opining.say(LOCAL, "x", Signal("pdq", TWO), agrees=False, reason="meme")
        node.deliver()
        node.opining.say(LOCAL, "x", Signal("pdq", TWO), agrees=True)
        node.deliver()
        assert [body.decode() for body in program.bodies] == [
            '{"count":1,"hashFeedbacks":'
            f'[{{"feedbackValue":"{value}","hashValue":"{TWO}","tags":[{tags}]}}]}}'
            for value, tags in (("NotBlocked", '"meme"'), ("Blocked", ""))
        ]
        assert program.feedback[TWO]["feedbackValue"] == "Blocked"


def test_threatexchange_gets_reactions_and_our_own_status(node: ExchangeNode) -> None:
    with FakeThreatExchange() as program:
        us = program.token.partition("|")[0]
        other, own = said("91", "5", HELPFUL=f"6,{us}"), said("92", us)
        program.share("1", "HASH_PDQ", TWO, AT, other, own)
        options = {"privacy_group": program.group}
        node.connect("threatexchange", program, program.token, options=options)
        node.brings(added=1)
        node.opining.say(LOCAL, "x", Signal("pdq", TWO), agrees=False)
        program.interfere = faults(None, limit_reached())
        node.deliver()
        assert len(program.posts) == 1
        node.now += timedelta(hours=1)
        node.deliver()
        assert other["reactions"] == [
            {"key": "HELPFUL", "value": "6"},
            {"key": "DISAGREE_WITH_TAGS", "value": us},
        ]
        assert own["status"] == "NON_MALICIOUS"
        del program.updates["1"]
        node.opining.say(LOCAL, "x", Signal("pdq", TWO), agrees=True)
        node.deliver()
        assert "404" in node.dead_opinions()[0]


def test_a_program_that_takes_no_opinions_is_sent_none(node: ExchangeNode) -> None:
    with FakeTat() as program:
        program.list(1, "MD5", ONE, AT)
        node.connect("tat", program, program.credentials)
        node.brings(added=1)
        with pytest.raises(InputError):
            node.opining.say(LOCAL, "x", Signal("md5", ONE), agrees=True)


def test_from_the_command_line_to_the_program(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "node"
    name = ["--node", str(folder)]
    assert run([*name, "init"]) == 0
    assert run([*name, "bank", "create", "NCMEC", "--category", "test"]) == 0
    with FakeNcmec() as program:
        program.share("42", "a", T, md5=ONE, pdq=TWO)
        monkeypatch.setenv("NCMEC_LOGIN", program.credentials)
        settings = (
            "layout = 1\n[[exchange]]\nname = 'ncmec'\nkind = 'ncmec'\nbank = 'NCMEC'\n"
            f"credentials_env = 'NCMEC_LOGIN'\nbase_url = '{program.base_url}'\ninternal = true\n"
        )
        (folder / "node.toml").write_text(settings)
        assert run([*name, "exchange", "fetch", "ncmec"]) == 0
        assert run([*name, "exchange", "say", "ncmec", f"md5:{ONE}", "--agree"]) == 0
        assert "1 opinions wait" in capsys.readouterr().out
        no = ["--disagree", "--reason", "odd"]
        assert run([*name, "exchange", "say", "ncmec", f"pdq:{TWO}", *no]) == 0
        capsys.readouterr()
        assert run([*name, "exchange", "show", "ncmec", "--json"]) == 0
        shown = json.loads(capsys.readouterr().out)["exchange"]
        assert (shown["class"], shown["opinions_waiting"], shown["error"]) == ("ncmec", 2, "")
        assert 0 <= shown["behind_s"] < 300
        settings = node_settings(folder)
        with serving(make_app(lambda: Service(folder, settings), settings), tmp_path):
            end = time.monotonic() + PATIENCE_S
            while program.puts < 1 or not _dead(name, capsys):
                assert time.monotonic() < end
                time.sleep(0.05)
        [letter] = _dead(name, capsys)
        assert "odd" not in letter["error"]
        assert run([*name, "exchange", "retry", str(letter["message_id"])]) == 0
        assert run([*name, "exchange", "dead"]) == 0
        assert run([*name, "webhook", "dead", "--json"]) == 0
        assert program.credentials not in capsys.readouterr().out
        (folder / "node.toml").write_text(
            "layout = 1\n[[exchange]]\nname='a'\nkind='b'\nbank='C'\n"
        )
        assert run([*name, "exchange", "list"]) == 2
        known = capsys.readouterr().err.partition("Known: ")[2]
        assert all(kind in known for kind in ("ncmec", "stopncii", "tat", "threatexchange"))


def _dead(name: list[str], capsys: pytest.CaptureFixture[str]) -> list[dict[str, str]]:
    capsys.readouterr()
    assert run([*name, "exchange", "dead", "--json"]) == 0
    found: list[dict[str, str]] = json.loads(capsys.readouterr().out)["messages"]
    return found
