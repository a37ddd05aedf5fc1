# SPDX-License-Identifier: Apache-2.0
"""The process of an exchange may talk to other machines, and does little else."""

import json
import socket
from collections.abc import Sequence
from pathlib import Path

import pytest

from nahmi.core.opinion import Stance
from nahmi.core.signal import Signal
from nahmi.operate.settings import ExchangeSettings, ThreatExchangeSettings
from nahmi.plugins.threatexchange.exchanges.process import ExchangeProcesses
from nahmi.testing.loopback import LoopbackServer, reply

PLUGIN = """
import datetime, json, os, pathlib, socket, subprocess
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
            "clock": str(datetime.datetime.fromtimestamp(0)),
            "environment": ",".join(sorted(os.environ)),
        }
        updates = {pair: fetch_state.FetchedSignalMetadata() for pair in done.items()}
        yield fetch_state.FetchDelta(updates, fetch_state.FetchCheckpointBase())
"""

pytestmark = [pytest.mark.enable_socket, pytest.mark.allow_hosts(["127.0.0.1"])]

ENTRIES = '''
import xml.etree.ElementTree as ET
from threatexchange.exchanges.clients.ncmec import hash_api
from threatexchange.exchanges.impl.ncmec_api import NCMECSignalExchangeAPI

ENTRY = """<image><member id="42">Name</member><timestamp>2017-10-24T15:00:00Z</timestamp>
<id>one</id><classification>A1</classification><fingerprints><md5>%s</md5><pdq>%s</pdq></fingerprints>
<feedback><affirmativeFeedback type="Md5"><members><member id="43">N</member></members>
</affirmativeFeedback></feedback></image>""" % ("c3" * 16, "a1" * 32)
GONE = "<deletedImage><member id=\\"42\\">Name</member><id>one</id></deletedImage>"


class Canned:
    def get_entries_iter(self, **_):
        for entry in (ENTRY, GONE):
            update = hash_api.NCMECEntryUpdate.from_xml(hash_api._XMLWrapper(ET.fromstring(entry)))
            yield hash_api.GetEntriesResponse([update], 1_500_000_000, "")


class CannedExchange(NCMECSignalExchangeAPI):
    def get_client(self, environment):
        return Canned()
'''

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
    monkeypatch.setenv("TZ", "Asia/Tokyo")
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
    assert found.pop("clock") == "1970-01-01 00:00:00"
    assert found.pop("loopback") == "done"
    assert found.pop("name") == "done"
    if "files" not in layers:
        del found["secret"], found["folder"]
    if "system_calls" in layers:
        assert set(found.values()) <= REFUSED, found


def test_what_a_victim_takes_back_is_taken_back(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    states = {"ImagePDQ": "Active", "VideoMD5": "Withdrawn", "URL": "Deleted", "VideoTMK": "Active"}
    page = {
        "count": 4,
        "nextPageToken": None,
        "nextSetTimestamp": 1_700_000_000,
        "hasMoreRecords": False,
        "hashRecords": [
            {
                "lastModtimestamp": 1,
                "signalType": kind,
                "hashValue": "a1" * 32,
                "hashStatus": state,
                "caseNumbers": {},
                "CSPFeedbacks": [{"source": "x", "feedbackValue": "Blocked", "tags": ["a"]}],
            }
            for kind, state in states.items()
        ],
    }
    with LoopbackServer(reply(200, json.dumps(page).encode())) as server:
        key = tmp_path / "key"
        key.write_text(f"function,subscription,{server.url('')}")
        exchange = ExchangeSettings(name="x", api="stop_ncii", bank="A", credentials_file=str(key))
        source = ExchangeProcesses(ThreatExchangeSettings())
        with source.session(exchange, lambda: True) as session:
            [part, _] = session.parts(None, lambda _: {})
            assert part.checkpoint is not None
            assert not session.is_stale(part.checkpoint.text)
        assert server.asked[0].headers["x-functions-key"] == "function"
    found = {json.loads(record.key)[0]: record for record in part.records}
    assert {name for name, record in found.items() if record.body is None} == {"video_md5", "url"}
    [assertion] = found["pdq"].assertions
    assert assertion.signal == Signal("pdq", "a1" * 32)
    assert {opinion.stance for opinion in assertion.opinions} == {Stance.AGREES, Stance.UNSURE}
    assert found["VideoTMK"].unknown_type == "VideoTMK"


def test_a_class_that_sends_changes_is_told_what_there_was(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "tx_canned.py").write_text(ENTRIES)
    monkeypatch.syspath_prepend(tmp_path)
    (tmp_path / "key").write_text("user:password")
    exchange = ExchangeSettings(
        name="x",
        api="tx_canned:CannedExchange",
        bank="A",
        config={"environment": "Industry"},
        credentials_file=str(tmp_path / "key"),
    )
    kept: dict[str, str] = {}
    parts = []

    def known(keys: Sequence[str]) -> dict[str, str]:
        return {key: kept[key] for key in keys if key in kept}

    source = ExchangeProcesses(ThreatExchangeSettings())
    with source.session(exchange, lambda: True) as session:
        for part in session.parts(None, known):
            kept.update((one.key, one.body) for one in part.records if one.body is not None)
            parts.append(part)
        assert parts[1].checkpoint is not None
        assert not session.is_stale(parts[1].checkpoint.text)
    first, second, end = parts
    [record] = first.records
    [assertion] = record.assertions
    assert (assertion.signal, json.loads(record.key)) == (Signal("pdq", "a1" * 32), "42-one")
    [opinion] = assertion.opinions
    assert (opinion.stance, opinion.owner, opinion.tags) == (Stance.AGREES, "42", ("A1",))
    assert [(one.key, one.body) for one in second.records] == [(record.key, None)]
    assert end.is_end
