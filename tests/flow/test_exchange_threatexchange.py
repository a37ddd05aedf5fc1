# SPDX-License-Identifier: Apache-2.0
"""A node and ThreatExchange: what members say arrives, and so does that they say it no more."""

import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from nahmi.operate.jobs import JobState
from nahmi.testing.exchange_node import ExchangeNode
from nahmi.testing.fake_exchanges import FakeThreatExchange
from nahmi.testing.fake_exchanges.program import cut_short, faults
from nahmi.testing.fake_exchanges.threatexchange import limit_reached, said
from nahmi.testing.loopback import Asked, Behaviour, reply

pytestmark = [pytest.mark.enable_socket, pytest.mark.allow_hosts(["127.0.0.1"])]

AT = 1_700_000_000
SECRET = FakeThreatExchange.token.partition("|")[2]


def pdq(number: int) -> str:
    return f"{number:064x}"


@pytest.fixture
def program() -> Iterator[FakeThreatExchange]:
    with FakeThreatExchange(page_size=3) as program:
        yield program


@pytest.fixture
def node(tmp_path: Path, program: FakeThreatExchange) -> Iterator[ExchangeNode]:
    with ExchangeNode(tmp_path) as node:
        node.now = program.now
        connect(node, program)
        yield node


def connect(node: ExchangeNode, program: FakeThreatExchange, **more: object) -> None:
    options = {"privacy_group": program.group}
    node.connect("threatexchange", program, program.token, options=options, **more)


def test_what_members_say_are_opinions(program: FakeThreatExchange, node: ExchangeNode) -> None:
    words = {"data": [{"id": "7", "text": "b"}, {"id": "8", "text": "a"}]}
    program.share("1", "HASH_PDQ", pdq(1), AT, said("11", "5", tags=words, HELPFUL="6,7"))
    program.share("2", "HASH_PDQ", pdq(2), AT, said("12", "5", tags=["b"], NOT_HELPFUL="6"))
    program.share("3", "HASH_PDQ", pdq(3), AT, said("13", "5", DISAGREE_WITH_TAGS="6"))
    program.share("4", "HASH_PDQ", pdq(4), AT, said("14", "5", "NON_MALICIOUS"))
    program.share("5", "HASH_PDQ", pdq(5), AT, said("15", "5", "UNKNOWN", SAW_THIS_TOO="6"))
    program.share("6", "HASH_PDQ", pdq(6), AT, said("16", "5"), said("17", "12345678", "UNKNOWN"))
    program.share("7", "HASH_PDQ", pdq(7), AT, said("18", "5", DISAGREE_WITH_TAGS="12345678"))
    node.brings(added=7)
    notes = node.notes()
    assert [notes[f"pdq:{pdq(number)}"] for number in range(1, 8)] == [
        "confirmed; tags: a, b",
        "contested; tags: b",
        "contested",
        "rejected",
        "unreviewed; tags: saw_this_too",
        "confirmed",
        "rejected",
    ]
    assert node.entries()[f"pdq:{pdq(1)}"].draft.source == "5, 6, 7"
    assert node.active() == {f"pdq:{pdq(number)}" for number in (1, 5, 6)}


def test_types_are_told_apart(program: FakeThreatExchange, node: ExchangeNode) -> None:
    for number, (kind, value) in enumerate(
        [
            ("HASH_VIDEO_MD5", "a" * 32),
            ("HASH_MD5", "b" * 32),
            ("HASH_SHA256", "c" * 64),
            ("RAW_URI", "https://a.example/x"),
            ("TEXT_STRING", "words"),
            ("DEBUG_STRING", "anything"),
            ("HASH_PDQ", "not one"),
        ]
    ):
        tags = ["media_type_video", "signal_type:clip"]
        program.share(str(number), kind, value, AT, said(f"9{number}", "5", tags=tags))
    job = node.brings(added=4, unused=2, refused=1)
    assert job.result["unknown"] == "clip 1, raw_text 1"


@pytest.mark.parametrize("says_so", [True, False])
def test_what_is_taken_back_goes(
    program: FakeThreatExchange, node: ExchangeNode, *, says_so: bool
) -> None:
    for number in range(1, 5):
        program.share(str(number), "HASH_PDQ", pdq(number), AT, said(f"9{number}", "5"))
    node.brings(added=4)
    program.take_back("2", int(node.now.timestamp()), says_so=says_so)
    node.brings(withdrawn=1)
    assert len(node.active()) == 3
    assert pdq(2) not in "".join(node.bodies(['"2"']).values())
    program.share("2", "HASH_PDQ", pdq(2), int(node.now.timestamp()), said("92", "5"))
    node.brings(added=1)


def test_no_token_is_in_an_address_or_a_checkpoint(
    program: FakeThreatExchange, node: ExchangeNode
) -> None:
    program.blanks = True
    for number in range(1, 12):
        program.share(str(number), "HASH_PDQ", pdq(number), AT, said(f"9{number}", "5"))
    program.interfere = faults(*[None] * 3, *[reply(500)] * 9)
    failed = node.fetch()
    assert failed.state is JobState.FAILED
    known = node.store.exchange("x")
    assert known is not None
    assert known.checkpoint is not None
    assert "after" in known.checkpoint.text
    assert SECRET not in known.checkpoint.text
    assert SECRET not in failed.error_detail
    program.interfere = lambda _: None
    asked = len(program.asked)
    node.fetch()
    assert len(node.active()) == 11
    assert "after=" in program.asked[asked].path, "it went on where it was"
    assert all(SECRET not in one.path for one in program.asked)


def test_what_cannot_be_seen_for_a_while_stays(
    program: FakeThreatExchange, node: ExchangeNode
) -> None:
    program.share("1", "HASH_PDQ", pdq(1), AT, said("91", "5", "NON_MALICIOUS"))
    program.share("2", "HASH_PDQ", pdq(2), AT, said("92", "5"))
    node.brings(added=2)
    later = int(node.now.timestamp())
    hidden = said("91", "", "UNKNOWN")
    program.share("1", "HASH_PDQ", pdq(1), later, hidden)
    program.share("2", "HASH_PDQ", pdq(2), later)
    node.brings(withdrawn=0, added=0)
    assert node.notes() == {f"pdq:{pdq(1)}": "rejected", f"pdq:{pdq(2)}": "confirmed"}
    asked = [one.path for one in program.asked[-2:]]
    assert [path.partition("?")[0] for path in asked] == ["/v21.0/1/", "/v21.0/2/"]
    program.share("3", "HASH_PDQ", pdq(3), int(node.now.timestamp()), said("93", ""))

    def comes_back(asked: Asked) -> None:
        """The owner can be seen again when the node looks once more."""
        if "/v21.0/3/" in asked.path:
            program.updates["3"]["descriptors"] = {"data": [said("93", "5", "NON_MALICIOUS")]}

    program.interfere = comes_back
    node.fetch()
    assert node.notes()[f"pdq:{pdq(3)}"] == "rejected"


def test_after_long_silence_everything_is_fetched_anew(
    program: FakeThreatExchange, node: ExchangeNode
) -> None:
    for number in range(1, 5):
        program.share(str(number), "HASH_PDQ", pdq(number), AT, said(f"9{number}", "5"))
    node.brings(added=4)
    program.take_back("1", int(node.now.timestamp()) + 60)
    program.turn_clock(timedelta(days=100))
    job = node.fetch(turn=timedelta(days=100))
    assert (job.result["records"], job.result["withdrawn"]) == (3, 1)


def test_faults_are_ridden_out_or_told(program: FakeThreatExchange, node: ExchangeNode) -> None:
    for number in range(1, 8):
        program.share(str(number), "HASH_PDQ", pdq(number), AT, said(f"9{number}", "5"))
    program.interfere = faults(reply(500), None, limit_reached())
    node.brings(added=7)

    def half(asked: Asked) -> Behaviour | None:
        return cut_short(program.answer(asked)) if "after=6" in asked.path else None

    program.interfere = half
    failed = node.fetch(is_anew=True)
    assert (failed.state, failed.error_code) == (JobState.FAILED, "exchange_malformed")
    program.interfere = lambda _: reply(400)
    failed = node.fetch(tries=3)
    assert failed.error_code == "exchange_refused"
    elsewhere = b'{"data":[],"paging":{"next":"https://elsewhere.example/x"}}'
    program.interfere = faults(reply(400), reply(200, elsewhere))
    assert node.fetch(tries=3).error_code == "fetch_refused"


def test_odd_updates_are_set_aside(program: FakeThreatExchange, node: ExchangeNode) -> None:
    program.share("1", "HASH_PDQ", pdq(1), AT, said("91", "5"))["new_name"] = [1]
    program.share("2", "HASH_PDQ", "", AT, said("92", "5"))
    program.share("3", "HASH_PDQ", pdq(3), AT)["last_updated"] = -5
    program.share("4", "HASH_PDQ", pdq(4), AT, {"id": "94", "reactions": "odd"}, {"x": 1})
    job = node.brings(records=3, added=2, refused=1)
    assert job.result["unknown"] == "update 1"


def test_a_fetch_that_breaks_off_anywhere_ends_with_the_same_set(
    program: FakeThreatExchange, node: ExchangeNode
) -> None:
    for number in range(1, 12):
        program.share(str(number), "HASH_PDQ", pdq(number), AT + number, said(f"9{number}", "5"))
    program.take_back("3", AT + 50)
    node.survives(30)
    node.fetch()
    assert node.active() == {f"pdq:{pdq(number)}" for number in range(1, 12) if number != 3}


ZONES = ["UTC", "America/New_York", "Europe/Berlin", "Asia/Kolkata", "Asia/Tokyo"]


def test_the_zone_of_the_machine_changes_nothing(
    program: FakeThreatExchange, node: ExchangeNode, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Polls of 30 minutes over the night in which Berlin's clocks change, zone after zone."""
    try:
        node.now = program.now = datetime(2026, 3, 29, tzinfo=UTC)
        for poll, zone in enumerate(ZONES * 2, 1):
            monkeypatch.setenv("TZ", zone)
            time.tzset()
            at_s = int(node.now.timestamp()) + 60
            descriptor = said(f"9{poll}", "5")
            program.share(str(poll), "HASH_PDQ", pdq(poll), at_s, descriptor)
            program.turn_clock(timedelta(minutes=30))
            node.fetch(turn=timedelta(minutes=30))
            assert len(node.active()) == poll
    finally:
        monkeypatch.undo()
        time.tzset()
