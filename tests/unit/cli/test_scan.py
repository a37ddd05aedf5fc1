# SPDX-License-Identifier: Apache-2.0
"""Scanning: outputs, sources, reasons, full disks."""

import csv
import os
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec
from pyarrow import parquet

Call = Callable[..., Any]


def test_every_file_gets_an_answer(nahmi: Call) -> None:
    result = nahmi("scan", "uploads", "--json")
    assert result.code == 1
    assert result.json["summary"] == {
        "items": 5,
        "matches": 3,
        "no_match": 1,
        "no_usable_fingerprint": 0,
        "unreadable": 1,
    }
    unread = [item for item in result.json["results"] if item["outcome"] == "unreadable"]
    assert [(item["name"], item["code"]) for item in unread] == [
        ("uploads/notes.bin", "media_unsupported")
    ]


def test_exit_codes(nahmi: Call) -> None:
    assert nahmi("scan", "uploads/other.jpg").code == 0
    assert nahmi("scan", "uploads/notes.bin").code == 2
    assert nahmi("scan", "uploads/notes.bin", "--allow-unreadable").code == 0
    assert nahmi("scan", "nowhere").code == 2
    assert nahmi("scan", "uploads", "--out", "x.docx").code == 2
    assert nahmi("scan", "uploads", "--lang", "fr").code == 2


def test_the_three_formats_agree(nahmi: Call, folder: Path) -> None:
    for suffix in ("jsonl", "csv", "parquet"):
        assert nahmi("scan", "uploads", "--out", f"out/x.{suffix}").code == 1
    content = (folder / "out/x.jsonl").read_bytes()
    lines = [msgspec.json.decode(line) for line in content.splitlines()]
    with (folder / "out/x.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    table = parquet.read_table(folder / "out/x.parquet").to_pylist()
    expected = sum(max(1, len(line["matches"])) for line in lines)
    assert len(rows) == len(table) == expected
    assert [row["name"] for row in rows] == [row["name"] for row in table]
    assert [row["distance"] for row in rows if row["distance"]] == [
        str(row["distance"]) for row in table if row["distance"] is not None
    ]


def test_a_name_cannot_become_a_formula(nahmi: Call, folder: Path) -> None:
    (folder / "=1+1.bin").write_text("x")
    assert nahmi("scan", "=1+1.bin", "--out", "x.csv").code == 2
    assert "'=1+1.bin" in (folder / "x.csv").read_text()


def test_archives_lists_and_standard_input(nahmi: Call, folder: Path) -> None:
    with zipfile.ZipFile(folder / "x.zip", "w") as archive:
        archive.write(folder / "uploads/copy0.jpg", "copy0.jpg")
    (folder / "list.txt").write_text("uploads/copy0.jpg\nuploads/none.jpg\n")
    result = nahmi("scan", "x.zip", "list.txt", f"file://{folder}/uploads", "--json")
    assert result.json["summary"]["matches"] == 5
    piped = nahmi("scan", "-", "--json", stdin=b"uploads/copy1.jpg\n")
    assert piped.json["summary"]["matches"] == 1
    odd = nahmi("scan", "-", "--json", stdin=b"uploads/\xff.jpg\n")
    assert odd.json["results"][0]["name"] == "uploads/\\xff.jpg"


def test_a_source_named_twice_is_scanned_once(nahmi: Call) -> None:
    assert nahmi("scan", "uploads", "uploads", "--json").json["summary"]["items"] == 5


def test_a_full_disk_while_writing_results_keeps_the_journal(nahmi: Call, folder: Path) -> None:
    result = nahmi("scan", "uploads", "--out", "/dev/full")
    assert result.code == 2
    assert "[storage_full]" in result.err
    assert list((folder / "node" / "scans").glob("*.jsonl"))
    again = nahmi("scan", "uploads")
    assert "5 files are done" in again.err
    assert again.code == 1
    assert not list((folder / "node" / "scans").glob("*.jsonl"))


def test_a_missing_right_is_an_error_with_a_hint(nahmi: Call, folder: Path) -> None:
    (folder / "blocked").write_text("a file where a folder should be")
    result = nahmi("scan", "uploads", "--report", "blocked/report.html")
    assert result.code == 2
    assert "[storage_denied]" in result.err
    assert result.err.count("\n") <= 2


def test_hostile_names_cannot_steer_the_terminal(nahmi: Call, folder: Path) -> None:
    name = "evil\x1b[2J\n.bin"
    (folder / name).write_text("x")
    out = nahmi("scan", name).out
    assert "\x1b" not in out
    assert "evil\\x1b[2J\\x0a.bin" in out


def test_the_progress_of_a_scan_stays_off_pipes(nahmi: Call) -> None:
    assert "\r" not in nahmi("scan", "uploads").err
    assert os.linesep == "\n"
