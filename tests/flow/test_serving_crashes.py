# SPDX-License-Identifier: Apache-2.0
"""A server that is killed at any moment has lost nothing that it acknowledged."""

import random
import threading
import time
from contextlib import suppress
from http.client import HTTPException
from itertools import count
from pathlib import Path

import pytest

from nahmi.bootstrap.operation import open_operation
from nahmi.core.match import Verdict
from nahmi.core.member import OWN_MEMBER
from nahmi.protect.match_log import MatchFilter
from nahmi.testing.acknowledged import Acknowledged, State
from nahmi.testing.node_process import Caller, NodeProcess, make_node

pytestmark = [pytest.mark.enable_socket, pytest.mark.allow_hosts(["127.0.0.1"])]

ROUNDS = 3
WRITERS = 2


class Round:
    """Threads that write and ask until the server is gone."""

    def __init__(self, port: int, key: str, said: Acknowledged, name: str) -> None:
        self._port, self._key, self._said, self._name = port, key, said, name
        self.changes = 0
        self._threads = [threading.Thread(target=self._write) for _ in range(WRITERS)]
        self._threads.append(threading.Thread(target=self._ask))
        for thread in self._threads:
            thread.start()

    @property
    def goes_on(self) -> bool:
        return any(thread.is_alive() for thread in self._threads)

    def join(self) -> None:
        for thread in self._threads:
            thread.join()

    def _write(self) -> None:
        with suppress(OSError, HTTPException), Caller(self._port, self._key) as caller:
            for number in count():
                signals = self._said.new_signals(1 + number % 3)
                with self._said.changing(signals, State.IN):
                    added = caller.add(signals)
                    assert added.status == 201, added
                    self._said.note_entries(signals, added.json()["entry_ids"])
                self.changes += 1
                if number % 3 == 2:
                    self._withdraw(caller, signals)

    def _withdraw(self, caller: Caller, signals: list[str]) -> None:
        with self._said.changing(signals, State.OUT):
            ids = [self._said.entry_of(signal) for signal in signals]
            withdrawn = caller.ask("POST", "/api/v1/entries/delete", {"entry_ids": ids})
            assert withdrawn.json() == {"changed": len(ids)}
        self.changes += 1

    def _ask(self) -> None:
        with suppress(OSError, HTTPException), Caller(self._port, self._key) as caller:
            for number in count():
                known = self._said.known(State.IN)
                if not known:
                    time.sleep(0.001)
                    continue
                signal, reference = known[number % len(known)], f"{self._name}-{number}"
                answer = caller.match("pdq", signal, reference=reference)
                assert answer.status == 200, answer
                if answer.json()["verdict"] == "match":
                    self._said.note_match(reference)


def wrong_answers(caller: Caller, said: Acknowledged) -> list[str]:
    """Signals about which the node does not answer as it must."""
    claims = [(signal, Verdict.MATCH) for signal in said.known(State.IN)]
    claims += [(signal, Verdict.NO_MATCH) for signal in said.known(State.OUT)]
    items = [{"signals": [{"type": "pdq", "value": signal}]} for signal, _ in claims]
    reply = caller.ask("POST", "/api/v1/match/batch", {"items": items})
    assert reply.status == 200, reply
    answers = reply.json()["answers"]
    return [
        signal
        for (signal, verdict), answer in zip(claims, answers, strict=True)
        if answer["verdict"] != verdict
    ]


def logged_references(folder: Path) -> list[str]:
    found: list[str] = []
    with open_operation(folder) as node:
        before = None
        while page := node.matches.matches(OWN_MEMBER, MatchFilter(), before=before, limit=500):
            found += [match.event.reference for match in page if match.event.reference]
            before = page[-1].match_id
    return found


def test_kills_at_random_moments_lose_nothing(tmp_path: Path) -> None:
    chance = random.Random(11)  # noqa: S311 - moments of a test
    folder = tmp_path / "node"
    key = make_node(folder)
    said = Acknowledged(seed=7)
    server = NodeProcess(folder)
    for number in range(ROUNDS):
        server.start()
        with Caller(server.port, key) as caller:
            assert not wrong_answers(caller, said)
        wanted = chance.randrange(1, 100)
        running = Round(server.port, key, said, f"round{number}")
        while running.changes < wanted and running.goes_on:
            time.sleep(chance.random() / 100)
        server.kill()
        running.join()
        assert running.changes >= wanted
    with server, Caller(server.port, key) as caller:
        assert not wrong_answers(caller, said)
        assert server.stop() == 0
    logged = logged_references(folder)
    assert said.references
    assert set(said.references) <= set(logged)
    assert len(logged) == len(set(logged)), "no match is logged twice"
