# SPDX-License-Identifier: Apache-2.0
"""Have we seen this? Over HTTP, on the real server."""

from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import httpx
import pytest

from nahmi.access.roles import Permission
from nahmi.core.bank import Action
from nahmi.protect.match_log import MatchFilter
from nahmi.store.sql.match_log_reading import SqlMatchLogReader
from nahmi.store.sql.opening import open_database
from nahmi.testing.media import as_jpeg, scene

Ask = Callable[..., httpx.Response]
MATCH = Permission.PROTECT_CONTENT_MATCH
HASH = Permission.PROTECT_CONTENT_HASH
DISTANCE = Permission.PROTECT_DISTANCE_READ
ENTRY = Permission.PROTECT_ENTRY_READ


@pytest.fixture(scope="module")
def altered() -> bytes:
    return as_jpeg(scene(1), quality=40)


def pdq(ask: Ask, content: bytes) -> str:
    found = ask("POST", "/api/v1/hash", HASH, content=content).json()["fingerprints"]
    return next(item["value"] for item in found if item["signal_type"] == "pdq")


CONTENTS = ["/api/v1/match/content", "/api/v1/match/content/"]  # the short way, and the framework's


@pytest.mark.parametrize("path", CONTENTS)
def test_an_altered_copy_is_found_by_upload(ask: Ask, altered: bytes, path: str) -> None:
    answer = ask("POST", path, MATCH, content=altered)
    assert answer.status_code == 200
    assert answer.json() == {
        "verdict": "match",
        "action": "review",
        "matches": [{"bank": "KNOWN", "category": "test", "signal_type": "pdq"}],
    }


@pytest.mark.parametrize("path", CONTENTS)
@pytest.mark.parametrize(
    ("query", "status"),
    [
        ("fast=true&variants=false", 200),
        ("fast=1&variants=0", 200),
        ("fast=true&fast=true", 200),
        ("fast=maybe", 422),
        ("bank=KNOWN&bank=KNOWN&reference=%D8%B5%D9%88%D8%B1%D8%A9", 200),
        ("bank=NOWHERE", 404),
        ("bank=", 404),
        ("reference=" + "x" * 201, 422),
        ("reference=%00", 422),
        ("unknown=1", 200),
    ],
)
def test_both_ways_read_a_query_alike(
    ask: Ask, altered: bytes, path: str, query: str, status: int
) -> None:
    answer = ask("POST", f"{path}?{query}", MATCH, content=altered)
    assert answer.status_code == status, answer.text
    if status == 200:
        assert answer.json()["verdict"] == "match"


def test_a_form_says_the_same(ask: Ask, altered: bytes) -> None:
    files = {"photo": ("a.jpg", altered)}
    answer = ask("POST", "/api/v1/match/content", MATCH, files=files)
    assert answer.json()["verdict"] == "match"


@pytest.mark.parametrize("path", ["/api/v1/match", "/api/v1/match/"])
def test_both_ways_to_the_hot_route_say_the_same(ask: Ask, altered: bytes, path: str) -> None:
    body = {"signals": [{"type": "pdq", "value": pdq(ask, altered)}]}
    found = ask("POST", path, MATCH, DISTANCE, ENTRY, json=body).json()
    assert found["verdict"] == "match"
    [match] = found["matches"]
    assert match["bank"] == "KNOWN"
    assert 0 <= match["distance"] <= match["limit_bits"] == 31
    body = {"signals": [{"type": "pdq", "value": "0f" * 32}]}
    assert ask("POST", path, MATCH, json=body).json() == {"verdict": "no_match"}


def test_who_may_not_see_distances_gets_none(ask: Ask, altered: bytes) -> None:
    body = {"signals": [{"type": "pdq", "value": pdq(ask, altered)}]}
    answer = ask("POST", "/api/v1/match", MATCH, json=body)
    assert not {b"distance", b"limit_bits", b"variant", b"entry_id"} & {
        word
        for word in (b"distance", b"limit_bits", b"variant", b"entry_id")
        if word in answer.content
    }


def test_a_match_is_in_the_log_when_the_answer_is_there(
    ask: Ask, altered: bytes, node_folder: Path
) -> None:
    reference = "upload-17"
    answer = ask("POST", f"/api/v1/match/content?reference={reference}", MATCH, content=altered)
    assert answer.json()["verdict"] == "match"
    with closing(open_database(node_folder / "nahmi.sqlite3")) as database:
        log = SqlMatchLogReader(database)
        [logged] = log.matches(1, MatchFilter(reference=reference))
    assert logged.event.action is Action.REVIEW
    assert logged.event.channel == "api"
    assert [hit.signal_type for hit in logged.event.hits] == ["pdq"]


BATCHES = ["/api/v1/match/batch", "/api/v1/match/batch/"]  # the short way, and the framework's


@pytest.mark.parametrize("path", BATCHES)
def test_a_batch_answers_in_order(ask: Ask, altered: bytes, path: str) -> None:
    known, unknown = pdq(ask, altered), "0f" * 32
    values = [unknown, known, unknown]
    items = [{"signals": [{"type": "pdq", "value": value}]} for value in values]
    answer = ask("POST", path, MATCH, json={"items": items}).json()
    assert [item["verdict"] for item in answer["answers"]] == ["no_match", "match", "no_match"]


@pytest.mark.parametrize("path", BATCHES)
def test_a_batch_may_ask_different_banks(ask: Ask, altered: bytes, path: str) -> None:
    known, digest = pdq(ask, altered), "0f" * 32
    items = [
        {"signals": [{"type": "pdq", "value": known}], "banks": ["KNOWN"]},
        {"signals": [{"type": "sha256", "value": digest}]},
        {"signals": [{"type": "pdq", "value": known}]},
        {"signals": [{"type": "pdq", "value": digest}, {"type": "pdq", "value": known}]},
    ]
    answer = ask("POST", path, MATCH, json={"items": items}).json()
    verdicts = [item["verdict"] for item in answer["answers"]]
    assert verdicts == ["match", "no_usable_fingerprint", "match", "match"]


@pytest.mark.parametrize("path", BATCHES)
def test_a_batch_with_an_invalid_signal_spends_nothing(
    anonymous: httpx.Client, make_api_key: Callable[..., str], path: str
) -> None:
    headers = {"authorization": f"Bearer {make_api_key(MATCH, budget=2)}"}
    good = {"signals": [{"type": "pdq", "value": "0f" * 32}]}
    for bad in ("0f", "0g" * 32, "\u0660" * 64, " " + "0f" * 31 + "0"):
        invalid = {"signals": [{"type": "pdq", "value": bad}], "banks": ["KNOWN"]}
        answer = anonymous.post(path, headers=headers, json={"items": [good, invalid]})
        assert (answer.status_code, answer.json()["code"]) == (422, "signal_invalid")
    answer = anonymous.post(path, headers=headers, json={"items": [good, good]})
    assert answer.status_code == 200
    assert anonymous.post(path, headers=headers, json={"items": [good]}).status_code == 429


@pytest.mark.parametrize("path", BATCHES)
@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        (b"{", 400, "request_malformed"),
        (b'{"items":{}}', 422, "input_invalid"),
        (b'{"items":[{"signals":[]}]}', 400, "request_malformed"),
        (b'{"items":[{"signals":[{"type":"nope","value":"0"}]}]}', 422, "signal_type_unknown"),
    ],
)
def test_a_batch_that_makes_no_sense_is_refused(
    ask: Ask, path: str, body: bytes, status: int, code: str
) -> None:
    answer = ask("POST", path, MATCH, content=body)
    assert (answer.status_code, answer.json()["code"]) == (status, code)


@pytest.mark.parametrize(
    ("method", "path", "body", "status", "code"),
    [
        ("POST", "/api/v1/match", b"{", 400, "request_malformed"),
        ("POST", "/api/v1/match", b"\xff\xfe", 400, "request_malformed"),
        ("POST", "/api/v1/match", b"{}", 422, "input_invalid"),
        ("POST", "/api/v1/match", b'{"signals":[]}', 400, "request_malformed"),
        (
            "POST",
            "/api/v1/match",
            b'{"signals":[{"type":"pdq","value":"0"}]}',
            422,
            "signal_invalid",
        ),
        (
            "POST",
            "/api/v1/match",
            b'{"signals":[{"type":"x","value":"0"}]}',
            422,
            "signal_type_unknown",
        ),
        (
            "POST",
            "/api/v1/match",
            b'{"signals":[{"type":"pdq","value":"%s"}],"banks":["X"]}' % (b"0f" * 32),
            404,
            "bank_missing",
        ),
        ("POST", "/api/v1/match/content", b"", 422, "media_empty"),
        ("POST", "/api/v1/match/content", b"no picture", 415, "media_unsupported"),
        ("GET", "/api/v1/match", b"", 405, "method_refused"),
        ("GET", "/api/v1/nothing", b"", 404, "route_missing"),
    ],
)
def test_failures_have_one_shape(  # noqa: PLR0917
    ask: Ask, method: str, path: str, body: bytes, status: int, code: str
) -> None:
    answer = ask(method, path, MATCH, content=body)
    problem = answer.json()
    assert (answer.status_code, problem["code"]) == (status, code)
    assert answer.headers["content-type"] == "application/problem+json"
    assert problem["status"] == status
    assert problem["type"] == f"urn:nahmi:error:{code}"
    assert problem["request_id"] == answer.headers["x-request-id"]
    assert answer.headers["cache-control"] == "no-store"


@pytest.mark.parametrize("path", ["/api/v1/match", "/api/v1/match/batch", "/api/v1/hash"])
@pytest.mark.parametrize("authorization", [None, "", "Bearer", "Bearer nahmi_x_y", "Basic YQ=="])
def test_nobody_is_let_in_without_a_key(
    anonymous: httpx.Client, path: str, authorization: str | None
) -> None:
    headers = {} if authorization is None else {"authorization": authorization}
    answer = anonymous.post(path, headers=headers, json={})
    assert answer.status_code == 401
    assert answer.json()["code"] == "credential_invalid"
    assert answer.headers["www-authenticate"] == 'Bearer realm="nahmi"'


@pytest.mark.parametrize("path", ["/api/v1/match", "/api/v1/match/", "/api/v1/match/batch"])
def test_a_key_without_the_permission_is_refused(ask: Ask, path: str) -> None:
    body = {"signals": [{"type": "pdq", "value": "0f" * 32}]}
    answer = ask("POST", path, HASH, json=body)
    assert (answer.status_code, answer.json()["code"]) == (403, "permission_denied")


def test_a_spent_budget_refuses(anonymous: httpx.Client, make_api_key: Callable[..., str]) -> None:
    key = make_api_key(MATCH, budget=2)
    body = {"signals": [{"type": "pdq", "value": "0f" * 32}]}
    headers = {"authorization": f"Bearer {key}"}
    answers = [anonymous.post("/api/v1/match", headers=headers, json=body) for _ in range(3)]
    assert [answer.status_code for answer in answers] == [200, 200, 429]
    assert answers[2].json()["code"] == "budget_spent"
    assert answers[2].headers["retry-after"]


def test_the_node_says_how_it_is(anonymous: httpx.Client) -> None:
    assert anonymous.get("/health/live").json() == {"status": "ok"}
    assert anonymous.get("/health/ready").json() == {"status": "ok"}


def test_the_interface_describes_itself(anonymous: httpx.Client) -> None:
    described = anonymous.get("/api/v1/schema").json()
    assert described["openapi"] == "3.1.0"
    assert {"/api/v1/match", "/api/v1/match/batch", "/api/v1/match/content", "/api/v1/hash"} <= set(
        described["paths"]
    )
