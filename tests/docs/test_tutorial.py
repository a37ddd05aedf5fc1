# SPDX-License-Identifier: Apache-2.0
"""The commands that README and tutorial show do what the text says."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from pages import DOCS, ROOT, blocks
from PIL import Image
from skimage import data

TUTORIAL = DOCS / "tutorial" / "first-scan.md"
QUICK_START = [ROOT / "README.md", DOCS / "ar" / "README.md"]
CODES = {"scan": 1, "match": 1}


@pytest.fixture
def desk(tmp_path: Path) -> Path:
    """A folder with the two folders that the pages speak of."""
    for name in ("pictures", "folder"):
        (tmp_path / name).mkdir()
    known = Image.fromarray(data.astronaut())
    known.save(tmp_path / "pictures" / "astronaut.png")
    known.resize((300, 300)).save(tmp_path / "folder" / "one.jpg", quality=80)
    Image.fromarray(data.coffee()).save(tmp_path / "folder" / "other.jpg")
    return tmp_path


def commands(page: Path) -> list[str]:
    lines = [line for block in blocks(page, "console") for line in block.splitlines()]
    return [line[2:].split("#")[0] for line in lines if line.startswith("$ nahmi ")]


@pytest.mark.parametrize("page", [TUTORIAL, *QUICK_START], ids=["tutorial", "en", "ar"])
def test_the_commands_find_the_altered_copy(page: Path, desk: Path) -> None:
    shown = commands(page)
    assert [line.split()[1] for line in shown[:4]] == ["init", "bank", "bank", "scan"]
    programs = str(Path(sys.executable).parent)
    for line in shown:
        result = subprocess.run(
            ["sh", "-c", line],  # noqa: S607 - as the reader runs it
            cwd=desk,
            env={**os.environ, "PATH": f"{programs}:{os.environ['PATH']}"},
            capture_output=True,
            text=True,
            check=False,
        )
        assert result.returncode == CODES.get(line.split()[1], 0), result.stderr
        if line.split()[1] in CODES:
            assert "one.jpg" in result.stdout
            assert "other.jpg" not in result.stdout
    report = (desk / "found.html").read_text(encoding="utf-8")
    assert "one.jpg" in report
