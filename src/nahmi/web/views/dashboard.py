# SPDX-License-Identifier: Apache-2.0
"""The first page: what was asked and found, and how the node is."""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import ClassVar

import msgspec

from nahmi.core.bank import Action, Category
from nahmi.web.charts import Chart, Series
from nahmi.web.navigation import Section
from nahmi.web.views.base import View
from nahmi.web.views.matches import MatchRow
from nahmi.web.words import Words
from nahmi.web.writing import Writing


class BankShare(msgspec.Struct, frozen=True, kw_only=True):
    """A bank on the dashboard.

    Attributes:
        bank_id: Of the bank.
        name: Of the bank.
        category: What its content is.
        entries: How many it holds.
        matches: In the days shown.
        is_enabled: Otherwise it never matches.
    """

    bank_id: int
    name: str
    category: Category
    entries: int
    matches: int
    is_enabled: bool


class Health(msgspec.Struct, frozen=True, kw_only=True):
    """How the node is.

    Attributes:
        index_signals: Signals in the search index.
        index_age_s: When this process last saw that the index is where the banks are, seconds ago.
        decoding: Files that are decoded or wait for it.
        workers: Workers that decode.
        messages_waiting: Webhook messages not yet delivered.
        messages_dead: Webhook messages that were given up.
    """

    index_signals: int
    index_age_s: float
    decoding: int
    workers: int
    messages_waiting: int
    messages_dead: int


class Dashboard(View, frozen=True, kw_only=True):
    """The first page.

    Attributes:
        matches_today: Since midnight, UTC.
        queries_today: Questions since midnight, UTC.
        entries: In all banks.
        matches: Over the days, by action.
        queries: Over the days.
        banks: Those with most matches first.
        health: How the node is; None when the reader may not see it.
        recent: The newest matches.
    """

    template: ClassVar[str] = "dashboard.html.j2"
    section: ClassVar[Section | None] = Section.DASHBOARD
    matches_today: int
    queries_today: int
    entries: int
    matches: Chart
    queries: Chart
    banks: tuple[BankShare, ...]
    health: Health | None
    recent: tuple[MatchRow, ...]


def matches_chart(
    days: Sequence[date], counts: Mapping[Action, Sequence[int]], words: Words, writes: Writing
) -> Chart:
    """The chart of matches by day and action.

    Args:
        days: Earliest first.
        counts: By action, one figure a day; an action without figures is drawn as nothing.
        words: Of the page.
        writes: How its figures are written.
    """
    series = tuple(
        Series(action, words.text(f"action-{action}"), tuple(counts.get(action, [0] * len(days))))
        for action in Action
    )
    total = sum(sum(one.values) for one in series)
    return Chart(
        identifier="matches",
        title=words.text("chart-matches", days=len(days)),
        description=words.text("chart-matches-text", total=total, days=len(days)),
        periods=tuple(writes.day_text(day) for day in days),
        series=series,
    )


def queries_chart(
    days: Sequence[date], counts: Sequence[int], words: Words, writes: Writing
) -> Chart:
    """The chart of questions by day.

    Args:
        days: Earliest first.
        counts: One figure a day.
        words: Of the page.
        writes: How its figures are written.
    """
    return Chart(
        identifier="queries",
        title=words.text("chart-queries", days=len(days)),
        description=words.text("chart-queries-text", total=sum(counts), days=len(days)),
        periods=tuple(writes.day_text(day) for day in days),
        series=(Series("query", words.text("chart-queries-label"), tuple(counts)),),
    )
