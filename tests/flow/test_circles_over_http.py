# SPDX-License-Identifier: Apache-2.0
"""Two nodes that serve, each in a process of its own: from the invitation to the withdrawal."""

import json
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from http import HTTPStatus
from pathlib import Path
from typing import Any

import pytest

from nahmi.access.identity import LOCAL
from nahmi.bootstrap.circles import Circles
from nahmi.bootstrap.open_circles import open_circles
from nahmi.cli.app import run
from nahmi.partner.node_interface import circle_path
from nahmi.partner.ports.circle import Circle
from nahmi.partner.requests.head import RequestHead
from nahmi.partner.requests.signing import sign_request
from nahmi.testing.circles import signal
from nahmi.testing.node_process import BANK, Caller, NodeProcess, free_port, make_node

pytestmark = [pytest.mark.enable_socket, pytest.mark.allow_hosts(["127.0.0.1"])]

PATIENCE_S = 60.0
NAME = "Gulf"


class Serving:
    """A node that serves, and its commands.

    Args:
        folder: The node's.
        key: Of a caller who may do everything.
        process: The node.
        circles: What it does with circles, looked at beside it.
        read: What a command printed.
    """

    def __init__(
        self,
        folder: Path,
        key: str,
        process: NodeProcess,
        circles: Circles,
        read: Callable[[], str],
    ) -> None:
        self.folder = folder
        self.key = key
        self.process = process
        self.circles = circles
        self._read = read

    @property
    def circle(self) -> Circle:
        [one] = self.circles.circles.circles()
        return one

    def attends_to(self) -> list[tuple[str, str]]:
        found = self.circles.looking.attention(LOCAL, self.circle.circle_id)
        return [(one.signal.value, one.tier) for _, one in found]

    def misses(self) -> tuple[str, ...]:
        [newest, *_] = self.circles.looking.withdrawals(LOCAL, self.circle.circle_id)
        return newest.missing

    def does(self, *arguments: str) -> str:
        self._read()
        assert run(["--node", str(self.folder), *arguments]) == 0
        return self._read()

    def knows(self, *arguments: str) -> Any:  # noqa: ANN401 - whatever the command prints
        return json.loads(self.does(*arguments, "--json"))

    def matches(self, number: int) -> bool:
        with Caller(self.process.port, self.key) as caller:
            return bool(caller.match("pdq", signal(number).value).json()["verdict"] == "match")


@pytest.fixture
def pair(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Iterator[tuple[Serving, Serving]]:
    """Two nodes in one circle."""
    ports = free_port(), free_port()
    known = ", ".join(f'"http://127.0.0.1:{port}"' for port in ports)
    with ExitStack() as serving:
        nodes = []
        for place, port in enumerate(ports):
            folder = tmp_path / f"node{place}"
            settings = f"[serve]\nport = {port}\n[circles]\nwait_s = 1\nprivate_hosts = [{known}]\n"
            key = make_node(folder, settings=settings)
            process = serving.enter_context(NodeProcess(folder, port=port))
            _, circles = serving.enter_context(open_circles(folder))
            nodes.append(Serving(folder, key, process, circles, lambda: capsys.readouterr().out))
        home, other = nodes
        who = ("--sector", "hotline", "--organisation")
        home.does(
            "circle",
            "found",
            NAME,
            *who,
            "Home",
            "--country",
            "AE",
            "--quorum",
            "1",
            "--jurisdictions",
            "1",
        )
        text = home.knows("circle", "invite", NAME)["invitation"]
        shown = other.knows("circle", "join", text, *who, "Other", "--country", "GB")
        [applied] = home.knows("circle", "invitations", NAME)["invitations"]
        assert applied["fingerprint"] == shown["fingerprint"]
        home.does("circle", "admit", NAME, str(applied["number"]))
        wait_until(lambda: other.circle.size == 1)
        yield home, other


def wait_until(is_so: Callable[[], bool]) -> None:
    until = time.monotonic() + PATIENCE_S
    while not is_so():
        assert time.monotonic() < until, "it did not come about"
        time.sleep(0.1)


def test_a_bank_travels_is_disputed_and_withdrawn(
    pair: tuple[Serving, Serving], tmp_path: Path
) -> None:
    home, other = pair
    rows = "\n".join(f"pdq,{signal(number).value}" for number in range(300))
    (tmp_path / "rows.csv").write_text(f"signal_type,value\n{rows}\n")
    home.does("bank", "import", BANK, str(tmp_path / "rows.csv"))
    home.does("circle", "share", NAME, BANK)
    wait_until(lambda: other.matches(299))
    text = f"pdq:{signal(7).value}"
    other.does("circle", "dispute", NAME, text)
    wait_until(lambda: home.attends_to() == [(signal(7).value, "contested")])
    home.does("circle", "withdraw", NAME, text)
    wait_until(lambda: not other.matches(7))
    wait_until(lambda: not home.misses())
    assert other.matches(8)
    assert other.knows("circle", "verify", NAME)["problem"] == ""
    facts = [node.knows("circle", "show", NAME) for node in pair]
    assert facts[0]["statements"] == facts[1]["statements"]
    assert facts[0]["signals"] == facts[1]["signals"]


def test_only_members_requests_are_answered_and_each_once(
    pair: tuple[Serving, Serving],
) -> None:
    home, other = pair
    key, stranger = other.circles.keys.first(1), other.circles.keys.speaking(1, 2)
    path = circle_path(other.circle.circle_id, "checkpoint")
    authority = f"127.0.0.1:{home.process.port}"
    head = RequestHead(method="GET", authority=authority, target=path)
    now_s = int(time.time())

    def ask(headers: dict[str, str], target: str = path) -> tuple[int, str]:
        with Caller(home.process.port) as caller:
            answer = caller.ask("GET", target, headers=headers)
        return answer.status, "" if answer.status == HTTPStatus.OK else answer.json()["code"]

    signed = sign_request(key, head, b"", nonce="n" * 22, now_s=now_s)
    assert ask(signed) == (HTTPStatus.OK, "")
    assert ask(signed) == (HTTPStatus.UNAUTHORIZED, "request_replayed")
    assert ask({}) == (HTTPStatus.UNAUTHORIZED, "request_unsigned")
    late = sign_request(key, head, b"", nonce="o" * 22, now_s=now_s - 400)
    assert ask(late) == (HTTPStatus.UNAUTHORIZED, "request_expired")
    unknown = sign_request(stranger, head, b"", nonce="p" * 22, now_s=now_s)
    assert ask(unknown) == (HTTPStatus.UNAUTHORIZED, "key_unknown")
    other_path = circle_path(other.circle.circle_id, "log")
    altered = sign_request(key, head, b"", nonce="q" * 22, now_s=now_s)
    assert ask(altered, other_path) == (HTTPStatus.UNAUTHORIZED, "request_altered")
    home.does("circle", "remove", NAME, "Other")
    gone = sign_request(key, head, b"", nonce="r" * 22, now_s=now_s)
    assert ask(gone) == (HTTPStatus.FORBIDDEN, "circle_denied")


def test_a_node_that_was_away_goes_on_where_it_was(
    pair: tuple[Serving, Serving], tmp_path: Path
) -> None:
    home, other = pair
    other.process.kill()
    (tmp_path / "rows.csv").write_text(f"signal_type,value\npdq,{signal(1).value}\n")
    home.does("bank", "import", BANK, str(tmp_path / "rows.csv"))
    home.does("circle", "share", NAME, BANK)
    other.process.start()
    wait_until(lambda: other.matches(1))
    home.process.kill()
    (tmp_path / "more.csv").write_text(f"signal_type,value\npdq,{signal(2).value}\n")
    other.does("bank", "import", BANK, str(tmp_path / "more.csv"))
    other.does("circle", "share", NAME, BANK)
    assert other.circles.outgoing.depth(other.circle.number) == (1, 0)
    home.process.start()
    wait_until(lambda: home.matches(2))
    wait_until(lambda: other.circles.outgoing.depth(other.circle.number) == (0, 0))


def test_a_witness_confirms_what_the_other_members_read(
    pair: tuple[Serving, Serving], tmp_path: Path
) -> None:
    home, other = pair
    home.does("circle", "roles", NAME, "Other", "contribute", "opine", "read", "witness")
    wait_until(lambda: other.circle.size == home.circle.size)
    key = other.knows("circle", "witness", NAME)["key"]
    url = f"http://127.0.0.1:{other.process.port}"
    home.does("circle", "witness", NAME, key, "--url", url)
    (tmp_path / "rows.csv").write_text(f"signal_type,value\npdq,{signal(1).value}\n")
    home.does("bank", "import", BANK, str(tmp_path / "rows.csv"))
    home.does("circle", "share", NAME, BANK)
    wait_until(lambda: other.matches(1))
    assert key.partition("+")[0] in other.circle.checkpoint
    other.process.kill()
    (tmp_path / "more.csv").write_text(f"signal_type,value\npdq,{signal(2).value}\n")
    home.does("bank", "import", BANK, str(tmp_path / "more.csv"))
    home.does("circle", "share", NAME, BANK)
    wait_until(lambda: "confirm" in home.circle.error)
    other.process.start()
    wait_until(lambda: other.matches(2))
    assert home.circle.error == ""
