# SPDX-License-Identifier: Apache-2.0
"""One process, killed over and over in the middle of writes; what it acknowledged must be there."""

import random
import time
from collections.abc import Iterator
from contextlib import suppress
from http import HTTPStatus
from http.client import HTTPException
from itertools import count
from pathlib import Path
from threading import Thread
from typing import Final

from nahmi.bootstrap.operation import open_operation
from nahmi.core.match import Verdict
from nahmi.core.member import OWN_MEMBER
from nahmi.protect.match_log import MatchFilter
from nahmi.testing.acknowledged import Acknowledged, State
from nahmi.testing.node_process import Caller, NodeProcess, make_node
from soak.figures import Figures

_MOST_CHANGES: Final = 60
_WRITERS: Final = 2
_AT_ONCE: Final = 1_000
_PAGE: Final = 500


def crash(folder: Path, figures: Figures, seed: int, seconds: float) -> None:
    """Kill a node again and again for so long.

    Args:
        folder: Where it is made.
        figures: Where the rounds and what is missing are counted.
        seed: Of the signals and of the moments.
        seconds: After them no further round begins.
    """
    chance = random.Random(seed)  # noqa: S311 - moments of a test
    key = make_node(folder)
    said = Acknowledged(seed)
    server = NodeProcess(folder)
    until = time.monotonic() + seconds
    for number in count():
        server.start()
        check_claims(server.port, key, said, figures)
        if time.monotonic() > until:
            break
        _crash_once(server, key, said, chance, f"round{number}")
        figures.add("crash rounds")
    if server.stop() != 0:
        figures.note_wrong("a node that was told to stop ended with another code than 0")
    check_log(folder, said, figures)
    figures.add("changes acknowledged before crashes", said.changes)
    figures.add("matches acknowledged before crashes", len(said.references))


def check_claims(port: int, key: str, said: Acknowledged, figures: Figures) -> None:
    """Ask about every signal of which something is claimed."""
    claims = [(signal, Verdict.MATCH) for signal in said.known(State.IN)]
    claims += [(signal, Verdict.NO_MATCH) for signal in said.known(State.OUT)]
    with Caller(port, key) as caller:
        for part in _parts(claims):
            items = [{"signals": [{"type": "pdq", "value": signal}]} for signal, _ in part]
            reply = caller.ask("POST", "/api/v1/match/batch", {"items": items})
            if reply.status != HTTPStatus.OK:
                figures.note_wrong(f"asked about all: {reply.status} {reply.body!r}")
                return
            for (signal, verdict), answer in zip(part, reply.json()["answers"], strict=True):
                if answer["verdict"] != verdict:
                    figures.note_lost(f"{signal} was acknowledged to be {verdict}")


def _parts(claims: list[tuple[str, Verdict]]) -> Iterator[list[tuple[str, Verdict]]]:
    for at in range(0, len(claims), _AT_ONCE):
        yield claims[at : at + _AT_ONCE]


def check_log(folder: Path, said: Acknowledged, figures: Figures) -> None:
    """Look for every match that was answered; the node must not run."""
    logged: set[str] = set()
    with open_operation(folder) as node:
        before = None
        while page := node.matches.matches(OWN_MEMBER, MatchFilter(), before=before, limit=_PAGE):
            logged.update(match.event.reference for match in page)
            before = page[-1].match_id
    for reference in said.references:
        if reference not in logged:
            figures.note_lost(f"the match {reference} was answered and is not in the log")


def _crash_once(
    server: NodeProcess, key: str, said: Acknowledged, chance: random.Random, name: str
) -> None:
    began = said.changes
    wanted = chance.randrange(1, _MOST_CHANGES)
    threads = [Thread(target=_write, args=(server.port, key, said)) for _ in range(_WRITERS)]
    threads.append(Thread(target=_ask, args=(server.port, key, said, name)))
    for thread in threads:
        thread.start()
    while said.changes - began < wanted and any(thread.is_alive() for thread in threads):
        time.sleep(chance.random() / 100)
    server.kill()
    for thread in threads:
        thread.join()


def _write(port: int, key: str, said: Acknowledged) -> None:
    with suppress(OSError, HTTPException), Caller(port, key) as caller:
        for number in count():
            signals = said.new_signals(1 + number % 3)
            with said.changing(signals, State.IN):
                added = caller.add(signals)
                said.note_entries(signals, added.json()["entry_ids"])
            if number % 3 == 2:
                with said.changing(signals, State.OUT):
                    ids = [said.entry_of(signal) for signal in signals]
                    caller.ask("POST", "/api/v1/entries/delete", {"entry_ids": ids})


def _ask(port: int, key: str, said: Acknowledged, name: str) -> None:
    with suppress(OSError, HTTPException), Caller(port, key) as caller:
        for number in count():
            signal = said.pick(State.IN, (number % 97) / 97)
            reference = f"{name}-{number}"
            if signal is None:
                time.sleep(0.001)
            elif caller.match("pdq", signal, reference=reference).json()["verdict"] == "match":
                said.note_match(reference)
