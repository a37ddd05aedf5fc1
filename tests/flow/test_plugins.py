# SPDX-License-Identifier: Apache-2.0
"""A node with a third party's signal types, asked from the command line and over HTTP."""

import hashlib
import json
import re
from pathlib import Path

import pytest

from nahmi.access.roles import Permission
from nahmi.api.app import make_app
from nahmi.bootstrap import node_settings
from nahmi.bootstrap.service import Service
from nahmi.cli.app import run
from nahmi.testing.keys import give_key
from nahmi.testing.serving import serving

LIBRARY = "threatexchange.signal_type"
GUIDE = Path(__file__).parents[2] / "docs" / "how-to" / "use-threatexchange-plugins.md"
QUERY = json.dumps({"and": [{"or": ["swap"]}, {"or": ["photos"]}], "not": ["stickers"]})
TEXT = "come and swap photos with us"
VIDEO = b"\x00\x00\x00\x18ftypmp42 no picture, and harmless"


def settings_of_the_guide() -> str:
    """Every block of settings of the page, as one file."""
    text = GUIDE.read_text(encoding="utf-8")
    [block, *_] = re.findall(r"^```toml\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)
    return f"layout = 1\n{block}"


@pytest.fixture
def node(tmp_path: Path) -> Path:
    """A node with the types of the guide, and one entry of each of three."""
    folder = tmp_path / "node"
    options = ["--node", str(folder)]
    assert run([*options, "init"]) == 0
    (folder / "node.toml").write_text(settings_of_the_guide(), encoding="utf-8")
    assert run([*options, "bank", "create", "KNOWN", "--category", "test"]) == 0
    signals = [
        f"trend_query:{QUERY}",
        f"video_md5:{hashlib.md5(VIDEO).hexdigest()}",  # noqa: S324 - what the type computes
        "raw_text:this very sentence went round",
    ]
    added = [part for signal in signals for part in ("--signal", signal)]
    assert run([*options, "bank", "add", "KNOWN", *added]) == 0
    return folder


@pytest.fixture
def video(tmp_path: Path) -> Path:
    path = tmp_path / "clip.mp4"
    path.write_bytes(VIDEO)
    return path


def test_the_command_line_asks_plugins(
    node: Path, video: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    asked = [
        (["--signal", f"trend_query:{TEXT}"], 1),
        (["--signal", "trend_query:swap stickers and photos"], 0),
        (["--signal", "raw_text:This very sentence went around"], 1),
        (["--signal", "trend_query: "], 2),
        ([str(video)], 1),
    ]
    assert [run(["--node", str(node), "match", *ask]) for ask, _ in asked] == [
        code for _, code in asked
    ]
    shown = capsys.readouterr().out
    assert "trend_query, 0 by its own measure" in shown
    assert "raw_text, 1 by its own measure" in shown
    assert "video_md5, 0 of at most 0 bits" in shown


def test_callers_over_http_ask_plugins_and_see_new_signals_at_once(node: Path) -> None:
    settings = node_settings(node)
    key = key_for(node)
    with serving(make_app(lambda: Service(node, settings), settings), node.parent) as client:
        client.headers["authorization"] = f"Bearer {key}"

        def verdict(signal_type: str, value: str) -> str:
            body = {"signals": [{"type": signal_type, "value": value}]}
            answers = [client.post(f"/api/v1/match{end}", json=body).json() for end in ("", "/")]
            batch = client.post("/api/v1/match/batch", json={"items": [body]}).json()["answers"]
            assert answers[0] == answers[1] == batch[0]
            found: str = answers[0]["verdict"]
            return found

        assert verdict("trend_query", TEXT) == "match"
        assert verdict("trend_query", "swap stickers") == "no_match"
        assert client.post("/api/v1/match/content", content=VIDEO).json()["verdict"] == "match"
        assert verdict("raw_text", "another sentence") == "no_match"
        bank = client.get("/api/v1/banks").json()["items"][0]["bank_id"]
        added = client.post(
            f"/api/v1/banks/{bank}/entries",
            json={"signals": [{"type": "raw_text", "value": "Another sentence"}]},
        )
        assert added.status_code == 201, added.text
        assert verdict("raw_text", "another sentence") == "match"
        [entry] = added.json()["entry_ids"]
        assert client.delete(f"/api/v1/entries/{entry}").status_code in (200, 204)
        assert verdict("raw_text", "another sentence") == "no_match"
        types = {item["name"]: item for item in client.get("/api/v1/signal-types").json()["items"]}
        assert types["raw_text"]["index_kind"] == "compared"
        assert types["video_md5"]["index_kind"] == "exact"


def key_for(node: Path) -> str:
    permissions = (
        Permission.PROTECT_CONTENT_MATCH,
        Permission.PROTECT_BANK_READ,
        Permission.PROTECT_ENTRY_READ,
        Permission.PROTECT_ENTRY_WRITE,
    )
    return give_key(node, permissions)


@pytest.mark.enable_socket  # the doctor looks whether its port is free
@pytest.mark.allow_hosts(["127.0.0.1"])
def test_a_node_whose_plugin_is_gone_refuses_to_answer(
    node: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    broken = 'layout = 1\n[threatexchange]\nmanifests = ["tx_not_there"]\n'
    (node / "node.toml").write_text(broken, encoding="utf-8")
    assert run(["--node", str(node), "match", "--signal", f"trend_query:{TEXT}"]) == 2
    assert "'tx_not_there' cannot be used" in capsys.readouterr().err
    assert run(["--node", str(node), "doctor"]) == 2
    assert "'tx_not_there' cannot be used" in capsys.readouterr().out
