# SPDX-License-Identifier: Apache-2.0
"""Every source names what it holds and what it could not read, and follows nothing astray."""

import io
import os
import tarfile
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from nahmi.errors import ErrorCode, InputError
from nahmi.flows.sources import (
    Found,
    Item,
    Limits,
    Unread,
    count_items,
    open_again,
    read_source,
)


def names(found: Iterator[Found]) -> list[str]:
    return [thing.name for thing in found]


def read(source: object, **options: object) -> list[Found]:
    return list(read_source(str(source), stdin=io.StringIO(), **options))


def content(item: Item) -> bytes:
    with item.open() as stream:
        return stream.read()


def contents(found: list[Found]) -> dict[str, bytes]:
    return {thing.name: content(thing) for thing in found if isinstance(thing, Item)}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    root = tmp_path / "root"
    (root / "b").mkdir(parents=True)
    (root / "b" / "2.jpg").write_bytes(b"two")
    (root / "a.jpg").write_bytes(b"one")
    (root / "صورة.jpg").write_bytes(b"three")
    return root


def test_a_folder_is_walked_in_sorted_order(folder: Path) -> None:
    expected = [f"{folder}/a.jpg", f"{folder}/b/2.jpg", f"{folder}/صورة.jpg"]
    assert names(iter(read(folder))) == expected
    assert count_items([str(folder)]) == 3


def test_loops_of_links_end(folder: Path) -> None:
    (folder / "b" / "loop").symlink_to(folder)
    (folder / "self").symlink_to(folder / "self")
    found = read(folder)
    assert contents(found).keys() == {str(folder / n) for n in ("a.jpg", "b/2.jpg", "صورة.jpg")}
    assert [thing.name for thing in found if isinstance(thing, Unread)] == [f"{folder}/self"]


def test_pipes_and_dangling_links_are_named_and_do_not_hang(folder: Path) -> None:
    os.mkfifo(folder / "pipe")
    (folder / "dangling").symlink_to("nowhere")
    unread = {thing.name for thing in read(folder) if isinstance(thing, Unread)}
    assert unread == {f"{folder}/pipe", f"{folder}/dangling"}


def test_names_that_are_no_text_are_shown_escaped_and_opened(tmp_path: Path) -> None:
    odd = os.fsencode(tmp_path) + b"/\xff.jpg"
    Path(os.fsdecode(odd)).write_bytes(b"odd")
    assert contents(read(tmp_path)) == {f"{tmp_path}/\\xff.jpg": b"odd"}


def test_a_missing_source_is_an_error() -> None:
    with pytest.raises(InputError) as caught:
        read("/nowhere/at/all")
    assert caught.value.code is ErrorCode.FILE_MISSING


def make_zip(path: Path, members: dict[str, bytes]) -> None:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(name, content)


def make_tar(path: Path, members: dict[str, bytes], mode: str) -> None:
    with tarfile.open(path, mode) as archive:
        for name, content in members.items():
            info = tarfile.TarInfo(name)
            info.size = len(content)
            archive.addfile(info, io.BytesIO(content))
        link = tarfile.TarInfo("link")
        link.type, link.linkname = tarfile.SYMTYPE, "/etc/passwd"
        archive.addfile(link)


MEMBERS = {"a.jpg": b"one", "../../escape.jpg": b"two", "/abs.jpg": b"three"}


def test_archives_are_read_in_memory(tmp_path: Path) -> None:
    make_zip(tmp_path / "x.zip", MEMBERS)
    make_tar(tmp_path / "x.tar", MEMBERS, "w")
    make_tar(tmp_path / "x.tar.gz", MEMBERS, "w:gz")
    for name in ("x.zip", "x.tar", "x.tar.gz"):
        path = tmp_path / name
        assert contents(read(path)) == {f"{path}!/{m}": c for m, c in MEMBERS.items()}
        again = open_again(f"{path}!/../../escape.jpg")
        assert again is not None
        assert content(again) == b"two"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["x.tar", "x.tar.gz", "x.zip"]
    (link,) = (thing for thing in read(tmp_path / "x.tar") if isinstance(thing, Unread))
    assert "link" in link.reason


def test_archives_are_capped(tmp_path: Path) -> None:
    make_zip(tmp_path / "x.zip", {"a": b"x", "bomb": bytes(1_000_000), "c": b"y"})
    make_tar(tmp_path / "x.tgz", {"a": b"x", "bomb": bytes(1_000_000), "c": b"y"}, "w:gz")
    for name in ("x.zip", "x.tgz"):
        path = tmp_path / name
        found = read(path, limits=Limits(ratio=2, free_bytes=1000))
        assert [type(thing) for thing in found] == [Item, Unread]
        assert found[1].code is ErrorCode.MEDIA_TOO_LARGE
        found = read(path, limits=Limits(members=1))
        assert [thing.name for thing in found] == [f"{path}!/a", str(path)]
        found = read(path, limits=Limits(item_bytes=10))
        assert {thing.name for thing in found if isinstance(thing, Unread)} >= {f"{path}!/bomb"}


@pytest.mark.parametrize("name", ["x.zip", "x.tar", "x.tar.gz"])
def test_damaged_archives_say_so(tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    path.write_bytes(b"no archive at all")
    (problem,) = read(path)
    assert isinstance(problem, Unread)
    assert problem.code is ErrorCode.FILE_UNREADABLE


def test_a_cut_off_archive_gives_what_it_has(tmp_path: Path) -> None:
    path = tmp_path / "x.tar"
    make_tar(path, {"a": b"x" * 5000, "b": b"y" * 5000}, "w")
    path.write_bytes(path.read_bytes()[:8000])
    found = read(path)
    assert list(contents(found)) == [f"{path}!/a"]
    assert isinstance(found[-1], Unread)


def test_lists_of_names(folder: Path) -> None:
    (folder / "list.txt").write_text("a.jpg\n\nb/2.jpg\nmissing.jpg\n")
    (folder / "list.jsonl").write_text('{"path": "a.jpg"}\nnonsense\n')
    plain = read(folder / "list.txt")
    assert list(contents(plain).values()) == [b"one", b"two"]
    assert [thing.code for thing in plain if isinstance(thing, Unread)] == [ErrorCode.FILE_MISSING]
    rows = read(folder / "list.jsonl")
    assert isinstance(rows[0], Item)
    assert isinstance(rows[1], Unread)
    assert rows[1].name.endswith("line 2")


def test_names_on_standard_input(folder: Path) -> None:
    stdin = io.StringIO(f"{folder}/a.jpg\n{folder}/none.jpg\n")
    found = list(read_source("-", stdin=stdin))
    assert [type(thing) for thing in found] == [Item, Unread]


def test_object_stores(folder: Path) -> None:
    found = read(f"file://{folder}")
    assert sorted(contents(found).values()) == [b"one", b"three", b"two"]
    skipped = read(f"file://{folder}", skip=lambda name: name.endswith("a.jpg"))
    assert len(skipped) == 2


def test_an_address_without_a_store_is_refused() -> None:
    with pytest.raises(InputError) as caught:
        read("nonsense://x")
    assert caught.value.code is ErrorCode.INPUT_INVALID


def test_what_is_skipped_is_not_read(tmp_path: Path) -> None:
    make_zip(tmp_path / "x.zip", MEMBERS)
    assert read(tmp_path / "x.zip", skip=lambda _: True) == []
    assert read(tmp_path, skip=lambda _: True) == []


def test_names_that_no_file_system_takes_are_named(tmp_path: Path) -> None:
    (tmp_path / "list.txt").write_text("x" * 5000 + "\n" + "nul\0name\n")
    found = read(tmp_path / "list.txt")
    assert [thing.code for thing in found if isinstance(thing, Unread)] == [
        ErrorCode.FILE_MISSING,
        ErrorCode.FILE_MISSING,
    ]
    assert open_again("x" * 5000) is None
    with pytest.raises(InputError):
        read("x" * 5000)
