# SPDX-License-Identifier: Apache-2.0
"""Exchanges over HTTP: how far they are, a fetch, and what we think of what they share."""

import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from nahmi.access.roles import Permission
from nahmi.api.app import make_app
from nahmi.bootstrap import init_node
from nahmi.bootstrap.service import Service
from nahmi.core.bank import Category
from nahmi.library import Bank
from nahmi.operate.settings import Settings
from nahmi.testing.fake_exchanges import FakeNcmec
from nahmi.testing.keys import give_key
from nahmi.testing.serving import serving

pytestmark = [pytest.mark.enable_socket, pytest.mark.allow_hosts(["127.0.0.1"])]

P = Permission
ONE = f"{1:032x}"
PATIENCE_S = 60
SETTINGS = """layout = 1
[[exchange]]
name = "ncmec"
kind = "ncmec"
bank = "NCMEC"
credentials_file = "{key}"
base_url = "{url}"
internal = true
"""


@pytest.fixture
def program() -> Iterator[FakeNcmec]:
    with FakeNcmec() as program:
        program.share("42", "image1", "2017-10-24T15:00:00Z", md5=ONE)
        yield program


@pytest.fixture
def ask(tmp_path: Path, program: FakeNcmec) -> Iterator[Callable[..., httpx.Response]]:
    folder, key = tmp_path / "node", tmp_path / "key"
    key.write_text(program.credentials)
    init_node(folder).close()
    with Bank.open(folder, "NCMEC", category=Category.TEST):
        pass
    settings = Settings.parse(SETTINGS.format(key=key, url=program.base_url))
    secret = give_key(folder, (P.PARTNER_EXCHANGE_READ, P.PARTNER_EXCHANGE_WRITE))
    with serving(make_app(lambda: Service(folder, settings), settings), tmp_path) as client:

        def send(method: str, path: str, **more: object) -> httpx.Response:
            headers = {"authorization": f"Bearer {secret}"}
            return client.request(method, f"/api/v1{path}", headers=headers, **more)  # type: ignore[arg-type]

        yield send


def until(ask: Callable[..., httpx.Response], holds: Callable[[dict[str, Any]], bool]) -> None:
    end = time.monotonic() + PATIENCE_S
    while not holds(found := ask("GET", "/exchanges/ncmec").json()):
        assert time.monotonic() < end, found
        time.sleep(0.05)


def test_an_exchange_is_fetched_and_told_what_we_think(
    ask: Callable[..., httpx.Response], program: FakeNcmec
) -> None:
    [listed] = ask("GET", "/exchanges").json()["items"]
    assert (listed["name"], listed["via"], listed["job"]) == ("ncmec", "ncmec", None)
    asked = ask("POST", "/exchanges/ncmec/fetch")
    assert (asked.status_code, asked.json()["kind"]) == (202, "exchange_fetch")
    until(ask, lambda found: bool(found["job"]) and found["job"]["state"] == "done")
    found = ask("GET", "/exchanges/ncmec").json()
    assert (found["records"], found["entries"], found["job"]["state"]) == (1, 1, "done")
    assert 0 <= found["behind_s"] < 300
    told = ask("POST", "/exchanges/ncmec/opinions", json={"agrees": True, "entry_id": 1})
    assert (told.status_code, told.json()) == (202, {"messages": 1})
    until(ask, lambda found: not found["opinions_waiting"])
    assert program.feedback == {("42", "image1", "MD5"): "yes"}
    signal = {"type": "md5", "value": ONE}
    body = {"agrees": False, "signal": signal, "reason": "no such reason"}
    assert ask("POST", "/exchanges/ncmec/opinions", json=body).status_code == 202
    until(ask, lambda found: not found["opinions_waiting"] and found["opinions_dead"] == 1)
    assert program.feedback == {("42", "image1", "MD5"): "yes"}


@pytest.mark.parametrize(
    ("path", "body", "status"),
    [
        ("/exchanges/unknown/opinions", {"agrees": True, "entry_id": 1}, 404),
        ("/exchanges/ncmec/opinions", {"agrees": True}, 422),
        ("/exchanges/ncmec/opinions", {"agrees": True, "entry_id": 0}, 422),
        ("/exchanges/unknown/fetch", None, 404),
    ],
)
def test_what_is_not_there_is_said(
    ask: Callable[..., httpx.Response], path: str, body: object, status: int
) -> None:
    answer = ask("POST", path, json=body) if body else ask("POST", path)
    assert answer.status_code == status, answer.text
