# SPDX-License-Identifier: Apache-2.0
"""Circles: the list, one circle, founding and joining, and sharing a bank."""

from datetime import datetime
from typing import ClassVar

import msgspec

from nahmi.core.bank import Bank, Category
from nahmi.partner.circles.members import Sector
from nahmi.partner.circles.rules import Marking, Purpose, Rules
from nahmi.partner.fold.tiers import Tier
from nahmi.partner.ports.circle import Standing
from nahmi.partner.statements.kinds import RetractReason, ReviewMethod
from nahmi.web.charts import Chart, Series
from nahmi.web.navigation import Section
from nahmi.web.views.base import EMPTY_FORM, Form, View, WordKey
from nahmi.web.words import Words

_COLOURS = {
    Tier.WITHDRAWN: "log",
    Tier.HELD: "hold",
    Tier.CONTESTED: "block",
    Tier.REVIEW: "review",
    Tier.ACTIONABLE: "query",
}


class KeyShown(msgspec.Struct, frozen=True, kw_only=True):
    """A key's fingerprint, as people compare it.

    Attributes:
        hexadecimal: Eight groups of four digits.
        arabic: Eight groups of five Arabic digits.
    """

    hexadecimal: str
    arabic: str


class CircleRow(msgspec.Struct, frozen=True, kw_only=True):
    """A circle in the list.

    Attributes:
        circle_id: Its id.
        name: What people call it.
        standing: Whether this node goes on with it.
        members: How many organisations take part.
        statements: How many of its log are held here.
        behind: How many more the log is known to have.
        attention: How many signals need a person.
        error: Why the last try to read failed, in English; empty when it did not.
    """

    circle_id: str
    name: str
    standing: Standing
    members: int
    statements: int
    behind: int
    attention: int
    error: str


class CircleList(View, frozen=True, kw_only=True):
    """The circles of the member.

    Attributes:
        rows: In the order in which they came.
    """

    template: ClassVar[str] = "circles.html.j2"
    section: ClassVar[Section | None] = Section.CIRCLES
    rows: tuple[CircleRow, ...]


class RefusedRow(msgspec.Struct, frozen=True, kw_only=True):
    """A statement of our own that the circle did not take.

    Attributes:
        kind: Such as `assert`.
        said_at: When it was said.
        reason: Why, in English.
    """

    kind: WordKey
    said_at: datetime
    reason: str


class CirclePage(View, frozen=True, kw_only=True):
    """One circle.

    Attributes:
        row: The circle.
        description: What it is for.
        rules: What may be said, by whom, and when it is acted upon.
        home: The organisation that keeps the log.
        home_url: Where.
        home_key: With which it signs the log.
        upstream: From where the log is read here; empty at its home.
        heard_at: When the home was last heard of; None for never.
        version: Of the list of members.
        withdrawn_to: Withdrawals before this place in the log are in effect here.
        waiting: Statements of our own that wait for the home.
        refused: Those that it did not take, newest first.
        tiers: How many signals stand where.
        is_member: Whether our organisation was admitted.
        own_key: To be read out until it is admitted.
        has_evidence: Whether the log contradicted itself.
    """

    template: ClassVar[str] = "circle.html.j2"
    section: ClassVar[Section | None] = Section.CIRCLES
    row: CircleRow
    description: str
    rules: Rules
    home: str
    home_url: str
    home_key: KeyShown
    upstream: str
    heard_at: datetime | None
    version: int
    withdrawn_to: int
    waiting: int
    refused: tuple[RefusedRow, ...]
    tiers: Chart
    is_member: bool
    own_key: KeyShown
    has_evidence: bool


class FoundCircle(View, frozen=True, kw_only=True):
    """Founding a circle.

    Attributes:
        form: Fields `name`, `description`, `organisation`, `sector`, `country`, `signal_types`,
            `categories`, `purposes`, `organisations`, `jurisdictions`, `marking`, `relay` and
            `excluded_sectors`.
        signal_types: To choose from.
        categories: To choose from.
        sectors: To choose from.
        markings: To choose from.
        purposes: To choose from.
    """

    template: ClassVar[str] = "circle_found.html.j2"
    section: ClassVar[Section | None] = Section.CIRCLES
    form: Form = EMPTY_FORM
    signal_types: tuple[str, ...]
    categories: tuple[Category, ...]
    sectors: tuple[Sector, ...] = tuple(Sector)
    markings: tuple[Marking, ...] = tuple(Marking)
    purposes: tuple[Purpose, ...] = tuple(Purpose)


class JoinCircle(View, frozen=True, kw_only=True):
    """Answering an invitation.

    Attributes:
        form: Fields `invitation`, `file`, `organisation`, `sector`, `country` and `upstream`.
        sectors: To choose from.
    """

    template: ClassVar[str] = "circle_join.html.j2"
    section: ClassVar[Section | None] = Section.CIRCLES
    form: Form = EMPTY_FORM
    sectors: tuple[Sector, ...] = tuple(Sector)


class CircleJoined(View, frozen=True, kw_only=True):
    """An application is on its way.

    Attributes:
        circle_id: The circle.
        name: What people call it.
        key: To be read out to a steward.
    """

    template: ClassVar[str] = "circle_joined.html.j2"
    section: ClassVar[Section | None] = Section.CIRCLES
    circle_id: str
    name: str
    key: KeyShown


class ShareBank(View, frozen=True, kw_only=True):
    """Sharing a bank in a circle, or taking it back.

    Attributes:
        form: Fields `circle`, `review` and `reason`.
        bank: Which bank.
        entries: How many it holds.
        circles: To choose from.
        fed_by: Name of the circle that fills the bank; empty for a bank of our own.
    """

    template: ClassVar[str] = "circle_share.html.j2"
    section: ClassVar[Section | None] = Section.BANKS
    form: Form = EMPTY_FORM
    bank: Bank
    entries: int
    circles: tuple[CircleRow, ...]
    fed_by: str = ""
    reviews: tuple[ReviewMethod, ...] = tuple(ReviewMethod)
    reasons: tuple[RetractReason, ...] = tuple(RetractReason)


def tier_chart(counts: dict[Tier, int], words: Words) -> Chart:
    """How many signals stand where.

    Args:
        counts: By tier; one without a figure is drawn as nothing.
        words: Of the page.
    """
    tiers = tuple(reversed(Tier))
    return Chart(
        identifier="tiers",
        title=words.text("chart-tiers"),
        description=words.text("chart-tiers-text", total=sum(counts.values())),
        periods=(words.text("chart-tiers-now"),),
        series=tuple(
            Series(_COLOURS[tier], words.text(f"tier-{tier}"), (counts.get(tier, 0),))
            for tier in tiers
        ),
    )
