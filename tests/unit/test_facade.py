# SPDX-License-Identifier: Apache-2.0
"""The public names: complete, lazy, and the same objects as at home."""

import subprocess
import sys

import pytest

import nahmi

HEAVY = ("numpy", "msgspec", "PIL", "sqlalchemy", "idna", "nahmi.store", "nahmi.kernels")


def test_all_names_are_there_and_nothing_else_is_promised() -> None:
    assert sorted(nahmi._HOMES) == sorted(nahmi.__all__)
    for name in nahmi.__all__:
        assert getattr(nahmi, name).__name__ == name
    assert set(nahmi.__all__) <= set(dir(nahmi))


def test_an_unknown_name_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="no_such_name"):
        _ = nahmi.no_such_name


def test_importing_nahmi_imports_nothing_heavy() -> None:
    script = f"import nahmi, sys; sys.exit(any(name in sys.modules for name in {HEAVY!r}))"
    assert subprocess.run([sys.executable, "-c", script], check=False).returncode == 0
