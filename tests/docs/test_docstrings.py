# SPDX-License-Identifier: Apache-2.0
"""Every example in a docstring does what it shows."""

import doctest
from importlib import import_module
from pathlib import Path

import pytest

SOURCE = Path(__file__).parents[2] / "src"


def modules_with_examples() -> list[str]:
    """Dotted names of all modules whose text holds a prompt."""
    paths = sorted(SOURCE.joinpath("nahmi").rglob("*.py"))
    shown = [path for path in paths if ">>> " in path.read_text(encoding="utf-8")]
    dotted = [".".join(path.relative_to(SOURCE).with_suffix("").parts) for path in shown]
    return [name.removesuffix(".__init__") for name in dotted]


@pytest.mark.usefixtures("own_logs")
@pytest.mark.parametrize("name", modules_with_examples())
def test_examples_do_what_they_show(name: str) -> None:
    result = doctest.testmod(import_module(name), optionflags=doctest.ELLIPSIS)
    assert result.attempted > 0
    assert result.failed == 0
