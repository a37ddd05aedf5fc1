# SPDX-License-Identifier: Apache-2.0
"""A circle reaches a node that no network joins: in files that somebody carries."""

import json
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import msgspec
import pytest
from pyrage import x25519

from nahmi.access.identity import LOCAL
from nahmi.cli.app import run
from nahmi.cli.exits import OK
from nahmi.errors import ErrorCode, NahmiError
from nahmi.flows.circles.stewarding import adds_key, distrusts, leaves
from nahmi.partner.base64_texts import write_base64
from nahmi.partner.circles.members import MemberKey
from nahmi.partner.circles.rules import Onward
from nahmi.partner.courier.head import read_head
from nahmi.partner.courier.reading import courier_pages
from nahmi.partner.courier.writing import write_courier
from nahmi.partner.fold.tiers import Tier
from nahmi.partner.ports.circle import Standing
from nahmi.partner.statements.kinds import RetractReason
from nahmi.store.sql.opening import create_database, open_database
from nahmi.testing.circle_nodes import Nodes, nodes_in
from nahmi.testing.circles import RULES, Member, catch_up, join, signal

Duo = tuple[str, Member, Member]


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
def duo(nodes: Nodes) -> Duo:
    """A circle's home, and a member that was admitted and has read nothing."""
    home, far = nodes.make("Home", "AE"), nodes.make("Far", "KE")
    circle_id = home.founds()
    join(home, far, circle_id)
    return circle_id, home, far


def packed(member: Member, circle_id: str, *, after: int = 0) -> list[bytes]:
    return list(member.packing.pack(member.circle(circle_id), after=after)[1])


def refused(act: Callable[[], object]) -> str:
    with pytest.raises(NahmiError) as caught:
        act()
    return caught.value.code


def test_a_file_brings_the_whole_log_and_a_receipt_comes_back(duo: Duo) -> None:
    circle_id, home, far = duo
    home.share(circle_id, *range(60))
    lines = packed(home, circle_id)
    done = far.unpacking.unpack(lambda: lines)
    assert done.taken == 61
    assert far.circle(circle_id).tree == home.circle(circle_id).tree
    assert far.circle(circle_id).fold == home.circle(circle_id).fold
    assert far.matches(0)
    assert done.receipt is not None
    taken = home.unpacking.receive(json_of(done.receipt))
    assert (taken.receipt.org, taken.receipt.size) == (far.org, home.circle(circle_id).size)
    known = {one.org: one.size for one in home.receipts.receipts(home.circle(circle_id).number)}
    assert known[far.org] == home.circle(circle_id).size


def json_of(receipt: object) -> bytes:
    return msgspec.json.encode(receipt)


def test_a_later_file_goes_on_wherever_the_node_is(duo: Duo) -> None:
    circle_id, home, far = duo
    home.share(circle_id, 1, 2)
    first = packed(home, circle_id)
    far.unpacking.unpack(lambda: first)
    home.share(circle_id, 3)
    home.speaking.retract(LOCAL, circle_id, [signal(1)], RetractReason.COURT)
    overlapping = packed(home, circle_id, after=3)
    done = far.unpacking.unpack(lambda: overlapping)
    assert done.taken == 2
    assert far.tier(circle_id, 1) is Tier.WITHDRAWN
    assert far.matches(3)
    assert far.unpacking.unpack(lambda: overlapping).taken == 0
    assert far.unpacking.unpack(lambda: first).taken == 0


def test_a_file_of_several_pages_is_taken_over_page_by_page(
    duo: Duo, monkeypatch: pytest.MonkeyPatch
) -> None:
    circle_id, home, far = duo
    monkeypatch.setattr("nahmi.flows.circles.courier.PAGE", 4)
    home.share(circle_id, *range(9))
    lines = packed(home, circle_id)
    assert [len(page.lines) for page in courier_pages(lines)] == [4, 4, 2]
    so_far: list[int] = []
    far.unpacking.unpack(lambda: lines, on_progress=so_far.append)
    assert so_far == [4, 8, 10]
    monkeypatch.setattr("nahmi.flows.circles.courier.PAGE", 3)
    home.share(circle_id, *range(9, 20))
    cut_otherwise = packed(home, circle_id)
    far.unpacking.unpack(lambda: cut_otherwise)
    assert far.circle(circle_id).tree == home.circle(circle_id).tree


def test_a_file_that_begins_further_on_names_the_place_to_ask_for(duo: Duo) -> None:
    circle_id, home, far = duo
    home.share(circle_id, 1, 2)
    lines = packed(home, circle_id, after=2)
    with pytest.raises(NahmiError, match="begins after 2 statements, and this node has 0") as told:
        far.unpacking.unpack(lambda: lines)
    assert told.value.code is ErrorCode.LOG_INVALID
    assert "--after 0" in told.value.hint


@pytest.mark.parametrize(
    ("spoil", "code"),
    [
        (lambda lines: lines[:-1], ErrorCode.DOCUMENT_INVALID),
        (lambda lines: [*lines[:2], *lines[3:]], ErrorCode.LOG_INVALID),
        (
            lambda lines: [*lines[:-1], lines[-1].replace(b'"digest":"', b'"digest":"0')],
            ErrorCode.DOCUMENT_INVALID,
        ),
        (
            lambda lines: [one.replace(b'"review":"human"', b'"review":"none"') for one in lines],
            "proof_invalid",
        ),
        (lambda lines: [b"{}\n", *lines[1:]], ErrorCode.DOCUMENT_INVALID),
    ],
    ids=["cut off", "a line is missing", "another digest", "a word is altered", "no head"],
)
def test_nothing_is_kept_of_a_file_that_was_altered(
    duo: Duo, spoil: Callable[[list[bytes]], list[bytes]], code: str
) -> None:
    circle_id, home, far = duo
    home.share(circle_id, 1, 2)
    lines = spoil(packed(home, circle_id))
    assert refused(lambda: far.unpacking.unpack(lambda: lines)) == code
    assert far.circle(circle_id).size == 0


def test_a_member_that_the_reader_has_not_heard_of_may_pack(duo: Duo, nodes: Nodes) -> None:
    circle_id, home, far = duo
    third = nodes.make("Third", "GB")
    catch_up(join(home, third, circle_id))
    home.share(circle_id, 5)
    wire = join(home, nodes.make("Fourth", "GB"), circle_id)
    catch_up(wire)
    fourth = wire.reader
    lines = packed(fourth, circle_id)
    far.unpacking.unpack(lambda: lines)
    assert far.matches(5)


def test_a_file_sealed_with_a_key_that_it_distrusts_itself_is_refused(duo: Duo) -> None:
    circle_id, home, far = duo
    old = home.keys.first(1)
    fresh = home.keys.speaking(1, 2).public
    added = MemberKey(kid=fresh.kid, public=write_base64(fresh.raw))
    home.stewarding.change(LOCAL, circle_id, lambda was: adds_key(was, home.org, added))
    home.stewarding.change(LOCAL, circle_id, lambda was: distrusts(was, old.public.kid, from_seq=2))
    lines = packed(home, circle_id)
    head = msgspec.structs.replace(read_head(lines[0]), sender=old.public.kid)
    forged = list(write_courier(head, courier_pages(lines), old))
    assert refused(lambda: far.unpacking.unpack(lambda: forged)) == ErrorCode.KEY_UNKNOWN
    far.unpacking.unpack(lambda: lines)


def test_a_history_that_differs_stops_the_circle(duo: Duo, nodes: Nodes) -> None:
    circle_id, home, far = duo
    with closing(sqlite3.connect(nodes.path("Home"))) as connection:
        connection.execute("VACUUM INTO ?", (str(nodes.path("Then")),))
    home.share(circle_id, 1)
    lines = packed(home, circle_id)
    far.unpacking.unpack(lambda: lines)
    # Whoever keeps a log can go back to a copy of it, which has the same keys.
    with closing(open_database(nodes.path("Then"))) as database:
        again = Member(database, "Home", "AE", seed=sum(b"Home"))
        again.share(circle_id, 2, 3)
        contradicting = packed(again, circle_id)
    code = refused(lambda: far.unpacking.unpack(lambda: contradicting))
    assert code == ErrorCode.LOG_CONTRADICTED
    assert far.circle(circle_id).standing is Standing.STOPPED
    assert not far.matches(2)


def test_only_whoever_may_hand_the_log_on_packs_it(nodes: Nodes) -> None:
    home, other = nodes.make("Home", "AE"), nodes.make("Other", "GB")
    circle_id = home.founds(msgspec.structs.replace(RULES, onward=Onward.NOBODY))
    catch_up(join(home, other, circle_id))
    assert refused(lambda: packed(other, circle_id)) == ErrorCode.CIRCLE_DENIED
    assert packed(home, circle_id)
    size = home.circle(circle_id).size
    assert refused(lambda: packed(home, circle_id, after=size)) == ErrorCode.LOG_INVALID


def test_a_receipt_counts_only_from_a_member_that_takes_part(duo: Duo) -> None:
    circle_id, home, far = duo
    lines = packed(home, circle_id)
    done = far.unpacking.unpack(lambda: lines)
    home.stewarding.change(LOCAL, circle_id, lambda was: leaves(was, far.org, is_expelled=False))
    data = json_of(done.receipt)
    assert refused(lambda: home.unpacking.receive(data)) == ErrorCode.CIRCLE_DENIED
    assert refused(lambda: home.unpacking.receive(b"{}")) == ErrorCode.STATEMENT_INVALID


class Node:
    """A node without a network, and its commands.

    Args:
        folder: Where it is made.
        read: What a command printed.
    """

    def __init__(self, folder: Path, read: Callable[[], str]) -> None:
        self._folder = folder
        self._read = read
        self.does("init")

    def does(self, *arguments: str, exit_code: int = OK) -> str:
        self._read()
        assert run(["--node", str(self._folder), *arguments]) == exit_code
        return self._read()


def test_two_nodes_without_a_network_meet_in_files_alone(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    def read() -> str:
        return capsys.readouterr().out

    home, far = Node(tmp_path / "home", read), Node(tmp_path / "far", read)
    who = ("--sector", "hotline", "--country")
    home.does("circle", "found", "Gulf", "--organisation", "Home", *who, "AE")
    text = json.loads(home.does("circle", "invite", "Gulf", "--json"))["invitation"]
    carried = {name: str(tmp_path / name) for name in ("genesis", "application", "log", "receipt")}
    home.does("circle", "genesis", "Gulf", carried["genesis"])
    joining = ("--genesis", carried["genesis"], "--application", carried["application"])
    shown = far.does("circle", "join", text, "--organisation", "Far", *who, "KE", *joining)
    home.does("circle", "application", carried["application"])
    [applied] = json.loads(home.does("circle", "invitations", "Gulf", "--json"))["invitations"]
    assert applied["fingerprint"] in shown
    home.does("circle", "admit", "Gulf", "1")
    secret = x25519.Identity.generate()
    (tmp_path / "identity").write_text(f"# mine\n{secret}\n")
    home.does("circle", "pack", "Gulf", carried["log"], "--for", str(secret.to_public()))
    assert b"nahmi-courier" not in Path(carried["log"]).read_bytes()
    done = far.does(
        "circle",
        "unpack",
        carried["log"],
        "--identity",
        str(tmp_path / "identity"),
        "--receipt",
        carried["receipt"],
        "--json",
    )
    assert json.loads(done)["taken"] == 1
    home.does("circle", "receipt", carried["receipt"])
    members = json.loads(home.does("circle", "members", "Gulf", "--json"))["members"]
    assert [one["behind"] for one in members if one["member"]["name"] == "Far"] == [0]
    assert Path(carried["log"]).stat().st_mode & 0o077 == 0
