# SPDX-License-Identifier: Apache-2.0
"""Prepares circles' logs to be read as objects, in the order of their statements.

What is needed for each statement is known once the ones before it are: which version of which
object it is, and in which categories that is shown. Only circles whose objects were asked for are
prepared; a page ends where the log is not prepared yet, so nothing is left out.
"""

import logging
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import AbstractContextManager
from threading import Event
from typing import Final

import msgspec

from nahmi.core.bank import Category
from nahmi.errors import ErrorCode, NahmiError, StoreError
from nahmi.partner.naming import short_of
from nahmi.partner.ports.circle import Circle, Transaction
from nahmi.partner.ports.fold import FoldStore
from nahmi.partner.ports.log import CircleStore, Logged
from nahmi.partner.statements.kinds import AnyStatement, Opinion, Redact, Sighting
from nahmi.partner.stix.versions import Version, type_of_kind, version_of
from nahmi.partner.taxii.ports import View, ViewStore

STEP: Final = 2_000
"""Statements that are prepared in one transaction."""

_EVERY_S: Final = 1.0
_NONE: Final[frozenset[Category]] = frozenset()
_log = logging.getLogger("nahmi.circles")
_decode = msgspec.json.Decoder(AnyStatement).decode


class Viewing:
    """Prepares logs.

    Args:
        views: Keeps what is prepared.
        circles: Has the logs.
        folds: Has what they leave.
        begin: Begins a writing transaction.
    """

    def __init__(
        self,
        *,
        views: ViewStore,
        circles: CircleStore,
        folds: FoldStore,
        begin: Callable[[], AbstractContextManager[Transaction]],
    ) -> None:
        self._views = views
        self._circles = circles
        self._folds = folds
        self._begin = begin

    def prepare(self, circle: Circle, *, most: int) -> View | None:
        """Prepare some more of a log.

        Args:
            circle: As it is now.
            most: About how many statements.

        Returns:
            How far it is prepared then; None where the log is empty.

        Raises:
            StoreError: The store could not be changed.
        """
        if not circle.size:
            return None
        view = self._views.view(circle.number)
        done = 0
        while view is None or (view.size < circle.size and done < most):
            view = self._step(circle)
            done += STEP
        return view

    def run(self, stop: Event) -> None:
        """Keep what was ever asked for prepared, until told to stop."""
        while not stop.wait(_EVERY_S):
            try:
                self._go_on(stop)
            except NahmiError as error:
                _log.warning("circle:view", extra={"code": str(error.code)})

    def _go_on(self, stop: Event) -> None:
        numbers = set(self._views.viewed())
        if not numbers:
            return
        for circle in self._circles.circles():
            while circle.number in numbers and not stop.is_set():
                view = self.prepare(circle, most=STEP)
                if view is None or view.size >= circle.size:
                    break

    def _step(self, circle: Circle) -> View:
        with self._begin() as within:
            view = self._views.begin(circle.number, circle.roster.roster, within=within)
            rows = self._circles.statements(
                circle.number, after=view.size, limit=STEP, within=within
            )
            if not rows:
                return view
            turn = _Turn(self._views, self._circles, self._folds, circle.number, within)
            turn.take(rows)
            size = rows[-1].seq + 1
            self._views.add(circle.number, turn.versions, turn.shown, size=size, within=within)
            return View(size, view.front)


class _Turn:
    """Statements that are prepared together."""

    def __init__(
        self,
        views: ViewStore,
        circles: CircleStore,
        folds: FoldStore,
        number: int,
        within: Transaction,
    ) -> None:
        self.versions: list[Version] = []
        self.shown: dict[int, tuple[str, frozenset[Category]]] = {}
        self._views = views
        self._circles = circles
        self._folds = folds
        self._number = number
        self._within = within
        self._known: dict[int, Version] = {}

    def take(self, rows: Sequence[Logged]) -> None:
        """Prepare statements that follow those that were prepared before."""
        said = {row.seq: said for row in rows if (said := read_held(row)) is not None}
        targets = self._targets(said)
        self._load(rows, said)
        for row in rows:
            statement = said.get(row.seq)
            kind = type_of_kind(row.kind)
            if statement is None or kind is None:
                continue
            before = self._known.get(_place_before(row, statement))
            made = version_of(statement, row.seq, before, categories=targets.get(row.seq, _NONE))
            if made is None:
                continue
            self._known[row.seq] = made
            self.shown[row.seq] = (kind, made.categories)
            if row.before_seq is not None or isinstance(statement, Redact):
                self.versions.append(made)

    def _load(self, rows: Iterable[Logged], said: Mapping[int, AnyStatement]) -> None:
        """The versions before those of some statements, which were prepared before."""
        wanted = {
            place
            for row in rows
            if row.seq in said and (place := _place_before(row, said[row.seq])) >= 0
        }
        self._known |= self._views.versions_at(self._number, wanted, within=self._within)
        rest = [place for place in wanted if place not in self._known]
        shown = self._views.categories_at(self._number, rest, within=self._within)
        for seq, row in self._circles.at(self._number, rest, within=self._within).items():
            first = read_held(row)
            made = (
                None
                if first is None
                else version_of(first, seq, None, categories=shown.get(seq, _NONE))
            )
            if made is not None and row.before_seq is None:
                self._known[seq] = made

    def _targets(self, said: Mapping[int, AnyStatement]) -> dict[int, frozenset[Category]]:
        """The categories of what opinions and sightings are about, by their places."""
        about = {
            seq: short_of(one.assertion)
            for seq, one in said.items()
            if isinstance(one, Opinion | Sighting)
        }
        held = self._folds.claims(self._number, set(about.values()), within=self._within)
        return {
            seq: frozenset({claim.category})
            for seq, target in about.items()
            if target in held and (claim := held[target].claim) is not None
        }


def _place_before(row: Logged, said: AnyStatement) -> int:
    """Where the version before that of a statement stands; -1 for none."""
    if isinstance(said, Redact):
        return said.seqs[-1] if said.seqs else -1
    return -1 if row.before_seq is None else row.before_seq


def read_held(row: Logged) -> AnyStatement | None:
    """The statement of a place in a log, which was checked when it came there.

    Returns:
        None where it was destroyed.

    Raises:
        StoreError: STORE_CORRUPT.
    """
    return None if row.statement is None else read_text(row.statement)


def read_text(data: bytes) -> AnyStatement:
    """A statement from its text, which was checked when it came into a log.

    Raises:
        StoreError: STORE_CORRUPT.
    """
    try:
        found: AnyStatement = _decode(data)
    except msgspec.DecodeError:
        raise StoreError(ErrorCode.STORE_CORRUPT, "A statement in a log cannot be read.") from None
    return found
