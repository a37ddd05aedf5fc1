# SPDX-License-Identifier: Apache-2.0
"""A node and StopNCII: what a person takes back is gone, and nothing is lost on the way."""

import random
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from nahmi.errors import InputError
from nahmi.operate.jobs import JobState
from nahmi.testing.exchange_node import ExchangeNode
from nahmi.testing.fake_exchanges import FakeStopNcii
from nahmi.testing.fake_exchanges.program import cut_short, faults
from nahmi.testing.loopback import Asked, Behaviour, reply

pytestmark = [pytest.mark.enable_socket, pytest.mark.allow_hosts(["127.0.0.1"])]

AT = 1_700_000_000


def pdq(number: int) -> str:
    return f"{number:064x}"


@pytest.fixture
def program() -> Iterator[FakeStopNcii]:
    with FakeStopNcii(page_size=3) as program:
        yield program


@pytest.fixture
def node(tmp_path: Path, program: FakeStopNcii) -> Iterator[ExchangeNode]:
    with ExchangeNode(tmp_path) as node:
        node.connect("stopncii", program, program.credentials)
        yield node


@pytest.mark.parametrize("status", ["Withdrawn", "Deleted", "withdrawn"])
def test_what_is_taken_back_matches_no_more_and_leaves_no_trace(
    program: FakeStopNcii, node: ExchangeNode, status: str
) -> None:
    program.submit("ImagePDQ", pdq(1), AT)
    program.submit("ImagePDQ", pdq(2), AT)
    node.brings(added=2)
    program.submit("ImagePDQ", pdq(1), AT + 100, status=status)
    node.brings(records=1, withdrawn=1)
    assert node.active() == {f"pdq:{pdq(2)}"}
    assert node.bodies([f'["ImagePDQ","{pdq(1)}"]']) == {}
    program.submit("ImagePDQ", pdq(1), AT + 200)
    node.brings(added=1)


def test_a_hash_is_open_until_somebody_looks(program: FakeStopNcii, node: ExchangeNode) -> None:
    said = [("Blocked", "p"), ("NotBlocked", "q"), ("Blocked", "p"), ("Undefined", "r")]
    program.submit("ImagePDQ", pdq(1), AT)
    for number, some in enumerate((said[:1], said[:2], said[3:]), 2):
        feedback = [
            {"source": source, "feedbackValue": value, "tags": ["t"]} for value, source in some
        ]
        program.submit("ImagePDQ", pdq(number), AT, CSPFeedbacks=feedback)
    withdrawn = [{"source": "p", "feedbackValue": "Withdrawn", "tags": []}, "odd", {"source": 7}]
    program.submit("ImagePDQ", pdq(5), AT, CSPFeedbacks=withdrawn)
    node.brings(added=5)
    assert list(node.notes().values()) == [
        "unreviewed",
        "confirmed; tags: t",
        "contested; tags: t",
        "unreviewed; tags: t",
        "unreviewed",
    ]
    assert len(node.active()) == 4
    node.connect("stopncii", program, program.credentials, options={"own_source": "q"})
    node.brings(changed=1)
    assert node.notes()[f"pdq:{pdq(3)}"] == "rejected; tags: t", "our own word counts"


def test_odd_records_are_counted_and_stop_nothing(
    program: FakeStopNcii, node: ExchangeNode
) -> None:
    program.submit("ImagePDQ", "0" * 32, AT)
    program.submit("Undefined", "x", AT, status="Undefined", somethingNew={"a": [1]})
    program.submit("VideoMD5", "a" * 32, AT, status="Undefined")
    program.submit("VideoTMK", "x" * 50, AT, status="Unknown")
    program.submit("", pdq(3), AT)
    job = node.brings(records=5, added=1, unused=2, refused=2)
    assert job.result["unknown"] == "Undefined 1, VideoTMK 1, record 1"
    assert node.active() == {f"md5:{'a' * 32}"}
    assert node.asking.one("x").records == 5


def test_an_answer_that_was_cut_off_is_asked_for_again(
    program: FakeStopNcii, node: ExchangeNode
) -> None:
    for number in range(1, 8):
        program.submit("ImagePDQ", pdq(number), AT + number)
    broken = cut_short(program.answer(_question()))
    program.interfere = faults(None, broken, when="nextPageToken")
    node.brings(added=7)


def _question() -> Asked:
    headers = {"x-functions-key": "fetch-key", "ocp-apim-subscription-key": "sub-key"}
    return Asked("GET", "/v1/FetchHashes?startTimestamp=10&pageSize=800", headers, b"")


def test_an_answer_that_stays_cut_off_stops_loudly_and_skips_nothing(
    program: FakeStopNcii, node: ExchangeNode
) -> None:
    for number in range(1, 8):
        program.submit("ImagePDQ", pdq(number), AT + number)

    def half(asked: Asked) -> Behaviour | None:
        return cut_short(program.answer(asked)) if "%2B6" in asked.path else None

    program.interfere = half
    failed = node.fetch(tries=2)
    assert (failed.state, failed.error_code) == (JobState.FAILED, "exchange_malformed")
    known = node.store.exchange("x")
    assert known is not None
    assert known.checkpoint is None, "it does not go on behind what was not read"
    program.interfere = lambda _: None
    node.brings(records=7, added=1)


def test_a_last_page_that_steps_back_does_no_harm(
    program: FakeStopNcii, node: ExchangeNode
) -> None:
    program.steps_back = 1000
    for number in range(1, 8):
        program.submit("ImagePDQ", pdq(number), AT + number)
    node.brings(added=7)
    program.submit("ImagePDQ", pdq(8), AT - 500)
    node.brings(added=1, withdrawn=0)
    assert len(node.active()) == 8


def test_pages_may_be_repeated_and_reordered(program: FakeStopNcii, node: ExchangeNode) -> None:
    order = random.Random(5)  # noqa: S311 - an order, no secret
    for number in range(1, 9):
        program.submit("ImagePDQ", pdq(number), AT + number)
        if number % 2:
            program.submit("ImagePDQ", pdq(number), AT + 50, status="Withdrawn")
    program.records *= 2
    for _ in range(4):
        order.shuffle(program.records)
        node.fetch(is_anew=True)
        assert node.active() == {f"pdq:{pdq(number)}" for number in (2, 4, 6, 8)}


def test_after_long_silence_everything_is_fetched_anew(
    program: FakeStopNcii, node: ExchangeNode
) -> None:
    for number in range(1, 5):
        program.submit("ImagePDQ", pdq(number), AT + number)
    node.brings(added=4)
    del program.records[0]
    job = node.fetch(turn=timedelta(days=29))
    assert job.result["withdrawn"] == 0
    job = node.fetch(turn=timedelta(days=30))
    assert (job.result["records"], job.result["withdrawn"]) == (3, 1)
    assert len(node.active()) == 3


def test_a_fetch_that_breaks_off_anywhere_ends_with_the_same_set(
    program: FakeStopNcii, node: ExchangeNode
) -> None:
    for number in range(1, 12):
        program.submit("ImagePDQ", pdq(number), AT + number)
    program.submit("ImagePDQ", pdq(3), AT + 99, status="Deleted")
    node.survives(30)
    assert node.fetch().state is JobState.DONE
    assert node.active() == {f"pdq:{pdq(number)}" for number in range(1, 12) if number != 3}


ZONES = ["UTC", "America/New_York", "Europe/Berlin", "Asia/Kolkata", "Asia/Tokyo"]


def test_the_zone_of_the_machine_changes_nothing(
    program: FakeStopNcii, node: ExchangeNode, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Polls of 30 minutes over the night in which Berlin's clocks change, zone after zone."""
    try:
        node.now = program.now = datetime(2026, 3, 29, tzinfo=UTC)
        for poll, zone in enumerate(ZONES * 2, 1):
            monkeypatch.setenv("TZ", zone)
            time.tzset()
            at_s = int(node.now.timestamp()) + 60
            program.submit("ImagePDQ", pdq(poll), at_s)
            program.turn_clock(timedelta(minutes=30))
            node.fetch(turn=timedelta(minutes=30))
            assert len(node.active()) == poll
    finally:
        monkeypatch.undo()
        time.tzset()


def test_failures_end_after_some_tries(program: FakeStopNcii, node: ExchangeNode) -> None:
    """Pages that arrive again and again are no progress."""
    for number in range(1, 8):
        program.submit("ImagePDQ", pdq(number), AT + number)
    program.interfere = lambda asked: reply(500) if "%2B6" in asked.path else None
    assert node.fetch(tries=2).state is JobState.FAILED
    assert sum("Token" not in one.path for one in program.asked) == 3
    node.connect("stopncii", program, "fetch-key,other")
    assert node.fetch().error_code == "exchange_refused"


def test_nobody_vouches_for_what_nobody_has_seen(program: FakeStopNcii, node: ExchangeNode) -> None:
    node.make_bank("B", labels=("attested",))
    node.connect("stopncii", program, program.credentials, bank="B")
    with pytest.raises(InputError) as refused:
        node.fetch()
    assert "attested" in refused.value.detail
