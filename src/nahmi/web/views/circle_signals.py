# SPDX-License-Identifier: Apache-2.0
"""What is said in a circle: signals, withdrawals and the log."""

from datetime import datetime
from typing import ClassVar

import msgspec

from nahmi.core.bank import Category
from nahmi.partner.fold.tiers import Tier
from nahmi.partner.gates import Gate
from nahmi.partner.statements.kinds import Basis, RetractReason
from nahmi.web.navigation import Section
from nahmi.web.views.base import EMPTY_FORM, WHOLE_LIST, Form, Paging, View, WordKey
from nahmi.web.views.circles import KeyShown


class SignalRow(msgspec.Struct, frozen=True, kw_only=True):
    """Where a signal stands.

    Attributes:
        signal_key: Stands for the signal in addresses.
        signal_type: Such as `pdq`.
        begins: How it begins, so that people can tell signals apart.
        tier: How far it may be acted upon.
        category: As what most assert it; None when nobody does.
        organisations: Independent ones that looked and agree.
        jurisdictions: Countries that these come from.
        held: Why gates of this node keep it back.
        is_let_through: A person of this node decided that they must not.
        entry_id: The entry that makes it match here; None for none.
    """

    signal_key: str
    signal_type: str
    begins: str
    tier: Tier
    category: Category | None
    organisations: int
    jurisdictions: int
    held: tuple[Gate, ...]
    is_let_through: bool
    entry_id: int | None


class CircleAttention(View, frozen=True, kw_only=True):
    """Signals that need a person.

    Attributes:
        circle_id: The circle.
        circle: Its name.
        rows: Of this page.
        paging: Where in the list.
    """

    template: ClassVar[str] = "circle_attention.html.j2"
    section: ClassVar[Section | None] = Section.CIRCLES
    circle_id: str
    circle: str
    rows: tuple[SignalRow, ...]
    paging: Paging = WHOLE_LIST


class SaidRow(msgspec.Struct, frozen=True, kw_only=True):
    """One thing that was said of a signal.

    Attributes:
        place: In the log.
        said_at: When.
        organisation: By whom.
        is_own: Whether by our organisation.
        category: As what it is asserted; None for an opinion.
        is_reviewed: Whether a person looked.
        retracted: Why the assertion was taken back; None while it stands.
        value: Of an opinion, -100 to 100; None for an assertion.
        basis: Of an opinion; None for an assertion.
        reason: Of an opinion, in a few words.
    """

    place: int
    said_at: datetime
    organisation: str
    is_own: bool
    category: Category | None = None
    is_reviewed: bool = False
    retracted: RetractReason | None = None
    value: int | None = None
    basis: Basis | None = None
    reason: str = ""


class CircleSignal(View, frozen=True, kw_only=True):
    """One signal of a circle.

    Attributes:
        form: Fields `reason` of an opinion and `why` of a withdrawal.
        circle_id: The circle.
        circle: Its name.
        row: Where the signal stands.
        value: The signal itself.
        against: The weight of people's disagreement.
        until: Until when this holds if nothing more is said; None for ever.
        said: What was said, oldest first.
        seen: In how many sightings.
        may_answer: Whether others assert it, so that we can agree or disagree.
        is_own: Whether our organisation asserts it.
        reasons: To choose from.
    """

    template: ClassVar[str] = "circle_signal.html.j2"
    section: ClassVar[Section | None] = Section.CIRCLES
    form: Form = EMPTY_FORM
    circle_id: str
    circle: str
    row: SignalRow
    value: str
    against: int
    until: datetime | None
    said: tuple[SaidRow, ...]
    seen: int
    may_answer: bool
    is_own: bool
    reasons: tuple[RetractReason, ...] = tuple(RetractReason)


class AcknowledgedRow(msgspec.Struct, frozen=True, kw_only=True):
    """A member that has a withdrawal in effect.

    Attributes:
        organisation: Its name.
        at: Since when.
    """

    organisation: str
    at: datetime


class WithdrawalRow(msgspec.Struct, frozen=True, kw_only=True):
    """A withdrawal.

    Attributes:
        place: In the log.
        logged_at: When the log took it.
        organisation: Who took it back; empty once its text was destroyed.
        why: The reason; None once its text was destroyed.
        acknowledged: Where it is in effect.
        missing: Names of members that have not said so.
    """

    place: int
    logged_at: datetime
    organisation: str
    why: RetractReason | None
    acknowledged: tuple[AcknowledgedRow, ...]
    missing: tuple[str, ...]


class CircleWithdrawals(View, frozen=True, kw_only=True):
    """What was taken back, and where that is in effect.

    Attributes:
        circle_id: The circle.
        circle: Its name.
        rows: Newest first.
        paging: Where in the list.
    """

    template: ClassVar[str] = "circle_withdrawals.html.j2"
    section: ClassVar[Section | None] = Section.CIRCLES
    circle_id: str
    circle: str
    rows: tuple[WithdrawalRow, ...]
    paging: Paging = WHOLE_LIST


class LogRow(msgspec.Struct, frozen=True, kw_only=True):
    """A statement of a log.

    Attributes:
        place: In the log.
        kind: Such as `assert`.
        logged_at: When the log took it.
        organisation: Who said it; empty once its text was destroyed.
        kid: With which key it is signed; empty once its text was destroyed.
    """

    place: int
    kind: WordKey
    logged_at: datetime
    organisation: str
    kid: str


class CircleLog(View, frozen=True, kw_only=True):
    """A circle's log.

    Attributes:
        circle_id: The circle.
        circle: Its name.
        size: How many statements are held here.
        rows: Newest first.
        paging: Where in the log.
    """

    template: ClassVar[str] = "circle_log.html.j2"
    section: ClassVar[Section | None] = Section.CIRCLES
    circle_id: str
    circle: str
    size: int
    rows: tuple[LogRow, ...]
    paging: Paging = WHOLE_LIST


class CircleProof(View, frozen=True, kw_only=True):
    """The proof of one statement, checked.

    Attributes:
        circle_id: The circle.
        circle: Its name.
        row: The statement.
        size: How many statements the log had when its checkpoint was signed.
        log_key: Whose checkpoint it is.
        author_key: Who signed the statement.
    """

    template: ClassVar[str] = "circle_proof.html.j2"
    section: ClassVar[Section | None] = Section.CIRCLES
    circle_id: str
    circle: str
    row: LogRow
    size: int
    log_key: KeyShown
    author_key: KeyShown
