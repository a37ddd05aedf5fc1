# SPDX-License-Identifier: Apache-2.0
"""Opinions: what others, or we, think of a signal, and where that leaves it."""

from collections.abc import Iterable
from enum import StrEnum

import msgspec


class Stance(StrEnum):
    """Whether someone thinks that a signal stands for what it is shared as."""

    AGREES = "agrees"
    UNSURE = "unsure"
    DISAGREES = "disagrees"


class Opinion(msgspec.Struct, frozen=True, kw_only=True):
    """What one party thinks of a signal.

    Attributes:
        stance: Agreement or disagreement.
        owner: Whose opinion it is, as the exchange names them; empty when it does not say.
        is_own: It is our own.
        tags: Words that the owner put on the signal, sorted.
    """

    stance: Stance
    owner: str = ""
    is_own: bool = False
    tags: tuple[str, ...] = ()


class Standing(StrEnum):
    """Where all opinions together leave a signal."""

    CONFIRMED = "confirmed"
    UNREVIEWED = "unreviewed"
    CONTESTED = "contested"
    REJECTED = "rejected"


def standing_of(opinions: Iterable[Opinion]) -> Standing:
    """Where opinions leave a signal.

    Our own agreement or disagreement counts over everyone else's. Disagreement beside anything else
    makes a signal contested, because it is then known that somebody sees it otherwise.
    """
    given = tuple(opinions)
    own = {opinion.stance for opinion in given if opinion.is_own} - {Stance.UNSURE}
    stances = own or {opinion.stance for opinion in given}
    if Stance.DISAGREES in stances:
        return Standing.REJECTED if len(stances) == 1 else Standing.CONTESTED
    return Standing.CONFIRMED if Stance.AGREES in stances else Standing.UNREVIEWED
