# SPDX-License-Identifier: Apache-2.0
"""What things are called on a page: categories, permissions, variants, and the choices of forms."""

from collections.abc import Iterable
from typing import Final

from babel import Locale
from markupsafe import Markup

from nahmi.access.roles import Permission
from nahmi.core.bank import Action, Category
from nahmi.core.taxonomy import CATEGORIES
from nahmi.partner.circles.members import INTERNATIONAL, CircleRole
from nahmi.partner.circles.rules import Marking
from nahmi.web.charts import Chart
from nahmi.web.isolation import code, in_attribute, isolated
from nahmi.web.views.circles import CircleRow
from nahmi.web.words import LANGUAGE_NAMES, LANGUAGES, Words

Option = tuple[str, Markup]
"""A value that a form sends, and what people read."""

ExplainedOption = tuple[str, Markup, Markup]
"""The same with a few words on what it means."""

_ALTERATIONS: Final = frozenset(
    {
        "original",
        "rotate90",
        "rotate180",
        "rotate270",
        "flip_x",
        "flip_y",
        "transpose",
        "transverse",
        "trim",
        "trim-inner",
    }
)
_CROPS: Final = frozenset(
    {
        "centre",
        "top-left",
        "top-right",
        "bottom-left",
        "bottom-right",
        "left",
        "right",
        "top",
        "bottom",
    }
)


class Labels:
    """What things are called in one language.

    Args:
        words: Of the page.
    """

    def __init__(self, words: Words) -> None:
        self._words = words

    def category_text(self, category: Category) -> str:
        """What a category is called, as plain text."""
        info = CATEGORIES[category]
        return info.label_ar if self._words.language == "ar" else info.label_en

    def category(self, category: Category) -> Markup:
        """What a category is called."""
        return isolated(self.category_text(category))

    def variant(self, variant: str) -> Markup:
        """A variant, such as `rotate90+crop:centre:5`; an unknown one stays as it is."""
        parts = [self._alteration(part) for part in variant.split("+")]
        known = [part for part in parts if part is not None]
        return Markup(" + ").join(known) if len(known) == len(parts) else code(variant)

    def _alteration(self, part: str) -> Markup | None:
        if part in _ALTERATIONS:
            return self._words(f"variant-{part}")
        kind, _, rest = part.partition(":")
        where, _, percent = rest.partition(":")
        if kind == "crop" and where in _CROPS and percent.isascii() and percent.isdigit():
            return self._words(f"variant-crop-{where}", percent=int(percent))
        return None

    def worded(self, values: Iterable[str], prefix: str) -> list[Option]:
        """Choices that have a word each, under `prefix` and the value."""
        return [(value, self._words(f"{prefix}-{value}")) for value in values]

    def named(self, values: Iterable[str]) -> list[Option]:
        """Choices that are called what they are."""
        return [(value, in_attribute(value)) for value in values]

    def categories(self, values: Iterable[Category]) -> list[Option]:
        """Categories to choose from."""
        return [(value, in_attribute(self.category_text(value))) for value in values]

    def country(self, country: str) -> Markup:
        """What a country is called; a code that stays to users as what it means here."""
        if country == INTERNATIONAL:
            return self._words("country-none")
        name = Locale(self._words.language).territories.get(country)
        return code(country) if name is None else isolated(name)

    def roles(self, values: Iterable[CircleRole]) -> list[ExplainedOption]:
        """What members of circles may do, with what that means."""
        return [
            (
                value,
                self._words(f"circlerole-{value}"),
                self._words(f"circlerole-{value}-meaning"),
            )
            for value in values
        ]

    def markings(self, values: Iterable[Marking]) -> list[Option]:
        """With whom what is shared may be shared further."""
        return [
            (
                value,
                Markup("TLP:{} {}").format(
                    value.upper(), self._words(f"tlp-{value.replace('+', '_')}")
                ),
            )
            for value in values
        ]

    def circles(self, rows: Iterable[CircleRow]) -> list[Option]:
        """Circles to choose from."""
        return [(row.circle_id, in_attribute(row.name)) for row in rows]

    def ticks(self, options: Iterable[Option]) -> list[ExplainedOption]:
        """Choices that need no more words, for boxes; there a name stands in the flow of a page."""
        return [
            (value, Markup("<bdi>{}</bdi>").format(written), Markup()) for value, written in options
        ]

    def languages(self) -> list[Option]:
        """Languages to choose from, each by its own name."""
        return [(language, in_attribute(LANGUAGE_NAMES[language])) for language in LANGUAGES]

    def series(self, chart: Chart) -> list[Markup]:
        """What the kinds of figures of a chart are called."""
        return [isolated(one.label) for one in chart.series]

    def actions(self, values: Iterable[Action]) -> list[ExplainedOption]:
        """Actions to choose from, with what they mean."""
        return [
            (value, self._words(f"action-{value}"), self._words(f"action-{value}-meaning"))
            for value in values
        ]

    def permissions(self, values: Iterable[Permission]) -> list[ExplainedOption]:
        """Permissions to choose from, with their technical names."""
        return [
            (value, self._words(f"permission-{value.replace(':', '-')}"), code(value))
            for value in values
        ]

    def events(self, values: Iterable[str]) -> list[ExplainedOption]:
        """Events to choose from, by their technical names."""
        return [(value, code(value), Markup()) for value in values]
