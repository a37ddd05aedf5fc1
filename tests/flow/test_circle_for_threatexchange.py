# SPDX-License-Identifier: Apache-2.0
"""Programs made of Meta's `threatexchange` read a circle of a serving node."""

from collections.abc import Iterator
from http import HTTPStatus
from pathlib import Path

import msgspec
import pytest
import requests
from threatexchange.cli.main import inner_main
from threatexchange.exchanges.fetch_state import AggregateSignalOpinionCategory as Opinion
from threatexchange.signal_type.md5 import VideoMD5Signal
from threatexchange.signal_type.pdq.signal import PdqSignal

from nahmi.api.app import make_app
from nahmi.bootstrap import init_node
from nahmi.bootstrap.place import open_store, placed
from nahmi.bootstrap.service import Service
from nahmi.core.bank import Category
from nahmi.core.signal import Signal
from nahmi.operate.settings import Settings
from nahmi.partner.circles.rules import Quorum
from nahmi.partner.statements.text import write_moment
from nahmi.plugins.threatexchange.circle_exchange import (
    NahmiCircleCheckpoint,
    NahmiCircleConfig,
    NahmiCircleExchangeAPI,
    NahmiKey,
    NahmiSignal,
)
from nahmi.testing.circle_log import CircleLog
from nahmi.testing.circles import signal
from nahmi.testing.keys import give_key
from nahmi.testing.node_process import free_port
from nahmi.testing.serving import serving_at

pytestmark = [pytest.mark.enable_socket, pytest.mark.allow_hosts(["127.0.0.1"])]

MODULE = "nahmi.plugins.threatexchange.circle_exchange"
TYPES = (PdqSignal, VideoMD5Signal)
CLIP = Signal("md5", "0123456789abcdef0123456789abcdef")


class Reader:
    """Reads a circle as their programs do: fetch, merge by key, convert.

    Args:
        config: Which circle.
        key: With which.
    """

    def __init__(self, config: NahmiCircleConfig, key: str) -> None:
        self.config = config
        self.key = key
        self.held: dict[int, NahmiSignal] = {}
        self.checkpoint: NahmiCircleCheckpoint | None = None
        self.parts = 0

    def fetch(self) -> int:
        """Fetch to the end; how many updates."""
        api = NahmiCircleExchangeAPI.for_collab(self.config, NahmiKey(self.key))
        count = 0
        for delta in api.fetch_iter(TYPES, self.checkpoint):
            count += len(delta.updates)
            self.parts += 1
            api.naive_fetch_merge(self.held, delta.updates)
            self.checkpoint = delta.checkpoint
        return count

    def found(self) -> dict[str, Opinion]:
        """What matches, and what is thought of it."""
        converted = NahmiCircleExchangeAPI.naive_convert_to_signal_type(
            TYPES, self.config, self.held
        )
        return {
            value: record.get_as_aggregate_opinion().category
            for records in converted.values()
            for value, record in records.items()
        }


@pytest.fixture
def log(tmp_path: Path) -> CircleLog:
    folder = tmp_path / "node"
    init_node(folder).close()
    return CircleLog(open_store(placed(folder)))


@pytest.fixture
def url(tmp_path: Path, log: CircleLog) -> Iterator[str]:
    del log
    settings = Settings(layout=1)
    app = make_app(lambda: Service(tmp_path / "node", settings), settings)
    with serving_at(app, free_port()) as found:
        yield found


@pytest.fixture
def reader(tmp_path: Path, url: str, log: CircleLog) -> Reader:
    config = NahmiCircleConfig(name="gulf", node=url, circle=log.circle_id)
    return Reader(config, give_key(tmp_path / "node"))


def pdq(number: int) -> str:
    return signal(number).value


@pytest.fixture
def quorum(log: CircleLog) -> CircleLog:
    """The circle, where two organisations are enough, also of one country."""
    before = log.circle.roster.roster
    rules = msgspec.structs.replace(before.rules, quorum=Quorum(organisations=2, jurisdictions=1))
    after = msgspec.structs.replace(
        before, version=2, previous=before.digest, rules=rules, made_at=write_moment(log.now)
    )
    log.apply([log.changes(after)])
    return log


def test_tiers_become_opinions_and_what_is_taken_back_goes(
    quorum: CircleLog, reader: Reader
) -> None:
    log = quorum
    log.apply(log.asserts(signal(number), category=Category.TEST) for number in (1, 2, 3))
    log.apply([log.asserts(CLIP), log.asserts(signal(2), by=1, category=Category.TEST)])
    assert reader.fetch() == 4
    assert reader.found() == {
        pdq(1): Opinion.INVESTIGATION_SEED,
        pdq(2): Opinion.POSITIVE_CLASS,
        pdq(3): Opinion.INVESTIGATION_SEED,
        CLIP.value: Opinion.INVESTIGATION_SEED,
    }
    assert reader.fetch() == 0
    log.apply([log.opines(signal(2), -100, by=2), log.retracts(signal(1)), log.retracts(CLIP)])
    assert reader.fetch() == 3
    assert reader.found() == {pdq(2): Opinion.DISPUTED, pdq(3): Opinion.INVESTIGATION_SEED}


def test_what_is_held_or_redacted_does_not_match_there(log: CircleLog, reader: Reader) -> None:
    blank = Signal("pdq", "0" * 64)
    done = log.apply([log.asserts(signal(1)), log.asserts(blank)])
    assert reader.fetch() == 2
    assert set(reader.found()) == {pdq(1)}
    log.apply([log.redacts(signal(1), done.taken[0])])
    assert reader.fetch() == 1
    assert reader.found() == {}
    late = Reader(reader.config, reader.key)
    late.fetch()
    assert late.found() == {}


def test_a_reader_goes_on_in_small_parts_and_misses_nothing(
    log: CircleLog, reader: Reader, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(f"{MODULE}.PAGE", 3)
    log.apply(log.asserts(signal(number)) for number in range(8))
    assert reader.fetch() == 8
    assert reader.parts == 3
    log.apply([log.retracts(signal(0)), *(log.asserts(signal(number)) for number in (8, 9))])
    reader.fetch()
    assert set(reader.found()) == {pdq(number) for number in range(1, 10)}
    assert reader.checkpoint is not None
    assert not reader.checkpoint.is_stale()


def test_a_key_that_may_not_read_is_told_so(reader: Reader) -> None:
    other = Reader(reader.config, "nahmi_wrong")
    with pytest.raises(requests.HTTPError) as told:
        other.fetch()
    assert told.value.response.status_code == HTTPStatus.UNAUTHORIZED
    assert "nahmi_wrong" not in repr(NahmiKey("nahmi_wrong"))


def test_their_command_line_fetches_and_matches(
    tmp_path: Path,
    log: CircleLog,
    reader: Reader,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setenv("TX_NAHMI_KEY", reader.key)

    def does(*arguments: str) -> str:
        capsys.readouterr()
        inner_main([*arguments], state_dir=tmp_path / "their state")
        return capsys.readouterr().out

    log.apply([log.asserts(signal(1)), log.asserts(signal(2))])
    does("config", "extensions", "add", MODULE)
    where = ("--node", reader.config.node, "--circle", log.circle_id)
    does("config", "collab", "edit", "nahmi_circle", "--create", "gulf", *where)
    does("fetch")
    (tmp_path / "asked").write_text(pdq(1))
    asked = ("match", "--hashes", "photo", str(tmp_path / "asked"))
    assert "gulf" in does(*asked)
    log.apply([log.retracts(signal(1))])
    does("fetch")
    assert "gulf" not in does(*asked)
