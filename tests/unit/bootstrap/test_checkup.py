# SPDX-License-Identifier: Apache-2.0
"""What is said of a node before it serves, and what to do about it."""

import shutil
import sqlite3
from collections.abc import Callable, Iterable
from datetime import timedelta
from pathlib import Path

import pytest

from nahmi.access.api_keys import make_key
from nahmi.access.audit import AuditEvent
from nahmi.access.roles import Permission, Role
from nahmi.bootstrap import init_node, now, open_access
from nahmi.bootstrap.checkup import Check, State, check_up
from nahmi.bootstrap.checkup import machine as of_machine
from nahmi.bootstrap.checkup import serving as of_serving
from nahmi.bootstrap.checkup.node import node_checks
from nahmi.bootstrap.checkup.serving import serving_checks
from nahmi.bootstrap.place import NodePlace
from nahmi.core.member import OWN_MEMBER
from nahmi.wire.knocking import Listener

Checks = dict[str, Check]


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("checkup") / "node"
    init_node(folder).close()
    return folder


@pytest.fixture
def folder(made: Path, tmp_path: Path) -> Path:
    copy = shutil.copytree(made, tmp_path / "node")
    copy.chmod(0o700)
    return copy


@pytest.fixture(autouse=True)
def _nobody_listens(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(of_serving, "who_listens", lambda *_: Listener.NOBODY)


def by_name(checks: Iterable[Check]) -> Checks:
    return {check.name: check for check in checks}


def of_node(folder: Path) -> Checks:
    return by_name(node_checks(NodePlace(folder)))


def serve_with(folder: Path, text: str) -> Checks:
    (folder / "node.toml").write_text(f"layout = 1\n{text}")
    return by_name(serving_checks(NodePlace(folder)))


def test_a_healthy_node_has_nothing_bad_and_is_not_changed(folder: Path) -> None:
    def state() -> dict[str, tuple[int, bytes]]:
        files = (path for path in folder.rglob("*") if path.is_file())
        return {
            str(path): (path.stat().st_mtime_ns, path.read_bytes())
            for path in files
            if not path.name.endswith(("-shm", "-wal"))  # SQLite's own, even to read
        }

    before = state()
    checks = by_name(check_up(NodePlace(folder)))
    assert not [check for check in checks.values() if check.state is State.BAD]
    assert all(check.hint for check in checks.values() if check.state is State.NOTE)
    assert {"settings", "node key", "database", "clocks", "index", "port", "reach"} <= set(checks)
    assert checks["database"].detail.startswith("SQLite 3.")
    assert state() == before


def test_where_there_is_no_node_nothing_is_bad(tmp_path: Path) -> None:
    checks = of_node(tmp_path / "none")
    assert {check.state for check in checks.values()} == {State.NOTE}
    assert not list(serving_checks(NodePlace(tmp_path / "none")))


def test_settings_that_cannot_be_used_are_named(folder: Path) -> None:
    (folder / "node.toml").write_text("layout = 1\n[serve]\nprot = 8410\n")
    checks = of_node(folder)
    assert checks["settings"].state is State.BAD
    assert "prot" in checks["settings"].detail
    assert checks["database"].state is State.OK


def test_a_key_that_others_may_read_is_bad(folder: Path) -> None:
    (folder / "node.key").chmod(0o644)
    assert "chmod 600" in of_node(folder)["node key"].hint
    (folder / "node.key").unlink()
    assert of_node(folder)["node key"].state is State.BAD


def test_an_older_schema_is_bad(folder: Path) -> None:
    with sqlite3.connect(folder / "nahmi.sqlite3") as store:
        store.execute("UPDATE alembic_version SET version_num = '0001'")
        store.execute("PRAGMA user_version = 1")
    store.close()
    check = of_node(folder)["database"]
    assert (check.state, "nahmi migrate" in check.hint) == (State.BAD, True)


def test_a_store_that_is_none_is_bad(folder: Path) -> None:
    (folder / "nahmi.sqlite3").write_text("no store")
    assert of_node(folder)["database"].state is State.BAD


def test_an_index_that_is_damaged_is_bad(folder: Path) -> None:
    shutil.rmtree(folder / "index" / "pdq")
    check = of_node(folder)["node"]
    assert (check.state, "index rebuild" in check.hint) == (State.BAD, True)


def test_a_clock_that_went_back_is_bad(folder: Path) -> None:
    with open_access(folder) as access:
        access.audit.append(
            AuditEvent(
                at=now() + timedelta(hours=1), member_id=OWN_MEMBER, actor="local", event="a:b"
            )
        )
    assert of_node(folder)["clocks"].state is State.BAD


def test_people_and_keys_are_looked_at(folder: Path) -> None:
    assert "nahmi person add" in of_node(folder)["people"].hint
    with open_access(folder) as access:
        access.people.add_person(
            member_id=OWN_MEMBER,
            email="a@x.example",
            name="A",
            role=Role.ADMIN,
            language="en",
            now=now(),
        )
        for days in (3, 300):
            access.keys.add_key(
                make_key(bytes([days % 251]) * 37),
                member_id=OWN_MEMBER,
                label="x",
                permissions=[Permission.PROTECT_CONTENT_MATCH],
                daily_budget=1,
                created_by="local",
                now=now(),
                expires_at=now() + timedelta(days=days),
            )
    checks = of_node(folder)
    assert checks["people"].state is State.OK
    assert checks["keys"].state is State.NOTE
    assert checks["keys"].detail == "2 keys are good, those with the number 1 for less than 14 days"


def test_a_database_on_postgresql_says_its_version_and_time(
    tmp_path: Path, postgres_url: str
) -> None:
    place = NodePlace(tmp_path / "node", postgres_url)
    init_node(place).close()
    checks = by_name(node_checks(place))
    assert checks["database"].detail.startswith("PostgreSQL 1")
    assert checks["clocks"].state is State.OK
    away = NodePlace(tmp_path / "node", "postgresql://nahmi:s3cret@/nahmi?host=/nowhere")
    check = by_name(node_checks(away))["database"]
    assert check.state is State.BAD
    assert "s3cret" not in str(check)


@pytest.mark.parametrize(
    ("listener", "state"),
    [
        (Listener.NOBODY, State.OK),
        (Listener.NODE, State.OK),
        (Listener.OTHER, State.BAD),
        (Listener.FORBIDDEN, State.BAD),
        (Listener.ELSEWHERE, State.BAD),
    ],
)
def test_the_port_is_free_or_ours(
    folder: Path, monkeypatch: pytest.MonkeyPatch, listener: Listener, state: State
) -> None:
    monkeypatch.setattr(of_serving, "who_listens", lambda *_: listener)
    check = serve_with(folder, "[serve]\nport = 8410")["port"]
    assert (check.state, bool(check.hint)) == (state, state is State.BAD)


@pytest.mark.parametrize(
    ("serve", "expected"),
    [
        ("", ""),
        ("host = '127.0.0.1'\npublic_url = 'https://n.example'", ""),
        ("host = '0.0.0.0'", "TLS"),
        ("host = '0.0.0.0'\npublic_url = 'http://n.example'", "TLS"),
        ("host = '10.0.0.1'\npublic_url = 'https://n.example'", "Name the proxy"),
        (
            "host = '10.0.0.1'\npublic_url = 'https://n.example'\ntrusted_proxies = ['10.0.0.2']",
            "",
        ),
    ],
)
def test_who_can_connect_without_tls_is_noted(folder: Path, serve: str, expected: str) -> None:
    check = serve_with(folder, f"[serve]\n{serve}")["reach"]
    assert check.state is (State.NOTE if expected else State.OK)
    assert expected in check.hint


@pytest.mark.parametrize(
    ("text", "name", "state"),
    [
        ("[fetch]\nhosts = ['*']", "hosts", State.BAD),
        ("[webhooks]\nprivate_hosts = ['http://10.0.0.7:80 internal']", "hosts", State.BAD),
        ("[fetch]\nhosts = ['.media.example']", "hosts", State.OK),
        ("[limits]\nconnections = 1000000", "open files", State.NOTE),
        ("[limits]\nconnections = 1", "open files", State.OK),
    ],
)
def test_rules_for_hosts_and_open_files(
    folder: Path, monkeypatch: pytest.MonkeyPatch, text: str, name: str, state: State
) -> None:
    limits: Callable[[int], tuple[int, int]] = lambda _: (1024, 1024)  # noqa: E731 - a stand-in
    monkeypatch.setattr(of_serving.resource, "getrlimit", limits)
    assert serve_with(folder, text)[name].state is state


@pytest.mark.parametrize(
    ("machine", "layers", "state"),
    [
        ("x86_64", ("memory", "system_calls"), State.OK),
        ("x86_64", ("memory",), State.BAD),
        ("riscv64", ("memory",), State.NOTE),
    ],
)
def test_a_sandbox_without_its_filter_is_told(
    monkeypatch: pytest.MonkeyPatch, machine: str, layers: tuple[str, ...], state: State
) -> None:
    monkeypatch.setattr(of_machine, "sandbox_layers", lambda: layers)
    monkeypatch.setattr(of_machine.platform, "machine", lambda: machine)
    monkeypatch.setattr(of_machine.sys, "platform", "linux")
    check = of_machine._sandbox()
    assert (check.state, bool(check.hint)) == (state, state is not State.OK)
