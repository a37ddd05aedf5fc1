# SPDX-License-Identifier: Apache-2.0
"""What people see of a circle, what they prove of it, and what is done as a job."""

from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nahmi.access.identity import LOCAL
from nahmi.bootstrap import init_node, now
from nahmi.bootstrap.circles import Circles
from nahmi.bootstrap.node import Node
from nahmi.bootstrap.open_circles import open_circles
from nahmi.cli.app import run
from nahmi.core.bank import Category, EntryDraft
from nahmi.core.member import OWN_MEMBER
from nahmi.errors import ErrorCode, NahmiError, PartnerError, TrustError
from nahmi.flows.circles.founding import NewCircle, Organisation
from nahmi.flows.run_jobs import Progress
from nahmi.operate.jobs import Job
from nahmi.partner.circles.members import Sector
from nahmi.partner.circles.rules import Rules
from nahmi.partner.naming import signal_key
from nahmi.partner.statement_proofs import StatementProof
from nahmi.partner.statements.kinds import RetractReason, ReviewMethod
from nahmi.protect.ports import BankDraft
from nahmi.testing.circle_guests import Guest
from nahmi.testing.circles import draft, signal

NAME = "Gulf"


class Place:
    """A node that keeps a circle.

    Args:
        folder: The node's.
        node: The node.
        circles: What it does with circles.
    """

    def __init__(self, folder: Path, node: Node, circles: Circles) -> None:
        self.folder = folder
        self.node = node
        self.circles = circles
        new = NewCircle(
            name=NAME,
            url="https://home.example",
            organisation=Organisation(name="Home", sector=Sector.HOTLINE, country="AE"),
            rules=Rules(signal_types=("pdq",), categories=(Category.TEST,)),
        )
        self.circle_id = circles.founding.found(LOCAL, new).circle_id
        self.guest = Guest(circles, self.circle_id, "Guest", "GB").joins()

    def say(self, *numbers: int) -> None:
        self.circles.speaking.share(LOCAL, self.circle_id, [draft(one) for one in numbers])

    def bank(self, name: str, count: int) -> int:
        """A new bank's number."""
        made = self.node.store.create_bank(
            BankDraft(name=name, category=Category.TEST, member_id=OWN_MEMBER), now=now()
        )
        entries = [EntryDraft(signal=signal(number)) for number in range(count)]
        self.node.store.add_entries(made.bank_id, entries, now=now())
        return made.bank_id


@pytest.fixture
def place(tmp_path: Path) -> Iterator[Place]:
    folder = tmp_path / "node"
    init_node(folder).close()
    with open_circles(folder) as (node, circles):
        yield Place(folder, node, circles)


def test_a_moment_is_a_place_in_the_log(place: Place) -> None:
    looking = place.circles.looking
    before = now()
    place.say(1, 2)
    between = now()
    place.say(3)
    at = [before - timedelta(days=1), between, now() + timedelta(days=1)]
    places = [looking.place_at(LOCAL, place.circle_id, moment) for moment in at]
    assert places == [0, 3, 4]


def test_withdrawals_are_read_from_any_place_back(place: Place) -> None:
    place.say(1, 2, 3)
    for number in (1, 2, 3):
        place.circles.speaking.retract(
            LOCAL, place.circle_id, [signal(number)], RetractReason.ERROR
        )
    looking = place.circles.looking
    newest = looking.withdrawals(LOCAL, place.circle_id, limit=2)
    rest = looking.withdrawals(LOCAL, place.circle_id, before=newest[-1].logged.seq)
    assert [one.logged.seq for one in (*newest, *rest)] == [6, 5, 4]
    assert {one.missing for one in newest} == {(place.guest.org,)}


def test_a_signal_is_found_by_what_stands_for_it(place: Place) -> None:
    place.say(*range(20))
    looking = place.circles.looking
    for number in range(20):
        found = looking.signal(LOCAL, place.circle_id, signal_key(signal(number)))
        assert found == signal(number)
    for key in (b"", b"\0" * 16, b"\xff" * 16, signal_key(signal(99))):
        with pytest.raises(PartnerError) as caught:
            looking.signal(LOCAL, place.circle_id, key)
        assert caught.value.code is ErrorCode.SIGNAL_MISSING


def test_the_circle_behind_a_bank_and_an_entry_is_known(place: Place) -> None:
    place.guest.asserts(signal(1))
    looking = place.circles.looking
    _, held = looking.state(LOCAL, place.circle_id, signal(1))
    assert held.entry_id is not None
    assert looking.of_entry(LOCAL, held.entry_id) == (place.circle_id, signal(1))
    fed = place.node.store.entry(held.entry_id).bank_id
    circle = looking.of_bank(LOCAL, fed)
    assert circle is not None
    assert circle.circle_id == place.circle_id
    assert looking.of_bank(LOCAL, place.bank("OWN", 1)) is None
    with pytest.raises(PartnerError) as caught:
        place.circles.jobs.share(LOCAL, place.circle_id, fed, ReviewMethod.HUMAN)
    assert caught.value.code is ErrorCode.STATEMENT_REFUSED


def test_a_place_beyond_the_log_has_no_statement(place: Place) -> None:
    for seq in (1, 10**6):
        with pytest.raises(PartnerError) as caught:
            place.circles.proving.prove(LOCAL, place.circle_id, seq)
        assert caught.value.code is ErrorCode.STATEMENT_MISSING


SPOIL: dict[str, Callable[[StatementProof], dict[str, Any]]] = {
    "another place": lambda _: {"place": 2},
    "a place outside": lambda _: {"place": -1},
    "another circle": lambda one: {"circle": one.circle[::-1]},
    "another text": lambda one: {"statement": one.statement.replace("human", "none")},
    "another author": lambda one: {"author_key": one.log_key},
    "another log": lambda one: {"log_key": one.author_key},
    "no path": lambda _: {"inclusion": ()},
    "a longer path": lambda one: {"inclusion": (*one.inclusion, "0" * 64)},
    "no hash": lambda one: {"inclusion": ("zz", *one.inclusion[1:])},
    "a larger log": lambda one: {"checkpoint": one.checkpoint.replace("\n4\n", "\n5\n")},
    "no signature": lambda one: {"signature": msgspec.structs.replace(one.signature, sig="")},
}


@pytest.mark.parametrize("what", SPOIL)
def test_a_proof_of_which_anything_was_changed_shows_nothing(place: Place, what: str) -> None:
    place.say(1, 2, 3)
    proof = place.circles.proving.prove(LOCAL, place.circle_id, 1)
    assert proof.check().size == 4
    spoilt = msgspec.structs.replace(proof, **SPOIL[what](proof))
    assert spoilt != proof
    with pytest.raises(NahmiError):
        spoilt.check()


@given(st.binary(max_size=200))
def test_bytes_that_are_no_proof_are_refused(data: bytes) -> None:
    with pytest.raises(TrustError):
        StatementProof.read(data)


def test_a_proof_is_checked_without_a_node(
    place: Place, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    place.say(1)
    assert run(["--node", str(place.folder), "circle", "proof", NAME, "1"]) == 0
    file = tmp_path / "proof.json"
    file.write_text(capsys.readouterr().out, encoding="utf-8")
    elsewhere = ["--node", str(tmp_path / "nowhere"), "circle", "check-proof"]
    assert run([*elsewhere, str(file)]) == 0
    assert "assert" in capsys.readouterr().out
    file.write_text(file.read_text(encoding="utf-8").replace('"place": 1', '"place": 0'))
    assert run([*elsewhere, str(file)]) != 0
    assert run([*elsewhere, str(tmp_path / "no.json")]) != 0


class Stops(Progress):
    """A job that is told to stop at its first note."""

    def __init__(self) -> None:
        self.noted: list[tuple[int, int | None]] = []

    def note(self, done: int, total: int | None) -> bool:
        """See `Progress.note`."""
        self.noted.append((done, total))
        return False


def job(kind: str, place: Place, **detail: str | int) -> Job:
    return Job(
        job_id=1,
        member_id=OWN_MEMBER,
        kind=kind,
        state="running",  # type: ignore[arg-type]  # as the store reads it
        created_by="person:3",
        created_at=now(),
        detail={"circle": place.circle_id, **detail},
        total=3,
    )


def test_a_job_that_is_told_to_stop_is_given_back(place: Place) -> None:
    bank_id = place.bank("OWN", 3)
    work, stops = place.circles.work.works, Stops()
    share = job("circle_share", place, bank_id=bank_id, review="human")
    assert work["circle_share"](share, stops) is None
    assert work["circle_verify"](job("circle_verify", place), stops) is None
    assert stops.noted[0] == (3, 3)
    again = place.circles.sharing.share(LOCAL, place.circle_id, "OWN")
    assert (again.looked_at, again.said) == (3, 0)


def test_a_log_that_was_altered_here_fails_its_check(place: Place) -> None:
    place.say(1, 2)
    with place.node.store.database.writing() as connection:
        connection.exec_driver_sql(
            "UPDATE circle_statement SET statement = ("
            "SELECT statement FROM circle_statement WHERE seq = 1) WHERE seq = 2"
        )
    found = place.circles.verifying.verify(place.circle_id)
    assert found.problem
    with pytest.raises(PartnerError) as caught:
        place.circles.work.works["circle_verify"](job("circle_verify", place), Goes())
    assert caught.value.code is ErrorCode.LOG_INVALID


class Goes(Stops):
    """A job that goes on."""

    def note(self, done: int, total: int | None) -> bool:
        """See `Progress.note`."""
        super().note(done, total)
        return True
