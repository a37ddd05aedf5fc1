# SPDX-License-Identifier: Apache-2.0
"""Whatever the order of changes, the index equals a dictionary searched by brute force."""

import shutil
import tempfile
from pathlib import Path

import numpy as np
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from nahmi.kernels import reference_hamming
from nahmi.store.index import Index

# A small pool with near neighbours and doubles, so that limits and removals meet.
_POOL = np.random.default_rng(2).integers(0, 256, (12, 32), dtype=np.uint8).repeat(5, 0)
for _i in range(len(_POOL)):
    _POOL[_i, :: max(1, 7 - _i % 5)] ^= np.uint8(1 << (_i % 5))


class IndexModel(RuleBasedStateMachine):
    def __init__(self) -> None:
        super().__init__()
        self.folder = Path(tempfile.mkdtemp())
        self.index = Index.create(self.folder / "pdq")
        self.reader = Index.open(self.folder / "pdq", read_only=True)
        self.model: list[tuple[int, int]] = []

    @rule(
        new=st.lists(
            st.tuples(st.integers(0, 2**64 - 1) | st.integers(0, 5), st.integers(0, 59)), max_size=6
        )
    )
    def add(self, new: list[tuple[int, int]]) -> None:
        self.index.add(
            np.array([key for key, _ in new], np.uint64),
            _POOL[[row for _, row in new]].reshape(-1, 32),
        )
        self.model += new

    @precondition(lambda self: self.model)
    @rule(data=st.data())
    def remove(self, data: st.DataObject) -> None:
        chosen = data.draw(st.lists(st.sampled_from([k for k, _ in self.model]), max_size=3))
        removed = self.index.remove(np.array(chosen, np.uint64))
        kept = [(key, row) for key, row in self.model if key not in chosen]
        assert removed == len(self.model) - len(kept)
        self.model = kept

    @rule()
    def seal(self) -> None:
        with self.index.exclusive():
            self.index._files.seal()

    @rule()
    def compact(self) -> None:
        self.index.compact()

    @rule()
    def reopen(self) -> None:
        self.index.close()
        self.index = Index.open(self.folder / "pdq")

    @rule(limit=st.integers(0, 63), query=st.integers(0, 59))
    def search(self, limit: int, query: int) -> None:
        rows = _POOL[[row for _, row in self.model]].reshape(-1, 32)
        found, bits = reference_hamming.within(rows, _POOL[query], limit_bits=limit)
        expected = sorted(
            (int(b), self.model[i][0]) for i, b in zip(found.tolist(), bits, strict=True)
        )
        for index in (self.index, self.reader):
            hits = index.search(_POOL[query : query + 1], limit_bits=limit)
            got = list(zip(hits.distance.tolist(), hits.key.tolist(), strict=True))
            assert got == expected

    @invariant()
    def counts(self) -> None:
        assert len(self.index) == len(self.model)

    def teardown(self) -> None:
        self.reader.close()
        self.index.close()
        shutil.rmtree(self.folder)


IndexModel.TestCase.settings = settings(max_examples=25, stateful_step_count=25, deadline=None)
test_index_equals_brute_force = IndexModel.TestCase
