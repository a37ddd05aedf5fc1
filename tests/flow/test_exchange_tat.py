# SPDX-License-Identifier: Apache-2.0
"""A node and Tech Against Terrorism: one sign-in, and a checkpoint that is never lost."""

import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from nahmi.operate.jobs import JobState
from nahmi.testing.exchange_node import ExchangeNode
from nahmi.testing.fake_exchanges import FakeTat
from nahmi.testing.fake_exchanges.program import cut_short, faults
from nahmi.testing.loopback import Asked, Behaviour, reply

pytestmark = [pytest.mark.enable_socket, pytest.mark.allow_hosts(["127.0.0.1"])]

AT = 1_724_856_487.709035


def md5(number: int) -> str:
    return f"{number:032x}"


@pytest.fixture
def program() -> Iterator[FakeTat]:
    with FakeTat(page_size=3) as program:
        yield program


@pytest.fixture
def node(tmp_path: Path, program: FakeTat) -> Iterator[ExchangeNode]:
    with ExchangeNode(tmp_path) as node:
        node.connect("tat", program, program.credentials)
        yield node


def checkpoint(node: ExchangeNode) -> str:
    known = node.store.exchange("x")
    assert known is not None
    assert known.checkpoint is not None
    return known.checkpoint.text


@pytest.mark.parametrize("only_queries", [True, False])
def test_the_list_is_read_with_one_sign_in(
    program: FakeTat, node: ExchangeNode, *, only_queries: bool
) -> None:
    program.only_queries = only_queries
    for number in range(1, 8):
        program.list(number, "MD5", md5(number), AT + number)
    program.list(8, "SHA256", "a" * 64, AT + 8)["something_new"] = {"a": 1}
    program.list(9, "TLSH", "T1", AT + 9)
    job = node.brings(records=9, added=8, unused=1)
    assert job.result["unknown"] == "TLSH 1"
    assert program.sign_ins == 1
    assert checkpoint(node) == f'"{AT + 9},9"'
    assert set(node.notes().values()) == {"confirmed; tags: far-right, mp4"}
    assert not any("None" in one.path for one in program.asked)


def test_a_page_without_a_checkpoint_leaves_the_one_before(
    program: FakeTat, node: ExchangeNode
) -> None:
    for number in range(1, 5):
        program.list(number, "MD5", md5(number), AT + number)
    program.silent = True
    node.brings(added=4)
    assert checkpoint(node) == f'"{AT + 3},3"'
    node.brings(records=1, added=0)
    assert len(node.active()) == 4


def test_what_is_deleted_goes(program: FakeTat, node: ExchangeNode) -> None:
    program.list(1, "MD5", md5(1), AT)
    program.list(2, "MD5", md5(2), AT)
    node.brings(added=2)
    program.list(1, "MD5", md5(1), AT + 5, deleted=True)
    node.brings(withdrawn=1)
    assert node.active() == {f"md5:{md5(2)}"}
    assert md5(1) not in "".join(node.bodies(['"1"']).values())


def test_a_token_that_ran_out_is_renewed_once(program: FakeTat, node: ExchangeNode) -> None:
    for number in range(1, 8):
        program.list(number, "MD5", md5(number), AT + number)
    program.interfere = faults(None, None, reply(401))
    node.brings(added=7)
    assert program.sign_ins == 2
    node.connect("tat", program, "user@example.org:wrong")
    failed = node.fetch(tries=3)
    assert failed.error_code == "exchange_refused"
    assert program.sign_ins == 2


def test_faults_are_ridden_out_or_told(program: FakeTat, node: ExchangeNode) -> None:
    for number in range(1, 8):
        program.list(number, "MD5", md5(number), AT + number)
    program.list(8, "", md5(8), AT + 8)
    program.interfere = faults(None, reply(502))

    def half(asked: Asked) -> Behaviour | None:
        return cut_short(program.answer(asked)) if ",6" in asked.path else None

    program.interfere = half
    failed = node.fetch()
    assert (failed.state, failed.error_code) == (JobState.FAILED, "exchange_malformed")
    assert len(node.active()) == 6
    program.interfere = lambda _: None
    node.brings(records=2, added=1, refused=1)
    leads = {"elsewhere": "https://elsewhere.example/", "broken": "http://[", "in circles": "?a"}
    codes = set()
    for next_page in leads.values():
        body = f'{{"results":[],"next":"{next_page}"}}'.encode()
        program.interfere = faults(*[reply(200, body)] * 9, when="hash-list")
        codes.add(node.fetch().error_code)
    assert codes == {"fetch_refused", "exchange_malformed"}


def test_a_fetch_that_breaks_off_anywhere_ends_with_the_same_set(
    program: FakeTat, node: ExchangeNode
) -> None:
    for number in range(1, 12):
        program.list(number, "MD5", md5(number), AT + number)
    program.list(3, "MD5", md5(3), AT + 50, deleted=True)
    node.survives(30)
    node.fetch()
    assert node.active() == {f"md5:{md5(number)}" for number in range(1, 12) if number != 3}


ZONES = ["UTC", "America/New_York", "Europe/Berlin", "Asia/Kolkata", "Asia/Tokyo"]


def test_the_zone_of_the_machine_changes_nothing(
    program: FakeTat, node: ExchangeNode, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Polls of 30 minutes over the night in which Berlin's clocks change, zone after zone."""
    try:
        node.now = program.now = datetime(2026, 3, 29, tzinfo=UTC)
        for poll, zone in enumerate(ZONES * 2, 1):
            monkeypatch.setenv("TZ", zone)
            time.tzset()
            at_s = int(node.now.timestamp()) + 60
            program.list(poll, "MD5", md5(poll), at_s)
            program.turn_clock(timedelta(minutes=30))
            node.fetch(turn=timedelta(minutes=30))
            assert len(node.active()) == poll
    finally:
        monkeypatch.undo()
        time.tzset()
