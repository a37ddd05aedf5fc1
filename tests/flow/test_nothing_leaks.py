# SPDX-License-Identifier: Apache-2.0
"""Nothing that a client can send stands in what a node writes: its log, its output, its metrics.

A real server gets words that can be recognised in every place that a request has, on paths that
succeed and on paths that fail. Then everything that it wrote is searched for them.
"""

import base64
import json
import re
import secrets
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest

from nahmi.access.roles import Role
from nahmi.access.sessions import TOKEN_BYTES, make_token
from nahmi.bootstrap import init_node, now, open_access
from nahmi.core.member import OWN_MEMBER
from nahmi.operate.log_fields import WITHHELD
from nahmi.testing.keys import give_key
from nahmi.testing.media import as_png, scene

pytestmark = [pytest.mark.enable_socket, pytest.mark.allow_hosts(["127.0.0.1"])]

WORD = "zqxcanary"
"""Part of every word that is sent; case does not count."""
SIGNAL = "5ca1ab1e0ddba11" + "c0de" * 12 + "f"
DIGEST = "ba5eba11f01dab1e" * 4
URL = f"https://{WORD}.example.org/{WORD}?q={WORD}"
PROGRAM = str(Path(sys.executable).with_name("nahmi"))
START_S = 60
LOCAL = {"sec-fetch-site": "same-origin"}

SETTINGS = """layout = 1
[serve]
request_log = "all"
[limits]
decoders = 1
json_bytes = 100000
[hma]
enabled = true
[fetch]
hosts = ["http://127.0.0.1:9 internal"]
"""


class Node:
    """A node that serves, and everything that was sent to it.

    Args:
        folder: Its folder.
        port: Where it serves.
    """

    def __init__(self, folder: Path, port: int) -> None:
        self.secrets: list[str] = []
        self.ids: set[str] = set()
        self.port = port
        self.key = self.secret(give_key(folder, label=WORD))
        self.link = self.secret(_make_link(folder))
        self.client = httpx.Client(base_url=f"http://127.0.0.1:{port}", timeout=60)

    def secret(self, text: str) -> str:
        """A text that must be written nowhere."""
        self.secrets.append(text)
        return text

    def ask(self, method: str, path: str, **more: Any) -> httpx.Response:  # noqa: ANN401 - passed on
        """Send a request with the key, unless it has a header of its own."""
        headers = {
            "authorization": f"Bearer {self.key}",
            "user-agent": WORD,
            "referer": URL,
            "x-request-id": WORD,
            "x-forwarded-for": WORD,
            **more.pop("headers", {}),
        }
        answer = self.client.request(method, path, headers=headers, **more)
        self.ids.add(answer.headers["x-request-id"])
        return answer


def _make_link(folder: Path) -> str:
    token = make_token(secrets.token_bytes(TOKEN_BYTES))
    with open_access(folder) as access:
        person = access.people.add_person(
            member_id=OWN_MEMBER,
            email=f"{WORD}@example.org",
            name=WORD,
            role=Role.ADMIN,
            language="en",
            now=now(),
        )
        access.sessions.add_link(token, person.person_id, now=now())
    return token


@contextmanager
def serving(folder: Path, written: Path) -> Iterator[Node]:
    """A node in a process of its own; what it writes goes into a file."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    with written.open("wb") as file:
        arguments = [PROGRAM, "--node", str(folder), "serve", "--port", str(port)]
        process = subprocess.Popen(arguments, stdout=file, stderr=subprocess.STDOUT)
        try:
            _wait(process, port, written)
            node = Node(folder, port)
            with node.client:
                yield node
        finally:
            process.send_signal(signal.SIGTERM)
            process.wait(timeout=START_S)
    assert process.returncode in {-signal.SIGTERM, 0}


def _wait(process: subprocess.Popen[bytes], port: int, written: Path) -> None:
    until = time.monotonic() + START_S
    while time.monotonic() < until and process.poll() is None:
        try:
            if httpx.get(f"http://127.0.0.1:{port}/health/ready").status_code == 200:
                return
        except httpx.TransportError:
            time.sleep(0.05)
    raise AssertionError(written.read_text(encoding="utf-8"))


def ask_about_content(node: Node) -> None:
    """Signals, files and addresses, known and unknown, good and bad."""
    body = {"signals": [{"type": "pdq", "value": SIGNAL}], "reference": WORD}
    assert node.ask("POST", "/api/v1/match", json=body).json()["verdict"] == "match"
    url = {"signals": [{"type": "url", "value": URL}, {"type": "sha256", "value": DIGEST}]}
    assert node.ask("POST", "/api/v1/match", json=url).json()["verdict"] == "no_match"
    for wrong in (
        {"signals": [{"type": WORD, "value": SIGNAL}]},
        {"signals": [{"type": "pdq", "value": WORD}]},
        {"signals": [{"type": "pdq", "value": SIGNAL, WORD: WORD}], WORD: WORD},
        {"signals": [{"type": "pdq", "value": SIGNAL}], "banks": [WORD]},
        {"signals": [{"type": "pdq", "value": SIGNAL}], "reference": WORD * 100},
    ):
        for path in ("/api/v1/match", "/api/v1/match/batch", "/api/v1/match/stream"):
            sent = {"items": [wrong]} if path.endswith("batch") else wrong
            node.ask("POST", path, content=json.dumps(sent) + "\n")
    node.ask("POST", "/api/v1/match", content=f'{{"{WORD}": {WORD}')
    node.ask("POST", "/api/v1/match", content=b"\xff" + WORD.encode())
    node.ask("POST", "/api/v1/match", content=WORD * 20_000)
    node.ask("POST", "/api/v1/match/content", content=as_png(scene(1)), params={"reference": WORD})
    named = {"file": (f"{WORD}.jpg", WORD.encode(), f"image/{WORD}")}
    for path in ("/api/v1/match/content", "/api/v1/hash", "/h/hash", "/m/lookup"):
        assert node.ask("POST", path, files=named).status_code >= 400, path
        assert node.ask("POST", path, content=f"JFIF{WORD}").status_code >= 400, path
    for address in (URL, f"http://127.0.0.1:9/{WORD}", f"{WORD}://"):
        for path in ("/h/hash", "/m/lookup"):
            assert node.ask("GET", path, params={"url": address}).status_code >= 400, path
    node.ask("GET", "/m/raw_lookup", params={"signal": SIGNAL, "signal_type": "pdq"})
    node.ask("POST", "/m/compare", json={WORD: [SIGNAL, SIGNAL], "pdq": [SIGNAL, WORD]})


def change_things(node: Node) -> int:
    """Banks, entries, keys, people, webhooks; the number of the bank."""
    made = node.ask("POST", "/api/v1/banks", json={"name": WORD.upper(), "category": "test"})
    bank = made.json()["bank_id"]
    entry = {
        "signals": [{"type": "pdq", "value": SIGNAL}],
        "source": WORD,
        "note": WORD,
        "content_ref": WORD,
    }
    entries = f"/api/v1/banks/{bank}/entries"
    assert node.ask("POST", entries, json=entry).status_code == 201
    node.ask("POST", entries, json=entry, headers={"idempotency-key": WORD})
    node.ask("POST", entries, json=entry, headers={"idempotency-key": WORD})
    node.ask("POST", entries, json={**entry, "note": WORD * 1000})
    node.ask("GET", entries, params={"text": WORD, "cursor": WORD})
    node.ask("POST", f"/api/v1/banks/{bank}/contents", content=as_png(scene(2)))
    lines = f"signal_type,value,note\npdq,{SIGNAL},{WORD}\npdq,{WORD},{WORD}\n{WORD},{WORD},\n"
    node.ask("POST", f"/api/v1/banks/{bank}/import", content=lines, params={"source": WORD})
    node.ask("GET", f"/api/v1/banks/{bank}/export", params={"format": WORD})
    node.ask("POST", "/api/v1/banks", json={"name": WORD, "category": WORD})
    node.ask("PATCH", f"/api/v1/banks/{bank}", json={}, headers={"if-match": f'"{WORD}"'})
    hook = {"url": URL, "events": ["match.block"]}
    made = node.ask("POST", "/api/v1/webhooks", json=hook).json()
    node.secret(made["secret"])
    node.ask("POST", f"/api/v1/webhooks/{made['webhook']['webhook_id']}/test")
    node.ask("POST", "/api/v1/webhooks", json={**hook, "url": f"{WORD} {URL}"})
    key = {"label": WORD, "permissions": ["protect:content:match"]}
    node.secret(node.ask("POST", "/api/v1/keys", json=key).json()["text"])
    person = {"email": f"{WORD}2@example.org", "name": WORD, "role": "viewer"}
    node.secret(node.ask("POST", "/api/v1/people", json=person).json()["token"])
    node.ask("POST", "/api/v1/people", json={**person, "email": f"{WORD} {WORD}"})
    node.ask("POST", "/c/banks", json={"name": WORD, "matching_enabled_ratio": WORD})
    node.ask("POST", f"/c/bank/{WORD.upper()}/signal", json={"pdq": SIGNAL, "note": WORD})
    return int(bank)


def knock(node: Node) -> None:
    """Requests that are let nowhere, or lead nowhere."""
    basic = base64.b64encode(f"{WORD}:{node.key}".encode()).decode()
    for header in (WORD, f"Bearer {WORD}", f"Bearer {node.key}{WORD}", f"Basic {basic}"):
        for path in ("/api/v1/match", "/api/v1/banks", "/m/index/status", "/metrics"):
            method = "POST" if path.endswith("match") else "GET"
            node.ask(method, path, headers={"authorization": header})
    for path in (
        f"/{WORD}",
        f"/api/v1/{WORD}",
        f"/api/v1/banks/{WORD}",
        f"/api/v1/signal-types/{WORD}",
        f"/c/bank/{WORD}",
        f"/console/{WORD}",
        f"/console/enter/{WORD}",
        f"/static/{WORD}",
        "/api/v1/banks",
    ):
        assert node.ask("GET", path, params={WORD: WORD, "limit": WORD}).status_code, path
    assert node.ask("TRACE", "/api/v1/banks").status_code == 405


def use_the_console(node: Node) -> None:
    """Sign in wrongly and rightly, try files, and fill in forms."""
    password = {"email": f"{WORD}@example.org", "password": WORD}
    for headers in (LOCAL, {"origin": URL}):
        node.ask("POST", "/console/sign-in", data=password, headers=headers)
    node.ask("POST", "/console/enter", data={"token": WORD}, headers=LOCAL)
    node.client.cookies.set("nahmi", WORD)
    node.ask("GET", "/console/matches", params={"reference": WORD, "since": WORD})
    node.client.cookies.clear()
    assert node.ask("POST", "/console/enter", data={"token": node.link}, headers=LOCAL).is_redirect
    session = node.secret(node.client.cookies["nahmi"])
    page = node.ask("GET", "/console/account/password").text
    [csrf] = set(re.findall(r'name="csrf" value="([^"]+)"', page))
    node.secret(csrf)
    chosen = f"{WORD}, a few words of my own"
    new = {"csrf": csrf, "password": chosen, "again": chosen, "current": ""}
    done = node.ask("POST", "/console/account/password", data=new, headers=LOCAL)
    assert done.is_redirect, done.text
    session = node.secret(node.client.cookies["nahmi"])
    assert session
    page = node.ask("GET", "/console/try").text
    [csrf] = set(re.findall(r'name="csrf" value="([^"]+)"', page))
    for content in (as_png(scene(3)), WORD.encode()):
        files = {"file": (f"{WORD}.png", content)}
        tried = node.ask("POST", "/console/try", data={"csrf": csrf}, files=files, headers=LOCAL)
        assert tried.status_code in {200, 422}
    bank = {"csrf": csrf, "name": WORD, "category": WORD}
    node.ask("POST", "/console/banks/new", data=bank, headers=LOCAL)
    node.ask("POST", "/console/banks/new", data={**bank, "csrf": WORD}, headers=LOCAL)


def garble(node: Node) -> None:
    """What is no HTTP."""
    for text in (
        f"{WORD} {URL} {WORD}\r\n\r\n",
        f"{WORD.upper()} /api/v1/banks HTTP/1.1\r\nhost: {WORD}\r\n\r\n",
        f"GET /{WORD} HTTP/1.1\r\n{WORD}\r\n\r\n",
        f"GET /{WORD} HTTP/1.1\r\nhost: {WORD} {WORD}\r\n\r\n",
    ):
        with socket.create_connection(("127.0.0.1", node.port), timeout=60) as connection:
            connection.sendall(text.encode())
            connection.recv(1000)


def test_a_node_writes_nothing_of_what_was_sent(tmp_path: Path) -> None:
    folder, written = tmp_path / "node", tmp_path / "written"
    init_node(folder).close()
    (folder / "node.toml").write_text(SETTINGS)
    with serving(folder, written) as node:
        bank = change_things(node)
        ask_about_content(node)
        knock(node)
        use_the_console(node)
        garble(node)
        assert node.ask("GET", f"/api/v1/banks/{bank}").status_code == 200
        metrics = node.ask("GET", "/metrics").text
    text = written.read_text(encoding="utf-8")
    assert_clean(node, f"{text}\n{metrics}")
    lines = [json.loads(line) for line in text.splitlines()]
    assert [line["event"] for line in (lines[0], lines[-1])] == ["node:start", "node:stop"]
    answers = [line for line in lines if line["event"] == "request:answer"]
    assert node.ids <= {line["request_id"] for line in answers}, "every request has its line"
    assert not [line for line in lines if WITHHELD in str(line) or "dropped" in line]
    routes = {line.get("route") for line in answers}
    assert {"/api/v1/match", "/api/v1/banks/{bank_id}", "/console/try", "/h/hash", None} <= routes


def assert_clean(node: Node, text: str) -> None:
    """Nothing that was sent is in the text, however it is written."""
    words = [WORD, SIGNAL[:12], DIGEST[:12], base64.b64encode(WORD.encode())[:-1].decode()]
    words += [part for secret in node.secrets for part in (secret, secret[-16:])]
    found = [word for word in words if word.lower() in text.lower()]
    assert not found
