# SPDX-License-Identifier: Apache-2.0
"""Circles as objects, on both databases: whoever reads while others speak ends up with the same."""

import random
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from nahmi.access.identity import LOCAL
from nahmi.core.bank import Category
from nahmi.core.signal import Signal
from nahmi.errors import NahmiError
from nahmi.flows.circles.objects import Objects
from nahmi.flows.circles.viewing import Viewing
from nahmi.partner.statements.kinds import AnyStatement
from nahmi.partner.stix.extension import EXTENSION_ID
from nahmi.partner.taxii.filters import Asked, Versions
from nahmi.store.sql.circle_folds import SqlFoldStore
from nahmi.store.sql.circle_objects import SqlViewStore
from nahmi.store.sql.circles import SqlCircleStore
from nahmi.store.sql.database import Database
from nahmi.store.sql.opening import open_database
from nahmi.testing.circle_log import CATEGORIES, CircleLog

SIGNALS = [Signal("md5", f"{number:032x}") for number in range(12)]
EVERY = Asked(limit=10_000, versions=Versions(all=True))


class Reader:
    """Polls a collection now and then, and keeps the newest version of each object."""

    def __init__(self, objects: Objects, log: CircleLog, category: Category | None) -> None:
        self.held: dict[str, dict[str, Any]] = {}
        self.after: int | None = None
        self._objects = objects
        self._log = log
        self._category = category

    def poll(self, limit: int) -> bool:
        """Read one page; whether there is more."""
        asked = Asked(after_us=self.after, limit=limit)
        page = self._objects.page(self._log.circle, self._category, asked)
        for placed in page.objects:
            assert self.after is None or placed.added_us > self.after
            self.after = placed.added_us
            known = self.held.get(placed.stix["id"])
            if known is not None:
                assert placed.stix["modified"] > known["modified"]
            self.held[placed.stix["id"]] = placed.stix
        return page.has_more

    def drain(self) -> dict[str, dict[str, Any]]:
        while self.poll(7):
            pass
        return self.held


@pytest.fixture
def database(store_address: str) -> Iterator[Database]:
    is_url = "://" in store_address
    database = open_database(store_address if is_url else Path(store_address))
    yield database
    database.close()


@pytest.fixture
def views(database: Database) -> SqlViewStore:
    return SqlViewStore(database)


@pytest.fixture
def viewing(database: Database, views: SqlViewStore) -> Viewing:
    return Viewing(
        views=views,
        circles=SqlCircleStore(database),
        folds=SqlFoldStore({"pdq"}),
        begin=database.writing,
    )


@pytest.fixture
def objects(database: Database, views: SqlViewStore, viewing: Viewing) -> Objects:
    return Objects(circles=SqlCircleStore(database), views=views, viewing=viewing)


def say(log: CircleLog, chance: random.Random, live: dict[Signal, list[int]]) -> AnyStatement:
    """Something that the circle takes, as far as it can be told from here."""
    signal = chance.choice(SIGNALS)
    places = live.get(signal)
    if places is None:
        live[signal] = []
        return log.asserts(signal, category=chance.choice(CATEGORIES))
    match chance.randrange(4):
        case 0:
            return log.revises(signal, category=chance.choice(CATEGORIES), quality=3)
        case 1:
            del live[signal]
            return log.retracts(signal)
        case 2:
            return log.opines(signal, chance.randrange(-100, 100))
        case _:
            return log.saw(signal, chance.randrange(1, 9))


@pytest.mark.parametrize("seed", range(2))
def test_whoever_reads_while_others_speak_ends_with_the_same(
    database: Database, objects: Objects, seed: int
) -> None:
    chance = random.Random(seed)  # noqa: S311 - no secret
    log = CircleLog(database)
    readers = [Reader(objects, log, category) for category in (None, None, *CATEGORIES)]
    live: dict[Signal, list[int]] = {}
    for turn in range(15):
        log.apply([say(log, chance, live) for _ in range(chance.randrange(1, 9))])
        if turn == 8:
            log.apply([log.joins("Newcomer")])
        for reader in readers[1:]:
            reader.poll(chance.randrange(1, 9))
    for reader in readers:
        fresh = Reader(objects, log, reader._category)
        assert reader.drain() == fresh.drain()
    shown = {one for one in readers[0].held if one.startswith("indicator")}
    by_category = {one for reader in readers[2:] for one in reader.held}
    assert shown <= by_category


def test_what_was_redacted_is_gone_for_whoever_had_it(database: Database, objects: Objects) -> None:
    log = CircleLog(database)
    reader = Reader(objects, log, None)
    log.apply([log.asserts(SIGNALS[0]), log.revises(SIGNALS[0]), log.opines(SIGNALS[0], 50)])
    reader.drain()
    name = f"indicator--{log.asserts_name(SIGNALS[0])}"
    log.apply([log.redacts(SIGNALS[0], 0, 1, by=1)])
    held = reader.drain()[name]
    assert (held["revoked"], held["pattern"]) == (True, "redacted")
    assert held["created_by_ref"] == f"identity--{log.orgs[0]}"
    every = objects.page(log.circle, None, EVERY).objects
    assert all(SIGNALS[0].value not in str(one.stix) for one in every)


def test_what_was_redacted_before_anybody_asked_is_known_to_be_revoked(
    database: Database, objects: Objects
) -> None:
    log = CircleLog(database)
    log.apply([log.asserts(SIGNALS[0]), log.revises(SIGNALS[0])])
    log.apply([log.redacts(SIGNALS[0], 0, 1)])
    name = f"indicator--{log.asserts_name(SIGNALS[0])}"
    found = [one.stix for one in objects.page(log.circle, None, EVERY).objects]
    assert [(one["revoked"], one["pattern"]) for one in found if one["id"] == name] == [
        (True, "redacted")
    ]


def test_what_is_said_of_an_assertion_names_the_object_that_it_was_then(
    database: Database, objects: Objects
) -> None:
    log = CircleLog(database)
    log.apply([log.asserts(SIGNALS[0]), log.opines(SIGNALS[0], 50)])
    log.apply([log.retracts(SIGNALS[0]), log.asserts(SIGNALS[0]), log.saw(SIGNALS[0], 3)])
    found = [one.stix for one in objects.page(log.circle, None, EVERY).objects]
    first, gone, second = (one for one in found if one["type"] == "indicator")
    assert (first["id"], gone["revoked"]) == (gone["id"], True)
    assert second["id"] != first["id"]
    [opinion] = (one for one in found if one["type"] == "opinion")
    [sighting] = (one for one in found if one["type"] == "sighting")
    assert opinion["object_refs"] == [first["id"]]
    assert (sighting["sighting_of_ref"], sighting["count"]) == (second["id"], 3)
    about = {one["extensions"][EXTENSION_ID]["source_assertion_id"] for one in (first, second)}
    assert about == {log.asserts_name(SIGNALS[0])}


def test_members_read_their_own_circles_alone(database: Database, objects: Objects) -> None:
    log = CircleLog(database)
    assert [one.circle_id for one in objects.circles(LOCAL)] == [log.circle_id]
    with pytest.raises(NahmiError):
        objects.circle(LOCAL, "00000000-0000-5000-8000-000000000000")


def test_a_log_is_prepared_a_step_at_a_time(
    database: Database, views: SqlViewStore, viewing: Viewing
) -> None:
    log = CircleLog(database)
    assert viewing.prepare(log.circle, most=1) is None
    log.apply([log.asserts(Signal("sha1", f"{number:040x}")) for number in range(2_500)])
    first, then = (viewing.prepare(log.circle, most=1) for _ in range(2))
    assert [None if one is None else one.size for one in (first, then)] == [2_000, 2_500]
    assert views.viewed() == [log.circle.number]
