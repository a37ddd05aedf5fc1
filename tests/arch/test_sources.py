# SPDX-License-Identifier: Apache-2.0
"""House rules that a tool can check in every source file."""

import ast
import importlib
import re
from pathlib import Path

import pytest
from sources import PACKAGE, ROOT, dotted, modules, tracked, tree

LICENCE = "SPDX-License-Identifier: Apache-2.0"

SOURCES = {".py", ".c", ".h", ".cpp", ".sh"}

VAGUE = {"utils", "util", "helpers", "helper", "manager", "common", "misc"}

PACKAGES = [path for path in modules() if path.name == "__init__.py"]


def is_source(name: str, suffix: str) -> bool:
    return suffix in SOURCES or name in {"CMakeLists.txt", "Makefile", "run", "pyproject.toml"}


def test_every_source_file_opens_with_its_licence() -> None:
    found = []
    for path in tracked():
        if not is_source(path.name, path.suffix):
            continue
        lines = path.read_text(encoding="utf-8").splitlines()
        first = lines[1:2] if lines and lines[0].startswith("#!") else lines[:1]
        if not first or not first[0].endswith(LICENCE):
            found.append(str(path.relative_to(ROOT)))
    assert not found


def test_every_module_says_what_it_is() -> None:
    found = [dotted(path) for path in modules() if not ast.get_docstring(tree(path))]
    assert not found


def test_names_say_what_things_are() -> None:
    found = [
        str(path.relative_to(ROOT))
        for path in tracked()
        if VAGUE & set(re.split(r"[_./\\-]", str(path.relative_to(ROOT)).lower()))
    ]
    assert not found


@pytest.mark.parametrize("path", PACKAGES, ids=dotted)
def test_a_package_lists_what_it_offers(path: Path) -> None:
    package = importlib.import_module(dotted(path))
    offered = getattr(package, "__all__", None)
    if offered is None:
        body = tree(path).body
        holds_code = any(not isinstance(node, ast.Expr | ast.ImportFrom) for node in body)
        passes_on = any(isinstance(node, ast.ImportFrom) for node in body)
        assert holds_code or not passes_on, f"{dotted(path)} re-exports names but has no __all__"
        return
    assert len(offered) == len(set(offered))
    assert all(hasattr(package, name) for name in offered)


def test_the_source_holds_no_unfinished_marks() -> None:
    marks = re.compile(
        r"\b(" + "|".join(["TO" + "DO", "FIX" + "ME", "XX" + "X"]) + r")\b(?!\(#\d+\))"
    )
    found = [
        f"{path.relative_to(ROOT)}: {match.group()}"
        for folder in (PACKAGE, ROOT / "native")
        for path in sorted(folder.rglob("*"))
        if path.suffix in SOURCES
        for match in marks.finditer(path.read_text(encoding="utf-8"))
    ]
    assert not found
