# SPDX-License-Identifier: Apache-2.0
"""A node and TAXII collections of several makes: everything is read once, whatever they do."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from nahmi.operate.jobs import JobState
from nahmi.testing.exchange_node import ExchangeNode
from nahmi.testing.fake_exchanges.program import cut_short, faults
from nahmi.testing.fake_exchanges.taxii import PATH, FakeTaxii
from nahmi.testing.loopback import reply

pytestmark = [pytest.mark.enable_socket, pytest.mark.allow_hosts(["127.0.0.1"])]

AT = 1_780_000_000_000_000
SECOND = 1_000_000


def sha256(number: int) -> str:
    return f"{number:064x}"


def indicator(number: int, *, version: int = 0, **more: object) -> dict[str, Any]:
    return {
        "type": "indicator",
        "spec_version": "2.1",
        "id": f"indicator--00000000-0000-4000-8000-{number:012d}",
        "created_by_ref": "identity--hotline",
        "created": "2026-11-27T17:00:00.000Z",
        "modified": f"2026-11-27T17:00:{version:02d}.000Z",
        "pattern": f"[file:hashes.'SHA-256' = '{sha256(number)}']",
        "pattern_type": "stix",
        **more,
    }


@pytest.fixture
def program() -> Iterator[FakeTaxii]:
    with FakeTaxii(page_size=4) as program:
        yield program


@pytest.fixture
def node(tmp_path: Path, program: FakeTaxii) -> Iterator[ExchangeNode]:
    with ExchangeNode(tmp_path) as node:
        node.connect("taxii", program, program.credentials, base_url=program.collection_url)
        yield node


def values(*numbers: int) -> set[str]:
    return {f"sha256:{sha256(number)}" for number in numbers}


QUIRKS: list[dict[str, bool]] = [
    {},
    {"forgets_next": True},
    {"has_next": False},
    {"is_inclusive": True},
    {"is_inclusive": True, "has_next": False},
    {"has_headers": False},
    {"has_headers": False, "has_next": False},
    {"has_empty_lists": True, "is_inclusive": True, "forgets_next": True},
]


@pytest.mark.parametrize("quirks", QUIRKS, ids=str)
def test_everything_is_read_whatever_the_server_does(
    program: FakeTaxii, node: ExchangeNode, quirks: dict[str, bool]
) -> None:
    for name, value in quirks.items():
        setattr(program, name, value)
    for number in range(10):
        program.add(AT + number // 2, indicator(number))
    node.fetch()
    assert node.active() == values(*range(10))
    for _ in range(2):
        assert node.fetch().state is JobState.DONE
    program.add(AT + 20, indicator(10))
    program.add(AT + 20, indicator(11))
    node.fetch()
    assert node.active() == values(*range(12))


def test_a_crowd_at_one_moment_is_read_even_without_next(
    program: FakeTaxii, node: ExchangeNode
) -> None:
    program.has_next = False
    program.page_size = 500
    node.connect(
        "taxii",
        program,
        program.credentials,
        base_url=program.collection_url,
        options={"page_size": 10},
    )
    for number in range(100):
        program.add(AT + (5 if number > 2 else number), indicator(number))
    program.add(AT + 9, indicator(100))
    node.brings(added=101)
    assert node.active() == values(*range(101))


def test_a_crowd_that_nobody_can_read_is_not_read_in_part(
    program: FakeTaxii, node: ExchangeNode
) -> None:
    program.has_next = False
    for number in range(10):
        program.add(AT, indicator(number))
    job = node.fetch()
    assert (job.state, job.error_code) == (JobState.FAILED, "exchange_malformed")


def test_without_any_moment_the_same_is_read_again(program: FakeTaxii, node: ExchangeNode) -> None:
    program.has_headers = program.has_manifest = False
    program.interfere = lambda asked: (
        reply(200, b"{}", content_type="application/taxii+json;version=2.1")
        if "/manifest/" in asked.path
        else None
    )
    program.page_size = 100
    program.add(AT, indicator(1))
    node.brings(added=1)
    program.add(AT + 5, indicator(2))
    node.brings(added=1)
    assert node.active() == values(1, 2)


def test_nothing_new_costs_one_request(program: FakeTaxii, node: ExchangeNode) -> None:
    for number in range(10):
        program.add(AT + number, indicator(number))
    node.brings(added=10)
    before = len(program.asked)
    node.brings(records=0)
    assert len(program.asked) == before + 1


def test_what_is_revoked_matches_no_more_and_stays_so(
    program: FakeTaxii, node: ExchangeNode
) -> None:
    program.add(AT, indicator(1))
    program.add(AT, indicator(2))
    node.brings(added=2)
    program.add(AT + 1, indicator(1, version=5, revoked=True))
    node.brings(withdrawn=1)
    assert node.active() == values(2)
    program.add(AT + 2, indicator(1, version=3))
    node.fetch()
    assert node.active() == values(2)


def test_an_older_version_that_comes_later_changes_nothing(
    program: FakeTaxii, node: ExchangeNode
) -> None:
    newer = f"[file:hashes.'SHA-256' = '{sha256(7)}']"
    program.add(AT, indicator(1, version=9, pattern=newer))
    program.add(AT + 1, indicator(1, version=2))
    node.fetch()
    assert node.active() == values(7)


def test_opinions_count_whether_they_come_before_or_after(
    program: FakeTaxii, node: ExchangeNode
) -> None:
    def opinion(number: int, word: str, *, at: int, by: str = "identity--other") -> dict[str, Any]:
        return {
            "type": "opinion",
            "id": f"opinion--{number}-{at}",
            "created_by_ref": by,
            "modified": f"2026-11-27T18:00:{at:02d}.000Z",
            "opinion": word,
            "object_refs": [indicator(number)["id"]],
        }

    program.add(AT, opinion(1, "strongly-disagree", at=1))
    program.add(AT + 1, indicator(1))
    program.add(AT + 2, indicator(2))
    program.add(AT + 3, indicator(3))
    node.fetch()
    assert node.active() == values(2, 3)
    program.add(AT + 4, opinion(2, "disagree", at=2))
    program.add(AT + 5, opinion(1, "agree", at=5))
    program.add(AT + 6, opinion(1, "disagree", at=3))
    node.fetch()
    assert node.active() == values(1, 3)


def test_what_is_not_understood_is_counted_and_harms_nothing(
    program: FakeTaxii, node: ExchangeNode
) -> None:
    program.page_size = 100
    objects: list[Any] = [
        indicator(1),
        {"type": "malware", "id": "malware--1"},
        {"type": "file", "id": "file--1", "hashes": {"MD5": "ab" * 16, "x_pdq": "cd" * 32}},
        {"type": "url", "id": "url--1", "value": "https://harmful.example/"},
        indicator(2, pattern="[file:hashes.MD5 = 'no digest']"),
        indicator(3, pattern="[domain-name:value = 'harmful.example']"),
        indicator(4, pattern="rule x", pattern_type="yara"),
        indicator(5, pattern="c5" * 32, pattern_type="pdq"),
        {"type": "identity", "id": "identity--1"},
    ]
    for number, one in enumerate(objects):
        program.add(AT + number, one)
    job = node.fetch()
    assert job.result["unknown"] == "indicator 1, malware 1, url_host 1"
    assert node.active() == values(1) | {
        f"md5:{'ab' * 16}",
        f"pdq:{'cd' * 32}",
        f"pdq:{'c5' * 32}",
        "url:https://harmful.example/",
    }


def test_a_page_that_is_lost_is_read_again_from_the_checkpoint(
    program: FakeTaxii, node: ExchangeNode
) -> None:
    program.forgets_next = True
    for number in range(10):
        program.add(AT + number, indicator(number))
    program.interfere = faults(None, reply(503), when="/objects/")
    assert node.fetch().state is JobState.FAILED
    assert "next=" in program.asked[-1].path
    node.fetch()
    assert node.active() == values(*range(10))


def test_a_page_that_is_cut_off_is_no_page(program: FakeTaxii, node: ExchangeNode) -> None:
    program.page_size = 100
    for number in range(10):
        program.add(AT + number, indicator(number))
    whole = reply(200, b'{"more": false, "objects": [' + b" " * 100 + b"]}")
    program.interfere = faults(cut_short(whole), when="/objects/")
    node.brings(added=10)


def test_a_chain_that_leads_in_a_circle_ends(program: FakeTaxii, node: ExchangeNode) -> None:
    body = b'{"more": true, "next": "again", "objects": []}'
    program.interfere = lambda _: reply(200, body)
    job = node.fetch()
    assert (job.state, job.error_code) == (JobState.FAILED, "exchange_malformed")
    assert len(program.asked) < 9


@pytest.mark.parametrize("secret", ["user:wrong", "token"])
def test_wrong_credentials_are_told(program: FakeTaxii, node: ExchangeNode, secret: str) -> None:
    node.connect("taxii", program, secret, base_url=program.collection_url)
    job = node.fetch()
    assert (job.state, job.error_code) == (JobState.FAILED, "exchange_refused")
    assert program.asked[-1].path.startswith(PATH)


def test_a_node_that_crashes_at_any_step_misses_nothing(
    program: FakeTaxii, node: ExchangeNode
) -> None:
    for number in range(12):
        program.add(AT + number // 3, indicator(number))
    node.survives(12)
    node.fetch()
    assert node.active() == values(*range(12))
