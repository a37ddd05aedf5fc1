# SPDX-License-Identifier: Apache-2.0
"""A circle of several nodes: what is said in it, how it travels, and what it leaves."""

import shutil
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing
from datetime import timedelta
from pathlib import Path

import msgspec
import pytest

from nahmi.access.identity import LOCAL
from nahmi.errors import ErrorCode, NahmiError, PartnerError
from nahmi.flows.circles.stewarding import distrusts, gives_roles, leaves
from nahmi.partner.circles.members import CircleRole, Sector
from nahmi.partner.circles.rules import Onward
from nahmi.partner.fold.tiers import Tier
from nahmi.partner.pages import Line
from nahmi.partner.ports.circle import Standing
from nahmi.partner.statements.kinds import RetractReason
from nahmi.store.sql.opening import create_database, open_database
from nahmi.testing.circles import RULES, Member, Wire, catch_up, draft, join, signal

Make = Callable[..., Member]


@pytest.fixture(scope="module")
def blank(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A store that was just made; copying it is quicker than making it."""
    place = tmp_path_factory.mktemp("blank") / "blank.db"
    create_database(place)
    return place


@pytest.fixture
def make(tmp_path: Path, blank: Path) -> Iterator[Make]:
    """Makes nodes."""
    with ExitStack() as opened:

        def made(name: str, country: str, **more: object) -> Member:
            place = tmp_path / f"{name}.db"
            shutil.copy(blank, place)
            database = open_database(place)
            opened.callback(database.close)
            seed = sum(name.encode())
            return Member(database, name, country, seed=seed, **more)  # type: ignore[arg-type]

        yield made


@pytest.fixture
def trio(make: Make) -> tuple[str, Member, Member, Member, Wire, Wire]:
    """A circle of three: its home, and two that read it."""
    home, second, third = make("Home", "AE"), make("Second", "GB"), make("Third", "KE")
    circle_id = home.founds()
    wires = join(home, second, circle_id), join(home, third, circle_id)
    for wire in wires:
        catch_up(wire)
    return circle_id, home, second, third, *wires


Trio = tuple[str, Member, Member, Member, Wire, Wire]


def test_what_one_asserts_matches_at_all_others(trio: Trio) -> None:
    circle_id, home, second, third, to_second, to_third = trio
    answers = home.share(circle_id, 1, 2, 3)
    assert [answer.seq for answer in answers] == [2, 3, 4]
    for member, wire in ((second, to_second), (third, to_third)):
        assert catch_up(wire) == 3
        assert member.tier(circle_id, 1) is Tier.REVIEW
        assert member.matches(2)
        assert not member.matches(4)


def test_followers_hold_the_very_same_log_and_fold(trio: Trio) -> None:
    circle_id, home, second, third, to_second, to_third = trio
    home.share(circle_id, *range(700))
    catch_up(to_second)
    second.share(circle_id, *range(350, 900))
    catch_up(to_second)
    catch_up(to_third)
    circles = [one.circle(circle_id) for one in (home, second, third)]
    assert {one.tree for one in circles} == {circles[0].tree}
    assert {one.fold for one in circles} == {circles[0].fold}
    assert circles[0].size == 700 + 550 + 2


def test_a_quorum_of_two_countries_makes_a_signal_actionable(trio: Trio) -> None:
    circle_id, home, second, third, to_second, to_third = trio
    home.share(circle_id, 1)
    catch_up(to_second)
    second.share(circle_id, 1)
    catch_up(to_second)
    catch_up(to_third)
    for member in (home, second, third):
        held = member.held(circle_id, 1)
        assert held is not None
        assert (held.tier, held.judged.organisations, held.judged.jurisdictions) == (
            Tier.ACTIONABLE,
            2,
            2,
        )
        assert member.matches(1)


def test_a_persons_no_contests_and_their_yes_settles(trio: Trio) -> None:
    circle_id, home, second, third, to_second, to_third = trio
    home.share(circle_id, 1)
    catch_up(to_second)
    second.share(circle_id, 1)
    catch_up(to_second)
    catch_up(to_third)
    third.speaking.opine(LOCAL, circle_id, [home.assertion(circle_id, 1)], -100)
    catch_up(to_third)
    assert home.tier(circle_id, 1) is third.tier(circle_id, 1) is Tier.CONTESTED
    assert home.matches(1)
    third.speaking.opine(LOCAL, circle_id, [home.assertion(circle_id, 1)], 100)
    catch_up(to_third)
    catch_up(to_second)
    assert home.tier(circle_id, 1) is second.tier(circle_id, 1) is Tier.ACTIONABLE


def test_what_is_taken_back_matches_no_longer_and_others_stand(trio: Trio) -> None:
    circle_id, home, second, third, to_second, to_third = trio
    home.share(circle_id, 1, 2)
    catch_up(to_second)
    second.share(circle_id, 1)
    catch_up(to_second)
    catch_up(to_third)
    reason = RetractReason.WITHDRAWN_BY_SUBJECT
    home.speaking.retract(LOCAL, circle_id, [signal(1), signal(2)], reason)
    for wire in (to_second, to_third):
        catch_up(wire)
    for member in (home, second, third):
        assert member.tier(circle_id, 1) is Tier.REVIEW
        assert member.matches(1)
        assert member.tier(circle_id, 2) is Tier.WITHDRAWN
        assert not member.matches(2)


def test_withdrawals_are_acknowledged_by_each_member(trio: Trio) -> None:
    circle_id, home, second, third, to_second, to_third = trio
    home.share(circle_id, 1)
    spoken = home.speaking.retract(LOCAL, circle_id, [signal(1)], RetractReason.ERROR)
    seq = spoken.answers[0].seq
    assert seq is not None
    number = home.circle(circle_id).number
    assert home.receipts.acknowledgements(number, seq) == {}
    catch_up(to_second)
    assert set(home.receipts.acknowledgements(number, seq)) == {second.org}
    catch_up(to_third)
    assert set(home.receipts.acknowledgements(number, seq)) == {second.org, third.org}
    folds = {one.fold for one in home.receipts.receipts(number)}
    assert folds == {f"{home.circle(circle_id).fold:064x}"}


def test_what_a_follower_says_goes_through_the_home(trio: Trio) -> None:
    circle_id, home, second, third, to_second, to_third = trio
    assert second.share(circle_id, 5) == []
    assert not home.matches(5)
    catch_up(to_second)
    assert home.matches(5)
    assert second.matches(5)
    assert second.outgoing.depth(second.circle(circle_id).number) == (0, 0)
    catch_up(to_third)
    assert third.matches(5)


def test_nobody_says_the_same_twice(trio: Trio) -> None:
    circle_id, home, second, _, to_second, _ = trio
    assert len(home.share(circle_id, 1)) == 1
    assert home.share(circle_id, 1) == []
    second.share(circle_id, 1)
    second.share(circle_id, 1)
    catch_up(to_second)
    assert home.circle(circle_id).size == 4


def test_a_lost_answer_is_asked_for_again(trio: Trio) -> None:
    circle_id, home, second, _, to_second, _ = trio
    second.share(circle_id, 1)
    [waiting] = second.outgoing.waiting(second.circle(circle_id).number, limit=10)
    line = Line(seq=0, statement=waiting.statement, proof=waiting.proof)
    first = to_second.submit([line])
    assert first == to_second.submit([line])
    assert home.circle(circle_id).size == 3
    catch_up(to_second)
    assert second.outgoing.depth(second.circle(circle_id).number) == (0, 0)


def test_whoever_leaves_reads_and_says_nothing_more(trio: Trio) -> None:
    circle_id, home, second, third, to_second, to_third = trio
    second.share(circle_id, 1)
    catch_up(to_second)
    home.stewarding.change(
        LOCAL, circle_id, lambda roster: leaves(roster, second.org, is_expelled=False)
    )
    home.share(circle_id, 2)
    with pytest.raises(PartnerError) as denied:
        to_second.page(after=second.circle(circle_id).size, limit=10, wait_s=0)
    assert denied.value.code is ErrorCode.CIRCLE_DENIED
    catch_up(to_third)
    assert third.matches(1)
    assert not second.matches(2)


def test_nothing_counts_of_whoever_is_expelled(trio: Trio) -> None:
    circle_id, home, second, third, to_second, to_third = trio
    second.share(circle_id, 1)
    catch_up(to_second)
    catch_up(to_third)
    assert third.matches(1)
    home.stewarding.change(
        LOCAL, circle_id, lambda roster: leaves(roster, second.org, is_expelled=True)
    )
    home.keeping_up.rejudge(circle_id)
    catch_up(to_third)
    for member in (home, third):
        assert member.tier(circle_id, 1) is Tier.WITHDRAWN
        assert not member.matches(1)


def test_all_that_a_key_said_is_undone_at_once(trio: Trio) -> None:
    circle_id, home, second, third, to_second, to_third = trio
    second.share(circle_id, 1, 2)
    catch_up(to_second)
    home.share(circle_id, 2)
    start = home.circle(circle_id).size
    changed = msgspec.structs.replace(draft(1), reviewers=3)
    second.speaking.share(LOCAL, circle_id, [changed, draft(3)])
    second.speaking.retract(LOCAL, circle_id, [signal(2)], RetractReason.ERROR)
    catch_up(to_second)
    catch_up(to_third)
    kid = second.keys.first(1).public.kid
    home.stewarding.change(LOCAL, circle_id, lambda roster: distrusts(roster, kid, from_seq=start))
    home.keeping_up.rejudge(circle_id)
    catch_up(to_third)
    for member in (home, third):
        assert member.tier(circle_id, 1) is Tier.REVIEW
        assert member.tier(circle_id, 2) is Tier.ACTIONABLE
        assert member.tier(circle_id, 3) is Tier.WITHDRAWN
    assert home.circle(circle_id).fold == third.circle(circle_id).fold


def test_excluded_sectors_contribute_nothing(make: Make) -> None:
    rules = msgspec.structs.replace(RULES, excluded_sectors=(Sector.GOVERNMENT,))
    home = make("Home", "AE")
    ministry = make("Ministry", "AE", sector=Sector.GOVERNMENT)
    circle_id = home.founds(rules)
    wire = join(home, ministry, circle_id)
    catch_up(wire)
    ministry.share(circle_id, 1)
    catch_up(wire)
    number = ministry.circle(circle_id).number
    [refused] = ministry.outgoing.refused(number, limit=10)
    assert "government" in refused.error
    assert not home.matches(1)


def test_a_role_is_needed_for_each_thing(trio: Trio) -> None:
    circle_id, home, second, _, to_second, _ = trio
    home.stewarding.change(
        LOCAL, circle_id, lambda roster: gives_roles(roster, second.org, [CircleRole.READ])
    )
    home.share(circle_id, 1)
    catch_up(to_second)
    second.share(circle_id, 2)
    second.speaking.opine(LOCAL, circle_id, [home.assertion(circle_id, 1)], -100)
    catch_up(to_second)
    number = second.circle(circle_id).number
    assert second.outgoing.depth(number) == (0, 2)
    assert home.tier(circle_id, 1) is Tier.REVIEW


def test_a_log_is_relayed_over_hops_and_says_what_it_said(make: Make) -> None:
    members = [make(f"Node{place}", country) for place, country in enumerate(("AE", "GB", "KE"))]
    home = make("Home", "QA")
    circle_id = home.founds()
    wires: list[Wire] = []
    for member in members:
        wires.append(join(home, member, circle_id, upstream=wires[-1] if wires else None))
        for wire in wires:
            catch_up(wire)
    home.share(circle_id, 1)
    members[-1].share(circle_id, 2)
    for wire in reversed(wires):
        catch_up(wire)
    for wire in wires:
        catch_up(wire)
    assert all(member.matches(1) and member.matches(2) for member in members)
    assert len({one.circle(circle_id).fold for one in (home, *members)}) == 1
    home.speaking.retract(LOCAL, circle_id, [signal(1)], RetractReason.WITHDRAWN_BY_SUBJECT)
    for wire in wires:
        catch_up(wire)
    assert not any(member.matches(1) for member in members)
    [first, *_] = home.receipts.acknowledgements(1, home.circle(circle_id).size - 1).items()
    assert first
    assert len(home.receipts.acknowledgements(1, home.circle(circle_id).size - 1)) == 3


def test_nobody_relays_where_the_rules_say_so(make: Make) -> None:
    home, second, third = make("Home", "AE"), make("Second", "GB"), make("Third", "KE")
    circle_id = home.founds(msgspec.structs.replace(RULES, onward=Onward.NOBODY))
    first = join(home, second, circle_id)
    catch_up(first)
    behind = join(home, third, circle_id, upstream=first)
    catch_up(first)
    with pytest.raises(PartnerError) as denied:
        catch_up(behind)
    assert denied.value.code is ErrorCode.CIRCLE_DENIED


def test_a_withdrawal_comes_before_all_that_is_still_to_be_read(trio: Trio) -> None:
    circle_id, home, second, _, to_second, _ = trio
    home.share(circle_id, 1, 2)
    catch_up(to_second)
    home.share(circle_id, *range(10, 400))
    home.speaking.retract(LOCAL, circle_id, [signal(1)], RetractReason.WITHDRAWN_BY_SUBJECT)
    second.following.step(circle_id, to_second, limit=100)
    assert second.matches(1)
    assert second.early.hurry(circle_id, to_second) == 1
    assert not second.matches(1)
    circle = second.circle(circle_id)
    assert circle.size < circle.withdrawn_to
    assert second.keeping_up.receipt(circle).receipt.withdrawn_to == home.circle(circle_id).size
    catch_up(to_second)
    assert second.circle(circle_id).fold == home.circle(circle_id).fold
    assert second.matches(2)


def test_the_last_word_of_a_signal_that_expires_is_its_end(trio: Trio) -> None:
    circle_id, home, second, _, to_second, _ = trio
    until = home.now + timedelta(days=3)
    soon = msgspec.structs.replace(draft(1), expires_at=until)
    home.speaking.share(LOCAL, circle_id, [soon, draft(2)])
    catch_up(to_second)
    assert second.matches(1)
    second.now = until
    second.keeping_up.rejudge(circle_id)
    assert not second.matches(1)
    assert second.matches(2)


def test_a_page_that_was_altered_is_not_believed(trio: Trio) -> None:
    circle_id, home, second, _, to_second, _ = trio
    home.share(circle_id, 1, 2, 3)
    before = second.circle(circle_id)
    spoiled: list[Callable[[bytes], bytes]] = [
        lambda data: data[:-1],
        lambda data: data[: len(data) // 2],
        lambda data: data.replace(b"csam", b"test").replace(b'"test"', b'"csam_a1"'),
        lambda data: b"\n".join([data.split(b"\n")[0], *data.split(b"\n")[2:]]),
        lambda data: b"\n".join(reversed(data.split(b"\n"))),
        lambda data: data + data,
        lambda _: b"",
        lambda _: b"<html>\n",
    ]
    for spoil in spoiled:
        to_second.spoil = spoil
        with pytest.raises(NahmiError):
            second.following.step(circle_id, to_second)
        assert second.circle(circle_id) == before
        assert not second.matches(1)
    to_second.spoil = lambda data: data
    catch_up(to_second)
    assert second.matches(1)


def test_a_log_that_shows_two_histories_is_followed_no_further(make: Make, tmp_path: Path) -> None:
    home, second = make("Home", "AE"), make("Second", "GB")
    circle_id = home.founds()
    wire = join(home, second, circle_id)
    home.share(circle_id, 1)
    _copy(tmp_path / "Home.db", tmp_path / "Twin.db")
    home.share(circle_id, 2)
    catch_up(wire)
    database = open_database(tmp_path / "Twin.db")
    twin = Member(database, "Home", "AE", seed=sum(b"Home"))
    twin.share(circle_id, 3, 4)
    wire.server = twin
    with pytest.raises(PartnerError) as caught:
        second.following.step(circle_id, wire)
    assert caught.value.code is ErrorCode.LOG_CONTRADICTED
    stopped = second.circle(circle_id)
    assert stopped.standing is Standing.STOPPED
    assert stopped.evidence
    assert not second.matches(3)
    with pytest.raises(PartnerError) as after:
        second.following.step(circle_id, wire)
    assert after.value.code is ErrorCode.CIRCLE_STOPPED
    database.close()


def _copy(source: Path, target: Path) -> None:
    with closing(sqlite3.connect(source)) as connection:
        connection.execute("VACUUM INTO ?", (str(target),))
