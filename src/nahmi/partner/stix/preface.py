# SPDX-License-Identifier: Apache-2.0
"""What objects refer to, and where in a circle's order it stands: markings, members, extension.

A roster makes several objects at once: the members that it names anew or otherwise, and the
circle's marking. All of them come before whatever is said after it, each at a moment of its own.
The first roster is in no log; it comes before the log's beginning.

Statements have moments that rise by a microsecond at least. So what a roster adds is given the
roster's moment and those after it, and every statement after it is told later by as many
microseconds: one order without two at a time, that grows at its end alone and is the same however
often it is asked for.
"""

from bisect import bisect_right
from collections.abc import Iterable
from copy import copy
from typing import Any, Self

import msgspec

from nahmi.partner.circles.members import CircleMember
from nahmi.partner.circles.roster import Roster
from nahmi.partner.circles.rules import Marking
from nahmi.partner.statements.text import moment
from nahmi.partner.stix.extension import extension_object, project_object
from nahmi.partner.stix.identities import identity_object
from nahmi.partner.stix.markings import marking_id, marking_object
from nahmi.partner.stix.moments import MILLISECOND_US, us_of


class Placed(msgspec.Struct, frozen=True):
    """An object with its moment in a circle's order.

    Attributes:
        added_us: Microseconds since 1970.
        stix: The object.
    """

    added_us: int
    stix: dict[str, Any]


class _Stretch(msgspec.Struct, frozen=True):
    """Where statements are told later by the same time.

    Attributes:
        seq: The place of the roster that it begins with.
        began_us: The moment of the first object that the roster adds.
        roster_us: The moment of the roster in the log.
        shift_us: By how much what follows is told later.
    """

    seq: int
    began_us: int
    roster_us: int
    shift_us: int


class Preface:
    """What the rosters of a circle add to its order.

    Args:
        front: The roster that comes before the log.
        first_us: The moment of the log's first statement, microseconds since 1970.

    Attributes:
        objects: In their order.
        size: How many statements of the log were looked at.
    """

    def __init__(self, front: Roster, first_us: int) -> None:
        self.objects: list[Placed] = []
        self.size = 0
        self._version = 0
        self._stretches: list[_Stretch] = []
        self._members: dict[str, tuple[CircleMember, str, int, int]] = {}
        self._markings: set[Marking] = set()
        self._firsts: dict[str, Placed] = {}
        self._lasts: dict[str, Placed] = {}
        self._add(-1, min(first_us, us_of(moment(front.made_at))), front)

    def extend(self, rosters: Iterable[tuple[int, int, Roster]], *, size: int) -> None:
        """Add rosters that follow those that were added before.

        Args:
            rosters: The place of each, its moment in the log, and itself; those that are no newer
                than the last one add nothing.
            size: How many statements of the log were looked at for them.
        """
        for seq, logged_us, roster in rosters:
            if roster.version > self._version:
                self._add(seq, logged_us, roster)
        self.size = size

    def _add(self, seq: int, logged_us: int, roster: Roster) -> None:
        shift = self._stretches[-1].shift_us if self._stretches else 0
        began = logged_us + shift
        made = list(self._made(roster))
        for number, stix in enumerate(made):
            placed = Placed(began + number, stix)
            self.objects.append(placed)
            self._firsts.setdefault(stix["id"], placed)
            self._lasts[stix["id"]] = placed
        self._stretches.append(_Stretch(seq, began, logged_us, shift + len(made)))
        self._version = roster.version

    def copy(self) -> Self:
        """Another one that says the same, to be extended by itself."""
        other = copy(self)
        for name, value in vars(self).items():
            setattr(other, name, copy(value))
        return other

    def after(self, after_us: int) -> list[Placed]:
        """The objects that were added later than a moment."""
        return self.objects[bisect_right(self.objects, after_us, key=lambda one: one.added_us) :]

    def is_first(self, one: Placed) -> bool:
        """Whether no version of the object is before this one."""
        return self._firsts[one.stix["id"]] is one

    def is_last(self, one: Placed) -> bool:
        """Whether no version of the object is after this one."""
        return self._lasts[one.stix["id"]] is one

    def added_us(self, seq: int, logged_us: int) -> int:
        """The moment of a statement in the order."""
        number = bisect_right(self._stretches, seq, key=lambda one: one.seq)
        return logged_us + self._stretches[number - 1].shift_us

    def start(self, after_us: int) -> tuple[int, int]:
        """From where on statements are later than a moment.

        Args:
            after_us: The moment in the order.

        Returns:
            The place of the first statement that may be, and a moment in the log that it is later
            than.
        """
        number = bisect_right(self._stretches, after_us, key=lambda one: one.began_us)
        if not number:
            return 0, -1
        found = self._stretches[number - 1]
        later_than = after_us - found.shift_us
        return found.seq + 1, later_than if later_than >= found.roster_us else -1

    def _made(self, roster: Roster) -> Iterable[dict[str, Any]]:
        if not self._stretches:
            yield project_object()
            yield extension_object()
        marking = roster.rules.marking
        if marking not in self._markings:
            self._markings.add(marking)
            yield marking_object(marking)
        at = us_of(moment(roster.made_at))
        for member in roster.members:
            shown = msgspec.structs.replace(member, keys=(), roles=(), group="")
            known = self._members.get(member.org)
            if known is not None and known[:2] == (shown, marking):
                continue
            created, modified = (at, at) if known is None else (known[2], _later(known[3], at))
            self._members[member.org] = shown, marking, created, modified
            yield identity_object(
                member, created_us=created, modified_us=modified, marking=marking_id(marking)
            )


def _later(before_us: int, at_us: int) -> int:
    return max(before_us + MILLISECOND_US, at_us)
