# SPDX-License-Identifier: Apache-2.0
"""One hostile owner among 310 members: what it crafts does not get to be acted upon."""

from collections import Counter
from pathlib import Path

import msgspec
import pytest

from nahmi.access.identity import LOCAL
from nahmi.core.signal import Signal
from nahmi.partner.circles.roster import Roster
from nahmi.partner.fold.tiers import Tier
from nahmi.partner.naming import signal_key
from nahmi.partner.pages import Line
from nahmi.partner.statements.signing import sign
from nahmi.partner.statements.text import write
from nahmi.partner.voice import Voice
from nahmi.testing.circle_nodes import nodes_in
from nahmi.testing.circles import START, Member
from nahmi.testing.poisoning import OWNED, RULES, SHARE, Kind, Said, World, members_of

AT_ONCE = 2_000


@pytest.fixture(scope="module")
def world() -> World:
    return World(1, each=12, at=START)


def founded(home: Member, world: World) -> str:
    circle_id = home.founds(RULES)

    def joined(roster: Roster) -> Roster:
        return msgspec.structs.replace(roster, members=(*roster.members, *members_of(world)))

    home.stewarding.change(LOCAL, circle_id, joined)
    return circle_id


def line_of(world: World, circle_id: str, one: Said) -> Line:
    key = one.by.key
    voice = Voice(circle=circle_id, org=one.by.org, key=key, at=world.at, random=world.random)
    text = write(voice.asserts(one.draft, rev=1, is_revision=False))
    return Line(seq=0, statement=text, proof=msgspec.json.encode(sign(text, key)))


def tiers(home: Member, circle_id: str, signals: list[Signal]) -> dict[Signal, Tier]:
    number = home.circle(circle_id).number
    keys = {signal_key(one): one for one in signals}
    with home.database.reading() as connection:
        held = home.folds.signals(number, keys, within=connection)
    return {keys[key]: one.tier for key, one in held.items()}


def test_what_one_owner_crafts_stays_out_and_is_never_acted_upon(
    world: World, tmp_path: Path
) -> None:
    """More than 19 in 20 never reach partners, and all that honest members say does."""
    handed_in = Counter(one.kind for one in world.said)
    crafted = handed_in.total() - handed_in[Kind.HONEST]
    assert crafted / handed_in.total() == pytest.approx(SHARE, abs=0.005)
    with nodes_in(tmp_path) as nodes:
        home = nodes.make("Home", "AE", harmless=world.harmless)
        circle_id = founded(home, world)
        taken: Counter[Kind] = Counter()
        for start in range(0, len(world.said), AT_ONCE):
            part = world.said[start : start + AT_ONCE]
            answers = home.hosting.accept(
                circle_id, [line_of(world, circle_id, one) for one in part]
            )
            taken.update(
                one.kind
                for one, answer in zip(part, answers, strict=True)
                if answer.seq is not None
            )
        stood = tiers(home, circle_id, list(dict.fromkeys(one.draft.signal for one in world.said)))
    assert taken[Kind.HONEST] == handed_in[Kind.HONEST]
    assert taken.total() - taken[Kind.HONEST] <= crafted * 0.05
    assert not [signal for signal in world.benign if stood.get(signal) is Tier.ACTIONABLE]
    # Some of what no gate can see does come in, so this shows that the quorum holds, too.
    assert taken[Kind.UNKNOWN_HARMLESS] >= OWNED
    assert Counter(stood.values())[Tier.ACTIONABLE] > 500
