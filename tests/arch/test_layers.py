# SPDX-License-Identifier: Apache-2.0
"""Imports fall one way, and the pure floors stay pure."""

import ast
import subprocess
import sys
from collections.abc import Collection
from pathlib import Path

import pytest
from sources import PACKAGE, ROOT, dotted, imported, modules, tree

PURE = [PACKAGE / name for name in ("access", "core", "kernels", "operate", "partner", "protect")]

IMPURE = {
    "asyncio",
    "logging",
    "os",
    "pathlib",
    "random",
    "secrets",
    "shutil",
    "socket",
    "sqlalchemy",
    "sqlite3",
    "subprocess",
    "tempfile",
    "time",
    "urllib.request",
    "uuid",
}

PICKLING = {"cloudpickle", "dill", "joblib", "marshal", "pickle", "shelve"}

NETWORK = {
    "aiohttp",
    "ftplib",
    "http.client",
    "httpcore",
    "httpx",
    "requests",
    "smtplib",
    "ssl",
    "urllib.request",
    "urllib3",
    "xmlrpc",
}

SOCKETS = {"http.server", "select", "socket", "socketserver"}

MAY_CALL_OUT = {"wire"}

MAY_HOLD_SOCKETS = {
    "bootstrap": "the worker's end of a pair that joins it to its service",
    "cli": "a probe for a free port, before the demo serves there",
    "media": "a pair that joins a worker to its service",
    "plugins": "the worker's end of such a pair",
    "serving": "what the node listens at, and a pair that joins a worker to its supervisor",
    "testing": "servers on the loopback interface",
    "wire": "outbound connections",
}

CLOCKS = {"now", "today", "utcnow", "fromtimestamp", "utcfromtimestamp"}


def under(name: str, forbidden: set[str]) -> bool:
    return any(name == item or name.startswith(f"{item}.") for item in forbidden)


def test_the_import_contract_holds() -> None:
    script = Path(sys.executable).with_name("lint-imports")
    result = subprocess.run(
        [script, "--no-logo"], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert result.returncode == 0, result.stdout


def test_pure_floors_import_nothing_that_touches_the_world() -> None:
    found = [
        f"{dotted(path)} imports {name}"
        for floor in PURE
        for path in sorted(floor.rglob("*.py"))
        for name in imported(path)
        if under(name, IMPURE)
    ]
    assert not found


def test_time_and_files_reach_the_pure_floors_as_arguments() -> None:
    found = []
    for path in [path for floor in PURE for path in sorted(floor.rglob("*.py"))]:
        for node in ast.walk(tree(path)):
            if not isinstance(node, ast.Call):
                continue
            match node.func:
                case ast.Name(id="open" | "print" | "input" as name):
                    found.append(f"{dotted(path)}:{node.lineno} calls {name}()")
                case ast.Attribute(value=owner, attr=attr) if attr in CLOCKS and any(
                    isinstance(part, ast.Name) and part.id in {"datetime", "date", "dt"}
                    for part in ast.walk(owner)
                ):
                    found.append(f"{dotted(path)}:{node.lineno} reads the clock")
                case _:
                    continue
    assert not found


IN_THEIR_PROCESS = "nahmi.plugins.threatexchange.circle_exchange"
"""Runs in programs of others, with their ways out; no node ever loads it."""


def test_no_node_loads_what_runs_in_programs_of_others() -> None:
    assert not imports_of({IN_THEIR_PROCESS}, outside=())


def imports_of(family: set[str], *, outside: Collection[str]) -> list[str]:
    """Where a family of modules is imported, leaving out some packages of ours."""
    return [
        f"{dotted(path)} imports {name}"
        for path in modules()
        if path.relative_to(PACKAGE).parts[0] not in outside
        for name in imported(path)
        if under(name, family)
    ]


def test_no_module_pickles() -> None:
    assert not imports_of(PICKLING, outside=())


def test_only_wire_calls_out() -> None:
    found = imports_of(NETWORK, outside=MAY_CALL_OUT | {"testing"})
    assert [one for one in found if not one.startswith(f"{IN_THEIR_PROCESS} imports ")] == []


def test_sockets_are_held_only_where_there_is_a_reason() -> None:
    assert not imports_of(SOCKETS, outside=MAY_HOLD_SOCKETS)


@pytest.mark.parametrize("package", sorted(MAY_HOLD_SOCKETS))
def test_the_reasons_to_hold_sockets_are_not_older_than_their_use(package: str) -> None:
    assert imports_of(SOCKETS, outside={path.name for path in PACKAGE.iterdir()} - {package})
