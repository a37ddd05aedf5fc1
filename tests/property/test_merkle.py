# SPDX-License-Identifier: Apache-2.0
"""Merkle trees agree with the definitions of RFC 6962, written down as they stand there."""

from collections.abc import Sequence
from functools import cache
from hashlib import sha256
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nahmi.errors import TrustError
from nahmi.partner.merkle.batch import BatchVerifier, batch_paths
from nahmi.partner.merkle.frontier import Frontier
from nahmi.partner.merkle.hashing import root_of
from nahmi.partner.merkle.nodes import TreeReader
from nahmi.partner.merkle.proofs import prove_consistency, prove_inclusion
from nahmi.partner.merkle.tiles import append, tile_width
from nahmi.partner.merkle.verifying import verify_consistency, verify_inclusion

HASHES = [sha256(str(number).encode()).digest() for number in range(1500)]
SIZES = st.integers(1, 40) | st.sampled_from([255, 256, 257, 511, 512, 513, 1024, 1025, 1500])


def split(size: int) -> int:
    """The largest power of two below a size."""
    k = 1
    while k * 2 < size:
        k *= 2
    return k


@cache
def root(start: int, end: int) -> bytes:
    """MTH of section 2.1."""
    if end == start:
        return sha256(b"").digest()
    if end - start == 1:
        return HASHES[start]
    k = start + split(end - start)
    return sha256(b"\1" + root(start, k) + root(k, end)).digest()


def path(index: int, start: int, end: int) -> list[bytes]:
    """PATH of section 2.1.1; the index counts from `start`."""
    if end - start == 1:
        return []
    k = split(end - start)
    if index < k:
        return [*path(index, start, start + k), root(start + k, end)]
    return [*path(index - k, start + k, end), root(start, start + k)]


def subproof(old: int, start: int, end: int, *, is_known: bool) -> list[bytes]:
    """SUBPROOF of section 2.1.2; the older size counts from `start`."""
    if old == end - start:
        return [] if is_known else [root(start, end)]
    k = split(end - start)
    if old <= k:
        return [*subproof(old, start, start + k, is_known=is_known), root(start + k, end)]
    return [*subproof(old - k, start + k, end, is_known=False), root(start, start + k)]


class Kept:
    """Tiles of a tree that grew in steps."""

    def __init__(self, steps: Sequence[int]) -> None:
        self.tiles: dict[tuple[int, int], bytes] = {}
        self.frontier = Frontier()
        for step in steps:
            start = self.frontier.size
            appended = append(self, self.frontier, HASHES[start : start + step])
            self.tiles |= {(tile.level, tile.number): tile.hashes for tile in appended.tiles}
            self.frontier = appended.frontier

    def tile(self, level: int, number: int) -> bytes:
        return self.tiles.get((level, number), b"")


GROWN = Kept([1, 2, 253, 1, 255, 7, 300, 681])


@given(SIZES, st.data())
def test_proofs_are_those_of_the_definition(size: int, data: st.DataObject) -> None:
    index = data.draw(st.integers(0, size - 1))
    old = data.draw(st.integers(1, size))
    tree = TreeReader(GROWN, size)
    assert tree.root() == root_of(HASHES[:size]) == root(0, size)
    inclusion = prove_inclusion(tree, index)
    assert list(inclusion) == path(index, 0, size)
    verify_inclusion(HASHES[index], index, size=size, root=root(0, size), proof=inclusion)
    consistency = prove_consistency(tree, old)
    assert list(consistency) == subproof(old, 0, size, is_known=True)
    verify_consistency(old, root(0, old), size=size, root=root(0, size), proof=consistency)


@given(st.lists(st.integers(0, 300), max_size=8))
def test_a_tree_is_the_same_in_whatever_steps_it_grew(steps: list[int]) -> None:
    kept = Kept(steps)
    size = min(sum(steps), len(HASHES))
    assert kept.frontier.size == size
    assert kept.frontier == Frontier().append_all(HASHES[:size])
    assert kept.frontier == TreeReader(kept, size).frontier()
    assert kept.frontier.root() == root(0, size)
    once = Kept([size])
    assert kept.tiles == once.tiles
    assert all(
        len(hashes) == 32 * tile_width(level, number, size) > 0
        for (level, number), hashes in kept.tiles.items()
    )


@given(SIZES, st.data())
def test_an_inclusion_that_was_tampered_with_is_refused(size: int, data: st.DataObject) -> None:
    index = data.draw(st.integers(0, size - 1))
    proof = path(index, 0, size)
    others = [item for item in range(size + 2) if item != index]
    other = data.draw(st.sampled_from(others))
    changed = data.draw(tampered(proof))
    leaf, head = HASHES[index], root(0, size)
    for wrong in (
        lambda: verify_inclusion(leaf, other, size=size, root=head, proof=proof),
        lambda: verify_inclusion(leaf, index, size=size, root=head, proof=changed),
        lambda: verify_inclusion(head + leaf, index, size=size, root=head, proof=proof),
        lambda: verify_inclusion(leaf, index, size=size, root=HASHES[-1], proof=[*proof, leaf]),
        lambda: verify_inclusion(leaf, index, size=size, root=sha256(head).digest(), proof=proof),
    ):
        with pytest.raises(TrustError):
            wrong()


@given(SIZES.filter(lambda size: size > 1), st.data())
def test_a_consistency_that_was_tampered_with_is_refused(size: int, data: st.DataObject) -> None:
    old = data.draw(st.integers(1, size - 1))
    proof = subproof(old, 0, size, is_known=True)
    changed = data.draw(tampered(proof))
    before, head = root(0, old), root(0, size)
    flipped = sha256(before).digest()
    for wrong in (
        lambda: verify_consistency(old, before, size=size, root=head, proof=changed),
        lambda: verify_consistency(old, flipped, size=size, root=head, proof=proof),
        lambda: verify_consistency(old, before, size=size, root=flipped, proof=proof),
        lambda: verify_consistency(old, before, size=old, root=head, proof=proof),
        lambda: verify_consistency(size, head, size=old, root=before, proof=proof),
        lambda: verify_consistency(0, before, size=size, root=head, proof=proof),
    ):
        with pytest.raises(TrustError):
            wrong()


def tampered(proof: Sequence[bytes]) -> st.SearchStrategy[list[bytes]]:
    """Proofs that differ from one: a hash more, less, or another."""
    more = st.integers(0, len(proof)).map(lambda at: [*proof[:at], bytes(32), *proof[at:]])
    if not proof:
        return more
    place = st.integers(0, len(proof) - 1)
    less = place.map(lambda at: [*proof[:at], *proof[at + 1 :]])
    other = place.map(lambda at: [*proof[:at], sha256(proof[at]).digest(), *proof[at + 1 :]])
    return more | less | other


@given(SIZES, st.randoms(use_true_random=False))
def test_batches_are_verified_in_any_order(size: int, random: Random) -> None:
    hashes = HASHES[:size]
    head, paths = batch_paths(hashes)
    assert head == root(0, size)
    assert paths == [b"".join(path(index, 0, size)) for index in range(size)]
    order = list(range(size))
    random.shuffle(order)
    verifier = BatchVerifier(size, head)
    for index in order:
        verifier.verify(hashes[index], index, paths[index])


@given(SIZES, st.data())
def test_a_batch_takes_no_other_entry_and_no_other_path(size: int, data: st.DataObject) -> None:
    hashes = HASHES[:size]
    head, paths = batch_paths(hashes)
    verifier = BatchVerifier(size, head)
    for index in data.draw(st.lists(st.integers(0, size - 1), max_size=5)):
        verifier.verify(hashes[index], index, paths[index])
    index = data.draw(st.integers(0, size - 1))
    own, leaf = paths[index], hashes[index]
    flipped = bytearray(own or b"x")
    flipped[data.draw(st.integers(0, len(flipped) - 1))] ^= 1
    attempts = [
        (leaf, index, bytes(flipped)),
        (leaf, index, own + bytes(32)),
        (leaf, index, own + b"x"),
        (sha256(leaf).digest(), index, own),
        (leaf, size, own),
        (leaf, -1, own),
    ]
    attempts += [(leaf, index, own[:-1]), (leaf, index, own[32:])] if own else []
    attempts += [(leaf, (index + 1) % size, own)] if size > 1 else []
    for attempt in attempts:
        with pytest.raises(TrustError):
            verifier.verify(*attempt)
    verifier.verify(leaf, index, own)
