# SPDX-License-Identifier: Apache-2.0
"""From a change in one process of a node to the answer of another, under load.

Two servers share a store. One is asked about signals all the time; an entry is added or deleted
through the other, and the first is asked about it until its answer has changed.
"""

import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import httpcore
import msgspec
import numpy as np

from bench import http_load, node, servers, signals
from bench.corpus import Corpus
from bench.options import Options
from bench.report import Table

_SIGNALS = 100_000
_RATE = 500.0
_CONNECTIONS = 16
_GOAL_MS = 1_000.0
_WARM_UP = 5
"""Changes that are not timed: servers load some things when they are first asked for."""
_MOST_S = 60.0


def run(_: Corpus, options: Options) -> list[Table]:
    rounds = options.pick(200, 30)
    table = Table(
        title=f"Changes seen by another process; {_SIGNALS:,} signals, {_RATE:g} requests/s beside "
        f"them, {rounds} changes of each kind",
        columns=("store", "change", "p50 ms", "p99 ms", "most ms", "goal", ""),
        notes=["From sending the change to one server to the first right answer of the other."],
    )
    for store in ("SQLite", "PostgreSQL"):
        with _database(store) as database, tempfile.TemporaryDirectory() as name:
            for change, taken in _measure(Path(name), database, rounds).items():
                p50, p99 = np.percentile(taken, [50, 99]).tolist()
                most = max(taken)
                met = most < _GOAL_MS
                table.rows.append([store, change, p50, p99, most, "< 1,000 ms", met])
    return [table]


@contextmanager
def _database(store: str) -> Iterator[str]:
    if store == "SQLite":
        yield ""
        return
    from nahmi.testing.postgres import PostgresServer  # noqa: PLC0415 - only here

    with (
        tempfile.TemporaryDirectory(prefix="nahmi-") as shared,
        PostgresServer(Path(shared)) as server,
        server.database() as url,
    ):
        yield url


def _measure(folder: Path, database: str, rounds: int) -> dict[str, list[float]]:
    command = node.make(folder, database=database)
    listing = folder / "signals.csv"
    lines = [f"pdq,{row.tobytes().hex()}" for row in signals.uniform(_SIGNALS, 5)]
    listing.write_text("\n".join(["signal_type,value", *lines]) + "\n")
    node.call(command, "bank", "import", node.BANK, str(listing))
    key = servers.make_key(command, "protect:content:match", "protect:entry:write")
    with ExitStack() as opened:
        changed, asked = (
            opened.enter_context(servers.nahmi(folder, database=database)) for _ in range(2)
        )
        load = http_load.started(
            folder / "requests",
            _load(key),
            port=asked,
            connections=_CONNECTIONS,
            seconds=_MOST_S,
            rate=_RATE,
        )
        opened.callback(load.wait)
        opened.callback(load.terminate)
        changes = _Changes(_Caller(changed, key), _Caller(asked, key))
        changes.time(_WARM_UP)
        taken = changes.time(rounds)
        assert load.poll() is None, "the load ended before the changes did"
        return taken


def _load(key: str) -> Iterator[bytes]:
    for row in signals.uniform(int(_RATE * _MOST_S), 17):
        yield servers.post("/api/v1/match", _question(row.tobytes().hex()), key)


def _question(value: str) -> bytes:
    return msgspec.json.encode({"signals": [{"type": "pdq", "value": value}]})


class _Caller:
    """Asks one server, over a connection that stays open."""

    def __init__(self, port: int, key: str) -> None:
        self._base = f"http://127.0.0.1:{port}/api/v1"
        self._headers = {"authorization": f"Bearer {key}", "content-type": "application/json"}
        self._pool = httpcore.ConnectionPool(max_connections=1)

    def send(self, path: str, body: bytes) -> dict[str, object]:
        answer = self._pool.request(
            "POST", f"{self._base}{path}", headers=self._headers, content=body
        )
        assert answer.status < 300, answer.content
        found: dict[str, object] = msgspec.json.decode(answer.content or b"{}")
        return found

    def wait_for(self, value: str, verdict: str) -> None:
        """Ask until the answer is this."""
        until = time.monotonic() + _MOST_S
        while self.send("/match", _question(value))["verdict"] != verdict:
            assert time.monotonic() < until, "the change was never seen"


class _Changes:
    def __init__(self, changed: _Caller, asked: _Caller) -> None:
        self._changed = changed
        self._asked = asked

    def time(self, rounds: int) -> dict[str, list[float]]:
        """Milliseconds of each change."""
        taken: dict[str, list[float]] = {"add an entry": [], "delete it": []}
        rng = np.random.default_rng(time.time_ns())
        for row in rng.integers(0, 256, (rounds, 32), dtype=np.uint8):
            value = row.tobytes().hex()
            began = time.perf_counter()
            made = self._changed.send("/banks/1/entries", _question(value))
            self._asked.wait_for(value, "match")
            taken["add an entry"].append((time.perf_counter() - began) * 1e3)
            began = time.perf_counter()
            gone = {"entry_ids": made["entry_ids"]}
            self._changed.send("/entries/delete", msgspec.json.encode(gone))
            self._asked.wait_for(value, "no_match")
            taken["delete it"].append((time.perf_counter() - began) * 1e3)
        return taken
