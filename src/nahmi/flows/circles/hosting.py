# SPDX-License-Identifier: Apache-2.0
"""The home of a log takes statements in, and signs what the log is by then.

What is refused is refused with its reason, one by one: nothing else of what was handed in is held
up by it. What is there already is answered with its place, so whoever lost an answer may ask again.
"""

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from datetime import datetime

import msgspec

from nahmi.core.signal import Signal
from nahmi.errors import ErrorCode, NahmiError, PartnerError
from nahmi.flows.circles.applying import Applied, Applying
from nahmi.flows.circles.door import Door
from nahmi.flows.circles.judging import Harmless
from nahmi.flows.circles.own_keys import OwnKeys
from nahmi.flows.circles.validity import are_valid
from nahmi.partner.checkpoint import Checkpoint, write_checkpoint
from nahmi.partner.gates import Gate, gates_of
from nahmi.partner.note_signing import sign_note
from nahmi.partner.notes import Note, write_note
from nahmi.partner.pages import Line
from nahmi.partner.ports.circle import Circle, Transaction
from nahmi.partner.ports.fold import FoldStore
from nahmi.partner.ports.log import CircleStore
from nahmi.partner.ports.quotas import QuotaStore
from nahmi.partner.statements.kinds import Assertion
from nahmi.partner.statements.text import read
from nahmi.partner.upstream import Taken


class Hosting:
    """Takes statements into the logs that are kept here. Not to be shared between threads.

    Args:
        circles: Has the logs.
        folds: Has what they leave.
        quotas: Counts what keys say in a day.
        applying: Makes statements part of logs.
        harmless: Knows what must not match.
        keys: With which logs are signed.
        begin: Begins a writing transaction.
        clock: The present moment, UTC.
    """

    def __init__(  # noqa: PLR0913 - each is a part of its own
        self,
        *,
        circles: CircleStore,
        folds: FoldStore,
        quotas: QuotaStore,
        applying: Applying,
        harmless: Harmless,
        keys: OwnKeys,
        begin: Callable[[], AbstractContextManager[Transaction]],
        clock: Callable[[], datetime],
    ) -> None:
        self._circles = circles
        self._folds = folds
        self._quotas = quotas
        self._applying = applying
        self._harmless = harmless
        self._keys = keys
        self._begin = begin
        self._clock = clock

    def accept(self, circle_id: str, lines: Sequence[Line]) -> list[Taken]:
        """Take statements in.

        Args:
            circle_id: Of which circle.
            lines: The statements with their proofs.

        Returns:
            What became of each.

        Raises:
            PartnerError: CIRCLE_MISSING, or CIRCLE_DENIED: its log is kept elsewhere.
            StoreError: The store could not be changed; nothing was taken.
        """
        with self._begin() as transaction:
            circle = self._circles.take(circle_id, within=transaction)
            return self.accept_within(circle, lines, within=transaction)

    def accept_within(
        self, circle: Circle, lines: Sequence[Line], *, within: Transaction
    ) -> list[Taken]:
        """The same in a transaction that is under way.

        Args:
            circle: As `CircleStore.take` gives it.
            lines: The statements with their proofs.
            within: The transaction.
        """
        if not circle.is_home:
            raise PartnerError(
                ErrorCode.CIRCLE_DENIED, "The log of this circle is kept by another node."
            )
        now = self._clock()
        door = Door(circle, self._quotas, self._gates(lines), now, within)
        applied = self._applying.apply(circle, lines, now=now, within=within, check=door.check)
        door.close()
        self.sign(applied.circle, within=within)
        return self._answers(applied, lines, within)

    def sign(self, circle: Circle, *, within: Transaction) -> Circle:
        """Sign a checkpoint of a log as it is in this transaction.

        Where the circle has witnesses, it is handed out once enough of them have confirmed it.
        """
        roster = circle.roster.roster
        text = write_checkpoint(Checkpoint(roster.origin, circle.size, circle.tree.root()))
        keys = self._keys.log_keys(roster)
        # Those of before sign too, for followers that have not read of the newest.
        signatures = tuple(sign_note(text, roster.origin, key) for key in reversed(keys))
        note = write_note(Note(text, signatures)).decode()
        is_waiting = roster.witness_threshold > 0 and circle.checkpoint
        signed = msgspec.structs.replace(
            circle,
            checkpoint=circle.checkpoint if is_waiting else note,
            believed=note if is_waiting else "",
            heard_at=self._clock(),
        )
        self._circles.put(signed, within=within)
        return signed

    def _gates(self, lines: Sequence[Line]) -> dict[Signal, tuple[Gate, ...]]:
        """Which of the signals that are asserted a gate holds back."""
        said = [one for line in lines if (one := _asserted(line)) is not None]
        valid = are_valid([one.signal for one in said])
        sound = [one for one, is_valid in zip(said, valid, strict=True) if is_valid]
        near = self._harmless.near([one.signal for one in sound])
        found: dict[Signal, tuple[Gate, ...]] = {
            one.signal: (Gate.INVALID,)
            for one, is_valid in zip(said, valid, strict=True)
            if not is_valid
        }
        for one, count in zip(sound, near, strict=True):
            if closed := gates_of(one.signal, quality=one.quality, harmless_near=count):
                found[one.signal] = closed
        return found

    def _answers(self, applied: Applied, lines: Sequence[Line], within: Transaction) -> list[Taken]:
        answers = [Taken(seq=applied.taken.get(index)) for index in range(len(lines))]
        for refusal in applied.refusals:
            error = refusal.error
            answers[refusal.index] = Taken(code=error.code, detail=error.diagnostics())
            if error.code is ErrorCode.STATEMENT_BEHIND:
                place = self._place(applied.circle, lines[refusal.index], within)
                if place is not None:
                    answers[refusal.index] = Taken(seq=place)
        return answers

    def _place(self, circle: Circle, line: Line, within: Transaction) -> int | None:
        """Where the very same statement stands already."""
        said = read(line.statement or b"")
        for seq in self._applying.places(circle, said, within=within):
            [logged] = self._circles.at(circle.number, [seq], within=within).values()
            if logged.statement == line.statement:
                return seq
        return None


def _asserted(line: Line) -> Assertion | None:
    try:
        said = read(line.statement or b"")
    except NahmiError:
        return None
    return said if isinstance(said, Assertion) else None
