# SPDX-License-Identifier: Apache-2.0
"""A node that fetches from an exchange: from the command line, and by itself while it serves."""

import json
import re
import time
from pathlib import Path
from typing import Any

import pytest

from nahmi.api.app import make_app
from nahmi.bootstrap import node_settings
from nahmi.bootstrap.exchanges import open_exchanges
from nahmi.bootstrap.service import Service
from nahmi.cli.app import run
from nahmi.testing.serving import serving

GUIDE = Path(__file__).parents[2] / "docs" / "how-to" / "use-threatexchange-plugins.md"
SIGNALS = [f"{number:02x}" * 32 for number in range(3)]
WAIT_S = 60


@pytest.fixture
def lists(tmp_path: Path) -> Path:
    """What partners share, as a file."""
    path = tmp_path / "partners.txt"
    path.write_text("".join(f"pdq {signal}\n" for signal in SIGNALS) + "photodna abc\n")
    return path


@pytest.fixture
def node(tmp_path: Path, lists: Path) -> Path:
    """A node with the first exchange of the guide."""
    folder = tmp_path / "node"
    assert run(["--node", str(folder), "init"]) == 0
    [_, block, *_] = re.findall(
        r"^```toml\n(.*?)^```$", GUIDE.read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL
    )
    first = block.split("\n\n")[0].replace("/srv/lists/partners.txt", str(lists))
    settings = f"layout = 1\n{first.replace('/srv/lists', str(tmp_path))}\n"
    (folder / "node.toml").write_text(settings, encoding="utf-8")
    assert run(["--node", str(folder), "bank", "create", "PARTNERS", "--category", "test"]) == 0
    return folder


def asked(
    node: Path, capsys: pytest.CaptureFixture[str], *words: str, code: int = 0
) -> dict[str, Any]:
    capsys.readouterr()
    assert run(["--node", str(node), *words, "--json"]) == code
    found: dict[str, Any] = json.loads(capsys.readouterr().out)
    return found


def test_an_exchange_is_fetched_from_the_command_line(
    node: Path, lists: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    name = ["--node", str(node), "exchange"]
    assert run([*name, "list"]) == 0
    assert "never fetched" in capsys.readouterr().out
    assert run([*name, "fetch", "partners"]) == 0
    shown = capsys.readouterr()
    assert shown.out == "4 records: added 3 entries, changed 0, withdrew 0.\n"
    assert "1 records of no type that this node has (photodna 1)" in shown.err
    match = ["match", "--signal", f"pdq:{SIGNALS[1]}"]
    assert asked(node, capsys, *match, code=1)["results"][0]["outcome"] == "match"
    lists.write_text(f"pdq {SIGNALS[0]}\n")
    job = asked(node, capsys, "exchange", "fetch", "partners")["job"]
    assert (job["state"], job["result"]["withdrawn"]) == ("done", 2)
    assert asked(node, capsys, *match)["results"][0]["outcome"] == "no_match"
    [listed] = asked(node, capsys, "exchange", "list")["exchanges"]
    assert listed == asked(node, capsys, "exchange", "show", "partners")["exchange"]
    assert (listed["entries"], listed["state"], listed["bank"]) == (1, "done", "PARTNERS")
    assert run([*name, "show", "partners"]) == 0
    assert "withdrawn" in capsys.readouterr().out
    assert run([*name, "remove", "partners"]) == 0
    assert capsys.readouterr().out == "Withdrew 1 entries of partners.\n"
    assert run([*name, "remove", "partners"]) == 2


def test_a_serving_node_fetches_when_it_is_time(node: Path) -> None:
    text = (node / "node.toml").read_text(encoding="utf-8")
    (node / "node.toml").write_text(f"{text}every_minutes = 15\n", encoding="utf-8")
    settings = node_settings(node)
    with (
        open_exchanges(node) as exchanges,
        serving(make_app(lambda: Service(node, settings), settings), node.parent),
    ):
        end = time.monotonic() + WAIT_S
        while exchanges.one("partners").entries < len(SIGNALS):
            assert time.monotonic() < end
            time.sleep(0.05)
