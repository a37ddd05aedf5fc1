# SPDX-License-Identifier: Apache-2.0
"""Corners of a circle: what is undone, redacted or renewed ends alike however it was read."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import msgspec
import pytest

from nahmi.access.identity import LOCAL
from nahmi.errors import ErrorCode, PartnerError
from nahmi.flows.circles.stewarding import Edit, adds_key, distrusts, leaves
from nahmi.partner.base64_texts import write_base64
from nahmi.partner.circles.members import MemberKey
from nahmi.partner.circles.roster import Roster
from nahmi.partner.fold.tiers import Tier
from nahmi.partner.statements.kinds import RetractReason
from nahmi.store.sql.opening import create_database
from nahmi.testing.circle_nodes import Nodes, nodes_in
from nahmi.testing.circles import Member, Wire, catch_up, draft, join, signal


@pytest.fixture(scope="module")
def blank(tmp_path_factory: pytest.TempPathFactory) -> Path:
    place = tmp_path_factory.mktemp("blank") / "blank.db"
    create_database(place)
    return place


@pytest.fixture
def nodes(tmp_path: Path, blank: Path) -> Iterator[Nodes]:
    with nodes_in(tmp_path, blank) as made:
        yield made


Trio = tuple[str, Member, Member, Member, Wire, Wire]


@pytest.fixture
def trio(nodes: Nodes) -> Trio:
    """A circle of three: its home, one that reads each change at once, and one that is late."""
    home, prompt, late = (
        nodes.make(name, country)
        for name, country in (("Home", "AE"), ("Prompt", "GB"), ("Late", "KE"))
    )
    circle_id = home.founds()
    wires = join(home, prompt, circle_id), join(home, late, circle_id)
    for wire in wires:
        catch_up(wire)
    return circle_id, home, prompt, late, *wires


def rotates(member: Member) -> Edit:
    def edit(roster: Roster) -> Roster:
        version = member.keys.next_version(roster, member.org, 1)
        key = member.keys.speaking(1, version).public
        return adds_key(roster, member.org, MemberKey(kid=key.kid, public=write_base64(key.raw)))

    return edit


def change(home: Member, circle_id: str, *edits: Edit) -> None:
    for edit in edits:
        home.stewarding.change(LOCAL, circle_id, edit)


def agree(circle_id: str, *members: Member) -> None:
    assert len({member.circle(circle_id).fold for member in members}) == 1
    for number in range(5):
        assert len({member.tier(circle_id, number) for member in members}) == 1


@pytest.mark.parametrize("is_expelled_first", [True, False])
def test_it_does_not_matter_whether_the_key_or_its_owner_goes_first(
    trio: Trio, *, is_expelled_first: bool
) -> None:
    circle_id, home, prompt, late, to_prompt, to_late = trio
    prompt.share(circle_id, 1)
    catch_up(to_prompt)
    change(home, circle_id, rotates(prompt))
    catch_up(to_prompt)
    start = home.circle(circle_id).size
    prompt.speaking.share(LOCAL, circle_id, [msgspec.structs.replace(draft(1), reviewers=2)])
    catch_up(to_prompt)
    kid = prompt.keys.speaking(1, 2).public.kid
    edits: list[Edit] = [
        lambda roster: leaves(roster, prompt.org, is_expelled=True),
        lambda roster: distrusts(roster, kid, from_seq=start),
    ]
    change(home, circle_id, *(edits if is_expelled_first else reversed(edits)))
    home.keeping_up.rejudge(circle_id)
    catch_up(to_late)
    agree(circle_id, home, late)
    assert late.tier(circle_id, 1) is Tier.WITHDRAWN


def test_a_key_can_be_distrusted_from_earlier_on_and_never_from_later(trio: Trio) -> None:
    circle_id, home, prompt, late, to_prompt, to_late = trio
    start = home.circle(circle_id).size
    prompt.share(circle_id, 1, 2)
    catch_up(to_prompt)
    kid = prompt.keys.first(1).public.kid
    change(home, circle_id, lambda roster: distrusts(roster, kid, from_seq=start + 1))
    home.keeping_up.rejudge(circle_id)
    tiers = [home.tier(circle_id, number) for number in (1, 2)]
    assert tiers == [Tier.REVIEW, Tier.WITHDRAWN]
    change(home, circle_id, lambda roster: distrusts(roster, kid, from_seq=start))
    home.keeping_up.rejudge(circle_id)
    catch_up(to_late)
    agree(circle_id, home, late)
    assert home.tier(circle_id, 1) is Tier.WITHDRAWN
    with pytest.raises(PartnerError) as caught:
        change(home, circle_id, lambda roster: distrusts(roster, kid, from_seq=start + 1))
    assert caught.value.code is ErrorCode.ROSTER_INVALID


def test_what_was_undone_can_be_said_again_with_another_key(trio: Trio) -> None:
    circle_id, home, prompt, late, to_prompt, to_late = trio
    start = home.circle(circle_id).size
    prompt.share(circle_id, 1)
    catch_up(to_prompt)
    kid = prompt.keys.first(1).public.kid
    change(
        home,
        circle_id,
        lambda roster: rotates(prompt)(distrusts(roster, kid, from_seq=start)),
    )
    catch_up(to_prompt)
    assert prompt.tier(circle_id, 1) is Tier.WITHDRAWN
    prompt.share(circle_id, 1)
    catch_up(to_prompt)
    catch_up(to_late)
    agree(circle_id, home, prompt, late)
    assert late.tier(circle_id, 1) is Tier.REVIEW


def test_what_has_expired_can_be_said_again(trio: Trio) -> None:
    circle_id, home, *_ = trio
    until = home.now + timedelta(days=1)
    home.speaking.share(LOCAL, circle_id, [msgspec.structs.replace(draft(1), expires_at=until)])
    assert home.share(circle_id, 1) != []
    home.now += timedelta(days=2_000)
    home.keeping_up.rejudge(circle_id)
    assert home.tier(circle_id, 1) is Tier.WITHDRAWN
    assert len(home.share(circle_id, 1)) == 1
    assert home.tier(circle_id, 1) is Tier.REVIEW


def test_shorter_retention_ends_what_was_said_before(trio: Trio) -> None:
    circle_id, home, _, late, _, to_late = trio
    home.share(circle_id, 1)
    change(
        home,
        circle_id,
        lambda roster: msgspec.structs.replace(
            roster, rules=msgspec.structs.replace(roster.rules, retention_days=1)
        ),
    )
    for member in (home, late):
        member.now += timedelta(days=2)
    home.keeping_up.rejudge(circle_id)
    catch_up(to_late)
    agree(circle_id, home, late)
    assert not late.matches(1)


def test_what_is_redacted_is_gone_and_whoever_comes_later_ends_alike(trio: Trio) -> None:
    circle_id, home, prompt, late, to_prompt, to_late = trio
    home.share(circle_id, 1, 2)
    home.speaking.retract(LOCAL, circle_id, [signal(2)], RetractReason.ERROR)
    catch_up(to_prompt)
    targets = [home.assertion(circle_id, number) for number in (1, 2)]
    prompt.speaking.opine(LOCAL, circle_id, targets[:1], -100)
    catch_up(to_prompt)
    home.speaking.redact(LOCAL, circle_id, targets, RetractReason.COURT)
    assert home.speaking.redact(LOCAL, circle_id, targets, RetractReason.COURT).said == 0
    catch_up(to_prompt)
    catch_up(to_late)
    agree(circle_id, home, prompt, late)
    for member in (home, prompt, late):
        assert not member.matches(1)
        number = member.circle(circle_id).number
        texts = [
            one.statement or b"" for one in member.circles.statements(number, after=0, limit=99)
        ]
        assert sum(not text for text in texts) == 3
        assert not any(signal(1).value.encode() in text for text in texts)


def test_only_whoever_said_it_or_a_steward_redacts(trio: Trio) -> None:
    circle_id, home, prompt, late, to_prompt, to_late = trio
    prompt.share(circle_id, 1, 2)
    catch_up(to_prompt)
    catch_up(to_late)
    target = [prompt.assertion(circle_id, 1)]
    late.speaking.redact(LOCAL, circle_id, target, RetractReason.COURT)
    catch_up(to_late)
    assert late.outgoing.depth(late.circle(circle_id).number) == (0, 1)
    assert home.matches(1)
    home.speaking.redact(LOCAL, circle_id, target, RetractReason.COURT)
    assert not home.matches(1)
    prompt.speaking.redact(
        LOCAL, circle_id, [prompt.assertion(circle_id, 2)], RetractReason.WITHDRAWN_BY_SUBJECT
    )
    catch_up(to_prompt)
    assert not home.matches(2)


def test_a_withdrawal_whose_text_was_destroyed_hurries_nobody(trio: Trio) -> None:
    circle_id, home, _, late, _, to_late = trio
    home.share(circle_id, 1)
    home.speaking.retract(LOCAL, circle_id, [signal(1)], RetractReason.ERROR)
    home.speaking.redact(LOCAL, circle_id, [home.assertion(circle_id, 1)], RetractReason.COURT)
    assert late.early.hurry(circle_id, to_late) == 1
    catch_up(to_late)
    agree(circle_id, home, late)


def test_what_was_taken_back_early_and_said_again_matches_once_that_is_read(trio: Trio) -> None:
    circle_id, home, _, late, _, to_late = trio
    home.share(circle_id, 1)
    catch_up(to_late)
    home.speaking.retract(LOCAL, circle_id, [signal(1)], RetractReason.ERROR)
    home.share(circle_id, 1)
    home.share(circle_id, 2)
    home.speaking.retract(LOCAL, circle_id, [signal(2)], RetractReason.ERROR)
    late.early.hurry(circle_id, to_late)
    assert not late.matches(1)
    late.following.step(circle_id, to_late, limit=2)
    assert late.matches(1)


def test_the_newest_of_our_keys_speaks_and_is_made_once(trio: Trio) -> None:
    circle_id, home, *_ = trio
    roster = home.circle(circle_id).roster.roster
    assert home.keys.current(roster, home.org, 1) is home.keys.first(1)
    change(home, circle_id, rotates(home))
    after = home.circle(circle_id).roster.roster
    assert home.keys.current(after, home.org, 1) is home.keys.speaking(1, 2)


@pytest.mark.parametrize("is_distrusted", [True, False])
def test_whoever_was_given_a_new_key_reads_on_and_learns_of_it(
    trio: Trio, *, is_distrusted: bool
) -> None:
    circle_id, home, _, late, _, to_late = trio
    old = late.keys.first(1).public.kid

    def edit(roster: Roster) -> Roster:
        return rotates(late)(distrusts(roster, old, from_seq=0) if is_distrusted else roster)

    change(home, circle_id, edit)
    late.share(circle_id, 1)
    catch_up(to_late)
    assert late.circle(circle_id).size == home.circle(circle_id).size
    late.share(circle_id, 2)
    catch_up(to_late)
    assert home.matches(2)


def test_a_key_that_is_distrusted_reads_nothing(trio: Trio) -> None:
    circle_id, home, prompt, *_ = trio
    kid = prompt.keys.first(1).public.kid
    change(home, circle_id, lambda roster: distrusts(roster, kid, from_seq=0))
    with pytest.raises(PartnerError) as denied:
        home.handing_out.admit(circle_id, kid)
    assert denied.value.code is ErrorCode.CIRCLE_DENIED


def test_whoever_joins_speaks_and_is_distrusted_on_one_page_counts_no_more(nodes: Nodes) -> None:
    home, prompt, late = (
        nodes.make(name, country)
        for name, country in (("Home", "AE"), ("Prompt", "GB"), ("Late", "KE"))
    )
    circle_id = home.founds()
    to_late = join(home, late, circle_id)
    to_prompt = join(home, prompt, circle_id)
    catch_up(to_prompt)
    prompt.share(circle_id, 1)
    catch_up(to_prompt)
    start = home.circle(circle_id).size
    prompt.speaking.retract(LOCAL, circle_id, [signal(1)], RetractReason.ERROR)
    catch_up(to_prompt)
    kid = prompt.keys.first(1).public.kid
    change(home, circle_id, lambda roster: distrusts(roster, kid, from_seq=start))
    home.keeping_up.rejudge(circle_id)
    catch_up(to_late)
    agree(circle_id, home, late)
    assert late.tier(circle_id, 1) is Tier.REVIEW
