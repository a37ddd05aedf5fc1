# SPDX-License-Identifier: Apache-2.0
"""Matching: verdicts, exit codes, shapes."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

from PIL import Image

from nahmi.testing.media import as_png

Call = Callable[..., Any]


def test_an_altered_copy_matches_with_exit_code_1(nahmi: Call) -> None:
    result = nahmi("match", "uploads/copy0.jpg")
    assert result.code == 1
    assert "KNOWN" in result.out
    assert "mirrored" in result.out
    assert result.err == ""


def test_an_unrelated_picture_does_not_with_exit_code_0(nahmi: Call) -> None:
    result = nahmi("match", "uploads/other.jpg")
    assert (result.code, result.out) == (0, "uploads/other.jpg: no match\n")


def test_a_blank_picture_has_no_answer_with_exit_code_2(nahmi: Call, folder: Path) -> None:
    (folder / "blank.png").write_bytes(as_png(Image.new("RGB", (300, 300), "white")))
    result = nahmi("match", "blank.png")
    assert result.code == 2
    assert "no usable fingerprint" in result.out


def test_json_has_a_stable_shape(nahmi: Call) -> None:
    result = nahmi("match", "uploads/copy1.jpg", "uploads/notes.bin", "nope.jpg", "--json")
    assert result.code == 1
    assert result.json["schema"] == "nahmi.match/1"
    unread, missing, found = result.json["results"]
    assert unread["code"] == "media_unsupported"
    assert missing["code"] == "file_missing"
    assert found["outcome"] == "match"
    assert found["matches"][0].keys() == {
        "bank",
        "category",
        "entry_id",
        "entry_variant",
        "signal_type",
        "distance",
        "limit_bits",
        "variant",
        "frame",
        "index_version",
        "source",
        "provenance",
    }
    assert found["matches"][0]["provenance"] == "file:scene0.png"
    assert found["matches"][0]["source"] == "a hotline"


def test_standard_input(nahmi: Call, folder: Path) -> None:
    content = (folder / "uploads" / "copy2.jpg").read_bytes()
    assert nahmi("match", "-", stdin=content).code == 1
    assert nahmi("hash", "-", stdin=content).out.count("\n") == 4


def test_signals_and_urls(nahmi: Call) -> None:
    assert nahmi("bank", "add", "KNOWN", "--signal", "url:https://example.org/a").code == 0
    assert nahmi("match", "--url", "HTTPS://EXAMPLE.org:443/b/../a?utm_source=x").code == 1
    assert nahmi("match", "--url", "https://example.org/b").code == 0
    digest = json.loads(nahmi("hash", "originals/scene0.png", "--json").out)
    value = digest["files"][0]["fingerprints"][0]["value"]
    assert nahmi("match", "--signal", f"sha256:{value}").code == 1
    wrong = nahmi("match", "--signal", "sha256:nonsense")
    assert wrong.code == 2
    assert "nonsense" not in wrong.err


def test_the_limit_and_the_bank_can_be_chosen(nahmi: Call) -> None:
    assert nahmi("match", "uploads/copy1.jpg", "--limit", "0", "--bank", "KNOWN").code in (0, 1)
    assert nahmi("match", "uploads/copy0.jpg", "--robust", "none").code == 0
    assert nahmi("match", "uploads/copy0.jpg", "--bank", "NOPE").code == 2
    assert nahmi("match", "uploads/copy0.jpg", "--robust", "maybe").code == 2
    assert nahmi("match").code == 2


def test_a_missing_index_is_an_error_never_no_match(nahmi: Call, folder: Path) -> None:
    (folder / "node" / "index" / "pdq").rename(folder / "gone")
    result = nahmi("match", "uploads/other.jpg")
    assert result.code == 2
    assert "[index_missing]" in result.err
    assert nahmi("index", "rebuild").code == 0
    assert nahmi("match", "uploads/copy0.jpg").code == 1
