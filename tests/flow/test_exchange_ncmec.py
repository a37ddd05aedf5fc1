# SPDX-License-Identifier: Apache-2.0
"""A node and NCMEC: everything arrives, whatever the order, the faults and the machine's clock."""

import random
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from io import BufferedIOBase, BytesIO
from pathlib import Path

import msgspec
import pytest

from nahmi.operate.jobs import JobState
from nahmi.testing.exchange_node import ExchangeNode
from nahmi.testing.fake_exchanges import FakeNcmec
from nahmi.testing.fake_exchanges.ncmec import REASONS, FakeEntry
from nahmi.testing.fake_exchanges.program import cut_short, faults
from nahmi.testing.loopback import Asked, Behaviour, reply

pytestmark = [pytest.mark.enable_socket, pytest.mark.allow_hosts(["127.0.0.1"])]

T = "2017-10-24T15:00:00Z"
WHY, *_ = REASONS


def md5(number: int) -> str:
    return f"{number:032x}"


def pdq(number: int) -> str:
    return f"{number:064x}"


@pytest.fixture
def program() -> Iterator[FakeNcmec]:
    with FakeNcmec(page_size=3) as program:
        yield program


@pytest.fixture
def node(tmp_path: Path, program: FakeNcmec) -> Iterator[ExchangeNode]:
    with ExchangeNode(tmp_path) as node:
        node.connect("ncmec", program, program.credentials)
        yield node


def test_every_fingerprint_is_kept_and_those_of_known_types_match(
    program: FakeNcmec, node: ExchangeNode
) -> None:
    program.share("42", "image1", T, md5=md5(1), sha1="0a" * 20, pdna="x" * 200, pdq=pdq(1))
    video = program.share(
        "43", "video1", T, md5=md5(2), sha1="0b" * 20, tmk_pdqf="", videntifier=""
    )
    video.is_video = True
    job = node.brings(records=2, added=5, refused=0, unused=0)
    assert job.result["unknown"] == "PDNA 1, TMK_PDQF 1, VIDENTIFIER 1"
    assert len(node.active()) == 5
    kept = node.bodies(['["42","image1"]', '["43","video1"]'])
    prints = [one for body in kept.values() for one in msgspec.json.decode(body)["prints"]]
    assert len(prints) == 8, "as many as were shared"
    assert any(one["href"].endswith("/TMK_PDQF") for one in prints)


def test_votes_are_opinions_on_the_fingerprint_they_are_about(
    program: FakeNcmec, node: ExchangeNode
) -> None:
    entry = program.share("42", "image1", T, md5=md5(1), pdq=pdq(1))
    entry.votes = [("Md5", "43", ""), ("Md5", "44", WHY), ("Sha1", "45", WHY)]
    lone = program.share("42", "image2", T, md5=md5(2))
    lone.votes = [("Md5", "43", "01234567-abcd-0123-4567-012345678901"), ("Md5", "44", WHY)]
    own = program.share("42", "image3", T, md5=md5(3))
    own.votes = [("Md5", "1", WHY)]
    node.brings(added=4)
    assert node.notes() == {
        f"md5:{md5(1)}": "contested; tags: A1, Does not meet the definition",
        f"pdq:{pdq(1)}": "confirmed; tags: A1",
        f"md5:{md5(2)}": "contested; tags: A1, Does not meet the definition, "
        "Not the content that was meant",
        f"md5:{md5(3)}": "rejected; tags: A1, Does not meet the definition",
    }
    assert node.active() == {f"pdq:{pdq(1)}"}, "what is contested asks for nothing by itself"
    source = node.entries()[f"md5:{md5(1)}"].draft.source
    assert source == "Member 42 (42), Member 43 (43), Member 44 (44)"
    node.connect("ncmec", program, program.credentials, contested="match")
    node.brings(changed=2)
    assert len(node.active()) == 3


def test_what_is_taken_back_goes_in_whichever_order_it_is_told(
    program: FakeNcmec, node: ExchangeNode
) -> None:
    program.share("42", "a", "2017-10-24T15:00:01Z", md5=md5(1))
    program.take_back("42", "a", "2017-10-24T15:00:05Z")
    program.take_back("42", "b", "2017-10-24T15:00:05Z")
    program.share("42", "b", "2017-10-24T15:00:05Z", md5=md5(2))
    program.take_back("42", "c", "2017-10-24T15:00:01Z")
    program.share("42", "c", "2017-10-24T15:00:09Z", md5=md5(3))
    program.share("43", "a", T, md5=md5(4))
    for seed in range(4):
        program._order.seed(seed)
        node.fetch(is_anew=True)
        assert node.active() == {f"md5:{md5(3)}", f"md5:{md5(4)}"}, "a tombstone wins a tie"


def test_a_crowded_second_is_drained(program: FakeNcmec, node: ExchangeNode) -> None:
    program.page_size = 100
    for number in range(1, 1_251):
        program.share("42", str(number), T, md5=md5(number))
    node.brings(records=1_250, added=1_250)
    node.brings(records=0, added=0)


@pytest.mark.parametrize("edges", ["[)", "(]", "[]"])
def test_nothing_falls_between_windows(node: ExchangeNode, program: FakeNcmec, edges: str) -> None:
    """Entries appear at every second over some fetches, also at the very ends of windows."""
    program.edges = edges
    shared = 0
    for turn in (1, 6, 7, 61, 3600):
        for back in range(5, min(turn, 8) + 5):
            shared += 1
            moment = node.now + timedelta(seconds=turn - back)
            program.share("42", str(shared), f"{moment:%Y-%m-%dT%H:%M:%SZ}", md5=md5(shared))
        node.fetch(turn=timedelta(seconds=turn))
    node.fetch()
    assert len(node.active()) == shared


ZONES = ["UTC", "America/New_York", "Europe/Berlin", "Asia/Kolkata", "Asia/Tokyo"]


@pytest.mark.parametrize("zone", ZONES)
@pytest.mark.parametrize("day", ["2026-01-02T00:00:00Z", "2026-03-29T00:00:00Z"])
def test_the_zone_of_the_machine_changes_nothing(
    node: ExchangeNode, program: FakeNcmec, zone: str, day: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Some polls of 30 minutes, on an ordinary day and over the change of clocks."""
    monkeypatch.setenv("TZ", zone)
    time.tzset()
    try:
        node.now = datetime.fromisoformat(day)
        for poll in range(4):
            at = node.now + timedelta(minutes=23)
            program.share("42", str(poll), f"{at:%Y-%m-%dT%H:%M:%SZ}", md5=md5(poll + 1))
            node.fetch(turn=timedelta(minutes=30))
            assert len(node.active()) == poll + 1
        asked = [one.path for one in program.asked if "from=" in one.path]
        assert all(path.count("Z") >= 2 for path in asked)
        known = node.store.exchange("x")
        assert known is not None
        assert known.checkpoint is not None
        assert known.checkpoint.reached_at == node.now - timedelta(seconds=5)
    finally:
        monkeypatch.undo()
        time.tzset()


def test_a_fetch_that_breaks_off_anywhere_ends_with_the_same_set(
    program: FakeNcmec, node: ExchangeNode
) -> None:
    for number in range(1, 20):
        program.share("42", str(number), T, md5=md5(number))
    program.take_back("42", "7", "2017-10-24T15:00:05Z")
    node.survives()
    assert node.fetch().state is JobState.DONE
    assert node.active() == {f"md5:{md5(number)}" for number in range(1, 20) if number != 7}


def test_faults_in_the_middle_are_ridden_out(program: FakeNcmec, node: ExchangeNode) -> None:
    for number in range(1, 12):
        program.share("42", str(number), T, md5=md5(number))
    program.interfere = faults(reply(503), None, reply(500), reply(429), when="start=")
    node.brings(added=11)
    program.interfere = faults(*[reply(502)] * 5, when="entries")
    assert "status 502" in node.fetch().error_detail
    program.interfere = faults(*[reply(502)] * 5, when="entries")
    assert node.fetch(tries=2).state is JobState.DONE


def test_a_page_that_cannot_be_read_is_never_skipped(
    program: FakeNcmec, node: ExchangeNode
) -> None:
    for number in range(1, 8):
        program.share("42", str(number), T, md5=md5(number))

    def half(asked: Asked) -> Behaviour | None:
        return cut_short(program.answer(asked)) if "start=4" in asked.path else None

    program.interfere = half
    failed = node.fetch()
    assert (failed.state, failed.error_code) == (JobState.FAILED, "exchange_malformed")
    assert len(node.active()) == 3
    program.interfere = lambda _: None
    node.brings(added=4)


def test_a_link_that_died_is_not_followed(program: FakeNcmec, node: ExchangeNode) -> None:
    for number in range(1, 12):
        program.share("42", str(number), T, md5=md5(number))
    for dies_early in (False, True):
        program.interfere = faults(None, *[reply(500)] * 9, when="start=")
        assert node.fetch(is_anew=True).state is JobState.FAILED
        program.interfere = lambda _: None
        program.turn_clock(timedelta(hours=13))
        # Once the node knows that the link is dead, and once only the program does.
        turn = timedelta(minutes=1) if dies_early else timedelta(hours=13)
        asked = len(program.asked)
        assert node.fetch(turn=turn).state is JobState.DONE
        assert len(node.active()) == 11
        first = next(one.path for one in program.asked[asked:] if "entries" in one.path)
        assert ("start=" in first) == dies_early


def test_a_chain_of_pages_without_an_end_is_noticed(program: FakeNcmec, node: ExchangeNode) -> None:
    for number in range(1, 12):
        program.share("42", str(number), T, md5=md5(number))
    met: list[Behaviour] = []

    def repeated(asked: Asked) -> Behaviour | None:
        if "start=" in asked.path:
            met.append(program.answer(asked))
            return met[0]
        return None

    program.interfere = repeated
    assert node.fetch().error_code == "exchange_malformed"
    program.interfere = lambda _: None
    assert node.fetch().state is JobState.DONE
    assert len(node.active()) == 11


def test_what_cannot_be_read_is_set_aside_and_stops_nothing(
    program: FakeNcmec, node: ExchangeNode
) -> None:
    program.share("42", "good", T, md5=md5(1), quantum="abc").extra = "<colour>blue</colour>"
    nameless = program.share("", "nameless", T, md5=md5(2))
    assert nameless.prints
    program.share("42", "wrong", T, md5="not hexadecimal")
    job = node.brings(records=3, added=1, refused=2)
    assert job.result["unknown"] == "QUANTUM 1, colour 1, image 1"
    assert node.asking.one("x").records == 3


def test_credentials_that_are_refused_are_not_tried_again(
    program: FakeNcmec, node: ExchangeNode
) -> None:
    node.connect("ncmec", program, "user:wrong")
    failed = node.fetch(tries=3)
    assert (failed.state, failed.error_code) == (JobState.FAILED, "exchange_refused")
    assert len(program.asked) == 1
    node.connect("ncmec", program, "no colon")
    failed = node.fetch()
    assert failed.error_code == "input_invalid"
    assert "no colon" not in failed.error_detail


def test_too_full_windows_are_cut_and_sparse_ones_grow(
    program: FakeNcmec, node: ExchangeNode, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("nahmi.wire.exchanges.ncmec.windows.FULL", 6)
    monkeypatch.setattr("nahmi.wire.exchanges.ncmec.windows.SPARSE", 2)
    order = random.Random(3)  # noqa: S311 - an order, no secret
    for number in range(1, 101):
        at = datetime(2020, 1, 1, tzinfo=UTC) + timedelta(days=order.randrange(2000))
        program.share("42", str(number), f"{at:%Y-%m-%dT%H:%M:%SZ}", md5=md5(number))
    for number in range(101, 121):
        program.share("42", str(number), "2024-05-05T05:05:05Z", md5=md5(number))
    assert node.fetch().state is JobState.DONE
    assert len(node.active()) == 120
    opened = [one for one in program.asked if "entries" in one.path and "start=" not in one.path]
    assert 10 < len(opened) < 200


def test_what_came_late_is_met_although_the_window_is_cut(
    program: FakeNcmec, node: ExchangeNode, monkeypatch: pytest.MonkeyPatch
) -> None:
    node.fetch()
    late = node.now - timedelta(seconds=40)
    program.share("42", "late", f"{late:%Y-%m-%dT%H:%M:%SZ}", md5=md5(99))
    for number in range(1, 40):
        at = node.now + timedelta(minutes=number)
        program.share("42", str(number), f"{at:%Y-%m-%dT%H:%M:%SZ}", md5=md5(number))
    monkeypatch.setattr("nahmi.wire.exchanges.ncmec.windows.FULL", 6)
    node.fetch(turn=timedelta(hours=1))
    assert len(node.active()) == 40


def test_a_clock_that_is_ahead_loses_nothing(program: FakeNcmec, node: ExchangeNode) -> None:
    """The program's own clock says up to when there is something to be read."""
    behind = node.now - timedelta(hours=2)

    def dated(asked: Asked) -> Behaviour | None:
        usual = program.answer(asked)

        def behave(asked: Asked, answer: BufferedIOBase) -> None:
            written = BytesIO()
            usual(asked, written)
            date = f"HTTP/1.1 200 Said\r\ndate: {format_datetime(behind, usegmt=True)}"
            answer.write(written.getvalue().replace(b"HTTP/1.1 200 Said", date.encode(), 1))

        return behave

    program.interfere = dated
    for number in range(1, 4):
        behind += timedelta(minutes=10)
        node.fetch(turn=timedelta(minutes=10))
        at = behind + timedelta(minutes=5)
        program.share("42", str(number), f"{at:%Y-%m-%dT%H:%M:%SZ}", md5=md5(number))
    behind += timedelta(minutes=10)
    node.fetch()
    assert len(node.active()) == 3


def test_an_older_version_never_replaces_a_newer_one_of_an_earlier_fetch(
    program: FakeNcmec, node: ExchangeNode
) -> None:
    at = f"{node.now - timedelta(seconds=30):%Y-%m-%dT%H:%M:%SZ}"
    earlier = f"{node.now - timedelta(seconds=40):%Y-%m-%dT%H:%M:%SZ}"
    program.take_back("42", "a", at)
    node.fetch(turn=timedelta(0))
    program.entries = [FakeEntry(member="42", name="a", at=datetime.fromisoformat(earlier))]
    program.entries[0].prints = {"md5": md5(1)}
    node.brings(records=1, added=0, unused=0)
    assert node.active() == set()
