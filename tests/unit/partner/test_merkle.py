# SPDX-License-Identifier: Apache-2.0
"""Merkle trees: the published vectors, and what a store is asked for."""

import pytest

from nahmi.errors import ErrorCode, InputError, StoreError, TrustError
from nahmi.partner.merkle.batch import LARGEST_BATCH, BatchVerifier, batch_message, batch_paths
from nahmi.partner.merkle.frontier import Frontier
from nahmi.partner.merkle.hashing import EMPTY_ROOT, leaf_hash, leaf_hashes, root_of
from nahmi.partner.merkle.nodes import TreeReader
from nahmi.partner.merkle.proofs import prove_consistency, prove_inclusion
from nahmi.partner.merkle.tiles import Tile, append, tile_path, tile_width
from nahmi.partner.merkle.verifying import verify_consistency, verify_inclusion

# Leaves, roots and proofs of the tests of Certificate Transparency, as transparency-dev/merkle
# publishes them in testonly/constants.go and testonly/reference_test.go.
LEAVES = [
    bytes.fromhex(leaf)
    for leaf in (
        "",
        "00",
        "10",
        "2021",
        "3031",
        "40414243",
        "5051525354555657",
        "606162636465666768696a6b6c6d6e6f",
    )
]
ROOTS = [
    "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
]
INCLUSIONS = {
    (0, 1): [],
    (0, 2): ["96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7"],
    (1, 2): ["6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d"],
    (2, 3): ["fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125"],
    (1, 5): [
        "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
        "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
        "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b",
    ],
    (0, 8): [
        "96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7",
        "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
        "6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4",
    ],
    (5, 8): [
        "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b",
        "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0",
        "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    ],
}
CONSISTENCIES = {
    (1, 1): [],
    (1, 8): [
        "96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7",
        "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
        "6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4",
    ],
    (2, 5): [
        "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
        "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b",
    ],
    (6, 8): [
        "0ebc5d3437fbe2db158b9f126a1d118e308181031d0a949f8dededebc558ef6a",
        "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0",
        "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    ],
}


class MemoryTiles:
    """The tiles of one tree, in memory, with a note of which were read."""

    def __init__(self) -> None:
        self.kept: dict[tuple[int, int], bytes] = {}
        self.read: list[tuple[int, int]] = []

    def tile(self, level: int, number: int) -> bytes:
        self.read.append((level, number))
        return self.kept.get((level, number), b"")

    def keep(self, tiles: tuple[Tile, ...]) -> None:
        for tile in tiles:
            self.kept[tile.level, tile.number] = tile.hashes


def grown(hashes: list[bytes], *, step: int) -> tuple[MemoryTiles, Frontier]:
    tiles, frontier = MemoryTiles(), Frontier()
    for start in range(0, len(hashes), step):
        appended = append(tiles, frontier, hashes[start : start + step])
        tiles.keep(appended.tiles)
        frontier = appended.frontier
    return tiles, frontier


TILES, _ = grown(leaf_hashes(LEAVES), step=3)


@pytest.mark.parametrize("size", range(9))
def test_roots_are_those_of_certificate_transparency(size: int) -> None:
    hashes = [leaf_hash(leaf) for leaf in LEAVES[:size]]
    assert root_of(hashes).hex() == ROOTS[size]
    assert Frontier().append_all(hashes).root().hex() == ROOTS[size]
    assert TreeReader(TILES, size).root().hex() == ROOTS[size]


@pytest.mark.parametrize(("place", "proof"), INCLUSIONS.items())
def test_inclusion_is_proven_as_published(place: tuple[int, int], proof: list[str]) -> None:
    index, size = place
    made = prove_inclusion(TreeReader(TILES, size), index)
    assert [item.hex() for item in made] == proof
    root = bytes.fromhex(ROOTS[size])
    verify_inclusion(leaf_hash(LEAVES[index]), index, size=size, root=root, proof=made)


@pytest.mark.parametrize(("sizes", "proof"), CONSISTENCIES.items())
def test_consistency_is_proven_as_published(sizes: tuple[int, int], proof: list[str]) -> None:
    old, size = sizes
    made = prove_consistency(TreeReader(TILES, size), old)
    assert [item.hex() for item in made] == proof
    old_root, root = bytes.fromhex(ROOTS[old]), bytes.fromhex(ROOTS[size])
    verify_consistency(old, old_root, size=size, root=root, proof=made)


def test_an_empty_log_is_continued_by_any_other() -> None:
    root = bytes.fromhex(ROOTS[8])
    assert prove_consistency(TreeReader(TILES, 8), 0) == ()
    verify_consistency(0, EMPTY_ROOT, size=8, root=root, proof=())
    verify_consistency(0, EMPTY_ROOT, size=0, root=EMPTY_ROOT, proof=())
    wrong = [
        (0, root, 8, root, ()),
        (0, EMPTY_ROOT, 0, root, ()),
        (0, EMPTY_ROOT, 8, root, (root,)),
    ]
    for old, old_root, size, new_root, proof in wrong:
        with pytest.raises(TrustError):
            verify_consistency(old, old_root, size=size, root=new_root, proof=proof)


@pytest.mark.parametrize("index", [-1, 8, 9])
def test_a_log_proves_nothing_of_what_it_does_not_hold(index: int) -> None:
    tree = TreeReader(TILES, 8)
    with pytest.raises(InputError):
        prove_inclusion(tree, index)
    with pytest.raises(TrustError):
        verify_inclusion(bytes(32), index, size=8, root=bytes(32), proof=())
    if index != 8:
        with pytest.raises(InputError):
            prove_consistency(tree, index)
        with pytest.raises(TrustError):
            verify_consistency(index, bytes(32), size=8, root=bytes(32), proof=())


def test_a_tree_of_the_specification_has_its_tiles() -> None:
    # C2SP tlog-tiles: a tree of 70,000 leaves.
    tiles, frontier = grown([number.to_bytes(32, "big") for number in range(70_000)], step=9_999)
    widths = {key: len(hashes) // 32 for key, hashes in tiles.kept.items()}
    level_0 = [widths.pop((0, number)) for number in range(274)]
    assert level_0 == [256] * 273 + [112]
    assert widths == {(1, 0): 256, (1, 1): 17, (2, 0): 1}
    assert all(
        tile_width(level, number, 70_000) == len(hashes) // 32
        for (level, number), hashes in tiles.kept.items()
    )
    assert tile_width(0, 274, 70_000) == tile_width(3, 0, 70_000) == 0
    assert TreeReader(tiles, 70_000).frontier() == frontier


def test_a_proof_reads_a_tile_a_level_and_the_edge() -> None:
    tiles, frontier = grown([number.to_bytes(32, "big") for number in range(70_000)], step=70_000)
    for prove in (prove_inclusion, prove_consistency):
        tiles.read.clear()
        proof = prove(TreeReader(tiles, frontier.size), 33_333)
        assert len(proof) <= 18
        assert len(tiles.read) == len(set(tiles.read)) <= 6
    tiles.read.clear()
    append(tiles, frontier, [bytes(32)])
    assert len(tiles.read) <= 3


def test_tiles_have_the_addresses_of_the_specification() -> None:
    assert tile_path(0, 1_234_067) == "tile/0/x001/x234/067"
    assert tile_path(2, 0, 1) == "tile/2/000.p/1"
    assert tile_path(1, 1_000, 255) == "tile/1/x001/000.p/255"
    assert tile_path(63, 999, 256) == "tile/63/999"


def test_a_tile_that_is_too_short_is_an_error() -> None:
    tiles, frontier = grown(leaf_hashes(LEAVES), step=8)
    tiles.kept[0, 0] = tiles.kept[0, 0][:-1]
    for ask in (
        lambda: TreeReader(tiles, 8).root(),
        lambda: append(tiles, frontier, [bytes(32)]),
    ):
        with pytest.raises(StoreError) as refused:
            ask()
        assert refused.value.code is ErrorCode.STORE_CORRUPT


@pytest.mark.parametrize("size", [0, LARGEST_BATCH + 1])
def test_batches_have_bounds(size: int) -> None:
    with pytest.raises(InputError):
        batch_paths([bytes(32)] * size)
    with pytest.raises(TrustError):
        BatchVerifier(size, bytes(32))


def test_a_batch_is_signed_with_its_size() -> None:
    assert batch_message(2, b"r" * 32) == bytes(7) + b"\x02" + b"r" * 32


def test_a_whole_batch_costs_a_hash_an_entry(monkeypatch: pytest.MonkeyPatch) -> None:
    from nahmi.partner.merkle import batch  # noqa: PLC0415 - counted where it is called

    size = 3000
    hashes = [number.to_bytes(32, "big") for number in range(size)]
    root, paths = batch_paths(hashes)
    verifier = BatchVerifier(size, root)
    count = [0]
    make = batch.sha256

    def counted(data: bytes) -> object:
        count[0] += 1
        return make(data)

    monkeypatch.setattr(batch, "sha256", counted)
    for index in range(size):
        verifier.verify(hashes[index], index, paths[index])
        verifier.verify(hashes[index], index, paths[index])
    assert count[0] == size - 1
