# SPDX-License-Identifier: Apache-2.0
"""The rules of a circle: what may be said, by whom, and when it is acted upon."""

from enum import StrEnum
from typing import Final

import msgspec

from nahmi.core.bank import Category
from nahmi.errors import ErrorCode, InputError
from nahmi.partner.circles.members import Sector

NEVER_SHARED: Final = frozenset({Category.MUST_NOT_MATCH})
"""Categories that no circle may name: a list of what is harmless is everybody's own."""

FULL_WEIGHT: Final = 100


class Marking(StrEnum):
    """With whom what is said may be shared further.

    Source: FIRST, Traffic Light Protocol 2.0.
    """

    CLEAR = "clear"
    GREEN = "green"
    AMBER = "amber"
    AMBER_STRICT = "amber+strict"
    RED = "red"


class Onward(StrEnum):
    """Whether members may pass on what they read."""

    NOBODY = "nobody"
    MEMBERS = "members"
    """To other members of the circle, by relaying its log."""


class Purpose(StrEnum):
    """For what signals of a circle may be used."""

    BLOCK = "block"
    REVIEW = "review"
    INVESTIGATE = "investigate"
    RESEARCH = "research"


class Quorum(msgspec.Struct, frozen=True, kw_only=True):
    """How many must have looked and agree before a signal is acted upon.

    Attributes:
        organisations: Independent of each other, 1 or more.
        jurisdictions: Countries that these come from, 1 or more.
    """

    organisations: int = 2
    jurisdictions: int = 2


class Rules(msgspec.Struct, frozen=True, kw_only=True):
    """The rules of a circle.

    Attributes:
        signal_types: What may be shared, sorted.
        categories: As what, sorted.
        purposes: For what it may be used, sorted.
        quorum: When a signal is acted upon.
        contest_at: The weight of disagreement, 1..100, from which on nothing acts by itself.
        retention_days: How long an assertion counts unless it says less, 1..36500.
        marking: With whom what is shared here may be shared further.
        onward: Who may relay.
        excluded_sectors: Who may not contribute, sorted, such as governments.
        daily_quota: New assertions that one key may make in a day, 1 or more.
        weights: Organisations whose word weighs less than `FULL_WEIGHT`, by id, 0..100.
        half_life_days: After how long an unrepeated word weighs half; 0 for never.
    """

    signal_types: tuple[str, ...]
    categories: tuple[Category, ...]
    purposes: tuple[Purpose, ...] = (Purpose.BLOCK, Purpose.REVIEW)
    quorum: Quorum = Quorum()
    contest_at: int = 50
    retention_days: int = 1_825
    marking: Marking = Marking.AMBER_STRICT
    onward: Onward = Onward.MEMBERS
    excluded_sectors: tuple[Sector, ...] = ()
    daily_quota: int = 100_000
    weights: dict[str, int] = {}
    half_life_days: int = 0

    def check(self) -> None:
        """Make sure that the rules can be lived by.

        Raises:
            InputError: INPUT_INVALID: one is out of range, or two contradict each other.
        """
        _check_ranges(self)
        if not self.signal_types or not self.categories or not self.purposes:
            raise _refused("A circle names signal types, categories and purposes; none is allowed.")
        if NEVER_SHARED & set(self.categories):
            raise _refused("Signals that must not match are never shared.")
        if self.marking is Marking.RED and self.onward is not Onward.NOBODY:
            raise _refused("What is marked TLP:RED is not passed on; set onward to nobody.")
        for field in (self.signal_types, self.categories, self.purposes, self.excluded_sectors):
            if tuple(sorted(set(field))) != tuple(field):
                raise _refused("Lists in rules are sorted and name nothing twice.")


def _check_ranges(rules: Rules) -> None:
    ranges = (
        ("quorum.organisations", rules.quorum.organisations, 1, 1_000),
        ("quorum.jurisdictions", rules.quorum.jurisdictions, 1, 250),
        ("contest_at", rules.contest_at, 1, FULL_WEIGHT),
        ("retention_days", rules.retention_days, 1, 36_500),
        ("daily_quota", rules.daily_quota, 1, 100_000_000),
        ("half_life_days", rules.half_life_days, 0, 36_500),
        *((f"weights {org}", weight, 0, FULL_WEIGHT) for org, weight in rules.weights.items()),
    )
    for name, value, least, most in ranges:
        if not least <= value <= most:
            raise _refused(f"{name} must lie between {least} and {most}.")
    if rules.quorum.jurisdictions > rules.quorum.organisations:
        raise _refused("A quorum cannot ask for more jurisdictions than organisations.")


def _refused(why: str) -> InputError:
    return InputError(
        ErrorCode.INPUT_INVALID,
        f"The rules of the circle cannot be used. {why}",
        hint="docs/reference/circles.md lists what rules may say.",
    )
