# SPDX-License-Identifier: Apache-2.0
"""Trying a file, and the match log."""

from datetime import datetime
from typing import ClassVar

import msgspec

from nahmi.core.bank import Action, Bank, Category
from nahmi.core.match import Verdict
from nahmi.web.navigation import Section
from nahmi.web.views.base import EMPTY_FORM, WHOLE_LIST, Form, Paging, View


class HitRow(msgspec.Struct, frozen=True, kw_only=True):
    """One entry that matched.

    Attributes:
        bank: Its bank's name.
        bank_id: Of its bank; None when that is another member's.
        category: Its bank's category.
        entry_id: The entry; None when the reader may not see entries.
        signal_type: The type that matched.
        distance: Bits; None when the reader may not see distances.
        limit_bits: The limit that applied.
        variant: Which form of the content hit, as in `Fingerprint.variant`.
        frame: The frame that hit, from 0.
        source: Who contributed the entry.
    """

    bank: str
    bank_id: int | None
    category: Category
    entry_id: int | None
    signal_type: str
    distance: int | None
    limit_bits: int
    variant: str
    frame: int = 0
    source: str = ""


class TryResult(msgspec.Struct, frozen=True, kw_only=True):
    """The answer on a file.

    Attributes:
        file_name: As the reader's machine calls it.
        size_bytes: Of the file.
        media_type: Sniffed from its bytes.
        width: Pixels, 0 when it is no picture.
        height: Pixels.
        frame_count: Frames in the file.
        quality: Of its fingerprint, None when there is none.
        verdict: The answer.
        action: What the rules ask for; None when nothing.
        hits: What matched, best first.
        took_ms: How long it took.
    """

    file_name: str
    size_bytes: int
    media_type: str
    width: int
    height: int
    frame_count: int
    quality: int | None
    verdict: Verdict
    action: Action | None
    hits: tuple[HitRow, ...]
    took_ms: int


class TryFile(View, frozen=True, kw_only=True):
    """A form for a file, and what was found out about the one before.

    Attributes:
        form: Field `file`.
        result: Of the file that was sent; None before.
        most_bytes: Largest file.
    """

    template: ClassVar[str] = "try_file.html.j2"
    section: ClassVar[Section | None] = Section.TRY
    form: Form = EMPTY_FORM
    result: TryResult | None = None
    most_bytes: int


class MatchRow(msgspec.Struct, frozen=True, kw_only=True):
    """A match in the log.

    Attributes:
        event_id: Of the match.
        at: UTC.
        banks: Names of the banks that matched.
        action: What the rules asked for; None when nothing.
        principal: Who asked, such as key:7.
        reference: The caller's own name for the content.
        hits: How many entries matched.
    """

    event_id: int
    at: datetime
    banks: tuple[str, ...]
    action: Action | None
    principal: str
    reference: str
    hits: int


class MatchFilter(msgspec.Struct, frozen=True, kw_only=True):
    """What of the log is shown; empty fields filter nothing.

    Attributes:
        bank: A bank's number.
        action: An action.
        principal: Who asked.
        reference: The caller's own name for the content.
        since: From this moment on, as the form wrote it.
        until: Before this moment, as the form wrote it.
    """

    bank: str = ""
    action: str = ""
    principal: str = ""
    reference: str = ""
    since: str = ""
    until: str = ""


class MatchLog(View, frozen=True, kw_only=True):
    """The match log, newest first.

    Attributes:
        filters: What is shown.
        banks: To choose from.
        rows: Of this page.
        paging: Where in the log.
    """

    template: ClassVar[str] = "matches.html.j2"
    section: ClassVar[Section | None] = Section.MATCHES
    filters: MatchFilter = MatchFilter()
    banks: tuple[Bank, ...]
    rows: tuple[MatchRow, ...]
    paging: Paging = WHOLE_LIST


class MatchPage(View, frozen=True, kw_only=True):
    """One match with its evidence.

    Attributes:
        row: The match.
        channel: By which way the question came, such as api.
        hits: What matched, best first.
    """

    template: ClassVar[str] = "match.html.j2"
    section: ClassVar[Section | None] = Section.MATCHES
    row: MatchRow
    channel: str
    hits: tuple[HitRow, ...]
