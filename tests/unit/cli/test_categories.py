# SPDX-License-Identifier: Apache-2.0
"""A bank's category by its name, by NCMEC's code and by labels of the UCS."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

Call = Callable[..., Any]

LABEL = "ucs:3.1:categorisation:example"


@pytest.fixture
def mapped(nahmi: Call, folder: Path) -> Call:
    (folder / "node" / "ucs.toml").write_text(
        'ucs_version = "3.1"\n[categories]\ncsam_a1 = [["categorisation:example"]]\n'
    )
    return nahmi


def category(nahmi: Call, bank: str) -> str:
    name: str = nahmi("bank", "show", bank, "--json").json["banks"][0]["category"]
    return name


def test_every_category_is_listed_with_its_codes(mapped: Call) -> None:
    listed = {
        row["category"]: row for row in mapped("bank", "categories", "--json").json["categories"]
    }
    assert listed["csam_a1"]["ncmec"] == "A1"
    assert listed["csam_a1"]["ucs"] == [[LABEL]]
    assert listed["test"]["ucs"] == []
    assert LABEL in mapped("bank", "categories").out


def test_the_category_may_be_ncmecs_code(nahmi: Call) -> None:
    assert nahmi("bank", "create", "CODED", "--category", "b2").code == 0
    assert category(nahmi, "CODED") == "csam_b2"
    assert nahmi("bank", "update", "CODED", "--category", "A2").code == 0
    assert category(nahmi, "CODED") == "csam_a2"
    assert nahmi("bank", "create", "OTHER", "--category", "C1").code == 2


def test_labels_give_the_category(mapped: Call) -> None:
    assert mapped("bank", "create", "LABELLED", "--label", LABEL.upper()).code == 0
    assert category(mapped, "LABELLED") == "csam_a1"


def test_labels_without_a_rule_need_a_category(nahmi: Call) -> None:
    refused = nahmi("bank", "create", "LABELLED", "--label", LABEL)
    assert refused.code == 2
    assert "ucs.toml" in refused.err
    assert nahmi("bank", "create", "LABELLED", "--label", LABEL, "--category", "ncii").code == 0


def test_a_contradiction_is_refused(mapped: Call) -> None:
    refused = mapped("bank", "create", "LABELLED", "--label", LABEL, "--category", "ncii")
    assert refused.code == 2
    assert "csam_a1" in refused.err


def test_a_broken_mapping_is_named(nahmi: Call, folder: Path) -> None:
    (folder / "node" / "ucs.toml").write_bytes(b"\xff")
    assert "ucs.toml" in nahmi("bank", "categories").err
