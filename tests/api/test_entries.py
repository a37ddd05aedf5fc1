# SPDX-License-Identifier: Apache-2.0
"""Entries over HTTP: what is added matches at once, what is deleted no longer does."""

import secrets
from collections.abc import Callable
from typing import Any

import httpx
import pytest

from nahmi.access.roles import Permission
from nahmi.testing.media import as_jpeg, scene

Ask = Callable[..., httpx.Response]
READ = Permission.PROTECT_ENTRY_READ
WRITE = Permission.PROTECT_ENTRY_WRITE
MATCH = Permission.PROTECT_CONTENT_MATCH


def pdq() -> dict[str, str]:
    return {"type": "pdq", "value": secrets.token_hex(32)}


def verdict(ask: Ask, signal: dict[str, str]) -> str:
    answer = ask("POST", "/api/v1/match", MATCH, json={"signals": [signal]})
    return str(answer.json()["verdict"])


@pytest.fixture
def entries(bank: dict[str, Any]) -> str:
    return f"/api/v1/banks/{bank['bank_id']}/entries"


def test_a_signal_matches_from_the_answer_on_until_it_is_deleted(ask: Ask, entries: str) -> None:
    signal = pdq()
    assert verdict(ask, signal) == "no_match"
    added = ask("POST", entries, WRITE, json={"signals": [signal, signal], "source": "us"}).json()
    [number] = added["entry_ids"]
    assert verdict(ask, signal) == "match"
    again = ask("POST", entries, WRITE, json={"signals": [signal]}).json()
    assert again == {"entry_ids": [], "known": 1}
    assert ask("DELETE", f"/api/v1/entries/{number}", WRITE).json() == {"changed": 1}
    assert verdict(ask, signal) == "no_match"
    body = {"entry_ids": [number, number + 10**6]}
    assert ask("POST", "/api/v1/entries/restore", WRITE, json=body).json() == {"changed": 1}
    assert verdict(ask, signal) == "match"
    assert ask("POST", "/api/v1/entries/delete", WRITE, json=body).json() == {"changed": 1}
    assert verdict(ask, signal) == "no_match"


def test_a_bank_that_is_deleted_takes_its_entries_along(
    ask: Ask, bank: dict[str, Any], entries: str
) -> None:
    signal, write = pdq(), Permission.PROTECT_BANK_WRITE
    ask("POST", entries, WRITE, json={"signals": [signal]})
    path = f"/api/v1/banks/{bank['bank_id']}"
    ask("DELETE", path, write)
    assert verdict(ask, signal) == "no_match"
    assert ask("POST", entries, WRITE, json={"signals": [pdq()]}).status_code == 404
    ask("POST", f"{path}/restore", write)
    assert verdict(ask, signal) == "match"


def test_a_file_enters_a_bank(ask: Ask, entries: str) -> None:
    contents = entries.replace("/entries", "/contents")
    picture = as_jpeg(scene(29))
    added = ask("POST", contents, WRITE, content=picture, params={"note": "sea"}).json()
    assert len(added["entry_ids"]) >= 2
    page = ask("GET", entries, READ).json()
    assert {item["note"] for item in page["items"]} == {"sea"}
    assert {"pdq", "sha256"} <= {item["signal_type"] for item in page["items"]}
    assert ask("POST", contents, WRITE, content=picture).json()["entry_ids"] == []
    plain = ask("POST", contents, WRITE, content=b"no picture")
    assert (plain.status_code, plain.json()["code"]) == (415, "media_unsupported")


def test_an_entry_is_switched_off_for_a_while(ask: Ask, entries: str) -> None:
    signal = pdq()
    [number] = ask("POST", entries, WRITE, json={"signals": [signal]}).json()["entry_ids"]
    path = f"/api/v1/entries/{number}"
    tag = ask("GET", path, READ).headers["etag"]
    later = {"disabled_until": "2999-01-01T00:00:00+01:00", "note": "wait"}
    changed = ask("PATCH", path, WRITE, headers={"if-match": tag}, json=later).json()
    assert (changed["disabled_until"], changed["note"]) == ("2998-12-31T23:00:00Z", "wait")
    assert verdict(ask, signal) == "no_match"
    back = ask("PATCH", path, WRITE, json={"disabled_until": None}).json()
    assert (back["disabled_until"], back["note"]) == (None, "wait")
    assert verdict(ask, signal) == "match"
    late = ask("DELETE", path, WRITE, headers={"if-match": tag})
    assert late.status_code == 412
    naive = ask("PATCH", path, WRITE, json={"expires_at": "2999-01-01T00:00:00"})
    assert naive.status_code == 422


def test_pages_of_entries_neither_overlap_nor_leave_out(ask: Ask, entries: str) -> None:
    ask("POST", entries, WRITE, json={"signals": [pdq() for _ in range(5)]})
    seen: list[int] = []
    cursor: dict[str, Any] = {}
    while True:
        page = ask("GET", entries, READ, params={"limit": 2, **cursor}).json()
        seen += [item["entry_id"] for item in page["items"]]
        if page["next"] is None:
            break
        ask("POST", entries, WRITE, json={"signals": [pdq()]}) if len(seen) < 5 else None
        cursor = {"cursor": page["next"]}
    assert seen == sorted(set(seen))
    assert len(seen) == 7


def test_entries_are_found_by_what_is_said_of_them(ask: Ask, entries: str) -> None:
    digest = {"type": "sha256", "value": secrets.token_hex(32)}
    ask("POST", entries, WRITE, json={"signals": [pdq()], "note": "Harbour"})
    ask("POST", entries, WRITE, json={"signals": [digest]})

    def found(**params: object) -> list[str]:
        page = ask("GET", entries, READ, params=params).json()
        return [item["signal_type"] for item in page["items"]]

    assert found(text="harb") == ["pdq"]
    assert found(text=digest["value"][:12]) == ["sha256"]
    assert found(signal_type="sha256") == ["sha256"]
    assert found(signal_type="md5") == []
    assert ask("GET", entries, READ, params={"limit": 0}).status_code == 422
    assert ask("GET", entries, READ, params={"limit": 1001}).status_code == 422


@pytest.mark.parametrize(
    ("signals", "code"),
    [
        ([{"type": "pdq", "value": "0"}], "signal_invalid"),
        ([{"type": "unheard", "value": "0"}], "signal_type_unknown"),
        ([], "input_invalid"),
    ],
)
def test_all_signals_are_taken_or_none(
    ask: Ask, entries: str, signals: list[dict[str, str]], code: str
) -> None:
    good = pdq()
    body = {"signals": [good, *signals] if signals else []}
    answer = ask("POST", entries, WRITE, json=body)
    assert (answer.status_code, answer.json()["code"]) == (422, code)
    assert verdict(ask, good) == "no_match"


def test_another_member_s_entries_are_missing(ask: Ask, entries: str, other_member: int) -> None:
    [number] = ask("POST", entries, WRITE, json={"signals": [pdq()]}).json()["entry_ids"]
    path = f"/api/v1/entries/{number}"
    for method, where, body in (
        ("GET", entries, None),
        ("POST", entries, {"signals": [pdq()]}),
        ("GET", path, None),
        ("PATCH", path, {"note": "x"}),
        ("DELETE", path, None),
    ):
        assert ask(method, where, READ, WRITE, json=body, member_id=other_member).status_code == 404
    for action in ("delete", "restore"):
        answer = ask(
            "POST",
            f"/api/v1/entries/{action}",
            WRITE,
            json={"entry_ids": [number]},
            member_id=other_member,
        )
        assert answer.json() == {"changed": 0}
