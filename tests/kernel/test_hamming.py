# SPDX-License-Identifier: Apache-2.0
"""Every instruction set finds what the definition finds, bit for bit."""

import numpy as np
import pytest

from nahmi import kernels
from nahmi.kernels import reference_hamming

SIZES = (1, 2, 3, 5, 7, 9, 15, 16, 17, 31, 32, 33, 63, 64, 65, 97, 255, 256, 257, 1000)
ISAS = kernels.instruction_sets()


def signals(n: int, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).integers(0, 256, (n, 32), dtype=np.uint8)


def altered(rows: np.ndarray, flips: int, seed: int = 0) -> np.ndarray:
    rng = np.random.default_rng(seed)
    bits = np.unpackbits(rows, axis=1)
    for row in bits:
        row[rng.choice(256, flips, replace=False)] ^= 1
    return np.packbits(bits, axis=1)


def snapshot(
    rows: np.ndarray, isa: str, *, dead: list[int] | None = None, block_bits: int = 24
) -> kernels.Snapshot:
    n = len(rows)
    spread = kernels.spread(rows)
    directory = np.zeros((16, kernels.directory_length(n, block_bits)), np.uint32)
    tags = np.zeros((16, n + kernels.TAG_PADDING), np.uint16)
    ids = np.zeros((16, 3 * n + 1), np.uint8)
    for word in range(16):
        kernels.build_table(spread, word, directory[word], tags[word], ids[word], block_bits)
    bitmap = np.zeros(-(-n // 64), np.uint64)
    kernels.mark_dead(bitmap, np.array(dead or [], np.uint32))
    found = kernels.Snapshot(isa)
    keys = np.arange(n, dtype=np.uint64)
    found.add_segment(keys, spread, directory, tags, ids, bitmap, block_bits)
    return found


def test_spreading_is_a_permutation_of_bits_and_can_be_undone() -> None:
    rows = np.packbits(np.eye(256, dtype=np.uint8), axis=1)
    spread = kernels.spread(rows)
    assert np.bitwise_count(spread).sum(axis=1).tolist() == [1] * 256
    assert len(np.unique(spread, axis=0)) == 256
    assert (kernels.unspread(spread) == rows).all()
    rows = signals(500)
    assert (kernels.unspread(kernels.spread(rows)) == rows).all()


def test_no_word_holds_two_neighbouring_coefficients() -> None:
    """Bits of one row or one column of the DCT matrix are correlated, so a word has one of each."""
    rows = np.packbits(np.eye(256, dtype=np.uint8), axis=1)
    word_of = kernels.spread(rows).astype(bool).argmax(axis=1).reshape(16, 16)
    for line in (*word_of, *word_of.T):
        assert sorted(line) == list(range(16))


@pytest.mark.parametrize("isa", ISAS)
@pytest.mark.parametrize("n", SIZES)
def test_flat_scan_equals_the_definition(isa: str, n: int) -> None:
    rows = signals(n)
    queries = np.concatenate([altered(rows[:3], 17), signals(2, seed=9)])
    for limit in (0, 31, 120, 256):
        query, row, distance = kernels.scan(rows, queries, limit, isa)
        for i, one in enumerate(queries):
            expected_rows, expected_bits = reference_hamming.within(rows, one, limit_bits=limit)
            assert (row[query == i] == expected_rows).all()
            assert (distance[query == i] == expected_bits).all()


@pytest.mark.parametrize("isa", ISAS)
@pytest.mark.parametrize("window", [0, 1, 7, 64])
def test_near_rows_before_equal_the_definition(isa: str, window: int) -> None:
    rows = np.concatenate([altered(signals(1).repeat(150, 0), 24), signals(20, seed=9)])
    for first in (0, 1, 40, 170):
        near = kernels.near_before(rows, first, window, 40, isa)
        assert (
            near.tolist()
            == [
                int((reference_hamming.distances(rows[max(at - window, 0) : at], row) <= 40).sum())
                for at, row in enumerate(rows)
            ][first:]
        )


def test_near_rows_before_refuse_what_makes_no_sense() -> None:
    rows = signals(3)
    for first, window, limit in ((4, 1, 31), (0, 1, 257), (0, 1, -1), (0, 1 << 33, 31)):
        with pytest.raises(ValueError, match=r"must lie in|too wide|behind the last"):
            kernels.near_before(rows, first, window, limit)


@pytest.mark.parametrize("block_bits", [24, 16])  # one block of rows, and four
@pytest.mark.parametrize("isa", ISAS)
def test_tables_equal_the_definition_at_every_limit(isa: str, block_bits: int) -> None:
    # Large enough that the tables, not the flat scan, answer at every limit.
    base = signals(20_000)
    family = np.concatenate([altered(base[:1].repeat(400, 0), f, seed=f) for f in range(0, 64, 3)])
    rows = np.concatenate([base, family, np.tile(signals(600, seed=5), (320, 1))])
    searched = snapshot(rows, isa, block_bits=block_bits)
    queries = np.concatenate([base[:1], altered(base[:2], 30), signals(2, seed=5), signals(1, 77)])
    # Nearest first, so what lies within a smaller limit comes at the beginning.
    expected = [reference_hamming.within(rows, one, limit_bits=63) for one in queries]
    for limit in range(64):
        query, key, distance = searched.search(queries, limit)
        for i, (expected_rows, expected_bits) in enumerate(expected):
            within = int(np.searchsorted(expected_bits, limit, "right"))
            assert key[query == i].tolist() == expected_rows[:within].tolist()
            assert distance[query == i].tolist() == expected_bits[:within].tolist()


@pytest.mark.parametrize("block_bits", [24, 13])  # 13: nine blocks, the last of them not full
@pytest.mark.parametrize("isa", ISAS)
def test_one_crowded_bucket_is_searched_whole(isa: str, block_bits: int) -> None:
    """Rows that share fifteen words crowd one bucket of each table."""
    rows = np.repeat(signals(1), 70_000, 0)
    rows[:, 0] = np.arange(70_000) % 256
    rows[:, 1] = np.arange(70_000) // 256 % 256
    searched = snapshot(rows, isa, block_bits=block_bits)
    _, key, distance = searched.search(rows[:1], 31)
    expected_rows, expected_bits = reference_hamming.within(rows, rows[0], limit_bits=31)
    assert (key == expected_rows.astype(np.uint64)).all()
    assert (distance == expected_bits).all()


@pytest.mark.parametrize("block_bits", [24, 6])  # 6: 141 blocks
@pytest.mark.parametrize("isa", ISAS)
def test_dead_rows_are_not_found(isa: str, block_bits: int) -> None:
    rows = signals(9_000)
    dead = list(range(0, 9_000, 3))
    searched = snapshot(rows, isa, dead=dead, block_bits=block_bits)
    _, key, _ = searched.search(rows, 0)
    assert sorted(key.tolist()) == [i for i in range(9_000) if i % 3]


def test_marking_counts_each_row_once() -> None:
    bitmap = np.zeros(2, np.uint64)
    assert kernels.mark_dead(bitmap, np.array([1, 1, 64], np.uint32)) == 2
    assert kernels.mark_dead(bitmap, np.array([1, 2], np.uint32)) == 1
    with pytest.raises(ValueError, match="outside"):
        kernels.mark_dead(bitmap, np.array([128], np.uint32))


def test_wrong_arrays_are_refused_not_converted() -> None:
    rows = signals(4)
    for wrong in (rows.astype(np.int16), rows[:, :31], rows[:, ::2], rows.astype(np.float32)):
        with pytest.raises(TypeError):
            kernels.spread(wrong)
    with pytest.raises(ValueError, match=r"0\.\.63"):
        snapshot(rows, "auto").search(rows, 64)
    with pytest.raises(ValueError, match="instruction set"):
        kernels.Snapshot("vax")
    with pytest.raises(ValueError, match="fit together"):
        kernels.build_table(
            kernels.spread(rows),
            16,
            np.zeros(65537, np.uint32),
            np.zeros(64, np.uint16),
            np.zeros(64, np.uint8),
        )
    with pytest.raises(ValueError, match="fit together"):
        snapshot(rows, "auto").add_segment(*_arrays_of_another_size(rows))


def _arrays_of_another_size(rows: np.ndarray) -> tuple[np.ndarray, ...]:
    """Like a segment of these rows, but for a directory of two blocks."""
    return (
        np.arange(len(rows), dtype=np.uint64),
        kernels.spread(rows),
        np.zeros((16, kernels.directory_length(1 << 25)), np.uint32),
        np.zeros((16, 64), np.uint16),
        np.zeros((16, 64), np.uint8),
        np.zeros(1, np.uint64),
    )


def test_a_directory_has_a_place_for_each_bucket_and_block() -> None:
    assert kernels.directory_length(1) == kernels.directory_length(1 << 24) == 65_537
    assert kernels.directory_length((1 << 24) + 1) == 2 * 65_536 + 1
    with pytest.raises(ValueError, match="too many"):
        kernels.directory_length(kernels.MAX_SEGMENT_ROWS + 1)
    with pytest.raises(ValueError, match="too many"):
        kernels.directory_length(1000, 1)


def test_records_are_checked_and_killed() -> None:
    rows = signals(10)
    keys = np.arange(10, dtype=np.uint64)
    records = np.zeros(20 * kernels.RECORD_BYTES, np.uint8)
    kernels.write_records(records, 0, keys, rows, 0)
    assert kernels.intact_records(records, 10) == 10
    assert kernels.kill_records(records, 10, np.array([3, 7, 99], np.uint64)) == 2
    assert kernels.kill_records(records, 10, np.array([3], np.uint64)) == 0
    assert kernels.intact_records(records, 10) == 10
    records[4 * kernels.RECORD_BYTES] ^= 1
    assert kernels.intact_records(records, 10) == 4
    with pytest.raises(ValueError, match="fit"):
        kernels.write_records(records, 15, keys, rows, 0)
