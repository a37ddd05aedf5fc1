# SPDX-License-Identifier: Apache-2.0
"""Imports as jobs, exports as streams."""

import gzip
import secrets
import threading
from collections.abc import Callable
from typing import Any

import httpx
import pytest

from nahmi.access.roles import Permission

Ask = Callable[..., httpx.Response]
P = Permission


def rows(count: int) -> list[str]:
    return [secrets.token_hex(32) for _ in range(count)]


def ended(ask: Ask, job: dict[str, Any]) -> dict[str, Any]:
    pause = threading.Event()
    for _ in range(600):
        found: dict[str, Any] = ask("GET", f"/api/v1/jobs/{job['job_id']}", P.NODE_JOB_READ).json()
        if found["state"] in {"done", "failed", "cancelled"}:
            return found
        pause.wait(0.05)
    raise AssertionError("the job did not end")


def send(ask: Ask, bank: dict[str, Any], content: bytes, **params: str) -> dict[str, Any]:
    path = f"/api/v1/banks/{bank['bank_id']}/import"
    answer = ask("POST", path, P.PROTECT_ENTRY_WRITE, content=content, params=params)
    assert answer.status_code == 202, answer.text
    job: dict[str, Any] = answer.json()
    return job


def count(ask: Ask, bank: dict[str, Any]) -> int:
    answer = ask("GET", f"/api/v1/banks/{bank['bank_id']}/count", P.PROTECT_BANK_READ)
    return int(answer.json()["entries"])


def csv(values: list[str]) -> bytes:
    lines = ["signal_type,value,note", *(f"pdq,{value},n" for value in values)]
    return "\n".join(lines).encode()


@pytest.mark.parametrize("pack", [bytes, gzip.compress])
def test_a_file_becomes_entries_that_match(
    ask: Ask, bank: dict[str, Any], pack: Callable[[bytes], bytes]
) -> None:
    values = rows(50_000 if pack is bytes else 10)
    done = ended(ask, send(ask, bank, pack(csv(values)), source="Hotline X"))
    assert done["state"] == "done", done
    assert done["result"] == {
        "lines": len(values) + 1,
        "added": len(values),
        "known": 0,
        "refused": 0,
    }
    assert done["done"] == done["total"]
    assert count(ask, bank) == len(values)
    signal = {"type": "pdq", "value": values[-1]}
    answer = ask("POST", "/api/v1/match", P.PROTECT_CONTENT_MATCH, json={"signals": [signal]})
    assert answer.json()["verdict"] == "match"
    again = ended(ask, send(ask, bank, csv(values[:5])))
    assert (again["result"]["added"], again["result"]["known"]) == (0, 5)


def test_lines_that_are_no_entry_are_told_and_the_others_taken(
    ask: Ask, bank: dict[str, Any]
) -> None:
    good = rows(3)
    lines = [f"pdq {good[0]}", "pdq 0", f"pdq {good[1]}", "nonsense", f"pdq {good[2]}"]
    done = ended(ask, send(ask, bank, "\n".join(lines).encode()))
    assert (done["result"]["added"], done["result"]["refused"]) == (3, 2)
    told = ask("GET", f"/api/v1/jobs/{done['job_id']}/refused", P.NODE_JOB_READ)
    assert told.headers["content-type"].startswith("application/x-ndjson")
    assert [line.partition(",")[0] for line in told.text.splitlines()] == [
        '{"number":2',
        '{"number":4',
    ]
    assert not any(value in told.text for value in good)


@pytest.mark.parametrize(
    "content",
    [b"\x1f\x8b\x08\x00broken", gzip.compress(b"pdq 0\n" * 9, mtime=0)[:-4], b"x" * (3 << 20)],
)
def test_a_file_that_cannot_be_read_fails(ask: Ask, bank: dict[str, Any], content: bytes) -> None:
    failed = ended(ask, send(ask, bank, content))
    assert (failed["state"], failed["error_code"]) == ("failed", "input_invalid")


def test_an_export_is_what_an_import_takes(ask: Ask, bank: dict[str, Any]) -> None:
    values = rows(20_000)
    ended(ask, send(ask, bank, csv(values)))
    path = f"/api/v1/banks/{bank['bank_id']}/export"
    for form, kind in (("csv", "text/csv"), ("jsonl", "application/x-ndjson")):
        exported = ask("GET", path, P.PROTECT_ENTRY_EXPORT, params={"format": form})
        assert exported.headers["content-type"].startswith(kind)
        assert all(value in exported.text for value in values)
    body = {"name": f"T_{secrets.token_hex(8).upper()}", "category": "test"}
    other = ask("POST", "/api/v1/banks", P.PROTECT_BANK_WRITE, json=body).json()
    assert ended(ask, send(ask, other, exported.content))["result"]["added"] == len(values)
    page = ask("GET", "/api/v1/audit", P.ACCESS_AUDIT_READ, params={"limit": 50}).json()
    events = [e["event"] for e in page["items"] if e["object"] == f"bank:{bank['bank_id']}"]
    assert events.count("entry:export") == 2
    assert ask("GET", path, P.PROTECT_ENTRY_READ).status_code == 403


def test_jobs_are_listed_and_cancelled(ask: Ask, bank: dict[str, Any]) -> None:
    first = ended(ask, send(ask, bank, csv(rows(1))))
    second = send(ask, bank, csv(rows(1)))
    page = ask("GET", "/api/v1/jobs", P.NODE_JOB_READ, params={"limit": 1}).json()
    assert page["items"][0]["job_id"] == second["job_id"]
    rest = {"limit": 1, "cursor": page["next"]}
    page = ask("GET", "/api/v1/jobs", P.NODE_JOB_READ, params=rest).json()
    assert page["items"][0]["job_id"] == first["job_id"]
    path = f"/api/v1/jobs/{second['job_id']}/cancel"
    state = ask("POST", path, P.NODE_JOB_WRITE).json()["state"]
    assert state in {"cancelled", "done"}
    assert ended(ask, second)["state"] == state
    assert "upload" not in page["items"][0]["detail"]


def test_nothing_and_too_much_are_refused(ask: Ask, bank: dict[str, Any]) -> None:
    path = f"/api/v1/banks/{bank['bank_id']}/import"
    empty = ask("POST", path, P.PROTECT_ENTRY_WRITE, content=b"")
    assert (empty.status_code, empty.json()["code"]) == (422, "media_empty")
    unknown = ask("POST", path, P.PROTECT_ENTRY_WRITE, content=b"x", params={"format": "xml"})
    assert unknown.status_code == 422
