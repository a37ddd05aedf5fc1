# SPDX-License-Identifier: Apache-2.0
"""Charts show the figures in the direction of reading, from nothing to very much."""

import re
from xml.etree import ElementTree as ET

import pytest

from nahmi.web.charts import (
    HEIGHT,
    WIDTH,
    Chart,
    Direction,
    Series,
    bars,
    ceiling,
    line,
    meter,
    split,
)

SVG = "{http://www.w3.org/2000/svg}"
DIRECTIONS: list[Direction] = ["ltr", "rtl"]


def chart(*values: tuple[int, ...]) -> Chart:
    periods = len(values[0]) if values else 0
    return Chart(
        identifier="c",
        title="Matches <by> day",
        description='None & "more"',
        periods=tuple(f"day {at}" for at in range(periods)),
        series=tuple(Series(f"s{at}", f"kind {at}", one) for at, one in enumerate(values)),
    )


def shapes(drawn: str, tag: str) -> list[ET.Element]:
    return ET.fromstring(drawn).findall(f"{{*}}{tag}") or ET.fromstring(drawn).findall(tag)  # noqa: S314 - our own


def rectangles(drawn: str) -> list[tuple[float, float, float, float]]:
    return [
        tuple(float(one.get(name, "nan")) for name in ("x", "y", "width", "height"))
        for one in shapes(drawn, "rect")
    ]


@pytest.mark.parametrize(
    ("highest", "top"),
    [
        (-3, 1),
        (0, 1),
        (1, 1),
        (2, 2),
        (3, 5),
        (9, 10),
        (10, 10),
        (11, 20),
        (501, 1000),
        (10**18, 10**18),
    ],
)
def test_the_scale_ends_at_a_round_number(highest: int, top: int) -> None:
    assert ceiling(highest) == top


@pytest.mark.parametrize("direction", DIRECTIONS)
@pytest.mark.parametrize("values", [(0,), (1,), (0, 0, 0), (10**18, 1, 0), tuple(range(400))])
def test_every_bar_stays_inside(values: tuple[int, ...], direction: Direction) -> None:
    drawn = rectangles(bars(chart(values, values), direction))
    assert len(drawn) == 2 * sum(value > 0 for value in values)
    for x, y, width, height in drawn:
        assert 0 <= x < x + width <= WIDTH
        assert 0 <= y <= HEIGHT
        assert 0 < height <= HEIGHT


def test_a_chart_without_periods_has_its_frame() -> None:
    assert rectangles(bars(chart(), "ltr")) == []
    assert len(shapes(bars(chart(), "ltr"), "line")) == 2


def test_bars_are_in_proportion_and_stacked() -> None:
    low, high = rectangles(bars(chart((4,), (6,)), "ltr"))
    assert (low[3], high[3]) == (0.4 * HEIGHT, 0.6 * HEIGHT)
    assert low[1] + low[3] == HEIGHT
    assert high[1] + high[3] == low[1]


def test_one_beside_very_many_is_still_seen() -> None:
    many, one = rectangles(bars(chart((10**12, 1)), "ltr"))
    assert many[3] == HEIGHT
    assert one[3] > 1


def test_time_runs_in_the_direction_of_reading() -> None:
    figures = chart((1, 2, 3))
    left = [x for x, *_ in rectangles(bars(figures, "ltr"))]
    right = [x for x, *_ in rectangles(bars(figures, "rtl"))]
    assert left == sorted(left)
    assert right == sorted(left, reverse=True)


@pytest.mark.parametrize("direction", DIRECTIONS)
@pytest.mark.parametrize("values", [(), (5,), (0, 0), (3, 1, 10**18)])
def test_a_line_stays_inside(values: tuple[int, ...], direction: Direction) -> None:
    for drawn in shapes(line(chart(values), direction), "polyline"):
        points = re.findall(r"([\d.]+),([\d.]+)", drawn.get("points", ""))
        assert len(points) == max(len(values), 2)
        assert all(0 <= float(x) <= WIDTH and 0 <= float(y) <= HEIGHT for x, y in points)


def test_a_line_starts_where_reading_starts() -> None:
    first = [
        shapes(line(chart((0, 9)), direction), "polyline")[0].get("points", "").split()[0]
        for direction in DIRECTIONS
    ]
    assert first == [f"0,{HEIGHT}", f"{WIDTH},{HEIGHT}"]


def test_a_chart_has_a_name_and_a_description() -> None:
    drawn = ET.fromstring(bars(chart((1,)), "ltr"))  # noqa: S314 - our own
    names = {one.get("id"): one.text for one in drawn if one.tag in {"title", "desc"}}
    assert names == {"c-title": "Matches <by> day", "c-text": 'None & "more"'}
    assert drawn.get("role") == "img"
    assert drawn.get("aria-labelledby") == "c-title c-text"


def test_a_bar_says_its_figures() -> None:
    bar = shapes(bars(chart((7,)), "ltr"), "rect")[0]
    assert bar.findtext("title") == "day 0: kind 0 7"


def test_totals_are_over_all_series() -> None:
    assert chart((1, 2), (3, 4)).totals() == (4, 6)
    assert chart((1, 2), (3, 4)).ceiling() == 10


@pytest.mark.parametrize(("share", "width"), [(-1.0, 0), (0.0, 0), (0.25, 180), (7.0, 720)])
def test_a_meter_fills_from_where_reading_starts(share: float, width: int) -> None:
    left = rectangles(meter(share, "m", "a < b", "ltr"))[1]
    right = rectangles(meter(share, "m", "a < b", "rtl"))[1]
    assert left[2] == right[2] == width
    assert (left[0], right[0]) == (0, WIDTH - width)


@pytest.mark.parametrize("direction", DIRECTIONS)
def test_a_whole_is_split_from_where_reading_starts(direction: Direction) -> None:
    drawn = split(chart((30,), (0,), (10,)), direction)
    track, *parts = [
        tuple(float(one.get(name, "0")) for name in ("x", "width")) for one in shapes(drawn, "rect")
    ]
    assert track == (0, WIDTH)
    assert [width for _, width in parts] == [WIDTH * 3 / 4, WIDTH / 4]
    starts = [left for left, _ in parts]
    assert starts == ([0, WIDTH * 3 / 4] if direction == "ltr" else [WIDTH / 4, 0])


def test_nothing_is_split_into_nothing() -> None:
    assert len(shapes(split(chart((0,), (0,)), "ltr"), "rect")) == 1
    assert len(shapes(split(chart(), "rtl"), "rect")) == 1
