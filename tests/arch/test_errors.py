# SPDX-License-Identifier: Apache-2.0
"""The list of error codes is closed, and each code is explained to its reader."""

import ast
import re

from sources import PACKAGE, ROOT, modules, tree

from nahmi import errors
from nahmi.errors import ErrorCode, NahmiError

PAGE = ROOT / "docs" / "reference" / "errors.md"
ROW = re.compile(r"^\| `(\w+)` \| ([^|]+) \| ([^|]+) \|$", re.MULTILINE)


def test_every_code_is_documented_once() -> None:
    rows = ROW.findall(PAGE.read_text(encoding="utf-8"))
    assert [code for code, _, _ in rows] == [code.value for code in ErrorCode]
    assert all(meaning.strip() and remedy.strip() for _, meaning, remedy in rows)


def test_errors_live_in_one_tree() -> None:
    kinds = {name for name, kind in vars(errors).items() if isinstance(kind, type)}
    kinds -= {"ErrorCode", "StrEnum"}
    assert all(issubclass(getattr(errors, name), NahmiError) for name in kinds)
    stray = [
        f"{path.relative_to(PACKAGE)}: {node.name}"
        for path in modules()
        if path.name != "errors.py" and "testing" not in path.parts  # tests speak in assertions
        for node in ast.walk(tree(path))
        if isinstance(node, ast.ClassDef)
        and not node.name.startswith("_")
        and any(
            isinstance(base, ast.Name) and base.id.endswith(("Error", "Exception"))
            for base in node.bases
        )
    ]
    assert not stray


def test_no_code_is_without_use() -> None:
    sources = [
        path.read_text(encoding="utf-8") for path in modules() if path != PACKAGE / "errors.py"
    ]
    unused = [
        code.name for code in ErrorCode if not any(f".{code.name}" in text for text in sources)
    ]
    assert not unused
