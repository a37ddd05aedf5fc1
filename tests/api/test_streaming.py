# SPDX-License-Identifier: Apache-2.0
"""Lines in, lines out: in order, while they come, and none is another's problem."""

import json
import secrets
from collections.abc import Callable, Iterator
from typing import Any

import httpx
import pytest

from nahmi.access.roles import Permission
from nahmi.testing.media import as_jpeg, scene

Ask = Callable[..., httpx.Response]
MATCH = Permission.PROTECT_CONTENT_MATCH
STREAM = "/api/v1/match/stream"


def line(kind: str, value: str, **more: object) -> str:
    return json.dumps({"signals": [{"type": kind, "value": value}], **more})


def answers(response: httpx.Response) -> list[dict[str, Any]]:
    return [json.loads(text) for text in response.text.splitlines()]


@pytest.fixture(scope="module")
def known() -> str:
    from hashlib import sha256  # noqa: PLC0415 - a digest of the node's one picture

    return sha256(as_jpeg(scene(1))).hexdigest()


def test_each_line_is_answered_in_its_place(ask: Ask, known: str) -> None:
    lines = [
        line("sha256", known),
        "{",
        "",
        line("pdq", "0"),
        line("pdq", secrets.token_hex(32)),
        line("unheard", "x"),
        line("sha256", known, banks=["NOWHERE"]),
        line("sha256", known, banks=["KNOWN"]),
        '{"signals":[]}',
    ]
    found = answers(ask("POST", STREAM, MATCH, content="\n".join(lines)))
    told = [
        item["answer"]["verdict"] if "answer" in item else item["problem"]["code"] for item in found
    ]
    assert told == [
        "match",
        "request_malformed",
        "signal_invalid",
        "no_match",
        "signal_type_unknown",
        "bank_missing",
        "match",
        "request_malformed",
    ]
    assert [item["line"] for item in found] == [1, 2, 4, 5, 6, 7, 8, 9]


def test_a_long_stream_is_answered_in_order(ask: Ask, known: str) -> None:
    every = 97

    def body() -> Iterator[bytes]:
        for number in range(20_000):
            value = known if number % every == 0 else secrets.token_hex(32)
            yield (line("sha256", value) + "\n").encode()

    found = answers(ask("POST", STREAM, MATCH, content=body()))
    assert [item["line"] for item in found] == list(range(1, 20_001))
    matched = [item["line"] - 1 for item in found if item["answer"]["verdict"] == "match"]
    assert matched == list(range(0, 20_000, every))


def test_a_spent_budget_is_told_line_by_line(
    anonymous: httpx.Client, make_api_key: Callable[..., str], known: str
) -> None:
    headers = {"authorization": f"Bearer {make_api_key(MATCH, budget=1)}"}
    content = f"{line('sha256', known)}\n" * 3
    found = answers(anonymous.post(STREAM, headers=headers, content=content))
    assert {item["problem"]["code"] for item in found} == {"budget_spent"}


def test_a_line_without_an_end_is_cut(ask: Ask, known: str) -> None:
    content = b"x" * (3 << 20) + b"\n" + line("sha256", known).encode()
    first, second = answers(ask("POST", STREAM, MATCH, content=content))
    assert first["problem"]["code"] == "request_too_large"
    assert second["answer"]["verdict"] == "match"


def test_nothing_is_answered_with_nothing(ask: Ask) -> None:
    answer = ask("POST", STREAM, MATCH, content=b"")
    assert (answer.status_code, answer.content) == (200, b"")
