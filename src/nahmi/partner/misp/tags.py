# SPDX-License-Identifier: Apache-2.0
"""Tags of events: with whom they may be shared, what may be done with them, and what they are."""

import re
from collections.abc import Iterable
from typing import Final

from nahmi.core.bank import Category
from nahmi.partner.circles.rules import Marking, Purpose, Rules

_COLOURS: Final = {
    Marking.CLEAR: "#ffffff",
    Marking.GREEN: "#33ff00",
    Marking.AMBER: "#ffc000",
    Marking.AMBER_STRICT: "#ffc000",
    Marking.RED: "#ff2b2b",
}
_PAP_GREEN: Final = {"name": "PAP:GREEN", "colour": "#33ff00"}
_PAP_AMBER: Final = {"name": "PAP:AMBER", "colour": "#ffc000"}
_CATEGORY: Final = re.compile(r'nahmi:category="([a-z0-9_]+)"')
_OLD: Final = {"tlp:white": Marking.CLEAR}


def tags_of(rules: Rules, category: Category) -> list[dict[str, str]]:
    """The tags of an event of a circle.

    Args:
        rules: The circle's.
        category: What the event's content is.
    """
    may_act = Purpose.BLOCK in rules.purposes
    return [
        {"name": f"tlp:{rules.marking}", "colour": _COLOURS[rules.marking]},
        _PAP_GREEN if may_act else _PAP_AMBER,
        {"name": f'nahmi:category="{category}"', "colour": "#1d4f7c"},
    ]


def category_in(tags: Iterable[str]) -> Category | None:
    """The category that tags name in our words; None when they do not."""
    for tag in tags:
        found = _CATEGORY.fullmatch(tag)
        if found is not None and found[1] in set(Category):
            return Category(found[1])
    return None


def marking_in(tags: Iterable[str]) -> Marking | None:
    """The strictest marking among tags; None when there is none that is known."""
    found: list[Marking] = []
    for tag in tags:
        name = tag.lower()
        if name in _OLD:
            found.append(_OLD[name])
        elif name.startswith("tlp:") and name[4:] in set(Marking):
            found.append(Marking(name[4:]))
    order = list(Marking)
    return max(found, key=order.index, default=None)
