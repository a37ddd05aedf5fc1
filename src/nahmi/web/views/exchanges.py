# SPDX-License-Identifier: Apache-2.0
"""Exchanges: how far they are, and what we think of what they share."""

from datetime import datetime
from typing import ClassVar

import msgspec

from nahmi.web.navigation import Section
from nahmi.web.views.base import EMPTY_FORM, Form, View, WordKey
from nahmi.web.views.operations import JobState


class ExchangeRow(msgspec.Struct, frozen=True, kw_only=True):
    """An exchange.

    Attributes:
        name: As in node.toml.
        via: The kind of program, or the class of a plug-in; empty when it is not set any more.
        bank: The bank that it fills; empty when it is not set any more.
        records: How many records it has.
        entries: How many entries.
        reached_at: Up to when everything is here, UTC; None before that.
        state: Of the last fetch; None before the first.
        job_id: The last fetch; None before the first.
        error: The error code of why it failed; None when it did not.
        error_detail: More about that, in English.
        opinions_waiting: Our opinions that wait to be sent.
    """

    name: str
    via: str
    bank: str
    records: int
    entries: int
    reached_at: datetime | None
    state: JobState | None
    job_id: int | None
    error: WordKey | None = None
    error_detail: str = ""
    opinions_waiting: int = 0


class ExchangeList(View, frozen=True, kw_only=True):
    """All exchanges.

    Attributes:
        rows: By name.
    """

    template: ClassVar[str] = "exchanges.html.j2"
    section: ClassVar[Section | None] = Section.EXCHANGES
    rows: tuple[ExchangeRow, ...]


class RefusedOpinion(msgspec.Struct, frozen=True, kw_only=True):
    """An opinion of ours that an exchange did not take.

    Attributes:
        message_id: Its number.
        created_at: When it was said, UTC.
        last_error: Why it was not taken, in English.
    """

    message_id: int
    created_at: datetime
    last_error: str


class ExchangePage(View, frozen=True, kw_only=True):
    """One exchange.

    Attributes:
        row: The exchange.
        takes_opinions: Whether a form for them is shown.
        form: Fields `entry`, `stance` and `reason`.
        refused: Opinions that it did not take, newest first.
    """

    template: ClassVar[str] = "exchange.html.j2"
    section: ClassVar[Section | None] = Section.EXCHANGES
    row: ExchangeRow
    takes_opinions: bool = False
    form: Form = EMPTY_FORM
    refused: tuple[RefusedOpinion, ...] = ()
