# SPDX-License-Identifier: Apache-2.0
"""Charts as SVG, drawn on the server: no script, printable, with title and description.

A chart holds shapes only. Its axis, legend and table of figures are HTML around it, so that text
keeps its size on every screen and is written in the reader's language. Time runs in the direction
of reading: from left to right in English, from right to left in Arabic. A chart whose time ran
against its page would be read backwards.
"""

from collections.abc import Sequence
from decimal import Decimal
from itertools import accumulate
from typing import Final, Literal

import msgspec
from markupsafe import Markup, escape

from nahmi.web.isolation import in_attribute

Direction = Literal["ltr", "rtl"]

WIDTH: Final = 720
HEIGHT: Final = 200
_GAP = 0.25
"""Share of a period's width that stays empty between bars."""

_STEPS = (1, 2, 5, 10)
_SHORTEST = Decimal("1.5")
"""Height of the smallest value above nothing: it must not look like nothing."""


class Series(msgspec.Struct, frozen=True):
    """One kind of figure over the periods.

    Attributes:
        name: For the style sheet, such as `block`.
        label: For people.
        values: One a period, 0 or more.
    """

    name: str
    label: str
    values: tuple[int, ...]


class Chart(msgspec.Struct, frozen=True, kw_only=True):
    """Figures over time.

    Attributes:
        identifier: Unique on its page.
        title: What it shows.
        description: The same in a sentence, with the most important figure.
        periods: What each period is called, earliest first.
        series: What is drawn, lowest first.
    """

    identifier: str
    title: str
    description: str
    periods: tuple[str, ...]
    series: tuple[Series, ...]

    def totals(self) -> tuple[int, ...]:
        """The sum of all series in each period."""
        return tuple(
            sum(series.values[at] for series in self.series) for at in range(len(self.periods))
        )

    def ceiling(self) -> int:
        """The value at the upper edge: a round number that no period exceeds, 1 or more."""
        return ceiling(max(self.totals(), default=0))


def ceiling(highest: int) -> int:
    """The least of 1, 2, 5, 10, 20, 50, … that is not below a value."""
    if highest <= 1:
        return 1
    power: int = 10 ** (len(str(highest)) - 1)
    return next(step * power for step in _STEPS if step * power >= highest)


def bars(chart: Chart, direction: Direction) -> Markup:
    """Stacked bars, one a period; each names its figures to whoever points at it."""
    top = chart.ceiling()
    slot = Decimal(WIDTH) / max(len(chart.periods), 1)
    width = slot * (1 - Decimal(_GAP))
    shapes = Markup()
    for at, period in enumerate(chart.periods):
        start = slot * at + (slot - width) / 2
        left = start if direction == "ltr" else WIDTH - start - width
        shapes += _stack(chart, at, period, top=top, left=left, width=width)
    return _picture(chart, shapes)


def _stack(  # noqa: PLR0913 - each is a measure of its own
    chart: Chart, at: int, period: str, *, top: int, left: Decimal, width: Decimal
) -> Markup:
    heights = [_height(series.values[at], top) for series in chart.series]
    shapes = Markup()
    for series, height, reached in zip(chart.series, heights, accumulate(heights), strict=True):
        if height == 0:
            continue
        title = f"{period}: {series.label} {series.values[at]}"
        shapes += Markup(
            '<rect class="mark {}" x="{}" y="{}" width="{}" height="{}"><title>{}</title></rect>'
        ).format(
            series.name,
            _short(left),
            _short(max(HEIGHT - reached, Decimal(0))),
            _short(width),
            _short(height),
            in_attribute(title),
        )
    return shapes


def split(chart: Chart, direction: Direction) -> Markup:
    """One level bar: what the first period's whole is made of, from where reading starts."""
    whole = chart.totals()[0] if chart.periods else 0
    shapes, reached = Markup(), Decimal(0)
    for series in chart.series if whole else ():
        width = Decimal(series.values[0]) * WIDTH / whole
        left = reached if direction == "ltr" else WIDTH - reached - width
        reached += width
        if width:
            shapes += Markup(
                '<rect class="mark {}" x="{}" width="{}" height="24"><title>{}</title></rect>'
            ).format(
                series.name,
                _short(left),
                _short(width),
                in_attribute(f"{series.label} {series.values[0]}"),
            )
    return Markup(
        '<svg class="split" viewBox="0 0 {w} 24" preserveAspectRatio="none" role="img"'
        ' aria-labelledby="{id}-title {id}-text" focusable="false"><title id="{id}-title">{title}'
        '</title><desc id="{id}-text">{text}</desc>'
        '<rect class="track" width="{w}" height="24"/>{shapes}</svg>'
    ).format(
        w=WIDTH,
        id=chart.identifier,
        title=escape(chart.title),
        text=escape(chart.description),
        shapes=shapes,
    )


def line(chart: Chart, direction: Direction) -> Markup:
    """One line a series, not stacked."""
    highest = max((value for series in chart.series for value in series.values), default=0)
    top = ceiling(highest)
    shapes = Markup().join(
        Markup('<polyline class="line {}" points="{}"/>').format(
            series.name, _points(series.values, top, direction)
        )
        for series in chart.series
        if series.values
    )
    return _picture(chart, shapes)


def meter(share: float, identifier: str, title: str, direction: Direction) -> Markup:
    """A bar that is filled from the side where reading starts.

    Args:
        share: 0..1; beyond that it is full or empty.
        identifier: Unique on its page.
        title: What is measured, with the figure.
        direction: Of the page.
    """
    width = Decimal(str(min(max(share, 0.0), 1.0))) * WIDTH
    left = Decimal(0) if direction == "ltr" else WIDTH - width
    return Markup(
        '<svg class="meter" viewBox="0 0 {w} 10" preserveAspectRatio="none" role="img"'
        ' aria-labelledby="{id}-title" focusable="false"><title id="{id}-title">{title}</title>'
        '<rect class="track" width="{w}" height="10"/>'
        '<rect class="mark" x="{left}" width="{width}" height="10"/></svg>'
    ).format(w=WIDTH, id=identifier, title=escape(title), left=_short(left), width=_short(width))


def _picture(chart: Chart, shapes: Markup) -> Markup:
    return Markup(
        '<svg class="chart" viewBox="0 0 {w} {h}" preserveAspectRatio="none" role="img"'
        ' aria-labelledby="{id}-title {id}-text" focusable="false"><title id="{id}-title">{title}'
        '</title><desc id="{id}-text">{text}</desc>'
        '<line class="rule" x1="0" y1="{half}" x2="{w}" y2="{half}"/>{shapes}'
        '<line class="axis" x1="0" y1="{h}" x2="{w}" y2="{h}"/></svg>'
    ).format(
        w=WIDTH,
        h=HEIGHT,
        half=HEIGHT // 2,
        id=chart.identifier,
        title=escape(chart.title),
        text=escape(chart.description),
        shapes=shapes,
    )


def _points(values: Sequence[int], top: int, direction: Direction) -> str:
    step = Decimal(WIDTH) / max(len(values) - 1, 1)
    # A single value is drawn as a level line, since a line of one point shows nothing.
    drawn = values if len(values) > 1 else [*values, *values]
    places = [step * at for at in range(len(drawn))]
    if direction == "rtl":
        places = [WIDTH - place for place in places]
    return " ".join(
        f"{_short(place)},{_short(HEIGHT - _height(value, top))}"
        for place, value in zip(places, drawn, strict=True)
    )


def _height(value: int, top: int) -> Decimal:
    if value <= 0:
        return Decimal(0)
    return max(Decimal(value) * HEIGHT / top, _SHORTEST)


def _short(measure: Decimal | int) -> str:
    return f"{measure:.2f}".rstrip("0").rstrip(".")
