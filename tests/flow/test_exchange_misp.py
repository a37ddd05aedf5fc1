# SPDX-License-Identifier: Apache-2.0
"""A node, feeds of MISP and a MISP itself, which MISP's own library works with as well."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from pymisp import MISPAttribute, MISPEvent, MISPObject, MISPOrganisation, PyMISP

from nahmi.core.signal import Signal
from nahmi.flows.circles.misp_feed import MispFeed
from nahmi.flows.circles.viewing import Viewing
from nahmi.operate.jobs import JobState
from nahmi.store.sql.circle_folds import SqlFoldStore
from nahmi.store.sql.circle_objects import SqlViewStore
from nahmi.store.sql.circles import SqlCircleStore
from nahmi.store.sql.opening import create_database, open_database
from nahmi.testing.circle_log import CircleLog
from nahmi.testing.exchange_node import ExchangeNode
from nahmi.testing.fake_exchanges.misp import KEY, FakeMisp, FakeMispFeed
from nahmi.testing.fake_exchanges.program import cut_short, faults
from nahmi.testing.loopback import reply
from nahmi.wire.exchanges.misp.pushing import MispPusher, Pushed
from nahmi.wire.exchanges.talk import Talk

pytestmark = [pytest.mark.enable_socket, pytest.mark.allow_hosts(["127.0.0.1"])]

AT_S = 1_767_000_000
PRINT = Signal("pdq", "c5" * 32)
ADDRESS = Signal("url", "https://harmful.example/a")
DIGEST = Signal("sha256", "ab" * 32)


def attribute(number: int, at_s: int = AT_S, **more: object) -> dict[str, Any]:
    return {
        "uuid": f"00000000-0000-4000-8000-{number:012d}",
        "type": "sha256",
        "category": "Payload delivery",
        "value": f"{number:064x}",
        "to_ids": True,
        "timestamp": str(at_s),
        "deleted": False,
        **more,
    }


def event(*attributes: dict[str, Any], at_s: int = AT_S) -> dict[str, Any]:
    return {
        "uuid": "10000000-0000-4000-8000-000000000000",
        "info": "an event",
        "date": "2026-11-27",
        "timestamp": str(at_s),
        "Orgc": {"name": "Hotline", "uuid": "20000000-0000-4000-8000-000000000000"},
        "Tag": [{"name": "tlp:amber"}],
        "Attribute": list(attributes),
        "Object": [],
    }


@pytest.fixture
def misp() -> Iterator[FakeMisp]:
    with FakeMisp() as program:
        yield program


@pytest.fixture
def node(tmp_path: Path, misp: FakeMisp) -> Iterator[ExchangeNode]:
    with ExchangeNode(tmp_path) as node:
        node.connect("misp", misp, KEY)
        yield node


class Feed:
    """A circle that is written as a feed, and its folder."""

    def __init__(self, folder: Path) -> None:
        create_database(folder / "circles")
        self.database = open_database(folder / "circles")
        self.log = CircleLog(self.database)
        views, circles = SqlViewStore(self.database), SqlCircleStore(self.database)
        viewing = Viewing(
            views=views, circles=circles, folds=SqlFoldStore({"pdq"}), begin=self.database.writing
        )
        self.writer = MispFeed(views=views, viewing=viewing)
        self.folder = folder / "feed"

    def write(self) -> None:
        self.writer.write(self.log.circle, self.folder, until_s=self.until_s)

    @property
    def until_s(self) -> int:
        return int(self.log.now.timestamp()) + 1

    def events(self) -> list[dict[str, Any]]:
        return list(self.writer.events(self.log.circle, until_s=self.until_s))


@pytest.fixture
def feed(tmp_path: Path) -> Iterator[Feed]:
    feed = Feed(tmp_path)
    yield feed
    feed.database.close()


def values(*signals: Signal) -> set[str]:
    return {f"{one.signal_type}:{one.value}" for one in signals}


def test_a_circle_reaches_another_node_as_a_feed(feed: Feed, node: ExchangeNode) -> None:
    feed.log.apply([feed.log.asserts(one) for one in (PRINT, ADDRESS, DIGEST)])
    feed.write()
    with FakeMispFeed(feed.folder) as program:
        node.connect("misp-feed", program, "reader:secret")
        node.brings(added=3)
        assert node.active() == values(PRINT, ADDRESS, DIGEST)
        before = len(program.asked)
        node.brings(records=0)
        assert len(program.asked) == before + 1
        feed.log.apply([feed.log.retracts(PRINT), feed.log.retracts(ADDRESS)])
        feed.write()
        node.brings(withdrawn=2)
        feed.log.apply([feed.log.asserts(ADDRESS)])
        feed.write()
        node.brings(added=1)
        assert node.active() == values(ADDRESS, DIGEST)


def test_a_feed_that_breaks_off_is_read_on(feed: Feed, node: ExchangeNode) -> None:
    feed.log.apply(
        [feed.log.asserts(one, by=by) for by, one in enumerate((PRINT, ADDRESS, DIGEST))]
    )
    feed.write()
    with FakeMispFeed(feed.folder) as program:
        node.connect("misp-feed", program, "reader:secret")
        program.interfere = faults(None, None, *[reply(503)] * 3)
        assert node.fetch().state is JobState.FAILED
        assert len(node.active()) == 1
        program.interfere = faults(cut_short(reply(200, b"{}" * 50)))
        node.brings(added=2)


@pytest.mark.parametrize("manifest", [b"[]", b'{"../x": {"timestamp": 1}}', b'{"a": 4}'])
def test_a_manifest_that_is_none(node: ExchangeNode, tmp_path: Path, manifest: bytes) -> None:
    (tmp_path / "manifest.json").write_bytes(manifest)
    with FakeMispFeed(tmp_path) as program:
        node.connect("misp-feed", program, "reader:secret")
        job = node.fetch()
        assert (job.state, job.error_code) == (JobState.FAILED, "exchange_malformed")
        assert all(one.path == "/manifest.json" for one in program.asked)


def test_attributes_are_found_once_and_changes_later(misp: FakeMisp, node: ExchangeNode) -> None:
    misp.events["e"] = event(*(attribute(number) for number in range(1_200)))
    node.brings(added=1_200)
    held = misp.events["e"]["Attribute"]
    now_s = int(node.now.timestamp())
    held[7] |= {"deleted": "1", "timestamp": str(now_s + 3)}
    held.append(attribute(5_000, now_s + 5, type="filename|md5", value="a.jpg|" + "ab" * 16))
    held.append(attribute(5_001, now_s + 5, type="ip-dst", value="192.0.2.1"))
    node.brings(added=1, withdrawn=1)
    node.brings(added=0, withdrawn=0)


def test_what_changes_in_the_running_second_is_found_the_next_time(
    misp: FakeMisp, node: ExchangeNode
) -> None:
    misp.events["e"] = event(attribute(1))
    node.brings(added=1)
    running_s = int(node.now.timestamp()) + 60
    misp.events["e"]["Attribute"].append(attribute(2, running_s))
    node.brings(added=0)
    misp.events["e"]["Attribute"].append(attribute(3, running_s))
    node.brings(added=2)


def test_a_wrong_key_is_told(misp: FakeMisp, node: ExchangeNode) -> None:
    node.connect("misp", misp, "x" * 40)
    job = node.fetch()
    assert (job.state, job.error_code) == (JobState.FAILED, "exchange_refused")


def test_events_are_handed_over_once_and_changes_later(misp: FakeMisp, feed: Feed) -> None:
    pusher = MispPusher(Talk(misp.base_url, internal=True), {"Authorization": KEY})
    log = feed.log
    log.apply([log.asserts(PRINT), log.asserts(ADDRESS), log.asserts(DIGEST, by=1)])
    assert pusher.push(feed.events()) == Pushed(added=2)
    before = len(misp.asked)
    assert pusher.push(feed.events()) == Pushed(unchanged=2)
    assert len(misp.asked) == before + 1
    log.apply([log.retracts(PRINT)])
    assert pusher.push(feed.events()) == Pushed(changed=1, unchanged=1)
    live = {one["value"] for one in misp.attributes() if not one["deleted"] and one["to_ids"]}
    assert live == {ADDRESS.value, DIGEST.value}


def test_what_is_handed_over_comes_back_from_a_search(
    misp: FakeMisp, feed: Feed, node: ExchangeNode
) -> None:
    pusher = MispPusher(Talk(misp.base_url, internal=True), {"Authorization": KEY})
    feed.log.apply([feed.log.asserts(PRINT), feed.log.asserts(ADDRESS)])
    pusher.push(feed.events())
    node.now = feed.log.now
    node.fetch()
    assert node.active() == values(PRINT, ADDRESS)
    feed.log.now = node.now
    feed.log.apply([feed.log.retracts(PRINT)])
    pusher.push(feed.events())
    node.fetch()
    assert node.active() == values(ADDRESS)


def test_what_others_feed_in_late_is_found(misp: FakeMisp, node: ExchangeNode) -> None:
    misp.events["e"] = event(attribute(1))
    node.brings(added=1)
    late_s = int(node.now.timestamp()) - 3_000
    misp.events["e"]["Attribute"].append(attribute(2, late_s))
    node.brings(added=1)


def test_misp_s_own_library_works_with_what_was_handed_over(
    misp: FakeMisp, feed: Feed, node: ExchangeNode
) -> None:
    feed.log.apply([feed.log.asserts(PRINT, quality=90), feed.log.asserts(ADDRESS)])
    [made] = feed.events()
    library = PyMISP(misp.base_url, KEY)
    assert library.misp_instance_version["version"] == "2.5.34"
    ours = MISPEvent()
    ours.from_dict(**made["Event"])
    added = library.add_event(ours, pythonify=True)
    assert isinstance(added, MISPEvent)
    assert library.add_event(ours)["errors"][0] == 403
    seen = library.get_event(made["Event"]["uuid"], pythonify=True)
    assert isinstance(seen, MISPEvent)
    [held] = seen.get_objects_by_name("perceptual-hash")
    assert {one.object_relation: str(one.value) for one in held.attributes}["value"] == PRINT.value
    found = library.search("attributes", type_attribute="url", pythonify=True)
    assert [one.value for one in found if isinstance(one, MISPAttribute)] == [ADDRESS.value]
    node.now = feed.log.now
    node.fetch()
    assert node.active() == values(PRINT, ADDRESS)


def test_what_misp_s_own_library_writes_is_understood(
    misp: FakeMisp, node: ExchangeNode, tmp_path: Path
) -> None:
    theirs = MISPEvent()
    theirs.info = "made elsewhere"
    theirs.Orgc = MISPOrganisation()
    theirs.Orgc.from_dict(name="Hotline", uuid="20000000-0000-4000-8000-000000000000")
    theirs.add_attribute("sha256", DIGEST.value)
    shape = MISPObject(
        "perceptual-hash", misp_objects_path_custom="docs/reference/misp", strict=True
    )
    shape.add_attribute("algorithm", "pdq")
    shape.add_attribute("value", PRINT.value)
    shape.add_attribute("quality", "90")
    theirs.add_object(shape)
    (tmp_path / "feed").mkdir()
    feed = theirs.to_feed()
    (tmp_path / "feed" / f"{theirs.uuid}.json").write_text(_json(feed))
    (tmp_path / "feed" / "manifest.json").write_text(_json(theirs.manifest))
    with FakeMispFeed(tmp_path / "feed") as program:
        node.connect("misp-feed", program, "reader:secret")
        node.brings(added=2)
    assert node.active() == values(PRINT, DIGEST)
    assert not misp.events


def _json(value: object) -> str:
    return json.dumps(value, default=str)
