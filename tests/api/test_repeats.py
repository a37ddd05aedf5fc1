# SPDX-License-Identifier: Apache-2.0
"""A request that is sent twice under one idempotency key is done once."""

import secrets
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpx
import pytest

from nahmi.access.roles import Permission

WRITE = Permission.PROTECT_BANK_WRITE
BANKS = "/api/v1/banks"


@pytest.fixture
def headers(make_api_key: Callable[..., str]) -> dict[str, str]:
    key = make_api_key(WRITE, Permission.PROTECT_ENTRY_WRITE)
    return {"authorization": f"Bearer {key}", "idempotency-key": secrets.token_hex(8)}


def body(**more: object) -> dict[str, Any]:
    return {"name": f"T_{secrets.token_hex(8).upper()}", "category": "test", **more}


def test_the_second_gets_the_answer_of_the_first(
    anonymous: httpx.Client, headers: dict[str, str]
) -> None:
    sent = body()
    first = anonymous.post(BANKS, headers=headers, json=sent)
    second = anonymous.post(BANKS, headers=headers, json=sent)
    assert (first.status_code, second.status_code) == (201, 201)
    assert second.content == first.content
    assert second.headers["etag"] == first.headers["etag"]
    assert (first.headers.get("idempotency-replayed"), second.headers["idempotency-replayed"]) == (
        None,
        "true",
    )


def test_a_refusal_is_repeated_as_well(anonymous: httpx.Client, headers: dict[str, str]) -> None:
    first = anonymous.post(BANKS, headers=headers, json=body(limit_bits=99))
    assert first.status_code == 422
    other = anonymous.post(BANKS, headers=headers, json=body())
    assert (other.status_code, other.json()["code"]) == (409, "request_conflict")


def test_another_s_key_is_another_key(
    anonymous: httpx.Client, headers: dict[str, str], make_api_key: Callable[..., str]
) -> None:
    sent = body()
    assert anonymous.post(BANKS, headers=headers, json=sent).status_code == 201
    theirs = headers | {"authorization": f"Bearer {make_api_key(WRITE)}"}
    assert anonymous.post(BANKS, headers=theirs, json=sent).json()["code"] == "request_conflict"


def test_what_was_refused_for_the_moment_may_be_sent_again(
    anonymous: httpx.Client, headers: dict[str, str], make_api_key: Callable[..., str]
) -> None:
    weak = headers | {"authorization": f"Bearer {make_api_key(Permission.PROTECT_BANK_READ)}"}
    sent = body()
    assert anonymous.post(BANKS, headers=weak, json=sent).status_code == 403
    assert anonymous.post(BANKS, headers=headers, json=sent).status_code == 201


@pytest.mark.parametrize("key", ["", "x" * 256, "a\tb"])
def test_a_key_must_be_short_and_printable(
    anonymous: httpx.Client, headers: dict[str, str], key: str
) -> None:
    answer = anonymous.post(BANKS, headers=headers | {"idempotency-key": key}, json=body())
    assert (answer.status_code, answer.json()["code"]) == (422, "input_invalid")


def test_of_many_at_once_one_is_done(anonymous: httpx.Client, headers: dict[str, str]) -> None:
    bank = anonymous.post(BANKS, headers=headers, json=body()).json()
    path = f"{BANKS}/{bank['bank_id']}/entries"
    signals = [{"type": "pdq", "value": secrets.token_hex(32)} for _ in range(2000)]
    more = headers | {"idempotency-key": secrets.token_hex(8)}
    with ThreadPoolExecutor(8) as pool:
        answers = list(
            pool.map(
                lambda _: anonymous.post(path, headers=more, json={"signals": signals}), range(8)
            )
        )
    done = [answer for answer in answers if answer.status_code == 201]
    waiting = [answer for answer in answers if answer.status_code == 409]
    assert len(done) + len(waiting) == 8
    assert len({answer.content for answer in done}) == 1
    assert {answer.json()["code"] for answer in waiting} <= {"request_in_progress"}
    assert all(answer.headers["retry-after"] for answer in waiting)
    final = anonymous.post(path, headers=more, json={"signals": signals})
    assert final.content == done[0].content
