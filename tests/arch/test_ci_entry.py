# SPDX-License-Identifier: Apache-2.0
"""On a machine that lacks something, the build says what before it starts."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from sources import ROOT

SCRIPT = ROOT / "scripts" / "prerequisites.sh"


@pytest.fixture
def bare(tmp_path: Path) -> Path:
    """A folder of programs with a shell and nothing else."""
    folder = tmp_path / "bin"
    folder.mkdir()
    (folder / "sh").symlink_to(shutil.which("sh") or "/bin/sh")
    return folder


def asked(programs: Path, python: str) -> str:
    result = subprocess.run(
        [programs / "sh", SCRIPT, python],
        env={"PATH": str(programs)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert result.returncode == 1
    return result.stderr


def test_a_missing_python_is_named(bare: Path) -> None:
    assert "Python 3.11 or later, and 'python3' is none" in asked(bare, "python3")


def test_an_old_python_is_refused(bare: Path) -> None:
    old = bare / "python3"
    old.write_text("#!/bin/sh\nexit 1\n")
    old.chmod(0o755)
    assert "Python 3.11 or later" in asked(bare, "python3")


def test_a_missing_compiler_is_named(bare: Path) -> None:
    (bare / "python3").symlink_to(sys.base_prefix + "/bin/python3")
    assert "a C and a C++ compiler" in asked(bare, "python3")
