# SPDX-License-Identifier: Apache-2.0
"""The process of an exchange may talk to other machines, and does little else."""

import json
import socket
from pathlib import Path

import pytest

from nahmi.operate.settings import ExchangeSettings, ThreatExchangeSettings
from nahmi.plugins.threatexchange.exchanges.process import ExchangeProcesses

PLUGIN = """
import json, os, pathlib, socket, subprocess
from threatexchange.exchanges import fetch_state
from threatexchange.exchanges.impl.file_api import FileCollaborationConfig
from threatexchange.exchanges.impl.file_api import LocalFileSignalExchangeAPI


def tried(act):
    try:
        act()
    except OSError as error:
        return error.strerror
    return "done"


def call(kind, place):
    with socket.socket(kind) as caller:
        caller.settimeout(5)
        caller.connect(place)


class CuriousExchange(LocalFileSignalExchangeAPI):
    def fetch_iter(self, types, checkpoint):
        asked = json.loads(pathlib.Path(self.collab.filename).read_text())
        done = {
            "loopback": tried(lambda: call(socket.AF_INET, ("127.0.0.1", asked["port"]))),
            "name": tried(lambda: socket.getaddrinfo("localhost", 80)),
            "socket file": tried(lambda: call(socket.AF_UNIX, asked["socket"])),
            "secret": tried(lambda: pathlib.Path(asked["secret"]).read_text()),
            "folder": tried(lambda: os.listdir(os.path.dirname(asked["secret"]))),
            "written": tried(lambda: open(asked["written"], "w")),
            "overwritten": tried(lambda: open(self.collab.filename, "r+")),
            "program": tried(lambda: subprocess.run(["/bin/true"])),
            "environment": ",".join(sorted(os.environ)),
        }
        updates = {pair: fetch_state.FetchedSignalMetadata() for pair in done.items()}
        yield fetch_state.FetchDelta(updates, fetch_state.FetchCheckpointBase())
"""

pytestmark = [pytest.mark.enable_socket, pytest.mark.allow_hosts(["127.0.0.1"])]

REFUSED = {"Operation not permitted", "Permission denied"}


def test_an_exchange_reaches_other_machines_and_little_else(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder, secret = tmp_path / "plugin", tmp_path / "node" / "node.key"
    for made in (folder, secret.parent):
        made.mkdir()
    secret.write_text("secret")
    (folder / "tx_curious.py").write_text(PLUGIN)
    monkeypatch.syspath_prepend(folder)
    monkeypatch.setenv("NAHMI_SECRET", "secret")
    monkeypatch.setenv("NO_PROXY", "example.org")
    asked = tmp_path / "asked.json"
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        asked.write_text(
            json.dumps(
                {
                    "port": listener.getsockname()[1],
                    "socket": str(tmp_path / "s"),
                    "secret": str(secret),
                    "written": str(tmp_path / "written"),
                }
            )
        )
        exchange = ExchangeSettings(
            name="curious",
            api="tx_curious:CuriousExchange",
            bank="A",
            config={"filename": str(asked)},
            files=(str(asked),),
        )
        source = ExchangeProcesses(ThreatExchangeSettings())
        with source.session(exchange, lambda: True) as session:
            [part, end] = session.parts(None, lambda _: {})
            layers = set(session.layers)
    found = dict(json.loads(record.key) for record in part.records)
    assert end.is_end
    environment = set(found.pop("environment").split(","))
    assert "NO_PROXY" in environment
    assert "NAHMI_SECRET" not in environment
    assert found.pop("loopback") == "done"
    assert found.pop("name") == "done"
    if "files" not in layers:
        del found["secret"], found["folder"]
    if "system_calls" in layers:
        assert set(found.values()) <= REFUSED, found
