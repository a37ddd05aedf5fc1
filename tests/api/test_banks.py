# SPDX-License-Identifier: Apache-2.0
"""Banks over HTTP."""

from collections.abc import Callable
from typing import Any

import httpx
import pytest

from nahmi.access.roles import Permission

Ask = Callable[..., httpx.Response]
READ = Permission.PROTECT_BANK_READ
WRITE = Permission.PROTECT_BANK_WRITE
BANKS = "/api/v1/banks"


def test_a_bank_is_made_changed_deleted_and_brought_back(ask: Ask, bank: dict[str, Any]) -> None:
    path = f"{BANKS}/{bank['bank_id']}"
    assert ask("GET", path, READ).json() == bank
    changed = ask("PATCH", path, WRITE, json={"limit_bits": 20, "labels": ["b", "a", "a"]}).json()
    assert changed == bank | {"limit_bits": 20, "labels": ["a", "b"]}
    gone = ask("DELETE", path, WRITE).json()
    assert gone["deleted_at"]
    assert ask("DELETE", path, WRITE).status_code == 404
    assert ask("PATCH", path, WRITE, json={}).status_code == 404
    assert ask("GET", path, READ).json() == gone
    assert ask("POST", f"{path}/restore", WRITE).json() == changed
    assert ask("GET", f"{path}/count", READ).json() == {"entries": 0}


def test_a_list_shows_every_bank_once_whatever_is_made_meanwhile(ask: Ask) -> None:
    first = ask("GET", BANKS, READ, params={"limit": 1}).json()
    ask("POST", BANKS, WRITE, json={"name": "MADE_MEANWHILE", "category": "test"})
    seen, cursor = [first["items"][0]["name"]], first["next"]
    while cursor:
        page = ask("GET", BANKS, READ, params={"limit": 1, "cursor": cursor}).json()
        seen += [item["name"] for item in page["items"]]
        cursor = page["next"]
    assert len(seen) == len(set(seen))
    assert {"KNOWN", "MADE_MEANWHILE"} <= set(seen)
    assert cursor is None
    one = ask("GET", BANKS, READ, params={"name": "KNOWN"}).json()
    assert [item["name"] for item in one["items"]] == ["KNOWN"]


@pytest.mark.parametrize(
    "cursor", ["", "x", "MTI", "LTE=", "MDE=", "é", "MTIzNDU2Nzg5MDEyMzQ1Njc4OTA="]
)
def test_a_cursor_that_was_never_given_is_refused(ask: Ask, cursor: str) -> None:
    answer = ask("GET", BANKS, READ, params={"cursor": cursor})
    assert (answer.status_code, answer.json()["code"]) == (422, "input_invalid")


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({"name": "KNOWN", "category": "test"}, "bank_exists"),
        ({"name": "known", "category": "test"}, "name_invalid"),
        ({"name": "A", "category": "test", "limit_bits": 64}, "limit_invalid"),
        ({"name": "A", "category": "other"}, "input_invalid"),
        ({"name": "A", "category": "test", "actions": []}, "input_invalid"),
        ({"name": "A", "category": "test", "extra": 1}, "input_invalid"),
        ({"category": "test"}, "input_invalid"),
    ],
)
def test_what_is_no_bank_is_refused(ask: Ask, body: dict[str, Any], code: str) -> None:
    answer = ask("POST", BANKS, WRITE, json=body)
    assert answer.json()["code"] == code
    assert answer.status_code in (409, 422)


def test_a_bank_is_only_changed_in_the_state_that_was_seen(ask: Ask, bank: dict[str, Any]) -> None:
    path = f"{BANKS}/{bank['bank_id']}"
    seen = ask("GET", path, READ)
    tag = seen.headers["etag"]
    assert ask("GET", path, READ, headers={"if-none-match": f'"x", W/{tag}'}).status_code == 304
    changed = ask("PATCH", path, WRITE, headers={"if-match": tag}, json={"limit_bits": 1})
    assert changed.status_code == 200
    assert changed.headers["etag"] != tag
    for method, body in (("PATCH", {"limit_bits": 2}), ("DELETE", None)):
        late = ask(method, path, WRITE, headers={"if-match": tag}, json=body)
        assert (late.status_code, late.json()["code"]) == (412, "precondition_failed")
    weak = {"if-match": f"W/{changed.headers['etag']}"}
    assert ask("PATCH", path, WRITE, headers=weak, json={}).status_code == 412
    assert ask("GET", path, READ).json()["limit_bits"] == 1
    assert ask("DELETE", path, WRITE, headers={"if-match": "*"}).status_code == 200


def test_another_member_s_bank_is_missing(
    ask: Ask, bank: dict[str, Any], other_member: int
) -> None:
    missing = ask("GET", f"{BANKS}/999999", READ, member_id=other_member).json()
    for method, path, body in (
        ("GET", "", None),
        ("GET", "/count", None),
        ("PATCH", "", {"limit_bits": 1}),
        ("DELETE", "", None),
        ("POST", "/restore", None),
    ):
        answer = ask(
            method,
            f"{BANKS}/{bank['bank_id']}{path}",
            READ,
            WRITE,
            json=body,
            member_id=other_member,
        )
        assert answer.status_code == 404
        ignored = {"request_id"}
        assert {k: v for k, v in answer.json().items() if k not in ignored} == {
            k: v for k, v in missing.items() if k not in ignored
        }
    seen = ask("GET", BANKS, READ, member_id=other_member).json()["items"]
    assert bank["bank_id"] not in {item["bank_id"] for item in seen}
    same = {"name": bank["name"], "category": "test"}
    assert ask("POST", BANKS, WRITE, json=same, member_id=other_member).status_code == 201
