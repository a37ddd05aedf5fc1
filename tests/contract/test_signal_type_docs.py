# SPDX-License-Identifier: Apache-2.0
"""The pages about signal types are true: the plug-in of the guide works, the table is complete."""

import re
import sys
import tomllib
from pathlib import Path

import pytest

from nahmi.protect.signals.registry import GROUP, signal_types
from nahmi.testing.signal_type import SignalTypeContract

DOCS = Path(__file__).parents[2] / "docs"
BLOCK = re.compile(r'^```\w+ title="([^"]+)"\n(.*?)^```$', re.MULTILINE | re.DOTALL)


@pytest.fixture
def plugin(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The guide's package, laid out as pip installs it."""
    guide = (DOCS / "how-to" / "add-a-signal-type.md").read_text(encoding="utf-8")
    for name, text in BLOCK.findall(guide):
        (tmp_path / name).write_text(text, encoding="utf-8")
    project = tomllib.loads((tmp_path / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    info = tmp_path / f"{project['name'].replace('-', '_')}-{project['version']}.dist-info"
    info.mkdir()
    info.joinpath("METADATA").write_text(
        f"Metadata-Version: 2.1\nName: {project['name']}\nVersion: {project['version']}\n",
        encoding="utf-8",
    )
    lines = [f"{name} = {value}" for name, value in project["entry-points"][GROUP].items()]
    info.joinpath("entry_points.txt").write_text(
        "\n".join([f"[{GROUP}]", *lines, ""]), encoding="utf-8"
    )
    monkeypatch.syspath_prepend(tmp_path)
    signal_types.cache_clear()
    yield tmp_path
    signal_types.cache_clear()
    for name in ("nahmi_blake2b", "test_nahmi_blake2b"):
        sys.modules.pop(name, None)


def run(path: Path) -> dict[str, object]:
    names: dict[str, object] = {"__name__": path.stem}
    exec(compile(path.read_text(encoding="utf-8"), path, "exec"), names)  # noqa: S102
    return names


def test_the_plugin_of_the_guide_is_found_and_used(plugin: Path) -> None:
    run(plugin / "use.py")
    assert "blake2b" in signal_types().names()


def test_the_plugin_of_the_guide_keeps_the_contract(plugin: Path) -> None:
    kit = run(plugin / "test_nahmi_blake2b.py")["TestBlake2b"]
    assert issubclass(kit, SignalTypeContract)
    checks = [name for name in dir(kit) if name.startswith("test_")]
    assert len(checks) >= 12
    for check in checks:
        getattr(kit(), check)()


def test_the_reference_lists_every_type_as_it_is() -> None:
    page = (DOCS / "reference" / "signal-types.md").read_text(encoding="utf-8")
    rows = {
        cells[0].strip("` "): (cells[1].strip(), cells[4].strip("` "), int(cells[5]))
        for cells in (
            line.strip("|").split("|") for line in page.splitlines() if line.startswith("| `")
        )
    }
    assert rows == {
        kind.name: (", ".join(kind.content_types[:]), kind.index_kind, kind.default_limit_bits)
        for kind in signal_types().types()
    }
