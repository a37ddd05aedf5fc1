# SPDX-License-Identifier: Apache-2.0
"""The README's two commands and its snippets are real."""

import re
import subprocess
import sys
from pathlib import Path

import pytest
from pages import DOCS, ROOT, blocks, text

README = ROOT / "README.md"


@pytest.mark.parametrize("page", [README, DOCS / "ar" / "README.md"], ids=["en", "ar"])
def test_the_two_commands_are_on_the_first_screen(page: Path) -> None:
    first_screen = "\n".join(text(page).splitlines()[:22])
    assert "$ make demo" in first_screen
    assert "$ make test" in first_screen


@pytest.mark.parametrize("code", blocks(README, "python"), ids=lambda _: "snippet")
def test_snippets_print_what_their_comments_say(code: str, tmp_path: Path) -> None:
    result = subprocess.run(
        [sys.executable, "-W", "error", "-c", code],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    expected = re.findall(r"print\(.*\)  # (.+)$", code, re.MULTILINE)
    assert result.returncode == 0, result.stderr
    assert expected
    assert result.stdout.splitlines() == expected


def test_each_line_of_what_it_does_names_its_command() -> None:
    section = text(README).split("## What it does\n")[1].split("\n## ")[0]
    rows = [row for row in section.splitlines() if row.startswith("| ")][1:]
    assert rows
    for row in rows:
        proof = row.strip("|").split("|")[-1]
        assert re.search(r"`(make|nahmi) \S+|\]\(", proof), row


def test_both_first_screens_warn_of_the_same_limits() -> None:
    english = text(README).split("## What it does not do\n")[1].split("\n## ")[0]
    arabic = text(DOCS / "ar" / "README.md").split("## ما لا تفعله\n")[1]
    assert english.count("\n- **") == arabic.count("\n- **")
