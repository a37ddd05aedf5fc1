# SPDX-License-Identifier: Apache-2.0
"""A node that follows a circle and is killed over and over; what it holds must be what was said.

The log has all kinds of statements, and some that undo others, so that a page applied in part would
show in what it leaves.
"""

import os
import random
import shutil
import signal as signals
import time
from collections.abc import Callable
from pathlib import Path

import msgspec

from nahmi.access.identity import LOCAL
from nahmi.errors import NahmiError
from nahmi.flows.circles.stewarding import adds_key, distrusts
from nahmi.partner.base64_texts import write_base64
from nahmi.partner.circles.members import MemberKey
from nahmi.partner.circles.roster import Roster
from nahmi.partner.statements.kinds import RetractReason
from nahmi.testing.circle_nodes import Nodes, nodes_in
from nahmi.testing.circles import Member, Wire, catch_up, draft, join, signal

NUMBERS = 60
"""Signals that are spoken of."""

_PAGE = 12
_LONGEST_S = 0.15


class Left(msgspec.Struct, frozen=True, kw_only=True):
    """What a node holds of a circle.

    Attributes:
        size: How many statements.
        root: Of the tree over them.
        fold: The hash of what they leave.
        tiers: Where each signal stands.
        matching: Which signals have an entry that matches.
    """

    size: int
    root: bytes
    fold: int
    tiers: tuple[str, ...]
    matching: tuple[int, ...]


class KilledFollower:
    """A circle with a home, and a follower that dies while it reads.

    Args:
        folder: Where the nodes are made.
        chance: Moments at which it dies.
    """

    def __init__(self, folder: Path, chance: random.Random) -> None:
        self._folder = folder
        self._chance = chance
        self.kills = 0
        with nodes_in(folder) as nodes:
            self.circle_id = _tell(nodes)
        self._spare = folder / "spare.db"
        shutil.copy(folder / "Reader.db", self._spare)
        self.wanted = self.finish()
        self._begin_anew()

    def run_and_die(self) -> None:
        """Read on in a process that is killed at some moment; begin anew where all was read."""
        begun, begins = os.pipe()
        child = os.fork()
        if child == 0:
            _follow(self._folder, self.circle_id, lambda: os.write(begins, b"."))
        os.close(begins)
        os.read(begun, 1)
        os.close(begun)
        time.sleep(self._chance.uniform(0, _LONGEST_S))
        os.kill(child, signals.SIGKILL)
        _, status = os.waitpid(child, 0)
        if os.WIFSIGNALED(status):
            self.kills += 1
        else:
            self._begin_anew()

    def finish(self) -> Left:
        """Let it read to the end; what it holds."""
        with nodes_in(self._folder) as nodes:
            home, reader = _pair(nodes)
            catch_up(Wire(home, reader, self.circle_id))
            return left_at(reader, self.circle_id)

    def is_beginning(self) -> bool:
        """Whether it holds the beginning of the home's log, and nothing else."""
        with nodes_in(self._folder) as nodes:
            home, reader = _pair(nodes)
            circle = reader.circle(self.circle_id)
            held = reader.circles.statements(circle.number, after=0, limit=10_000)
            wire = Wire(home, reader, self.circle_id)
            proof = wire.consistency(circle.size, home.circle(self.circle_id).size)
            return len(held) == circle.size and (
                bool(proof) or circle.size in {0, self.wanted.size}
            )

    def _begin_anew(self) -> None:
        for path in self._folder.glob("Reader.db*"):
            path.unlink()
        shutil.copy(self._spare, self._folder / "Reader.db")


def left_at(member: Member, circle_id: str) -> Left:
    """What a node holds of a circle."""
    circle = member.circle(circle_id)
    return Left(
        size=circle.size,
        root=circle.tree.root(),
        fold=circle.fold,
        tiers=tuple(str(member.tier(circle_id, number)) for number in range(NUMBERS)),
        matching=tuple(number for number in range(NUMBERS) if member.matches(number)),
    )


def _pair(nodes: Nodes) -> tuple[Member, Member]:
    return nodes.make("Home", "AE"), nodes.make("Reader", "KE")


def _tell(nodes: Nodes) -> str:
    """Found a circle and say much in it; the reader has read nothing so far."""
    home, reader = _pair(nodes)
    other = nodes.make("Other", "GB")
    circle_id = home.founds()
    wire = join(home, other, circle_id)
    catch_up(wire)
    join(home, reader, circle_id)
    for round_ in range(8):
        _say(home, other, wire, round_)
    start = home.circle(circle_id).size - 40
    kid = other.keys.first(1).public.kid
    home.stewarding.change(LOCAL, circle_id, lambda roster: _renewed(roster, other, kid, start))
    catch_up(wire)
    _say(home, other, wire, 9)
    home.keeping_up.rejudge(circle_id)
    return circle_id


def _say(home: Member, other: Member, wire: Wire, round_: int) -> None:
    circle_id, part = wire.circle_id, [*range(round_ * 6, round_ * 6 + 12)]
    for member in (home, other):
        drafts = [msgspec.structs.replace(draft(number), reviewers=round_ + 1) for number in part]
        member.speaking.share(LOCAL, circle_id, drafts)
    catch_up(wire)
    about = [home.assertion(circle_id, number) for number in part[::3]]
    other.speaking.opine(LOCAL, circle_id, about, -100 if round_ % 2 else 100)
    reason = RetractReason.WITHDRAWN_BY_SUBJECT
    other.speaking.retract(LOCAL, circle_id, [signal(number) for number in part[::4]], reason)
    home.speaking.redact(LOCAL, circle_id, about[-1:], RetractReason.COURT)
    catch_up(wire)


def _renewed(roster: Roster, member: Member, kid: str, start: int) -> Roster:
    public = member.keys.speaking(1, 2).public
    key = MemberKey(kid=public.kid, public=write_base64(public.raw))
    return adds_key(distrusts(roster, kid, from_seq=start), member.org, key)


def _follow(folder: Path, circle_id: str, begin: Callable[[], object]) -> None:
    """Read page by page, as a process of its own that ends here."""
    code = 1
    try:
        with nodes_in(folder) as nodes:
            home, reader = _pair(nodes)
            wire = Wire(home, reader, circle_id)
            begin()
            while not reader.following.step(circle_id, wire, limit=_PAGE).is_end:
                reader.early.hurry(circle_id, wire)
            reader.keeping_up.rejudge(circle_id)
        code = 0
    except NahmiError:
        code = 2
    finally:
        os._exit(code)
