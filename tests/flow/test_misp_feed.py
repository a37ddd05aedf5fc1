# SPDX-License-Identifier: Apache-2.0
"""A circle as a MISP feed, as an importing MISP treats it, and read by MISP's own library."""

import json
from collections.abc import Iterator
from hashlib import md5
from pathlib import Path
from typing import Any

import pytest
from pymisp import MISPEvent

from nahmi.core.bank import Category
from nahmi.core.signal import Signal
from nahmi.errors import ErrorCode, InputError
from nahmi.flows.circles.misp_feed import MispFeed, Written
from nahmi.flows.circles.viewing import Viewing
from nahmi.partner.misp.reading import Held, read_event
from nahmi.store.sql.circle_folds import SqlFoldStore
from nahmi.store.sql.circle_objects import SqlViewStore
from nahmi.store.sql.circles import SqlCircleStore
from nahmi.store.sql.database import Database
from nahmi.store.sql.opening import create_database, open_database
from nahmi.testing.circle_log import CircleLog

ADDRESS = Signal("url", "https://harmful.example/a")
PRINT = Signal("pdq", "c5" * 32)
DIGEST = Signal("sha256", "ab" * 32)


class Importer:
    """A MISP that takes a feed now and then: events that it lacks, and those that are newer."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.stamps: dict[str, int] = {}
        self.held: dict[str, Held] = {}

    def pull(self) -> int:
        """Take what is new; how many events that were."""
        manifest: dict[str, Any] = json.loads((self.folder / "manifest.json").read_text())
        newer = [
            name
            for name, about in manifest.items()
            if about["timestamp"] > self.stamps.get(name, 0)
        ]
        for name in newer:
            self.stamps[name] = manifest[name]["timestamp"]
            read = read_event(json.loads((self.folder / f"{name}.json").read_text()))
            assert read is not None
            for held in read.held:
                known = self.held.get(held.uuid)
                if known is None or held.changed_s > known.changed_s:
                    self.held[held.uuid] = held
        return len(newer)

    def live(self) -> set[Signal]:
        return {one.signal for one in self.held.values() if one.signal and not one.is_deleted}


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    create_database(tmp_path / "nahmi.sqlite3")
    database = open_database(tmp_path / "nahmi.sqlite3")
    yield database
    database.close()


@pytest.fixture
def log(database: Database) -> CircleLog:
    return CircleLog(database)


@pytest.fixture
def feed(database: Database) -> MispFeed:
    circles, views = SqlCircleStore(database), SqlViewStore(database)
    viewing = Viewing(
        views=views, circles=circles, folds=SqlFoldStore({"pdq"}), begin=database.writing
    )
    return MispFeed(views=views, viewing=viewing)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "feed"


def write(feed: MispFeed, log: CircleLog, folder: Path) -> Written:
    """Everything that was logged by now; the clock is in the next second then."""
    return feed.write(log.circle, folder, until_s=int(log.now.timestamp()) + 1)


def test_misp_s_own_library_reads_every_event(feed: MispFeed, log: CircleLog, folder: Path) -> None:
    log.apply(
        [
            log.asserts(PRINT, quality=88, media="image/jpeg"),
            log.asserts(ADDRESS),
            log.asserts(DIGEST, by=1, category=Category.NCII),
        ]
    )
    assert write(feed, log, folder) == Written(events=2, changed=2)
    manifest = json.loads((folder / "manifest.json").read_text())
    for name, about in manifest.items():
        event = MISPEvent()
        event.load_file(folder / f"{name}.json")
        assert event.uuid == name
        assert int(event.timestamp.timestamp()) == about["timestamp"]
        assert {tag.name for tag in event.tags} >= {"tlp:amber+strict", "PAP:GREEN"}
        assert set(about) == {
            "Orgc",
            "Tag",
            "info",
            "date",
            "analysis",
            "threat_level_id",
            "timestamp",
        }
        ours, again = (
            read_event({"Event": found})
            for found in (
                json.loads((folder / f"{name}.json").read_text())["Event"],
                json.loads(event.to_json()),
            )
        )
        assert ours is not None
        assert again == ours
    [first] = (name for name, about in manifest.items() if about["Orgc"]["name"] == "Ours")
    event = MISPEvent()
    event.load_file(folder / f"{first}.json")
    assert [(one.type, one.value) for one in event.attributes] == [("url", ADDRESS.value)]
    [held] = event.get_objects_by_name("perceptual-hash")
    assert {one.object_relation: one.value for one in held.attributes} == {
        "algorithm": "pdq",
        "value": PRINT.value,
        "quality": "88",
        "max-distance": "31",
        "media-type": "image/jpeg",
    }


def test_the_template_that_is_used_is_the_one_that_is_published(
    feed: MispFeed, log: CircleLog
) -> None:
    template = json.loads(
        Path("docs/reference/misp/perceptual-hash/definition.json").read_text(encoding="utf-8")
    )
    log.apply([log.asserts(PRINT, quality=88, media="image/jpeg")])
    [event] = feed.events(log.circle, until_s=int(log.now.timestamp()) + 1)
    [made] = event["Event"]["Object"]
    assert (made["name"], made["template_uuid"]) == (template["name"], template["uuid"])
    assert made["template_version"] == str(template["version"])
    assert made["meta-category"] == template["meta-category"]
    for field in made["Attribute"]:
        described = template["attributes"][field["object_relation"]]
        assert field["type"] == described["misp-attribute"]
        assert field["disable_correlation"] == described.get("disable_correlation", False)
    assert {one["object_relation"] for one in made["Attribute"]} == set(template["attributes"])


def test_corrections_travel_to_an_importing_misp(
    feed: MispFeed, log: CircleLog, folder: Path
) -> None:
    importer = Importer(folder)
    log.apply([log.asserts(one) for one in (PRINT, ADDRESS, DIGEST)])
    write(feed, log, folder)
    assert (importer.pull(), importer.live()) == (1, {PRINT, ADDRESS, DIGEST})
    assert (write(feed, log, folder).changed, importer.pull()) == (0, 0)
    log.apply([log.retracts(PRINT), log.retracts(ADDRESS)])
    assert write(feed, log, folder).changed == 1
    assert (importer.pull(), importer.live()) == (1, {DIGEST})
    log.apply([log.asserts(ADDRESS)])
    write(feed, log, folder)
    assert (importer.pull(), importer.live()) == (1, {ADDRESS, DIGEST})
    log.apply([log.asserts(PRINT), log.redacts(DIGEST, 2)])
    write(feed, log, folder)
    assert (importer.pull(), importer.live()) == (1, {ADDRESS, PRINT})
    assert all(DIGEST.value not in path.read_text() for path in folder.iterdir())
    log.apply([log.redacts(PRINT, 0, 3, 6)])
    write(feed, log, folder)
    assert (importer.pull(), importer.live()) == (1, {ADDRESS})


def test_what_is_logged_in_the_running_second_waits(
    feed: MispFeed, log: CircleLog, folder: Path
) -> None:
    importer = Importer(folder)
    log.apply([log.asserts(PRINT)])
    running_s = int(log.now.timestamp())
    assert feed.write(log.circle, folder, until_s=running_s) == Written(events=0, changed=0)
    assert importer.pull() == 0
    said = [log.asserts(ADDRESS)]
    feed.write(log.circle, folder, until_s=running_s + 1)
    importer.pull()
    log.apply(said)
    write(feed, log, folder)
    importer.pull()
    assert importer.live() == {PRINT, ADDRESS}


def test_an_event_has_no_more_than_a_thousand(feed: MispFeed, log: CircleLog, folder: Path) -> None:
    log.apply(log.asserts(Signal("sha1", f"{number:040x}")) for number in range(2_100))
    log.apply([log.retracts(Signal("sha1", f"{7:040x}"))])
    assert write(feed, log, folder) == Written(events=3, changed=3)
    importer = Importer(folder)
    importer.pull()
    assert len(importer.live()) == 2_099
    sizes = sorted(
        len(json.loads((folder / f"{name}.json").read_text())["Event"]["Attribute"])
        for name in importer.stamps
    )
    assert sizes == [100, 1_000, 1_000]


def test_hashes_are_written_only_when_they_are_asked_for(
    feed: MispFeed, log: CircleLog, folder: Path
) -> None:
    log.apply([log.asserts(PRINT), log.asserts(ADDRESS), log.asserts(DIGEST)])
    log.apply([log.retracts(DIGEST)])
    write(feed, log, folder)
    assert not (folder / "hashes.csv").exists()
    until_s = int(log.now.timestamp()) + 1
    feed.write(log.circle, folder, until_s=until_s, has_hashes=True)
    lines = (folder / "hashes.csv").read_text().splitlines()
    [name] = {line.partition(",")[2] for line in lines}
    digests = {line.partition(",")[0] for line in lines}
    assert digests == {md5(one.value.encode()).hexdigest() for one in (PRINT, ADDRESS)}  # noqa: S324 - the feed's format
    assert (folder / f"{name}.json").exists()


def test_a_folder_with_something_else_in_it_is_left_alone(
    feed: MispFeed, log: CircleLog, folder: Path
) -> None:
    folder.mkdir()
    (folder / "manifest.json").write_text("[]")
    log.apply([log.asserts(PRINT)])
    with pytest.raises(InputError) as caught:
        write(feed, log, folder)
    assert caught.value.code is ErrorCode.FILE_UNREADABLE
    assert [path.name for path in folder.iterdir()] == ["manifest.json"]
