# SPDX-License-Identifier: Apache-2.0
"""The commands on a node whose banks are in PostgreSQL."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from nahmi.cli.app import run

Nahmi = Callable[..., Any]


@pytest.mark.enable_socket  # the doctor looks whether its port is free
@pytest.mark.allow_hosts(["127.0.0.1"])
def test_commands_work_on_a_database(
    folder: Path, postgres_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NAHMI_DATABASE", postgres_url)
    node = ["--node", str(folder / "other")]
    assert run([*node, "init"]) == 0
    assert run([*node, "bank", "create", "KNOWN"]) == 0
    assert run([*node, "bank", "add", "KNOWN", str(folder / "originals")]) == 0
    assert run([*node, "match", str(folder / "uploads" / "copy0.jpg")]) == 1
    assert run([*node, "match", str(folder / "uploads" / "other.jpg")]) == 0
    assert run([*node, "person", "list"]) == 0
    assert run([*node, "rule", "list"]) == 0
    assert run([*node, "audit", "verify"]) == 0
    assert run([*node, "migrate", "--check"]) == 0
    assert run([*node, "doctor"]) == 0
    monkeypatch.delenv("NAHMI_DATABASE")
    assert run([*node, "bank", "list"]) == 2
    assert run([*node, "--database", postgres_url, "bank", "list"]) == 0
    with (folder / "other" / "node.toml").open("a") as settings:
        settings.write(f"database = {json.dumps(postgres_url)}\n")
    assert run([*node, "bank", "list"]) == 0
    assert run([*node, "backup", str(folder / "backup")]) == 2


def test_a_database_that_is_away_is_an_error_and_never_no_match(
    nahmi: Nahmi, folder: Path, postgres_url: str
) -> None:
    address = "postgresql://nahmi:s3cret@/nahmi?host=/nowhere"
    node = ["--node", str(folder / "other")]
    assert run([*node, "--database", postgres_url, "init"]) == 0
    refused = nahmi("--database", address, "match", "uploads/copy0.jpg")
    assert refused.code == 2
    assert "store_busy" in refused.err
    assert "s3cret" not in refused.out + refused.err
