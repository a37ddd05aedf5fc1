# SPDX-License-Identifier: Apache-2.0
"""Witnesses confirm a circle's log, and members go on from nothing else."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from http import HTTPStatus
from pathlib import Path

import msgspec
import pytest

from nahmi.access.identity import LOCAL
from nahmi.errors import ErrorCode, PartnerError, WireError
from nahmi.flows.circles.looking import signed_size
from nahmi.flows.circles.stewarding import gives_roles, names_witness
from nahmi.partner.base64_texts import write_base64
from nahmi.partner.circles.members import CircleRole
from nahmi.partner.circles.roster import WitnessKey
from nahmi.partner.note_signing import verify_note
from nahmi.partner.notes import Note, read_note, read_signatures
from nahmi.partner.submission import write_submission
from nahmi.store.sql.opening import create_database, open_database
from nahmi.testing.circle_nodes import Nodes, nodes_in
from nahmi.testing.circles import MEMBER_ROLES, Member, Wire, catch_up, join


class Watched:
    """A circle of a home, a witness and a reader.

    Args:
        nodes: Makes them.
    """

    def __init__(self, nodes: Nodes) -> None:
        self.home = nodes.make("Home", "AE")
        self.witness = nodes.make("Witness", "CH")
        self.reader = nodes.make("Reader", "KE")
        self.circle_id = self.home.founds()
        self.to_witness = self._joins(self.witness, (*MEMBER_ROLES, CircleRole.WITNESS))
        self.to_reader = self._joins(self.reader, MEMBER_ROLES)
        self.is_cut = False
        self.cosigning = self.home.cosigning(self.ask)

    def _joins(self, member: Member, roles: tuple[CircleRole, ...]) -> Wire:
        wire = join(self.home, member, self.circle_id, roles)
        catch_up(wire)
        return wire

    def ask(self, url: str, body: bytes) -> tuple[int, bytes]:
        """The line from the home to its witness."""
        assert url == "https://witness.example"
        if self.is_cut:
            raise WireError(ErrorCode.FETCH_FAILED, "The line is cut.")
        answer = self.witness.witnessing.add_checkpoint(body)
        return answer.status, answer.body

    def names(self, *, threshold: int = 1) -> None:
        """The steward names the witness."""
        key = self.witness.witnessing.key(self.witness.circle(self.circle_id))
        one = WitnessKey(
            name=key.name, public=write_base64(key.key.raw), url="https://witness.example"
        )
        self.home.stewarding.change(
            LOCAL, self.circle_id, lambda was: names_witness(was, one, threshold=threshold)
        )

    def submits(self, old: int, *, of: Member | None = None) -> tuple[int, bytes]:
        """Ask the witness by hand, with the newest checkpoint of the home or of a copy."""
        home = of or self.home
        circle = home.circle(self.circle_id)
        note = read_note((circle.believed or circle.checkpoint).encode())
        proof = tuple(home.handing_out.grown(circle, old, circle.size)) if old else ()
        return self.ask("https://witness.example", write_submission(old, proof, note))


@pytest.fixture(scope="module")
def blank(tmp_path_factory: pytest.TempPathFactory) -> Path:
    place = tmp_path_factory.mktemp("blank") / "blank.db"
    create_database(place)
    return place


@pytest.fixture
def nodes(tmp_path: Path, blank: Path) -> Iterator[Nodes]:
    with nodes_in(tmp_path, blank) as made:
        yield made


@pytest.fixture
def watched(nodes: Nodes) -> Watched:
    return Watched(nodes)


def test_a_log_is_handed_out_once_its_witness_has_confirmed_it(watched: Watched) -> None:
    home, reader, circle_id = watched.home, watched.reader, watched.circle_id
    watched.names()
    before = signed_size(home.circle(circle_id).checkpoint)
    home.share(circle_id, 1)
    assert catch_up(watched.to_reader) == 0
    assert watched.cosigning.confirm(circle_id)
    assert catch_up(watched.to_reader) == 2
    assert reader.matches(1)
    assert signed_size(home.circle(circle_id).checkpoint) == before + 2
    home.share(circle_id, 2)
    watched.is_cut = True
    with pytest.raises(WireError):
        watched.cosigning.confirm(circle_id)
    catch_up(watched.to_reader)
    assert not reader.matches(2)
    watched.is_cut = False
    assert watched.cosigning.confirm(circle_id)
    catch_up(watched.to_reader)
    assert reader.matches(2)
    assert not watched.cosigning.is_due(home.circle(circle_id))


def test_a_reader_goes_on_from_no_checkpoint_that_nobody_confirmed(watched: Watched) -> None:
    watched.names()
    watched.cosigning.confirm(watched.circle_id)
    catch_up(watched.to_reader)
    size = watched.reader.circle(watched.circle_id).size
    watched.home.share(watched.circle_id, 3)
    with watched.home.database.writing() as transaction:
        circle = watched.home.circles.take(watched.circle_id, within=transaction)
        alone = msgspec.structs.replace(circle, checkpoint=circle.believed)
        watched.home.circles.put(alone, within=transaction)
    with pytest.raises(PartnerError, match="0 of its witnesses have confirmed it, and 1 must"):
        catch_up(watched.to_reader)
    assert watched.reader.circle(watched.circle_id).size == size
    assert not watched.reader.matches(3)


def test_a_witness_answers_as_tlog_witness_says(watched: Watched) -> None:
    home, circle_id = watched.home, watched.circle_id
    size = home.circle(circle_id).size
    status, body = watched.submits(0)
    assert status == HTTPStatus.OK
    note = read_note(home.circle(circle_id).checkpoint.encode())
    key = watched.witness.witnessing.key(watched.witness.circle(circle_id))
    assert verify_note(Note(note.text, read_signatures(body)), [key]) == (key,)
    home.share(circle_id, 1)
    assert watched.submits(0) == (HTTPStatus.CONFLICT, b"%d\n" % size)
    assert watched.submits(size)[0] == HTTPStatus.OK
    assert watched.ask("https://witness.example", b"old x\n")[0] == HTTPStatus.BAD_REQUEST
    unsigned = Note(note.text, (read_signatures(body)[0],))
    asked = write_submission(size, (), unsigned)
    assert watched.ask("https://witness.example", asked)[0] == HTTPStatus.FORBIDDEN
    assert watched.reader.witnessing.add_checkpoint(asked).status == HTTPStatus.NOT_FOUND
    home.share(circle_id, 2)
    circle = home.circle(circle_id)
    wrong = write_submission(size + 1, (b"\0" * 32,), read_note(circle.checkpoint.encode()))
    assert watched.ask("https://witness.example", wrong)[0] == HTTPStatus.UNPROCESSABLE_ENTITY


def test_a_home_that_lost_count_is_told_the_size_and_goes_on(watched: Watched) -> None:
    watched.names()
    watched.home.share(watched.circle_id, 1)
    watched.submits(0)
    watched.home.share(watched.circle_id, 2)
    assert watched.cosigning.confirm(watched.circle_id)
    assert catch_up(watched.to_reader) == 3


def test_a_home_that_went_back_is_confirmed_no_more(watched: Watched, nodes: Nodes) -> None:
    home, circle_id = watched.home, watched.circle_id
    watched.names()
    watched.cosigning.confirm(circle_id)
    with closing(sqlite3.connect(nodes.path("Home"))) as connection:
        connection.execute("VACUUM INTO ?", (str(nodes.path("Then")),))
    home.share(circle_id, 1)
    assert watched.cosigning.confirm(circle_id)
    with closing(open_database(nodes.path("Then"))) as database:
        again = Member(database, "Home", "AE", seed=sum(b"Home"))
        again.share(circle_id, 2, 3)
        with pytest.raises(WireError):
            again.cosigning(watched.ask).confirm(circle_id)
        assert signed_size(again.circle(circle_id).checkpoint) < again.circle(circle_id).size


def test_who_is_no_witness_in_the_roster_confirms_nothing(watched: Watched) -> None:
    org = watched.witness.org
    watched.home.stewarding.change(
        LOCAL, watched.circle_id, lambda was: gives_roles(was, org, MEMBER_ROLES)
    )
    catch_up(watched.to_witness)
    assert watched.submits(0)[0] == HTTPStatus.NOT_FOUND
