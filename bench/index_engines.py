# SPDX-License-Identifier: Apache-2.0
"""nahmi's index and its peers behind one face: build, search one, search many."""

from collections.abc import Callable
from pathlib import Path
from typing import Any, Protocol

import faiss
import numpy as np
from numpy.typing import NDArray

from bench.signals import LIMIT_BITS, Rows
from nahmi.store.index import Index

Found = list[set[tuple[int, int]]]
"""For each query its (key, distance) pairs."""


class Engine(Protocol):
    """An exact radius search; keys are row numbers."""

    def build(self, rows: Rows) -> None: ...
    def prepare(self, queries: Rows) -> list[Any]: ...
    def one(self, prepared: Any) -> object: ...  # noqa: ANN401 - each engine has its own form
    def many(self, queries: Rows, threads: int) -> object: ...
    def found(self, queries: Rows) -> Found: ...
    def size_bytes(self) -> int | None: ...


class Nahmi:
    """nahmi through its Python interface, NumPy in, NumPy out."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.index: Index | None = None

    def build(self, rows: Rows) -> None:
        self.index = Index.create(self.folder)
        self.index.add(np.arange(len(rows), dtype=np.uint64), rows)
        self.index.preload()

    def prepare(self, queries: Rows) -> list[Rows]:
        return [queries[number : number + 1] for number in range(len(queries))]

    def one(self, prepared: Rows) -> object:
        return self._open().search(prepared, limit_bits=LIMIT_BITS)

    def many(self, queries: Rows, threads: int) -> object:
        return self._open().search(queries, limit_bits=LIMIT_BITS, threads=threads)

    def found(self, queries: Rows) -> Found:
        hits = self._open().search(queries, limit_bits=LIMIT_BITS)
        out: Found = [set() for _ in queries]
        for query, key, distance in zip(
            hits.query.tolist(), hits.key.tolist(), hits.distance.tolist(), strict=True
        ):
            out[query].add((key, distance))
        return out

    def size_bytes(self) -> int:
        return self._open().status().size_bytes

    def _open(self) -> Index:
        assert self.index is not None
        return self.index


class ThreatExchange:
    """The index that Meta's library and HMA use for PDQ, through its own interface."""

    def __init__(self, _folder: Path) -> None:
        from threatexchange.signal_type.pdq.signal import PdqSignal  # noqa: PLC0415

        self.index = PdqSignal.get_index_cls()()

    def build(self, rows: Rows) -> None:
        self.index.add_all((row.tobytes().hex(), number) for number, row in enumerate(rows))

    def prepare(self, queries: Rows) -> list[str]:
        return [row.tobytes().hex() for row in queries]

    def one(self, prepared: str) -> object:
        return self.index.query(prepared)

    def many(self, queries: Rows, threads: int) -> object:
        faiss.omp_set_num_threads(threads)
        inner = self.index.index
        return inner.search_with_distance_in_result(self.prepare(queries), LIMIT_BITS)

    def found(self, queries: Rows) -> Found:
        return [
            {(hit.metadata, hit.similarity_info.distance) for hit in self.index.query(text)}
            for text in self.prepare(queries)
        ]

    def size_bytes(self) -> None:
        return None


class Faiss:
    """A FAISS binary index, called with NumPy arrays."""

    def __init__(self, make: Callable[[], Any]) -> None:
        self.index = make()

    def build(self, rows: Rows) -> None:
        self.index.add(np.ascontiguousarray(rows))

    def prepare(self, queries: Rows) -> list[Rows]:
        return [queries[number : number + 1] for number in range(len(queries))]

    def one(self, prepared: Rows) -> object:
        # Its radius is exclusive.
        return self.index.range_search(prepared, LIMIT_BITS + 1)

    def many(self, queries: Rows, threads: int) -> object:
        faiss.omp_set_num_threads(threads)
        return self.index.range_search(queries, LIMIT_BITS + 1)

    def found(self, queries: Rows) -> Found:
        ends, distances, keys = self.index.range_search(queries, LIMIT_BITS + 1)
        pairs = list(zip(keys.tolist(), distances.astype(np.int64).tolist(), strict=True))
        return [set(pairs[ends[n] : ends[n + 1]]) for n in range(len(queries))]

    def size_bytes(self) -> None:
        return None


def _multi_hash() -> Any:  # noqa: ANN401 - FAISS has no types
    index = faiss.IndexBinaryMultiHash(256, 11, 23)
    index.nflip = 2
    return index


ENGINES: dict[str, Callable[[Path], Engine]] = {
    "nahmi": Nahmi,
    "threatexchange PDQIndex": ThreatExchange,
    "FAISS MultiHash 11x23, 2 flips": lambda _: Faiss(_multi_hash),
    "FAISS BinaryFlat": lambda _: Faiss(lambda: faiss.IndexBinaryFlat(256)),
}


def brute_force(rows: Rows, queries: Rows) -> Found:
    """Every pair compared, in NumPy: the definition that all engines are held to."""
    words = rows.view(np.uint64)
    out: Found = []
    for query in queries.view(np.uint64):
        pairs: set[tuple[int, int]] = set()
        for start in range(0, len(words), 1_000_000):
            part: NDArray[np.uint64] = words[start : start + 1_000_000] ^ query
            distance = np.bitwise_count(part).sum(axis=1)
            near = np.flatnonzero(distance <= LIMIT_BITS)
            pairs.update(zip((near + start).tolist(), distance[near].tolist(), strict=True))
        out.append(pairs)
    return out
