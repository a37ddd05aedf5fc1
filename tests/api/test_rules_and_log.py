# SPDX-License-Identifier: Apache-2.0
"""Action rules, the match log and sightings over HTTP."""

import secrets
from collections.abc import Callable
from typing import Any

import httpx

from nahmi.access.roles import Permission

Ask = Callable[..., httpx.Response]
P = Permission


def banked(ask: Ask, bank: dict[str, Any]) -> tuple[dict[str, str], int]:
    signal = {"type": "pdq", "value": secrets.token_hex(32)}
    path = f"/api/v1/banks/{bank['bank_id']}/entries"
    added = ask("POST", path, P.PROTECT_ENTRY_WRITE, json={"signals": [signal]}).json()
    return signal, added["entry_ids"][0]


def match(ask: Ask, signal: dict[str, str], **more: object) -> dict[str, Any]:
    body = {"signals": [signal], **more}
    found: dict[str, Any] = ask("POST", "/api/v1/match", P.PROTECT_CONTENT_MATCH, json=body).json()
    return found


def test_a_rule_counts_with_the_next_answer_until_it_is_dropped(
    ask: Ask, bank: dict[str, Any]
) -> None:
    signal, _ = banked(ask, bank)
    assert match(ask, signal)["action"] == "review"
    body = {"bank_id": bank["bank_id"], "action": "log"}
    rule = ask("PUT", "/api/v1/rules", P.PROTECT_BANK_WRITE, json=body).json()
    assert match(ask, signal)["action"] == "log"
    body["action"] = "block"
    again = ask("PUT", "/api/v1/rules", P.PROTECT_BANK_WRITE, json=body).json()
    assert again["rule_id"] == rule["rule_id"]
    assert match(ask, signal)["action"] == "hold", "a perceptual match alone blocks nothing"
    path = f"/api/v1/rules/{rule['rule_id']}"
    assert ask("GET", path, P.PROTECT_BANK_READ).json() == again
    assert ask("DELETE", path, P.PROTECT_BANK_WRITE).json() == again
    assert ask("DELETE", path, P.PROTECT_BANK_WRITE).status_code == 404
    assert match(ask, signal)["action"] == "review"
    both = {"bank_id": 1, "category": "test", "action": "log"}
    for wrong in ({"action": "log"}, both):
        answer = ask("PUT", "/api/v1/rules", P.PROTECT_BANK_WRITE, json=wrong)
        assert (answer.status_code, answer.json()["code"]) == (422, "input_invalid")
    nowhere = {"bank_id": 10**9, "action": "log"}
    assert ask("PUT", "/api/v1/rules", P.PROTECT_BANK_WRITE, json=nowhere).status_code == 404


def test_a_match_is_in_the_log_and_shows_what_the_caller_may_see(
    ask: Ask, bank: dict[str, Any], other_member: int
) -> None:
    signal, entry = banked(ask, bank)
    reference = secrets.token_hex(8)
    match(ask, signal, reference=reference)
    params = {"reference": reference, "bank_id": bank["bank_id"]}
    [found] = ask("GET", "/api/v1/matches", P.PROTECT_MATCH_READ, params=params).json()["items"]
    assert (found["channel"], found["action"]) == ("api", "review")
    [hit] = found["hits"]
    assert (hit["entry_id"], hit["distance"], hit["limit_bits"]) == (None, None, None)
    path = f"/api/v1/matches/{found['match_id']}"
    seen = ask("GET", path, P.PROTECT_MATCH_READ, P.PROTECT_ENTRY_READ, P.PROTECT_DISTANCE_READ)
    [hit] = seen.json()["hits"]
    assert (hit["entry_id"], hit["distance"], hit["limit_bits"]) == (entry, 0, 31)
    assert ask("GET", path, P.PROTECT_MATCH_READ, member_id=other_member).status_code == 404
    sightings = f"/api/v1/entries/{entry}/sightings"
    [day] = ask("GET", sightings, P.PROTECT_MATCH_READ).json()["items"]
    assert (day["count"], day["member_id"]) == (1, 1)
    assert ask("GET", sightings, P.PROTECT_MATCH_READ, member_id=other_member).status_code == 404


def test_pages_of_the_log_leave_nothing_out_while_it_grows(ask: Ask, bank: dict[str, Any]) -> None:
    signal, _ = banked(ask, bank)
    for _ in range(4):
        match(ask, signal)
    seen: list[int] = []
    cursor: dict[str, str] = {}
    for _ in range(5):
        params = {"bank_id": bank["bank_id"], "limit": 2, **cursor}
        page = ask("GET", "/api/v1/matches", P.PROTECT_MATCH_READ, params=params).json()
        seen += [item["match_id"] for item in page["items"]]
        if page["next"] is None:
            break
        match(ask, signal)
        cursor = {"cursor": page["next"]}
    assert seen == sorted(seen, reverse=True)
    assert len(seen) == len(set(seen)) == 4


def test_queries_and_matches_are_counted(ask: Ask, bank: dict[str, Any]) -> None:
    signal, _ = banked(ask, bank)
    match(ask, signal)
    params = {"step": "hour"}
    counts = ask("GET", "/api/v1/matches/counts", P.PROTECT_MATCH_READ, params=params).json()
    own = [item for item in counts["matches"] if item["bank_id"] == bank["bank_id"]]
    assert sum(item["count"] for item in own) == 1
    assert "match" in {item["verdict"] for item in counts["queries"]}
    for wrong in ({"since": "2026-01-01T00:00:00"}, {"since": "2020-01-01T00:00:00Z"}):
        answer = ask("GET", "/api/v1/matches/counts", P.PROTECT_MATCH_READ, params=wrong)
        assert (answer.status_code, answer.json()["code"]) == (422, "input_invalid")
