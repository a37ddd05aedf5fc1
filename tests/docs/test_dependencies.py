# SPDX-License-Identifier: Apache-2.0
"""Every dependency that we chose has its reason written down, and no reason outlives it."""

import re
import tomllib
from itertools import chain

from pages import DOCS, ROOT, text


def chosen() -> set[str]:
    project = tomllib.loads(text(ROOT / "pyproject.toml"))["project"]
    asked = [*project["dependencies"], *chain(*project["optional-dependencies"].values())]
    for page in sorted((ROOT / "requirements").glob("*.in")):
        asked += [line for line in text(page).splitlines() if line and not line.startswith("#")]
    names = [re.match(r"[A-Za-z0-9_.-]+", line) for line in asked]
    return {found.group().lower() for found in names if found}


def test_the_reasons_are_those_of_the_dependencies() -> None:
    page = text(DOCS / "explanation" / "dependencies.md")
    assert set(re.findall(r"^\| `([^`]+)` \|", page, re.MULTILINE)) == chosen()
