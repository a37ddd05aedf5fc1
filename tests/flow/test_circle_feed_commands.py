# SPDX-License-Identifier: Apache-2.0
"""Circles for MISP, from the command line."""

import json
from pathlib import Path

import pytest

from nahmi.access.identity import LOCAL
from nahmi.bootstrap import init_node
from nahmi.bootstrap.open_circles import open_circles
from nahmi.cli.app import run
from nahmi.core.bank import Category
from nahmi.core.signal import Signal
from nahmi.flows.circles.founding import NewCircle, Organisation
from nahmi.partner.circles.members import Sector
from nahmi.partner.circles.rules import Rules
from nahmi.partner.voice import AssertionDraft
from nahmi.testing.circle_log import CATEGORIES, TYPES
from nahmi.testing.fake_exchanges.misp import KEY, FakeMisp

PRINT = Signal("pdq", "c5" * 32)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    place = tmp_path / "node"
    init_node(place).close()
    with open_circles(place) as (_, circles):
        made = circles.founding.found(
            LOCAL,
            NewCircle(
                name="Open seas",
                url="https://home.example",
                organisation=Organisation(name="Ours", sector=Sector.HOTLINE, country="BR"),
                rules=Rules(signal_types=TYPES, categories=CATEGORIES),
            ),
        )
        draft = AssertionDraft(signal=PRINT, category=Category.TEST)
        circles.speaking.share(LOCAL, made.circle_id, [draft])
    return place


def nahmi(folder: Path, *arguments: object) -> int:
    return run(["--node", str(folder), "circle", *map(str, arguments)])


def later(monkeypatch: pytest.MonkeyPatch, module: str) -> None:
    """What was said is no longer in the second that is running."""
    from nahmi.bootstrap.clock import now  # noqa: PLC0415 - replaced just below

    ahead = now().replace(year=now().year + 1)
    monkeypatch.setattr(module, lambda: ahead)


def test_a_circle_is_written_as_a_feed(
    folder: Path,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    later(monkeypatch, "nahmi.cli.circles.feeding.now")
    for changed in (1, 0):
        assert nahmi(folder, "feed", "Open seas", tmp_path / "feed", "--json") == 0
        said = json.loads(capsys.readouterr().out)
        assert said == {"schema": "nahmi.feed/1", "events": 1, "changed": changed}
    [name] = json.loads((tmp_path / "feed" / "manifest.json").read_text())
    assert PRINT.value in (tmp_path / "feed" / f"{name}.json").read_text()


@pytest.mark.enable_socket
@pytest.mark.allow_hosts(["127.0.0.1"])
def test_a_circle_is_handed_to_a_misp(
    folder: Path,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    later(monkeypatch, "nahmi.cli.circles.feeding.now")
    key = tmp_path / "misp.key"
    key.write_text(KEY + "\n")
    with FakeMisp() as misp:
        asked = ("push", "Open seas", misp.base_url, "--key-file", key, "--internal")
        assert nahmi(folder, *asked) == 0
        assert "1 events added" in capsys.readouterr().out
        assert nahmi(folder, *asked) == 0
        assert "1 as before" in capsys.readouterr().out
        assert [one["value"] for one in misp.attributes() if one["to_ids"]] == [PRINT.value]


def test_a_key_that_is_none_is_told(
    folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    key = tmp_path / "misp.key"
    key.write_text("not a key\n")
    for path in (key, tmp_path / "missing"):
        assert nahmi(folder, "push", "Open seas", "https://misp.example", "--key-file", path) == 2
        assert "not a key" not in capsys.readouterr().err
