# SPDX-License-Identifier: Apache-2.0
"""Which collections a circle has: one with everything, and one for each category."""

from typing import Final

import msgspec

from nahmi.core.bank import Category
from nahmi.partner.circles.roster import Roster
from nahmi.partner.naming import name_of

EVERYTHING: Final = "everything"
"""The alias of the collection with everything."""


class Collection(msgspec.Struct, frozen=True, kw_only=True):
    """A part of a circle that can be read by itself.

    Attributes:
        collection_id: A UUID that follows from the circle and the alias.
        alias: A word that stands for the id in addresses.
        title: For people.
        category: Whose content it is about; None for everything.
    """

    collection_id: str
    alias: str
    title: str
    category: Category | None


def collections_of(roster: Roster) -> list[Collection]:
    """The collections of a circle, everything first, then by category."""
    all_of_it = Collection(
        collection_id=collection_id(roster.circle, EVERYTHING),
        alias=EVERYTHING,
        title=roster.name,
        category=None,
    )
    return [all_of_it, *(_of_category(roster, one) for one in sorted(roster.rules.categories))]


def collection_of(roster: Roster, name: str) -> Collection | None:
    """The collection of an id or alias."""
    wanted = name.lower()
    return next(
        (one for one in collections_of(roster) if wanted in {one.collection_id, one.alias}), None
    )


def collection_id(circle: str, alias: str) -> str:
    """The id of a collection.

    TAXII asks for the form of random UUIDs, and clients check it. It is made of what is named all
    the same, so that all processes of a node, and all nodes, give a collection one id.
    """
    named = name_of("taxii", circle, alias)
    return f"{named[:14]}4{named[15:]}"


def _of_category(roster: Roster, category: Category) -> Collection:
    return Collection(
        collection_id=collection_id(roster.circle, category),
        alias=category.value,
        title=f"{roster.name}: {category}",
        category=category,
    )
