# SPDX-License-Identifier: Apache-2.0
"""Exchanges in the console: fetched with a press, and told what we think of what they share."""

import re
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import httpx
import pytest
from house import House, opened_house
from test_console_access import sign_in

from nahmi.access.roles import Role
from nahmi.core.bank import Category
from nahmi.library import Bank
from nahmi.operate.settings import Settings
from nahmi.testing.fake_exchanges import FakeNcmec

pytestmark = pytest.mark.enable_socket

PATIENCE_S = 60
SETTINGS = """layout = 1
[limits]
decoders = 1
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
        program.share("42", "image1", "2017-10-24T15:00:00Z", md5=f"{1:032x}")
        yield program


@pytest.fixture
def house(tmp_path: Path, program: FakeNcmec) -> Iterator[House]:
    key = tmp_path / "key"
    key.write_text(program.credentials)
    settings = Settings.parse(SETTINGS.format(key=key, url=program.base_url))
    with opened_house(tmp_path / "node", settings) as house:
        with Bank.open(house.folder, "NCMEC", category=Category.TEST):
            pass
        yield house


def until(client: httpx.Client, path: str, word: str) -> str:
    end = time.monotonic() + PATIENCE_S
    while word not in (text := client.get(path).text):
        assert time.monotonic() < end, text
        time.sleep(0.05)
    return text


def test_an_exchange_is_fetched_and_told_what_we_think(house: House, program: FakeNcmec) -> None:
    with closing(sign_in(house, Role.PARTNER_MANAGER, "partners@example.org")) as client:
        client.cookies.set("nahmi_language", "en")
        assert "ncmec" in client.get("/console/exchanges").text
        path = "/console/exchanges/ncmec"
        found = re.search(r'name="csrf" value="(\w+)"', client.get(path).text)
        assert found
        token = {"csrf": found[1]}
        asked = client.post(f"{path}/fetch", data=token)
        assert (asked.status_code, asked.headers["location"]) == (303, path)
        until(client, path, "/opinions")
        until(client, "/console/exchanges", "job-done")
        form = {**token, "entry": "1", "stance": "agree", "reason": ""}
        assert client.post(f"{path}/opinions", data=form).status_code == 303
        end = time.monotonic() + PATIENCE_S
        while not program.feedback:  # what is said later takes the place of what still waits
            assert time.monotonic() < end
            time.sleep(0.05)
        form |= {"stance": "disagree", "reason": "no such reason"}
        assert client.post(f"{path}/opinions", data=form).status_code == 303
        refused = until(client, path, "/retry")
        assert "no such reason" in refused
        retry = re.search(r'action="([^"]+/retry)"', refused)
        assert retry
        assert client.post(retry[1], data=token).status_code == 303
        assert program.feedback == {("42", "image1", "MD5"): "yes"}
        for wrong in ({"entry": "x"}, {"entry": "99"}, {"stance": ""}, {"reason": ""}):
            answer = client.post(f"{path}/opinions", data={**form, **wrong})
            assert (answer.status_code, "mistake" in answer.text) == (422, True)
        assert program.credentials not in client.get("/console/exchanges").text


def test_the_settings_name_exchanges_without_their_secrets(
    house: House, program: FakeNcmec
) -> None:
    with closing(sign_in(house, Role.ADMIN, "admin@example.org")) as client:
        text = client.get("/console/settings").text
        assert "exchange.ncmec" in text
        assert program.base_url not in text
