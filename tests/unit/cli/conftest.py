# SPDX-License-Identifier: Apache-2.0
"""A node with some pictures in it, and ways to call the command line."""

import io
import json
import shutil
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from nahmi.cli.app import run
from nahmi.testing.media import ALTERATIONS, as_jpeg, as_png, scene


class Result(NamedTuple):
    code: int
    out: str
    err: str

    @property
    def json(self) -> dict[str, Any]:
        return json.loads(self.out)


Call = Callable[..., Result]


@pytest.fixture(scope="session")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a node, originals, uploads; never changed by a test."""
    folder = tmp_path_factory.mktemp("made")
    originals, uploads = folder / "originals", folder / "uploads"
    originals.mkdir()
    uploads.mkdir()
    for seed in range(3):
        (originals / f"scene{seed}.png").write_bytes(as_png(scene(seed, width=320, height=240)))
    first = scene(0, width=320, height=240)
    for number, name in enumerate(("mirrored", "half the size", "white frame")):
        (uploads / f"copy{number}.jpg").write_bytes(as_jpeg(ALTERATIONS[name](first)))
    (uploads / "other.jpg").write_bytes(as_jpeg(scene(9, width=320, height=240)))
    (uploads / "notes.bin").write_text("no picture")
    assert run(["--node", str(folder / "node"), "init"]) == 0
    node = ["--node", str(folder / "node"), "bank"]
    assert run([*node, "create", "KNOWN", "--crops", "centre"]) == 0
    assert run([*node, "add", "KNOWN", str(originals), "--source", "a hotline"]) == 0
    return folder


@pytest.fixture
def folder(made: Path, tmp_path: Path) -> Path:
    """A copy of `made` that a test may change."""
    return shutil.copytree(made, tmp_path / "copy")


@pytest.fixture
def nahmi(folder: Path, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Call:
    """Calls the command line in this process, inside `folder`, on its node."""
    monkeypatch.chdir(folder)

    def call(*arguments: str, stdin: bytes = b"") -> Result:
        capfd.readouterr()
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(stdin)))
        code = run(["--node", "node", *arguments])
        out, err = capfd.readouterr()
        return Result(code, out, err)

    return call
