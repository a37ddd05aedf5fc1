# SPDX-License-Identifier: Apache-2.0
"""Banks from the command line: made, filled, emptied, undone, carried about."""

import gzip
import hashlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

from PIL import Image

from nahmi.testing.media import as_png

Call = Callable[..., Any]


def test_a_bank_lives(nahmi: Call) -> None:
    assert nahmi("bank", "create", "B", "--limit", "20", "--label", "x").code == 0
    assert nahmi("bank", "create", "B").code == 2
    (bank,) = nahmi("bank", "show", "B", "--json").json["banks"]
    assert (bank["limit_bits"], bank["labels"], bank["actions"]) == (20, ["x"], ["review"])
    assert bank["entries"] == 0
    assert nahmi("bank", "update", "B", "--name", "C", "--disable").code == 0
    assert nahmi("bank", "show", "B").code == 2
    names = [item["name"] for item in nahmi("bank", "list", "--json").json["banks"]]
    assert names == ["C", "KNOWN"]
    assert nahmi("bank", "create", "lower").code == 2


def test_deleting_stops_matches_and_can_be_undone(nahmi: Call) -> None:
    assert nahmi("bank", "delete", "KNOWN").code == 0
    assert nahmi("match", "uploads/copy1.jpg").code == 0
    assert nahmi("bank", "restore", "KNOWN").code == 0
    assert nahmi("match", "uploads/copy1.jpg").code == 1
    assert nahmi("bank", "restore", "KNOWN").code == 2


def test_entries_can_be_removed_and_brought_back(nahmi: Call) -> None:
    entries = nahmi("bank", "entries", "KNOWN", "--json").json["entries"]
    ids = [str(entry["entry_id"]) for entry in entries]
    assert nahmi("bank", "remove", *ids, "--json").json["removed"] == len(ids)
    assert nahmi("match", "uploads/copy1.jpg").code == 0
    assert nahmi("bank", "undo", *ids, "--json").json["restored"] == len(ids)
    assert nahmi("match", "uploads/copy1.jpg").code == 1


def test_search_and_pages(nahmi: Call) -> None:
    found = nahmi("bank", "search", "KNOWN", "scene1", "--json").json["entries"]
    assert found
    assert {entry["draft"]["provenance"] for entry in found} == {"file:scene1.png"}
    page = nahmi("bank", "entries", "KNOWN", "--limit", "2", "--json").json
    after = nahmi("bank", "entries", "KNOWN", "--after", str(page["last"]), "--json").json
    assert after["entries"][0]["entry_id"] > page["last"]


def test_plain_pictures_are_refused_with_the_reason(nahmi: Call, folder: Path) -> None:
    (folder / "blank.png").write_bytes(as_png(Image.new("RGB", (300, 300), "white")))
    result = nahmi("bank", "add", "KNOWN", "blank.png", "uploads/notes.bin", "--json")
    assert result.code == 2
    codes = [item["code"] for item in result.json["refused"]]
    assert codes == ["fingerprint_unusable", "media_unsupported"]
    assert result.json["added"] == 0


def test_the_same_picture_enters_once(nahmi: Call) -> None:
    result = nahmi("bank", "add", "KNOWN", "originals", "--json").json
    assert result["added"] == 0
    assert result["known"] > 0


def test_export_and_import_round_trip(nahmi: Call, folder: Path) -> None:
    for name in ("all.csv", "all.jsonl"):
        bank = name.partition(".")[2].upper()
        assert nahmi("bank", "export", "KNOWN", name).code == 0
        assert nahmi("bank", "create", bank).code == 0
        assert nahmi("bank", "import", bank, name).code == 0
        assert nahmi("bank", "export", bank, f"again-{name}").code == 0
        assert (folder / name).read_bytes() == (folder / f"again-{name}").read_bytes()
    assert nahmi("match", "uploads/copy1.jpg", "--bank", "CSV").code == 1


def test_bad_lines_are_reported_and_the_rest_taken(nahmi: Call) -> None:
    lines = b"md5 " + b"0" * 32 + b"\nmd5 short\n"
    nahmi("bank", "create", "B")
    options = ("bank", "import", "B", "-", "--format", "threatexchange", "--json")
    result = nahmi(*options, stdin=lines)
    assert result.code == 2
    assert result.json["added"] == 1
    assert [item["number"] for item in result.json["refused"]] == [2]
    assert nahmi(*options, "--strict", stdin=lines).code == 2
    assert nahmi("bank", "show", "B", "--json").json["banks"][0]["entries"] == 1


def test_what_the_bank_has_is_not_imported_again(nahmi: Call, folder: Path) -> None:
    rows = [f"pdq,{number:064x}\n" for number in range(3000)]
    (folder / "list.csv").write_text("".join(["signal_type,value\n", *rows, rows[7]]))
    nahmi("bank", "create", "B")
    first = nahmi("bank", "import", "B", "list.csv", "--json").json
    assert (first["added"], first["known"], first["refused"]) == (3000, 1, [])
    again = nahmi("bank", "import", "B", "list.csv", "--strict", "--json").json
    assert (again["added"], again["known"]) == (0, 3001)
    assert "Added 0 entries; 3001 were known" in nahmi("bank", "import", "B", "list.csv").out
    assert nahmi("match", "--bank", "B", "--signal", f"pdq:{2999:064x}", "--limit", "0").code == 1


def test_an_import_that_breaks_off_says_what_it_added(nahmi: Call, folder: Path) -> None:
    rows = "".join(f"pdq,{hashlib.sha256(b'%d' % n).hexdigest()}\n" for n in range(40_000))
    packed = gzip.compress(b"signal_type,value\n" + rows.encode(), compresslevel=1)
    (folder / "list.csv.gz").write_bytes(packed[: len(packed) // 2])
    nahmi("bank", "create", "B")
    result = nahmi("bank", "import", "B", "list.csv.gz")
    assert result.code == 2
    assert "10000 entries were added before" in result.err
    assert nahmi("bank", "show", "B", "--json").json["banks"][0]["entries"] == 10_000
    (folder / "list.csv.gz").write_bytes(packed)
    whole = nahmi("bank", "import", "B", "list.csv.gz", "--json").json
    assert (whole["added"], whole["known"]) == (30_000, 10_000)


def test_expired_entries_do_not_match(nahmi: Call) -> None:
    url = "https://example.org/old"
    nahmi("bank", "add", "KNOWN", "--signal", f"url:{url}", "--expires", "2001-01-01")
    assert nahmi("match", "--url", url).code == 0
    assert nahmi("bank", "add", "KNOWN", "--signal", "url:x", "--expires", "soon").code == 2
