# SPDX-License-Identifier: Apache-2.0
"""Every command and option explains itself, and the reference shows how."""

import os
import subprocess
import sys

import pytest
from pages import DOCS, PAGES, ROOT, blocks, name, text

from nahmi.cli.app import app

sys.path.insert(0, str(ROOT / "scripts"))

import cli_reference

COMMANDS = dict(cli_reference.commands(app))
REFERENCE = DOCS / "reference" / "cli.md"


@pytest.mark.parametrize("path", COMMANDS, ids=" ".join)
def test_a_command_explains_itself_and_its_options(path: tuple[str, ...]) -> None:
    command = COMMANDS[path]
    assert command.help
    unexplained = [parameter.name for parameter in command.params if not parameter.help]
    assert not unexplained


@pytest.mark.parametrize("path", COMMANDS, ids=" ".join)
def test_a_command_has_its_section_in_the_reference(path: tuple[str, ...]) -> None:
    page = text(REFERENCE)
    assert page.count(f"\n{cli_reference.heading(path)}\n") == 1


def test_generated_parts_of_the_documentation_are_current() -> None:
    result = subprocess.run(
        [ROOT / "scripts" / "docs.sh", "--check"],
        cwd=ROOT,
        env=os.environ,
        capture_output=True,
        text=True,
        check=False,
    )
    assert result.returncode == 0, result.stdout


@pytest.mark.parametrize("page", PAGES, ids=name)
def test_commands_and_options_that_pages_show_exist(page: str) -> None:
    for block in [*blocks(page, "console"), *blocks(page, "sh")]:
        for line in block.splitlines():
            words = line.removeprefix("$ ").split("#")[0].split()
            if not line.startswith("$ ") or words[0] != "nahmi":
                continue
            if words[1] in {"--node", "--database"}:
                del words[1:3]
            path = max(
                (path for path in COMMANDS if tuple(words[1 : len(path) + 1]) == path), key=len
            )
            options = {option for p in COMMANDS[path].params for option in p.opts}
            used = {word.split("=")[0] for word in words if word.startswith("--")}
            assert path, line
            assert used <= options | {"--help"}, line
