# SPDX-License-Identifier: Apache-2.0
"""What an organisation's word weighs for whoever reads it.

Raw opinions stay in the log; weights are the reader's. A weight is the circle's, times how often
the organisation was right before, times how fresh its word is. No organisation, and no country,
weighs more than a cap, however much it says.
"""

from collections.abc import Iterable, Mapping
from typing import Final

import msgspec

from nahmi.partner.circles.roster import Roster
from nahmi.partner.circles.rules import FULL_WEIGHT

FORMULA: Final = "1"
"""Version of the formula, told beside each score."""

JURISDICTION_CAP: Final = 2.0
"""Most that all organisations of one country weigh together, in full words."""

DAY_S: Final = 86_400


class Record(msgspec.Struct, frozen=True):
    """How often others agreed with what an organisation said before.

    Attributes:
        agreed: How often.
        disagreed: How often not.
    """

    agreed: int = 0
    disagreed: int = 0

    @property
    def trust(self) -> float:
        """The mean of what is believed of it, 0..1, scaled so that a newcomer has 1.

        A Beta posterior with the prior Beta(8, 2): a newcomer is believed eight times in ten,
        which is scaled to a full word, and it takes several disagreements to halve that.
        """
        mean = (8 + self.agreed) / (10 + self.agreed + self.disagreed)
        return min(1.0, mean / 0.8)


class Said(msgspec.Struct, frozen=True):
    """A word to be weighed.

    Attributes:
        org: Whose.
        value: -1..1.
        at_s: When, Unix time in seconds.
    """

    org: str
    value: float
    at_s: int


def weight(roster: Roster, org: str, at_s: int, now_s: int, record: Record) -> float:
    """What one word weighs, 0..1; nothing from whoever is no member.

    It fades from one day (UTC) to the next and not in between, so that all who ask on the same day
    find the same.
    """
    if roster.member(org) is None:
        return 0.0
    given = roster.rules.weights.get(org, FULL_WEIGHT) / FULL_WEIGHT
    half_life_s = roster.rules.half_life_days * DAY_S
    today_s = now_s - now_s % DAY_S
    fresh = 0.5 ** (max(0, today_s - at_s) / half_life_s) if half_life_s else 1.0
    return given * record.trust * fresh


def score(roster: Roster, said: Iterable[Said], now_s: int, records: Mapping[str, Record]) -> float:
    """All words together: above 0 for agreement, below for disagreement.

    Args:
        roster: Whose word weighs how much.
        said: At most one word of each organisation.
        now_s: Unix time in seconds.
        records: How often organisations were right before.
    """
    by_country: dict[str, float] = {}
    for one in said:
        member = roster.member(one.org)
        if member is None:
            continue
        heavy = weight(roster, one.org, one.at_s, now_s, records.get(one.org, Record()))
        by_country[member.country] = by_country.get(member.country, 0.0) + heavy * one.value
    return sum(
        max(-JURISDICTION_CAP, min(JURISDICTION_CAP, total)) for total in by_country.values()
    )
