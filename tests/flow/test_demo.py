# SPDX-License-Identifier: Apache-2.0
"""The demo, as a stranger sees it."""

from pathlib import Path

import pytest

from nahmi.cli.app import run


def test_the_demo_finds_its_copies_and_can_be_run_again(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    folder = tmp_path / "demo"
    for _ in range(2):
        assert run(["demo", "--folder", str(folder), "--signals", "1000"]) == 0
    out, _err = capfd.readouterr()
    assert "half the size" in out
    assert "6 of 6" in out
    assert "of them taken for known: 0" in out
    for language, direction in (("en", "ltr"), ("ar", "rtl")):
        page = (folder / f"report.{language}.html").read_text(encoding="utf-8")
        assert f'<html lang="{language}" dir="{direction}">' in page
        assert "data:image/jpeg;base64," in page


def test_the_demo_leaves_other_folders_alone(tmp_path: Path) -> None:
    (tmp_path / "mine").write_text("x")
    assert run(["demo", "--folder", str(tmp_path)]) == 2
    assert (tmp_path / "mine").exists()
