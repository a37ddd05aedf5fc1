# SPDX-License-Identifier: Apache-2.0
"""The node over HTTP beside a server like Meta's Hasher-Matcher-Actioner, in turn.

The server runs on one core, the load generator on the other. Every query is new. Nearly all content
that a platform sees is unknown, so one query in a hundred is an altered member of the list. nahmi
authenticates, spends the key's budget, looks for query walks, and logs each match on disk before it
answers; the peer does none of that.
"""

import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import msgspec
import numpy as np
from numpy.typing import NDArray

from bench import http_load, node, servers, signals
from bench.corpus import Corpus
from bench.http_load import Load
from bench.options import Options
from bench.report import Cell, Table
from bench.timing import spread

_PEER = "threatexchange in Flask under gunicorn"
_NAHMI = "nahmi serve"
_COUNTS = "a server that only counts"
_EMPTY_US = 30.0
"""What an empty application under uvicorn takes for a request."""
_CONNECTIONS = 32
_MEMBERS = 0.01
_FLIPS = 12
_BATCH = 1_000
_Rows = NDArray[np.uint8]


def run(_: Corpus, options: Options) -> list[Table]:
    sizes = options.sizes_asked or (options.pick(1_000_000, 100_000),)
    with tempfile.TemporaryDirectory(prefix="nahmi-bench-") as name:
        return [
            table for size in sizes for table in _measure(Path(name) / str(size), size, options)
        ]


def _measure(folder: Path, size: int, options: Options) -> list[Table]:
    folder.mkdir()
    rows = signals.uniform(size, 5)
    listed = folder / "signals.txt"
    listed.write_text("\n".join(row.tobytes().hex() for row in rows))
    key = _fill(folder, rows)
    seconds, rounds = options.pick(8.0, 3.0), options.pick(3, 1)
    rng = np.random.default_rng(11)
    contenders: dict[str, list[Load]] = {_NAHMI: []}
    if not options.alone:
        contenders = {_PEER: [], **contenders}
    for _ in range(rounds):
        for contender, loads in contenders.items():
            with _server(contender, folder, str(listed)) as port:
                requests = _requests(contender, _queries(rows, rng, 200_000), key)
                loads.append(_load(folder, port, requests, seconds, 0))
    half = float(np.median([load.per_second for load in contenders[_NAHMI]])) / 2
    about = f"{1e6 / (2 * half) - _EMPTY_US:.0f}"
    relaxed: dict[str, list[Load]] = {_COUNTS: [], _NAHMI: []}
    for _ in range(options.pick(5, 1)):
        for contender, loads in relaxed.items():
            with _server(contender, folder, about) as port:
                requests = _requests(_NAHMI, _queries(rows, rng, 200_000), key)
                finds = contender == _NAHMI
                loads.append(_load(folder, port, requests, seconds, half, finds=finds))
    served, bare = [], []
    for _ in range(rounds):
        before = _bare(folder, rows, rng)
        with servers.nahmi(folder) as port:
            batches = _batches(rows, rng, key)
            load = _load(folder, port, batches, seconds, 0, connections=4)
        served.append(load.per_second * _BATCH)
        bare.append((before + _bare(folder, rows, rng)) / 2)
    return [
        _single_table(contenders, size, seconds),
        _relaxed_table(relaxed, size, half, seconds),
        _batch_table(served, bare, size),
    ]


def _single_table(contenders: dict[str, list[Load]], size: int, seconds: float) -> Table:
    table = Table(
        title=f"One signal a request, {size:,} signals; {_CONNECTIONS} connections, {seconds:g} s, "
        "in turn",
        columns=("server", "requests/s", f"times {_PEER}", "goal", "", "p50 ms", "p99 ms"),
        notes=["One core for the server, one for the load; one query in a hundred matches."],
    )
    for contender, loads in contenders.items():
        peer = contenders.get(_PEER)
        ratio: Cell = None
        verdict: list[Cell] = [None, ""]
        if peer is not None:
            ratio = spread(
                [
                    ours.per_second / theirs.per_second
                    for ours, theirs in zip(loads, peer, strict=True)
                ]
            )
            if contender == _NAHMI:
                verdict = [">= 10", ratio.median >= 10]
        table.rows.append(
            [
                contender,
                spread([load.per_second for load in loads]),
                ratio,
                *verdict,
                spread([load.p50_ms for load in loads]),
                spread([load.p99_ms for load in loads]),
            ]
        )
    return table


def _relaxed_table(relaxed: dict[str, list[Load]], size: int, half: float, seconds: float) -> Table:
    table = Table(
        title=f"Half of that load: {half:,.0f} requests a second, {size:,} signals; "
        f"{_CONNECTIONS} connections, {seconds:g} s, {len(relaxed[_NAHMI])} rounds in turn",
        columns=("server", "requests/s", "p50 ms", "p99 ms", "goal", ""),
        notes=[
            "One that counts for as long as nahmi works on a request shows what the machine adds.",
        ],
    )
    for contender, loads in relaxed.items():
        slowest = spread([load.p99_ms for load in loads])
        verdict: list[Cell] = ["< 10", slowest.median < 10] if contender == _NAHMI else [None, ""]
        table.rows.append(
            [
                contender,
                spread([load.per_second for load in loads]),
                spread([load.p50_ms for load in loads]),
                slowest,
                *verdict,
            ]
        )
    return table


def _batch_table(served: list[float], bare: list[float], size: int) -> Table:
    share = spread([ours / theirs for ours, theirs in zip(served, bare, strict=True)])
    table = Table(
        title=f"{_BATCH:,} signals a request, {size:,} signals; 4 connections; "
        f"{len(served)} rounds in turn",
        columns=("what", "signals/s", "share of the bare index", "goal", ""),
        notes=[
            "Both on all cores, the load generator beside the server.",
            "The index alone is measured before and after each round.",
        ],
    )
    table.rows.append(["the index as a library", spread(bare), None, None, ""])
    table.rows.append([_NAHMI, spread(served), share, ">= 0.6", share.median >= 0.6])
    return table


def _fill(folder: Path, rows: _Rows) -> str:
    """A node that holds the signals; the text of a key."""
    command = node.make(folder)
    listing = folder / "signals.csv"
    with listing.open("w") as out:
        out.write("signal_type,value\n")
        out.writelines(f"pdq,{row.tobytes().hex()}\n" for row in rows)
    node.call(command, "bank", "import", node.BANK, str(listing))
    node.call(command, "index", "compact")
    return servers.make_key(command, "protect:content:match")


def _queries(rows: _Rows, rng: np.random.Generator, count: int) -> _Rows:
    queries = rng.integers(0, 256, (count, 32), dtype=np.uint8)
    members = np.flatnonzero(rng.random(count) < _MEMBERS)
    flips = np.zeros((len(members), 256), np.uint8)
    for flip in flips:
        flip[rng.choice(256, _FLIPS, replace=False)] = 1
    queries[members] = rows[rng.integers(0, len(rows), len(members))] ^ np.packbits(flips, axis=1)
    return queries


def _requests(contender: str, queries: _Rows, key: str) -> Iterator[bytes]:
    for row in queries:
        value = row.tobytes().hex()
        if contender == _PEER:
            yield (
                f"GET /m/lookup?signal_type=pdq&signal={value} HTTP/1.1\r\nHost: node\r\n\r\n"
            ).encode()
        else:
            body = msgspec.json.encode({"signals": [{"type": "pdq", "value": value}]})
            yield servers.post("/api/v1/match", body, key)


def _batches(rows: _Rows, rng: np.random.Generator, key: str) -> Iterator[bytes]:
    for _ in range(400):
        items = [
            {"signals": [{"type": "pdq", "value": row.tobytes().hex()}]}
            for row in _queries(rows, rng, _BATCH)
        ]
        yield servers.post("/api/v1/match/batch", msgspec.json.encode({"items": items}), key)


def _load(  # noqa: PLR0913 - what a run of the generator needs
    folder: Path,
    port: int,
    requests: Iterator[bytes],
    seconds: float,
    rate: float,
    *,
    connections: int = _CONNECTIONS,
    finds: bool = True,
) -> Load:
    load = http_load.run(
        folder / "requests",
        requests,
        port=port,
        connections=connections,
        seconds=seconds,
        rate=rate,
        cores=servers.core(-1),
    )
    assert set(load.statuses) == {200}, load.statuses
    assert load.matches or not finds or sum(load.statuses.values()) < 1000, "no query matched"
    return load


@contextmanager
def _server(contender: str, folder: Path, about: str) -> Iterator[int]:
    if contender == _NAHMI:
        with servers.nahmi(folder, cores=servers.core(0)) as port:
            yield port
        return
    port = servers.free_port()
    name = "counting" if contender == _COUNTS else "hma_like"
    command = [sys.executable, "-m", f"bench.{name}", about, f"127.0.0.1:{port}"]
    with servers.running([*servers.core(0), *command], port):
        yield port


def _bare(folder: Path, rows: _Rows, rng: np.random.Generator) -> float:
    """Signals a second of the index alone, in batches of the same size, on all cores."""
    from nahmi import Index  # noqa: PLC0415 - after the node's processes are gone

    with Index.open(folder / "node" / "index" / "pdq", read_only=True) as index:
        batches = [_queries(rows, rng, _BATCH) for _ in range(200)]
        index.search(batches[0])
        began = time.perf_counter()
        for batch in batches:
            index.search(batch, limit_bits=31)
        return len(batches) * _BATCH / (time.perf_counter() - began)
