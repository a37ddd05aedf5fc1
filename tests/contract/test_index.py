# SPDX-License-Identifier: Apache-2.0
"""The index as its users meet it: several processes, damaged files, full disks."""

import errno
import os
import resource
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from nahmi.errors import ErrorCode, InputError, NahmiError, ShapeError, SignalIndexError
from nahmi.kernels import reference_hamming
from nahmi.store.index import Index, merging, segment
from nahmi.store.index.journal import CAPACITY

SIGNALS = np.random.default_rng(11).integers(0, 256, (60_000, 32), dtype=np.uint8)


def keys(*values: int) -> np.ndarray:
    return np.array(values, np.uint64)


def found(index: Index, row: int) -> list[int]:
    return index.search(SIGNALS[row : row + 1]).key.tolist()


@pytest.fixture
def index(tmp_path: Path) -> Iterator[Index]:
    with Index.create(tmp_path / "pdq") as made:
        yield made


# ---- one process --------------------------------------------------------------------------------


@pytest.mark.parametrize("n", [*range(65), 500])
def test_exact_at_every_size(tmp_path: Path, n: int) -> None:
    """Small and doubled lists match like large ones, from the journal and from segments."""
    rows = np.concatenate([SIGNALS[:n], SIGNALS[: n // 2]])
    with Index.create(tmp_path / "pdq") as index:
        index.add(np.arange(len(rows), dtype=np.uint64), rows)
        for _ in range(2):
            hits = index.search(SIGNALS[: n + 1])
            for query in range(n + 1):
                expected, _ = reference_hamming.within(rows, SIGNALS[query], limit_bits=31)
                assert hits.key[hits.query == query].tolist() == expected.tolist()
            index.compact()


def test_hits_come_nearest_first_with_their_generation(index: Index) -> None:
    near = SIGNALS[:1].repeat(4, 0)
    for i, flips in enumerate((0b1111, 0b11, 0b1, 0b0)):
        near[i, 0] ^= flips
    index.add(keys(4, 2, 1, 0), near)
    hits = index.search(SIGNALS[:1])
    assert hits.key.tolist() == [0, 1, 2, 4]
    assert hits.distance.tolist() == [0, 1, 2, 4]
    assert hits.index_version == index.status().generation


def test_threads_change_nothing(index: Index) -> None:
    index.add(np.arange(60_000, dtype=np.uint64), SIGNALS)
    queries = SIGNALS[:3000].copy()
    queries[:, 3] ^= 0x55
    one, two = index.search(queries, threads=1), index.search(queries, threads=2)
    assert (one.query == two.query).all()
    assert (one.key == two.key).all()
    assert (one.distance == two.distance).all()


def test_a_key_may_stand_for_several_signals(index: Index) -> None:
    index.add(keys(5, 5, 6), SIGNALS[:3])
    assert [found(index, row) for row in range(3)] == [[5], [5], [6]]
    assert index.remove(keys(5)) == 2
    assert [found(index, row) for row in range(3)] == [[], [], [6]]
    index.add(keys(5), SIGNALS[:1])
    assert found(index, 0) == [5]


def test_the_watermark_moves_with_changes_only(index: Index) -> None:
    assert index.watermark == 0
    index.add(keys(1), SIGNALS[:1], watermark=7)
    index.add(keys(2), SIGNALS[1:2])
    assert index.watermark == 7
    index.add(np.arange(60_000, dtype=np.uint64), SIGNALS, watermark=9)
    assert index.watermark == 9
    index.compact()
    assert index.watermark == 9
    index.remove(keys(2), watermark=12)
    assert index.watermark == 12


@pytest.mark.skipif(sys.platform != "linux", reason="reads page tables from /proc")
def test_preloading_maps_every_page(index: Index) -> None:
    index.add(np.arange(60_000, dtype=np.uint64), SIGNALS)
    with Index.open(index._files.folder, read_only=True) as opened:
        before = resident_bytes("segment")
        opened.preload()
        path = next(index._files.folder.glob("*.segment"))
        # Opening reads the header, and that may bring in one large page.
        assert resident_bytes("segment") - before > path.stat().st_size / 2
        assert found(opened, 3) == [3]


def resident_bytes(suffix: str) -> int:
    """How much of the files with this suffix the process has in its page tables."""
    total, counts = 0, False
    for line in Path("/proc/self/smaps").read_text().splitlines():
        name, *values = line.split()
        if not name.endswith(":"):
            counts = line.endswith(suffix)
        elif name == "Rss:" and counts:
            total += 1024 * int(values[0])
    return total


def test_segments_merge_in_the_background(tmp_path: Path) -> None:
    size = CAPACITY // 2 + 10
    with Index.create(tmp_path / "pdq") as index:
        for i in range(4):
            index.add(
                np.arange(i * size, (i + 1) * size, dtype=np.uint64),
                SIGNALS[i * size : (i + 1) * size],
            )
        assert index._merger._thread is not None
        index._merger._thread.join()
        assert len(index.status().segments) == 1
        assert len(index) == 4 * size
        assert found(index, 3) == [3]


def test_large_segments_are_written_piece_by_piece(
    index: Index, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(segment, "_PIECE_ROWS", 1_000)
    mixed = np.random.default_rng(3).permutation(60_000)
    index.add(mixed[:30_500].astype(np.uint64), SIGNALS[mixed[:30_500]])
    index.add(mixed[30_500:].astype(np.uint64), SIGNALS[mixed[30_500:]])
    index.remove(keys(*range(0, 60_000, 7)))
    index.compact()
    assert len(index.status().segments) == 1
    index.verify()
    hits = index.search(SIGNALS, limit_bits=0)
    assert hits.key.tolist() == hits.query.tolist() == [i for i in range(60_000) if i % 7]


def test_removals_during_a_merge_are_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with Index.create(tmp_path / "pdq") as index:
        index.add(keys(*range(100)), SIGNALS[:100])
        with index.exclusive():
            index._files.seal()
        index.add(keys(*range(100, 200)), SIGNALS[100:200])
        write = merging.write_segment
        removed: list[int] = []

        def remove_meanwhile(*args: object, **kwargs: object) -> None:
            write(*args, **kwargs)  # type: ignore[arg-type]
            removed.append(index.remove(keys(3, 150)))

        monkeypatch.setattr(merging, "write_segment", remove_meanwhile)
        index.compact()
        assert removed == [2, 0]
        assert found(index, 3) == found(index, 150) == []
        assert found(index, 4) == [4]
        assert len(index) == 198


def test_compacting_frees_what_was_removed(index: Index) -> None:
    index.add(np.arange(60_000, dtype=np.uint64), SIGNALS)
    before = index.status().size_bytes
    index.remove(np.arange(50_000, dtype=np.uint64))
    index.compact()
    status = index.status()
    assert (status.signals, status.removed) == (10_000, 0)
    assert status.size_bytes < before
    index.remove(np.arange(60_000, dtype=np.uint64))
    index.compact()
    assert index.status().segments == ()


@pytest.mark.parametrize(
    ("call", "code"),
    [
        (lambda i: i.search(SIGNALS[:1], limit_bits=64), ErrorCode.LIMIT_INVALID),
        (lambda i: i.search(SIGNALS[:1], limit_bits=-1), ErrorCode.LIMIT_INVALID),
        (lambda i: i.search(SIGNALS[:1], threads=0), ErrorCode.INPUT_INVALID),
        (lambda i: i.search(SIGNALS[:1, :31]), ErrorCode.SHAPE_INVALID),
        (lambda i: i.search(SIGNALS[0]), ErrorCode.SHAPE_INVALID),
        (lambda i: i.search([[0] * 32]), ErrorCode.SHAPE_INVALID),
        (lambda i: i.add(keys(1, 2), SIGNALS[:1]), ErrorCode.SHAPE_INVALID),
        (lambda i: i.add(np.array([1]), SIGNALS[:1]), ErrorCode.SHAPE_INVALID),
        (lambda i: i.remove(np.array([1.0])), ErrorCode.SHAPE_INVALID),
    ],
)
def test_bad_input_is_refused(index: Index, call: object, code: ErrorCode) -> None:
    with pytest.raises((InputError, ShapeError)) as caught:
        call(index)  # type: ignore[operator]
    assert caught.value.code == code
    assert len(index) == 0


# ---- several processes --------------------------------------------------------------------------

_CHILD = """
import sys, numpy as np
from nahmi.store.index import Index
index = Index.open(sys.argv[1])
rows = np.random.default_rng(11).integers(0, 256, (60_000, 32), dtype=np.uint8)
for line in sys.stdin:
    command, key = line.split()
    one = np.array([int(key)], np.uint64)
    if command == "add": index.add(one, rows[int(key):int(key) + 1])
    if command == "remove": index.remove(one)
    if command == "compact": index.compact()
    if command == "fill":
        for i in range(int(key), int(key) + 3000):
            index.add(np.array([i], np.uint64), rows[i:i + 1])
    print(index.search(rows[int(key):int(key) + 1]).key.tolist(), flush=True)
"""


class OtherProcess:
    def __init__(self, folder: Path) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-c", _CHILD, str(folder)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def tell(self, command: str, key: int) -> None:
        assert self._process.stdin is not None
        self._process.stdin.write(f"{command} {key}\n")
        self._process.stdin.flush()

    def answer(self) -> str:
        assert self._process.stdout is not None
        return self._process.stdout.readline().strip()

    def ask(self, command: str, key: int) -> str:
        self.tell(command, key)
        return self.answer()

    def end(self) -> None:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.close()
        assert self._process.wait(30) == 0
        self._process.stdout.close()


@pytest.fixture
def other(index: Index) -> Iterator[OtherProcess]:
    process = OtherProcess(index._files.folder)
    yield process
    process.end()


def test_changes_are_seen_by_another_process_at_once(index: Index, other: OtherProcess) -> None:
    assert other.ask("find", 7) == "[]"
    index.add(keys(7), SIGNALS[7:8])
    assert other.ask("find", 7) == "[7]"
    assert other.ask("add", 8) == "[8]"
    assert found(index, 8) == [8]
    index.compact()
    assert other.ask("find", 7) == "[7]"
    assert other.ask("remove", 7) == "[]"
    assert found(index, 7) == []
    assert other.ask("compact", 8) == "[8]"
    assert found(index, 8) == [8]
    index.add(np.arange(60_000, dtype=np.uint64), SIGNALS)
    assert other.ask("find", 59_999) == "[59999]"


def test_two_writers_at_once_lose_nothing(index: Index, other: OtherProcess) -> None:
    other.tell("fill", 30_000)
    for i in range(3000):
        index.add(keys(i), SIGNALS[i : i + 1])
    assert other.answer() == "[30000]"
    expected = {*range(3000), *range(30_000, 33_000)}
    assert set(index.search(SIGNALS, limit_bits=0).key.tolist()) == expected


def test_a_writer_that_takes_too_long_is_reported(tmp_path: Path, index: Index) -> None:
    with index.exclusive(), Index.open(tmp_path / "pdq", wait_s=0.05) as second:
        with pytest.raises(SignalIndexError) as caught:
            second.add(keys(1), SIGNALS[:1])
        assert caught.value.code == ErrorCode.INDEX_BUSY
        assert second.search(SIGNALS[:1]).key.tolist() == []
    index.add(keys(1), SIGNALS[:1])


def test_threads_share_one_object(index: Index) -> None:
    errors: list[BaseException] = []

    def write(first: int) -> None:
        try:
            for i in range(first, first + 500):
                index.add(keys(i), SIGNALS[i : i + 1])
                assert found(index, i) == [i]
        except BaseException as error:  # noqa: BLE001 - handed to the test below
            errors.append(error)

    threads = [threading.Thread(target=write, args=(n,)) for n in (0, 1000, 2000)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not errors
    assert len(index) == 1500


# ---- trouble ------------------------------------------------------------------------------------


def code_of(call: object, *args: object, **kwargs: object) -> ErrorCode:
    with pytest.raises(NahmiError) as caught:
        call(*args, **kwargs)  # type: ignore[operator]
    return caught.value.code


def test_missing_and_doubled_indexes(tmp_path: Path) -> None:
    assert code_of(Index.open, tmp_path / "none") == ErrorCode.INDEX_MISSING
    Index.create(tmp_path / "pdq").close()
    assert code_of(Index.create, tmp_path / "pdq") == ErrorCode.INPUT_INVALID
    (tmp_path / "file").write_text("")
    assert code_of(Index.create, tmp_path / "file") == ErrorCode.INDEX_CORRUPT


@pytest.mark.parametrize("suffix", [".segment", ".dead", ".journal", "manifest", "state"])
@pytest.mark.parametrize("harm", ["flip", "cut", "empty", "magic", "version"])
def test_damaged_files_are_named(tmp_path: Path, suffix: str, harm: str) -> None:
    folder = tmp_path / "pdq"
    with Index.create(folder) as index:
        index.add(keys(*range(50)), SIGNALS[:50])
        index.compact()
    path = next(p for p in folder.iterdir() if p.name.endswith(suffix))
    data = bytearray(path.read_bytes())
    match harm:
        case "flip":
            data[30 if suffix != "manifest" else len(data) // 2] ^= 4
        case "cut":
            del data[len(data) // 2 :]
        case "empty":
            data.clear()
        case "magic":
            data[0] ^= 0xFF
        case "version" if suffix == "manifest":
            data[:] = data.replace(b'"version":1', b'"version":9')
        case "version":
            data[8] = 9
    path.write_bytes(data)
    code = code_of(Index.open, folder)
    assert code in {ErrorCode.INDEX_CORRUPT, ErrorCode.INDEX_VERSION}
    if harm == "version":
        assert code == ErrorCode.INDEX_VERSION


def test_a_flipped_bit_anywhere_is_found_by_verify(tmp_path: Path) -> None:
    folder = tmp_path / "pdq"
    with Index.create(folder) as index:
        index.add(keys(*range(50)), SIGNALS[:50])
        index.compact()
        index.verify()
    path = next(folder.glob("*.segment"))
    data = bytearray(path.read_bytes())
    data[len(data) // 3] ^= 1
    path.write_bytes(data)
    with Index.open(folder) as index:
        assert code_of(index.verify) == ErrorCode.INDEX_CORRUPT


def test_a_torn_record_is_cut_off(tmp_path: Path) -> None:
    folder = tmp_path / "pdq"
    with Index.create(folder) as index:
        index.add(keys(0, 1, 2), SIGNALS[:3])
        index._files._state.mark_writing(is_writing=True)
    path = next(folder.glob("*.journal"))
    data = bytearray(path.read_bytes())
    data[4096 + 2 * 48] ^= 1
    path.write_bytes(data)
    with Index.open(folder) as index:
        assert sorted(index.search(SIGNALS[:3]).key.tolist()) == [0, 1]
        index.verify()


def test_a_missing_segment_is_an_error_not_an_empty_answer(tmp_path: Path) -> None:
    folder = tmp_path / "pdq"
    with Index.create(folder) as index:
        index.add(keys(1), SIGNALS[:1])
        index.compact()
    next(folder.glob("*.segment")).unlink()
    assert code_of(Index.open, folder) == ErrorCode.INDEX_MISSING


def test_reading_only(tmp_path: Path, index: Index) -> None:
    index.add(keys(1), SIGNALS[:1])
    with Index.open(tmp_path / "pdq", read_only=True) as reader:
        assert found(reader, 0) == [1]
        assert code_of(reader.add, keys(2), SIGNALS[1:2]) == ErrorCode.STORAGE_DENIED
        assert code_of(reader.remove, keys(1)) == ErrorCode.STORAGE_DENIED
        assert code_of(reader.compact) == ErrorCode.STORAGE_DENIED
        index.add(keys(2), SIGNALS[1:2])
        assert found(reader, 1) == [2]


def _on_a_full_disk(folder: Path) -> None:
    """In a child: files may not grow beyond 64 KiB, as if the disk were full."""
    resource.setrlimit(resource.RLIMIT_FSIZE, (65536, 65536))
    index = Index.open(folder)
    for change in (
        lambda: index.add(np.arange(60_000, dtype=np.uint64), SIGNALS),
        index.compact,
    ):
        try:
            change()
        except SignalIndexError as error:
            assert error.code == ErrorCode.STORAGE_FULL  # noqa: PT017 - in a child process
        else:
            os._exit(1)
    assert found(index, 3) == [3]
    os._exit(0)


def test_a_full_disk_loses_nothing(tmp_path: Path, index: Index) -> None:
    index.add(keys(3), SIGNALS[3:4])
    child = os.fork()
    if child == 0:
        try:
            _on_a_full_disk(tmp_path / "pdq")
        finally:
            os._exit(2)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
    assert found(index, 3) == [3]
    index.add(keys(4), SIGNALS[4:5])
    assert found(index, 4) == [4]
    index.compact()
    assert len(index) == 2


def test_missing_rights_are_reported(
    tmp_path: Path, index: Index, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Root may write anywhere, so the refusal comes from a patched system call."""
    index.add(keys(1), SIGNALS[:1])

    def refuse(*_: object, **__: object) -> int:
        raise PermissionError(errno.EACCES, "Permission denied")

    monkeypatch.setattr(os, "open", refuse)
    assert code_of(Index.open, tmp_path / "pdq") == ErrorCode.STORAGE_DENIED
    assert code_of(index.compact) == ErrorCode.STORAGE_DENIED
    monkeypatch.undo()
    assert found(index, 0) == [1]
