# SPDX-License-Identifier: Apache-2.0
"""The build keeps what fingerprints and old systems depend on."""

import re
import subprocess
from pathlib import Path

import pytest
from sources import ROOT

MAKEFILE = (ROOT / "Makefile").read_text(encoding="utf-8")
CMAKE = (ROOT / "CMakeLists.txt").read_text(encoding="utf-8")
TARGETS = ["help", "demo", "test", "bench", "docs", "format", "lock", "clean"]
KERNELS = sorted((ROOT / "native").glob("*.c"))


@pytest.mark.parametrize("target", TARGETS)
def test_make_help_names_every_target(target: str) -> None:
    shown = subprocess.run(
        ["make", "--no-print-directory", "help"],  # noqa: S607
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    assert re.search(rf"^make {target} +\S", shown, re.MULTILINE)


@pytest.mark.parametrize("feature", [".ONESHELL", "!=", "&:", "$(file ", "--output-sync"])
def test_the_makefile_works_with_gnu_make_3_81(feature: str) -> None:
    rules = re.sub(r"^\t.*", "", MAKEFILE, flags=re.MULTILINE)
    assert feature not in rules


def test_ci_runs_what_people_run() -> None:
    script = ROOT / ".ci" / "run"
    assert script.stat().st_mode & 0o111
    assert script.read_text(encoding="utf-8").rstrip().endswith("\nexec make test")


def test_floating_point_is_compiled_as_written() -> None:
    assert "-ffp-contract=off" in CMAKE
    for flag in ("-ffast-math", "-Ofast", "-march=native", "-mcpu=native"):
        assert flag not in CMAKE


@pytest.mark.parametrize("kernel", KERNELS, ids=lambda path: path.name)
def test_kernels_start_no_thread_and_print_nothing(kernel: Path) -> None:
    code = re.sub(r"//.*|/\*.*?\*/", "", kernel.read_text(encoding="utf-8"))
    assert not re.search(r"\b(pthread_\w+|thrd_\w+|printf|fprintf|abort|exit)\s*\(", code)
