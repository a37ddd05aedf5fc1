# SPDX-License-Identifier: Apache-2.0
"""Scanning an S3 bucket, on a server that speaks the protocol and checks every signature."""

import io
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest

from nahmi.cli.app import run
from nahmi.errors import ErrorCode, InputError, MediaError
from nahmi.flows.sources import Found, Item, Limits, Unread, read_source
from nahmi.testing.media import as_jpeg, scene
from nahmi.testing.object_store import PAGE, ObjectStore

pytestmark = [pytest.mark.enable_socket, pytest.mark.allow_hosts(["127.0.0.1"])]


@pytest.fixture
def store(monkeypatch: pytest.MonkeyPatch) -> Iterator[ObjectStore]:
    with ObjectStore("uploads", {}) as opened:
        for name, value in opened.environment().items():
            monkeypatch.setenv(name, value)
        yield opened


def read(url: str, *, limits: Limits | None = None) -> list[Found]:
    return list(read_source(url, stdin=io.StringIO(), limits=limits))


def code_of(url: str) -> ErrorCode:
    with pytest.raises(InputError) as caught:
        read(url)
    return caught.value.code


def open_first(found: list[Found]) -> bytes:
    (item,) = found
    assert isinstance(item, Item)
    with item.open() as stream:
        return stream.read()


def test_a_long_listing_comes_whole_and_in_order(store: ObjectStore) -> None:
    keys = [f"2026/{number:04}.jpg" for number in range(2 * PAGE + 50)]
    store.objects |= dict.fromkeys(keys, b"x")
    store.objects |= {"2026": b"no folder", "20260.jpg": b"another", "2025/a.jpg": b"older"}
    found = read("s3://uploads/2026/")
    assert [thing.name for thing in found] == [f"s3://uploads/{key}" for key in keys]
    assert store.pages == 3


@pytest.mark.parametrize("key", ["a b.jpg", "صورة.jpg", "50%25+&<\"'>.jpg", "#1?x=y.jpg", "~.jpg"])
def test_odd_names_are_read(store: ObjectStore, key: str) -> None:
    store.objects[f"in/{key}"] = b"odd"
    found = read("s3://uploads/in")
    assert open_first(found) == b"odd"
    assert found[0].name == f"s3://uploads/in/{key}"


def test_folders_that_consoles_make_are_no_items(store: ObjectStore) -> None:
    store.objects |= {"in/": b"", "in/sub/": b"", "in/empty.jpg": b""}
    found = read("s3://uploads/in")
    assert [thing.name for thing in found] == ["s3://uploads/in/empty.jpg"]
    assert open_first(found) == b""


def test_a_name_that_cannot_be_read_is_not_passed_over_in_silence(store: ObjectStore) -> None:
    store.objects |= {"in/a.jpg": b"1", "in/b//c.jpg": b"2"}
    last = read("s3://uploads/in")[-1]
    assert isinstance(last, Unread)
    assert "two slashes" in last.reason


def test_an_object_that_vanished_says_so(store: ObjectStore) -> None:
    store.objects["a.jpg"] = b"x"
    found = read("s3://uploads")
    store.objects.clear()
    with pytest.raises(InputError) as caught:
        open_first(found)
    assert caught.value.code is ErrorCode.FILE_MISSING


def test_too_large_objects_are_not_read(store: ObjectStore) -> None:
    limits = Limits(item_bytes=1000)
    store.objects |= {"a.jpg": b"x" * 1001, "b.jpg": b"x" * 1000}
    large, fits = read("s3://uploads", limits=limits)
    assert isinstance(large, Unread)
    assert large.code is ErrorCode.MEDIA_TOO_LARGE
    store.objects["b.jpg"] = b"x" * 100_000  # since it was listed
    with pytest.raises(MediaError) as caught:
        open_first([fits])
    assert caught.value.code is ErrorCode.MEDIA_TOO_LARGE


def test_wrong_credentials_and_buckets_are_errors(
    store: ObjectStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert code_of("s3://another/in") is ErrorCode.FILE_MISSING
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "wrong")
    assert code_of("s3://uploads/in") is ErrorCode.FILE_UNREADABLE
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "NOBODY")
    assert code_of("s3://uploads/in") is ErrorCode.FILE_UNREADABLE
    assert not store.pages


@pytest.mark.usefixtures("store")
def test_without_credentials_nobody_is_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("AWS_ACCESS_KEY_ID")
    monkeypatch.delenv("AWS_SECRET_ACCESS_KEY")
    assert code_of("s3://uploads/in") is ErrorCode.INPUT_INVALID
    monkeypatch.setenv("AWS_SKIP_SIGNATURE", "true")
    assert code_of("s3://uploads/in") is ErrorCode.FILE_UNREADABLE  # it is not public


def test_a_server_that_is_down_is_no_empty_bucket(
    store: ObjectStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("nahmi.flows.sources.objects._RETRIES", {"max_retries": 0})
    store.close()
    (broken,) = read("s3://uploads/in")
    assert isinstance(broken, Unread)


NAHMI = str(Path(sys.executable).parent / "nahmi")


def test_a_scan_goes_on_where_its_credentials_ended(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "known.jpg").write_bytes(as_jpeg(scene(0, width=320, height=240)))
    node = ["--node", str(tmp_path / "node")]
    assert run([*node, "init"]) == 0
    assert run([*node, "bank", "create", "KNOWN"]) == 0
    assert run([*node, "bank", "add", "KNOWN", str(tmp_path / "known.jpg")]) == 0
    first = dict.fromkeys((f"in/{number:04}.txt" for number in range(PAGE)), b"no picture")
    later = {f"in/x{seed}.jpg": as_jpeg(scene(seed, width=320, height=240)) for seed in range(2)}
    with ObjectStore("uploads", first | later) as store:
        for name, value in store.environment().items():
            monkeypatch.setenv(name, value)

        def scan() -> "subprocess.CompletedProcess[str]":
            command = [NAHMI, *node, "scan", "s3://uploads/in", "--json"]
            return subprocess.run(command, check=False, capture_output=True, text=True)

        store.refuse_after_pages = 1
        broken = scan()
        assert (broken.returncode, msgspec.json.decode(broken.stderr)["code"]) == (
            2,
            "file_unreadable",
        )
        assert set(store.fetched) == first.keys()
        store.fetched.clear()
        store.refuse_after_pages = None
        whole = scan()
    assert whole.returncode == 1
    summary = msgspec.json.decode(whole.stdout)["summary"]
    assert (summary["items"], summary["matches"], summary["unreadable"]) == (PAGE + 2, 1, PAGE)
    assert set(store.fetched) == later.keys()
