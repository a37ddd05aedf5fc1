# SPDX-License-Identifier: Apache-2.0
"""A principal asks whether content is known.

1. The budget pays for every query, before anything is looked up.
2. Queries that step from one to the next, as when someone wants to learn what a bank holds, cost
   many times as much, are slowed down and are noted in the audit log.
3. The matcher answers, and the member's action rules say what to do.
4. A match is on disk in the match log before anybody is told of it.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Final, Protocol

import msgspec
import numpy as np

from nahmi.access.identity import Principal
from nahmi.access.walks import WalkDetector
from nahmi.core.match import MatchAnswer, Verdict
from nahmi.core.signal import ORIGINAL, ContentFingerprints, Signal
from nahmi.errors import InputError
from nahmi.flows.budgeting import BudgetLeases
from nahmi.flows.match import Matcher, content_of
from nahmi.flows.metering import Meter, Outcome
from nahmi.flows.notifying import Notifier
from nahmi.flows.record import Record
from nahmi.flows.tally import Tally
from nahmi.protect.actions import ActionRule, Decision, decide
from nahmi.protect.match_log import LONGEST_REFERENCE, MatchEvent, check_text, logged_hits
from nahmi.protect.signal_type import IndexKind
from nahmi.protect.signals.registry import signal_types

WALK_COST: Final = 50
"""What a query that is part of a walk costs on top, in queries."""
WALK_DELAY_S: Final = 1.0
"""How long the answer to a walk is held back."""
NOTHING: Final = Decision(action=None)
"""The decision on what did not match."""
_NOTED_AGAIN_AFTER = timedelta(hours=1)


class Asked(msgspec.Struct, frozen=True):
    """One item of content that is asked about.

    Attributes:
        content: What was computed from it.
        reference: The caller's own name for it, up to 200 characters; goes into the match log.
    """

    content: ContentFingerprints
    reference: str = ""


class AskedSignals(Protocol):
    """One item of content that is asked about by signals that the caller computed.

    Attributes:
        signals: At least one, in any spelling.
        reference: As in `Asked`.
    """

    @property
    def signals(self) -> Sequence[Signal]: ...  # noqa: D102 - above

    @property
    def reference(self) -> str: ...  # noqa: D102 - above


class Answer(msgspec.Struct, frozen=True):
    """What was found, and what the caller is asked to do about it.

    Attributes:
        found: The verdict with its matches.
        decision: The action, and why.
    """

    found: MatchAnswer
    decision: Decision


class Answered(msgspec.Struct, frozen=True):
    """What was answered to one request.

    Attributes:
        answers: One for each item that was asked about, in order.
        record: What must be written before the caller hears of it; None when nothing must.
        delay_s: How long to hold the answers back.
    """

    answers: list[Answer]
    record: Record | None = None
    delay_s: float = 0.0


class Unanswered(msgspec.Struct, frozen=True):
    """A request of which something needs a closer look.

    Attributes:
        finish: Takes it; reads from the store. Raises what `Asking.ask` does.
    """

    finish: Callable[[], Answered]


class _Question(msgspec.Struct, frozen=True):
    """Who asks what, by which way, since when."""

    principal: Principal
    asked: Sequence[AskedSignals]
    banks: Sequence[str]
    channel: str
    now: datetime
    began: float


UNKNOWN: Final = Answer(MatchAnswer(verdict=Verdict.NO_MATCH), NOTHING)
"""The answer on what is like nothing that is banked."""


class Asking:
    """Answers principals. Safe to share between threads.

    Args:
        matcher: Knows the banks.
        rules: The action rules of a member.
        budgets: What each key may still ask today.
        walks: Notices query walks.
        on_walk: Told of a principal that walks, at most once an hour.
        tally: Counts queries without a match.
        notifier: Writes messages to webhooks about matches.
        meter: Told how long each request took.
        clock: The current moment, UTC.
        monotonic: Seconds that never go back.
    """

    def __init__(  # noqa: PLR0913 - each is a part of its own
        self,
        *,
        matcher: Matcher,
        rules: Callable[[int], Sequence[ActionRule]],
        budgets: BudgetLeases,
        walks: WalkDetector,
        on_walk: Callable[[Principal, datetime], None],
        tally: Tally,
        notifier: Notifier,
        meter: Meter,
        clock: Callable[[], datetime],
        monotonic: Callable[[], float],
    ) -> None:
        self._matcher = matcher
        self._rules = rules
        self._budgets = budgets
        self._walks = walks
        self._on_walk = on_walk
        self._tally = tally
        self._notifier = notifier
        self._meter = meter
        self._monotonic = monotonic
        self._clock = clock
        self._noted: dict[str, datetime] = {}

    def digests_wanted(self) -> tuple[str, ...]:
        """The digests that content needs, so that everything banked can be found.

        Raises:
            StoreError: The store cannot be read.
        """
        return self._matcher.digests_wanted()

    def ask(
        self,
        principal: Principal,
        asked: Sequence[Asked],
        *,
        channel: str,
        banks: Iterable[str] = (),
    ) -> Answered:
        """The answer for each item of content, in order.

        The caller writes `Answered.record` before it tells anybody of the answers.

        Args:
            principal: Who asks.
            asked: What about.
            channel: How it was asked, such as `api`.
            banks: Names of the banks to ask; all that the principal's member may when empty.

        Raises:
            AccessError: BUDGET_SPENT.
            InputError: INPUT_INVALID: a reference is too long.
            StoreError: The store could not be asked, or there is no such bank.
            SignalIndexError: The index could not be searched: an error, never "no match".
        """
        now, began = self._clock(), self._monotonic()
        _check_references(asked)
        rows = [row for item in asked for row in _rows_of(item.content)]
        delay_s = self._pay(principal, len(asked), rows, now)
        answers = self._answer(principal, [item.content for item in asked], banks, now)
        record = self._record(principal, asked, answers, channel, now)
        self._measure(channel, began, _outcomes(answers))
        return Answered(answers, record, delay_s)

    def ask_signals(
        self,
        principal: Principal,
        asked: Sequence[AskedSignals],
        *,
        channel: str,
        banks: Iterable[str] = (),
    ) -> Answered:
        """As `ask`, for items of which the caller computed the signals.

        Raises:
            InputError: SIGNAL_INVALID or SIGNAL_TYPE_UNKNOWN; nothing was spent.
            AccessError, InputError, StoreError, SignalIndexError: As `ask`.
        """
        begun = self.begin(principal, asked, channel=channel, banks=banks)
        return begun if isinstance(begun, Answered) else begun.finish()

    def check(self, asked: Sequence[AskedSignals]) -> None:
        """Refuse what `ask_signals` would refuse whoever asks, before anything is spent.

        Raises:
            InputError: SIGNAL_INVALID, SIGNAL_TYPE_UNKNOWN or INPUT_INVALID.
        """
        _check_references(asked)
        quick = rows_of_signals([item.signals for item in asked])
        for at, item in enumerate(asked):
            if at not in quick:
                content_of(item.signals)

    def begin(
        self,
        principal: Principal,
        asked: Sequence[AskedSignals],
        *,
        channel: str,
        banks: Iterable[str] = (),
    ) -> "Answered | Unanswered":
        """As `ask_signals`, as far as it goes without reading anything about single entries.

        Nearly all content is unknown, so items of one perceptual signal with nothing near it are
        sorted out by a single search, before anything is built for them. What is left needs the
        store, for which an event loop must not wait.

        Raises:
            InputError, AccessError, StoreError, SignalIndexError: As `ask_signals`.
        """
        now, began, chosen = self._clock(), self._monotonic(), tuple(banks)
        _check_references(asked)
        quick = rows_of_signals([item.signals for item in asked])
        full = {at: content_of(item.signals) for at, item in enumerate(asked) if at not in quick}
        rows = [*quick.values(), *(row for content in full.values() for row in _rows_of(content))]
        delay_s = self._pay(principal, len(asked), rows, now)
        if quick:
            packed = np.frombuffer(b"".join(quick.values()), np.uint8).reshape(-1, 32)
            seen = self._matcher.seen(packed, banks=chosen, member_id=principal.member_id)
            places = list(quick)
            full |= {places[at]: content_of(asked[places[at]].signals) for at in seen}
        self._count(principal, Verdict.NO_MATCH, len(asked) - len(full), now)
        if not full:
            self._measure(channel, began, {(Verdict.NO_MATCH, None): len(asked)})
            return Answered([UNKNOWN] * len(asked), None, delay_s)
        question = _Question(principal, asked, chosen, channel, now, began)
        return Unanswered(lambda: self._finish(question, full, delay_s))

    def _finish(
        self, question: "_Question", full: Mapping[int, ContentFingerprints], delay_s: float
    ) -> Answered:
        principal, asked, now = question.principal, question.asked, question.now
        found = self._answer(principal, list(full.values()), question.banks, now)
        answers = [UNKNOWN] * len(asked)
        for at, answer in zip(full, found, strict=True):
            answers[at] = answer
        looked_at = [asked[at] for at in full]
        record = self._record(principal, looked_at, found, question.channel, now)
        outcomes = _outcomes(found)
        outcomes[Verdict.NO_MATCH, None] += len(asked) - len(full)
        self._measure(question.channel, question.began, outcomes)
        return Answered(answers, record, delay_s)

    def _pay(self, principal: Principal, count: int, rows: Sequence[bytes], now: datetime) -> float:
        """Spend the budget; how long to hold the answers back, in seconds."""
        self._budgets.spend(principal, count, now)
        if principal.daily_budget is None:
            return 0.0  # who has no budget may read the banks anyway
        steps = self._walks.note(principal.name, rows) if rows else 0
        if not steps:
            return 0.0
        self._note(principal, now)
        self._budgets.spend(principal, steps * WALK_COST, now)
        return WALK_DELAY_S

    def _answer(
        self,
        principal: Principal,
        contents: Sequence[ContentFingerprints],
        banks: Iterable[str],
        now: datetime,
    ) -> list[Answer]:
        found = self._matcher.match(contents, banks=banks, member_id=principal.member_id)
        for verdict, count in Counter(answer.verdict for answer in found).items():
            if verdict is not Verdict.MATCH:
                self._count(principal, verdict, count, now)
        return [self._decided(answer, principal) for answer in found]

    def _measure(self, channel: str, began: float, outcomes: Mapping[Outcome, int]) -> None:
        self._meter.answered(channel, self._monotonic() - began, outcomes)

    def _count(self, principal: Principal, verdict: Verdict, count: int, now: datetime) -> None:
        if count:
            self._tally.note(principal, verdict, count, now)

    def _decided(self, found: MatchAnswer, principal: Principal) -> Answer:
        if not found.matches:
            return Answer(found, NOTHING)
        member = principal.member_id
        return Answer(found, decide(found.matches, self._rules(member), member_id=member))

    def _record(
        self,
        principal: Principal,
        asked: Sequence[Asked | AskedSignals],
        answers: Sequence[Answer],
        channel: str,
        now: datetime,
    ) -> Record | None:
        events = tuple(
            MatchEvent(
                at=now,
                member_id=principal.member_id,
                principal=principal.name,
                reference=item.reference,
                channel=channel,
                action=answer.decision.action,
                hits=logged_hits(answer.found.matches),
            )
            for item, answer in zip(asked, answers, strict=True)
            if answer.decision.action is not None
        )
        if not events:
            return None
        return Record(events=events, messages=self._notifier.messages(events))

    def _note(self, principal: Principal, now: datetime) -> None:
        last = self._noted.get(principal.name)
        if last is None or now - last >= _NOTED_AGAIN_AFTER:
            self._noted[principal.name] = now
            self._on_walk(principal, now)


def _check_references(asked: Sequence[Asked | AskedSignals]) -> None:
    for item in asked:
        if item.reference:
            check_text(item.reference, LONGEST_REFERENCE, "A reference")


def rows_of_signals(asked: Sequence[Sequence[Signal]]) -> dict[int, bytes]:
    """The rows of all items that have one perceptual signal and nothing else.

    Args:
        asked: The signals of each item, in any spelling.

    Returns:
        32 bytes for each such item, by its number, ascending.

    Raises:
        InputError: SIGNAL_TYPE_UNKNOWN, or SIGNAL_INVALID of the first such item that is.
    """
    names = {signals[0].signal_type for signals in asked if len(signals) == 1}
    rows: dict[int, bytes] = {}
    for name in names:
        kind = signal_types().get(name)
        if kind.index_kind is IndexKind.HAMMING256:
            places = [
                at
                for at, signals in enumerate(asked)
                if len(signals) == 1 and signals[0].signal_type == name
            ]
            for at, row in zip(
                places, kind.rows([asked[at][0].value for at in places]), strict=True
            ):
                if isinstance(row, InputError):
                    raise row
                rows[at] = row
    return rows if len(names) <= 1 else dict(sorted(rows.items()))


def _outcomes(answers: Iterable[Answer]) -> Counter[Outcome]:
    return Counter((answer.found.verdict, answer.decision.action) for answer in answers)


def _rows_of(content: ContentFingerprints) -> list[bytes]:
    """The perceptual fingerprints of content as it is, as rows."""
    kinds = signal_types()
    return [
        kinds.get(found.signal_type).parse(found.value)
        for found in content.fingerprints
        if found.variant == ORIGINAL and kinds.index_kind(found.signal_type) is IndexKind.HAMMING256
    ]
