# SPDX-License-Identifier: Apache-2.0
"""Keys, people and members over HTTP, and the audit log that tells of them."""

import secrets
from collections.abc import Callable
from typing import Any

import httpx
import pytest

from nahmi.access.roles import ROLE_PERMISSIONS, Permission, Role

Ask = Callable[..., httpx.Response]
P = Permission
ALL = tuple(Permission)


def who(client: httpx.Client, text: str) -> httpx.Response:
    return client.get("/api/v1/me", headers={"authorization": f"Bearer {text}"})


def new_key(ask: Ask, *permissions: Permission, **more: object) -> dict[str, Any]:
    body = {"label": "t", "permissions": [str(item) for item in permissions], **more}
    made = ask("POST", "/api/v1/keys", *ALL, json=body)
    assert made.status_code == 201, made.text
    found: dict[str, Any] = made.json()
    return found


def invite(ask: Ask, *, role: Role = Role.VIEWER) -> dict[str, Any]:
    body = {"email": f"{secrets.token_hex(6)}@x.example", "name": "N", "role": role.value}
    made = ask("POST", "/api/v1/people", *ALL, json=body)
    assert made.status_code == 201, made.text
    found: dict[str, Any] = made.json()
    return found


def test_a_key_works_from_its_making_until_it_is_revoked(ask: Ask, anonymous: httpx.Client) -> None:
    made = new_key(ask, P.PROTECT_CONTENT_MATCH, daily_budget=5)
    found = who(anonymous, made["text"]).json()
    assert found["permissions"] == ["protect:content:match"]
    assert (found["principal_id"], found["daily_budget"]) == (made["key"]["key_id"], 5)
    path = f"/api/v1/keys/{made['key']['key_id']}"
    assert ask("GET", path, P.ACCESS_KEY_READ).json() == made["key"]
    assert ask("DELETE", path, P.ACCESS_KEY_WRITE).json()["revoked_at"]
    listed = ask("GET", "/api/v1/keys", P.ACCESS_KEY_READ, params={"limit": 1000})
    assert made["text"].rpartition("_")[2] not in listed.text


def test_a_key_is_replaced_and_both_are_good_for_a_while(ask: Ask, anonymous: httpx.Client) -> None:
    old = new_key(ask, P.PROTECT_CONTENT_MATCH)
    path = f"/api/v1/keys/{old['key']['key_id']}"
    new = ask("POST", f"{path}/rotate", *ALL, json={"overlap_s": 3600}).json()
    assert new["key"]["permissions"] == old["key"]["permissions"]
    assert who(anonymous, new["text"]).status_code == 200
    assert who(anonymous, old["text"]).status_code == 200
    assert ask("GET", path, P.ACCESS_KEY_READ).json()["revoked_at"]
    late = ask("POST", f"{path}/rotate", *ALL, json={"overlap_s": 99999999})
    assert late.status_code == 422
    assert ask("DELETE", path, *ALL).status_code == 200
    assert ask("POST", f"{path}/rotate", *ALL, json={}).status_code == 404


def test_nobody_grants_what_they_do_not_hold(ask: Ask) -> None:
    body = {"label": "t", "permissions": ["access:audit:read"]}
    answer = ask("POST", "/api/v1/keys", P.ACCESS_KEY_WRITE, json=body)
    assert answer.status_code == 403
    strong = new_key(ask, P.ACCESS_AUDIT_READ)["key"]["key_id"]
    rotated = ask("POST", f"/api/v1/keys/{strong}/rotate", P.ACCESS_KEY_WRITE, json={})
    assert rotated.status_code == 403
    body = {"email": "a@x.example", "name": "N", "role": "admin"}
    assert ask("POST", "/api/v1/people", P.ACCESS_PERSON_WRITE, json=body).status_code == 403
    viewer = invite(ask)["person"]["person_id"]
    admin = invite(ask, role=Role.ADMIN)["person"]["person_id"]
    may = (P.ACCESS_PERSON_WRITE, *ROLE_PERMISSIONS[Role.VIEWER])
    raised = ask("PATCH", f"/api/v1/people/{viewer}", *may, json={"role": "admin"})
    assert raised.status_code == 403
    for method, path, change in (
        ("PATCH", "", {"is_enabled": False}),
        ("POST", "/login-link", None),
    ):
        answer = ask(method, f"/api/v1/people/{admin}{path}", *may, json=change)
        assert answer.status_code == 403


def test_a_secret_is_shown_once_even_to_who_asks_twice(ask: Ask, anonymous: httpx.Client) -> None:
    admin = new_key(ask, *ALL)["text"]
    headers = {"authorization": f"Bearer {admin}", "idempotency-key": secrets.token_hex(8)}
    body = {"label": "t", "permissions": ["protect:content:match"]}
    first = anonymous.post("/api/v1/keys", headers=headers, json=body).json()
    second = anonymous.post("/api/v1/keys", headers=headers, json=body).json()
    assert first["text"].startswith("nahmi_")
    assert second == first | {"text": None}


def test_someone_is_invited_changed_and_let_in_no_more(ask: Ask) -> None:
    invited = invite(ask)
    person = invited["person"]
    path = f"/api/v1/people/{person['person_id']}"
    again = ask("POST", f"{path}/login-link", *ALL).json()
    assert again["token"] != invited["token"]
    tag = ask("GET", path, P.ACCESS_PERSON_READ).headers["etag"]
    changed = ask("PATCH", path, *ALL, headers={"if-match": tag}, json={"role": "curator"})
    assert changed.json() == person | {"role": "curator"}
    late = ask("PATCH", path, *ALL, headers={"if-match": tag}, json={"role": "admin"})
    assert late.status_code == 412
    gone = ask("PATCH", path, *ALL, json={"is_enabled": False}).json()
    assert gone["is_enabled"] is False
    assert ask("POST", f"{path}/login-link", *ALL).status_code == 404
    assert ask("PATCH", path, *ALL, json={"is_enabled": True}).json()["is_enabled"] is True
    taken = {"email": person["email"].upper(), "name": "N", "role": "viewer"}
    assert ask("POST", "/api/v1/people", *ALL, json=taken).json()["code"] == "access_exists"


def test_a_member_is_taken_in_with_who_looks_after_it(
    ask: Ask, anonymous: httpx.Client, make_api_key: Callable[..., str]
) -> None:
    body = {
        "name": f"Hotline {secrets.token_hex(4)}",
        "administrator": {
            "email": f"{secrets.token_hex(6)}@x.example",
            "name": "A",
            "role": "admin",
        },
    }
    made = ask("POST", "/api/v1/members", *ALL, json=body).json()
    number = made["member"]["member_id"]
    assert made["token"]
    assert ask("POST", "/api/v1/members", *ALL, json=body).status_code == 409
    theirs = make_api_key(*ALL, member_id=number)
    headers = {"authorization": f"Bearer {theirs}"}
    people = anonymous.get("/api/v1/people", headers=headers).json()["items"]
    assert [item["person_id"] for item in people] == [made["administrator"]["person_id"]]
    seen = anonymous.get("/api/v1/members", headers=headers).json()["items"]
    assert [item["member_id"] for item in seen] == [number]
    refused = anonymous.post("/api/v1/members", headers=headers, json=body)
    assert refused.status_code == 403
    path = f"/api/v1/members/{number}"
    assert ask("PATCH", path, *ALL, json={"is_enabled": False}).json()["is_enabled"] is False
    assert ask("PATCH", path, *ALL, json={"is_enabled": True}).json()["is_enabled"] is True
    own = ask("PATCH", "/api/v1/members/1", *ALL, json={"is_enabled": False})
    assert own.status_code == 403


def test_what_was_done_is_on_record_and_seen_by_its_own_member(
    ask: Ask, bank: dict[str, Any], other_member: int
) -> None:
    theirs = {"name": f"T_{secrets.token_hex(6).upper()}", "category": "test"}
    ask("POST", "/api/v1/banks", *ALL, json=theirs, member_id=other_member)
    page = ask("GET", "/api/v1/audit", P.ACCESS_AUDIT_READ, params={"limit": 1000}).json()
    found = [item for item in page["items"] if item["object"] == f"bank:{bank['bank_id']}"]
    assert [item["event"] for item in found] == ["bank:create"]
    assert found[0]["actor"].startswith("key:")
    numbers = [item["sequence"] for item in page["items"]]
    assert numbers == sorted(numbers, reverse=True)
    seen = ask("GET", "/api/v1/audit", P.ACCESS_AUDIT_READ, member_id=other_member).json()
    assert {item["member_id"] for item in seen["items"]} == {other_member}
    state = ask("GET", "/api/v1/audit/verify", P.ACCESS_AUDIT_READ).json()
    assert state == {"is_whole": True, "first_broken": None}


def test_looking_at_entries_is_on_record(ask: Ask, bank: dict[str, Any]) -> None:
    path = f"/api/v1/banks/{bank['bank_id']}/entries"
    assert ask("GET", path, P.PROTECT_ENTRY_READ).status_code == 200
    page = ask("GET", "/api/v1/audit", P.ACCESS_AUDIT_READ, params={"limit": 10}).json()
    found = [item for item in page["items"] if item["object"] == f"bank:{bank['bank_id']}"]
    assert [item["event"] for item in found] == ["entry:list", "bank:create"]


@pytest.mark.parametrize("name", ["pdq", "sha256", "url"])
def test_signal_types_show_what_they_look_like(ask: Ask, name: str) -> None:
    listed = {item["name"]: item for item in ask("GET", "/api/v1/signal-types").json()["items"]}
    assert ask("GET", f"/api/v1/signal-types/{name}").json() == listed[name]
    for example in listed[name]["examples"]:
        answer = ask(
            "POST",
            f"/api/v1/signal-types/{name}/validate",
            P.PROTECT_CONTENT_MATCH,
            json={"value": example["text"]},
        )
        assert answer.json() == {"value": example["value"]}


def test_the_node_says_how_it_is_set_and_how_its_index_is(ask: Ask) -> None:
    settings = ask("GET", "/api/v1/settings", P.NODE_SETTING_READ).json()
    assert settings["limits"]["batch"] == 10_000
    assert "database" not in settings
    index = ask("GET", "/api/v1/index", P.NODE_STATUS_READ).json()
    assert index["signals"] > 0


def test_the_last_administrator_stays(ask: Ask, other_member: int) -> None:
    def people(method: str, path: str, **body: object) -> httpx.Response:
        return ask(method, f"/api/v1/people{path}", *ALL, member_id=other_member, json=body)

    def admin() -> str:
        email = f"{secrets.token_hex(6)}@x.example"
        made = people("POST", "", email=email, name="N", role="admin")
        return f"/{made.json()['person']['person_id']}"

    first = admin()
    for change in ({"is_enabled": False}, {"role": "viewer"}):
        refused = people("PATCH", first, **change)
        assert (refused.status_code, refused.json()["code"]) == (409, "administrator_last")
    second = admin()
    assert people("PATCH", first, role="viewer").status_code == 200
    assert people("PATCH", second, is_enabled=False).status_code == 409
