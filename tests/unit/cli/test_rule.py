# SPDX-License-Identifier: Apache-2.0
"""Action rules from the command line."""

import json
from pathlib import Path

import pytest

from nahmi.cli.app import run


@pytest.fixture
def node(tmp_path: Path) -> list[str]:
    options = ["--node", str(tmp_path / "node")]
    assert run([*options, "init"]) == 0
    assert run([*options, "bank", "create", "KNOWN", "--category", "ncii"]) == 0
    return options


def test_rules_are_set_changed_listed_and_removed(
    node: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    steps = [
        ["set", "hold", "--bank", "KNOWN"],
        ["set", "block", "--category", "ncii"],
        ["set", "review", "--bank", "KNOWN"],
        ["list"],
    ]
    assert [run([*node, "rule", *step]) for step in steps] == [0] * len(steps)
    shown = capsys.readouterr().out
    assert "1     bank KNOWN     review" in shown
    assert "2     category ncii  block" in shown
    assert run([*node, "rule", "remove", "1"]) == 0
    capsys.readouterr()
    assert run([*node, "rule", "list", "--json"]) == 0
    (rule,) = json.loads(capsys.readouterr().out)["rules"]
    assert (rule["rule_id"], rule["category"], rule["action"]) == (2, "ncii", "block")
    assert run([*node, "audit", "list"]) == 0
    audit = capsys.readouterr().out
    assert audit.count("rule:set") == 3
    assert audit.count("rule:remove") == 1


@pytest.mark.parametrize(
    "wrong",
    [
        ["set", "hold"],
        ["set", "hold", "--bank", "KNOWN", "--category", "ncii"],
        ["set", "hold", "--bank", "OTHER"],
        ["set", "hold", "--category", "other"],
        ["set", "delete", "--bank", "KNOWN"],
        ["remove", "7"],
    ],
)
def test_what_makes_no_sense_is_refused_and_not_noted(
    node: list[str], wrong: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert run([*node, "rule", *wrong]) == 2
    capsys.readouterr()
    assert run([*node, "audit", "list"]) == 0
    assert "rule:" not in capsys.readouterr().out
