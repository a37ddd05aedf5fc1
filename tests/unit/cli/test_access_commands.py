# SPDX-License-Identifier: Apache-2.0
"""People, keys and the audit log from the command line."""

import sqlite3
from pathlib import Path

import pytest

from nahmi.cli.app import run


def test_what_is_done_is_noted_and_a_change_is_named(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    node = ["--node", str(tmp_path / "node")]
    steps = [
        ["init"],
        ["person", "add", "laila@example.org", "Laila", "--role", "admin"],
        ["person", "login-link", "1"],
        ["person", "list"],
        ["person", "add", "mona@example.org", "Mona"],
        ["person", "role", "2", "admin"],
        ["person", "disable", "1"],
        ["person", "enable", "1"],
        ["key", "create", "uploads", "--permission", "protect:content:match"],
        ["key", "rotate", "1", "--overlap-hours", "0"],
        ["key", "revoke", "2"],
        ["key", "list"],
        ["audit", "list"],
        ["audit", "verify"],
    ]
    assert [run([*node, *step]) for step in steps] == [0] * len(steps)
    shown = capsys.readouterr().out
    assert "nahmi_" in shown
    assert "key:revoke" in shown
    connection = sqlite3.connect(tmp_path / "node" / "nahmi.sqlite3")
    with connection:
        connection.execute("DROP TRIGGER audit_no_delete")
        connection.execute("DELETE FROM audit WHERE sequence = 2")
    connection.close()
    assert run([*node, "audit", "verify"]) == 2
    assert "record 2" in capsys.readouterr().out


def test_the_last_administrator_stays(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    node = ["--node", str(tmp_path / "node")]
    assert run([*node, "init"]) == 0
    assert run([*node, "person", "add", "laila@example.org", "Laila", "--role", "admin"]) == 0
    capsys.readouterr()
    for change in (["disable", "1"], ["role", "1", "viewer"]):
        assert run([*node, "person", *change]) == 2
        assert "Let another administrator in first." in capsys.readouterr().err
    assert run([*node, "person", "add", "mona@example.org", "Mona", "--role", "admin"]) == 0
    assert run([*node, "person", "disable", "1"]) == 0
    assert run([*node, "person", "disable", "2"]) == 2
