# SPDX-License-Identifier: Apache-2.0
"""The commands of the page on backups work in the order in which they stand."""

import shlex
from pathlib import Path

import pytest
from pages import DOCS, blocks

from nahmi.cli.app import run

PAGE = DOCS / "how-to" / "backup.md"


@pytest.mark.enable_socket  # the doctor looks whether its port is free
@pytest.mark.allow_hosts(["127.0.0.1"])
def test_commands_of_the_page_work_one_after_the_other(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    assert run(["init"]) == 0
    commands = [
        shlex.split(line.removeprefix("$ "))
        for block in blocks(PAGE, "console")
        for line in block.splitlines()
    ]
    assert len(commands) == 3
    for name, *arguments in commands:
        assert name == "nahmi"
        assert run(arguments) == 0, arguments
    assert "The audit log is whole." in capsys.readouterr().out
    assert (tmp_path / "restored" / "node.key").exists()
