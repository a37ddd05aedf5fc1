# SPDX-License-Identifier: Apache-2.0
"""Several processes of one node say and read at once, on either database."""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path
from threading import Event

import pytest

from nahmi.partner.fold.tiers import Tier
from nahmi.store.sql.opening import create_database, open_database
from nahmi.testing.circle_oracle import Oracle
from nahmi.testing.circles import Member, Wire, join

AT_ONCE = 3
EACH = 8

Open = Callable[[], Member]


@pytest.fixture
def opened() -> Iterator[ExitStack]:
    with ExitStack() as stack:
        yield stack


@pytest.fixture
def home(store_address: str, opened: ExitStack) -> Open:
    """Makes processes of the home, all on one store."""

    def process() -> Member:
        database = open_database(store_address, busy_timeout_s=30)
        opened.callback(database.close)
        return Member(database, "Home", "AE", seed=1)

    return process


@pytest.fixture
def reader(tmp_path: Path, opened: ExitStack) -> Open:
    """Makes processes of a node that reads, all on one store."""
    create_database(tmp_path / "reader.db")

    def process() -> Member:
        database = open_database(tmp_path / "reader.db", busy_timeout_s=30)
        opened.callback(database.close)
        return Member(database, "Reader", "GB", seed=2)

    return process


def test_a_log_that_many_write_and_many_read_is_one_log(home: Open, reader: Open) -> None:
    first, follower = home(), reader()
    circle_id = first.founds()
    join(first, follower, circle_id)
    writers = [first, *(home() for _ in range(AT_ONCE - 1))]
    readers = [follower, *(reader() for _ in range(AT_ONCE - 1))]

    start, is_over = first.circle(circle_id).size, Event()

    def write(place: int) -> list[int | None]:
        answers = []
        for round_ in range(EACH):
            numbers = range(place * 100 + round_ * 3, place * 100 + round_ * 3 + 3)
            answers += writers[place].share(circle_id, *numbers)
        return [answer.seq for answer in answers]

    def read(place: int) -> int:
        wire, count = Wire(writers[place], readers[place], circle_id), 0
        while (
            not is_over.is_set()
            or wire.reader.circle(circle_id).size < first.circle(circle_id).size
        ):
            count += readers[place].following.step(circle_id, wire, limit=7).taken
        return count

    with ThreadPoolExecutor(2 * AT_ONCE) as workers:
        reading = [workers.submit(read, place) for place in range(AT_ONCE)]
        try:
            places = [seq for some in workers.map(write, range(AT_ONCE)) for seq in some]
        finally:
            is_over.set()
        taken = sum(one.result() for one in reading)
    size = start + AT_ONCE * EACH * 3
    assert sorted(seq for seq in places if seq is not None) == list(range(start, size))
    assert taken == size
    circles = [member.circle(circle_id) for member in (*writers, *readers)]
    assert {circle.tree for circle in circles} == {circles[0].tree}
    log = first.circles.statements(circles[0].number, after=0, limit=1_000)
    oracle = Oracle({one.seq: one.statement or b"" for one in log})
    assert {circle.fold for circle in circles} == {oracle.fold()}
    assert all(follower.tier(circle_id, number) is Tier.REVIEW for number in range(EACH * 3))
    assert all(follower.matches(100 + number) for number in range(EACH * 3))
