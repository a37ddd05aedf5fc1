# SPDX-License-Identifier: Apache-2.0
"""Statements become part of a log, and of what the log leaves, in the caller's transaction.

1. They are read, and what is held of their ids, all at once.
2. One by one their signatures are checked, and whether the circle may take them; each sees what
   those before it did.
3. The log, its tree and what it leaves are written.
4. The signals that were touched are judged anew, and this node's entries follow.

The same steps serve the home, which leaves out what it refuses, and a follower, for whom one
refusal means that the home broke the circle's rules.
"""

from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import datetime
from typing import Final

import msgspec

from nahmi.errors import NahmiError
from nahmi.flows.circles.books import Books, chain
from nahmi.flows.circles.judging import Judging, rejudged
from nahmi.flows.circles.undoing import Undoing, newly_distrusted
from nahmi.partner.admission import admit, refused
from nahmi.partner.circles.roster import read_key
from nahmi.partner.keys import PublicKey
from nahmi.partner.merkle.hashing import leaf_hash
from nahmi.partner.merkle.tiles import append
from nahmi.partner.naming import short_of
from nahmi.partner.pages import Line
from nahmi.partner.ports.circle import Circle, Transaction
from nahmi.partner.ports.fold import FoldStore
from nahmi.partner.ports.log import CircleStore, Logged
from nahmi.partner.statements.kinds import (
    AnyStatement,
    Redact,
    RosterChange,
    Statement,
    kind_of,
)
from nahmi.partner.statements.signing import Verifier, read_proof
from nahmi.partner.statements.text import read

REJUDGED: Final = 1_000
"""Signals that are judged anew at once."""

DESTROYED = "destroyed"
"""The kind of a place whose statement was destroyed before it came here."""

Check = Callable[[AnyStatement, Circle], None]
"""Refuses a statement by raising, for reasons of this node's own."""


class Refusal(msgspec.Struct, frozen=True):
    """A statement that a circle did not take.

    Attributes:
        index: Which of those that were handed in, from 0.
        error: Why.
    """

    index: int
    error: NahmiError


class Applied(msgspec.Struct, frozen=True, kw_only=True):
    """What came of some statements.

    Attributes:
        circle: The circle afterwards.
        taken: Their places in the log, by which of those that were handed in they are.
        refusals: The others.
    """

    circle: Circle
    taken: dict[int, int]
    refusals: tuple[Refusal, ...]


class Applying:
    """Makes statements part of logs. Not to be shared between threads.

    Args:
        circles: Has the logs.
        folds: Has what they leave.
        judging: Decides on entries.
    """

    def __init__(self, *, circles: CircleStore, folds: FoldStore, judging: Judging) -> None:
        self._circles = circles
        self._folds = folds
        self._judging = judging
        self._verifier = Verifier()

    def apply(  # noqa: PLR0913 - the parts of one step
        self,
        circle: Circle,
        lines: Sequence[Line],
        *,
        now: datetime,
        within: Transaction,
        check: Check | None = None,
        leaves: Sequence[bytes] | None = None,
        open_: Collection[int] | None = None,
    ) -> Applied:
        """Add statements at the end of a log.

        Args:
            circle: As it is in this transaction.
            lines: The statements; their places do not count.
            now: The present moment.
            within: The transaction.
            check: What else decides whether a statement is taken.
            leaves: Their leaf hashes, where these are known already.
            open_: Which of them have signatures that were not checked so far; all by default.

        Raises:
            StoreError: The store could not be changed.
        """
        turn = _Turn(self._circles, self._folds, circle, within, self._verifier, now)
        turn.take_all(lines, leaves or [leaf_of(line) for line in lines], check, open_)
        tree = append(_Tiles(self._circles, circle.number, within), circle.tree, turn.leaves)
        tiles = {(tile.level, tile.number): tile.hashes for tile in tree.tiles}
        self._circles.append(circle.number, turn.logged, tiles, within=within)
        turn.books.close()
        self._circles.destroy(circle.number, turn.destroyed, within=within)
        after = msgspec.structs.replace(
            turn.circle,
            last_us=turn.last_us,
            tree=tree.frontier,
            fold=turn.books.fold,
            withdrawn_to=max(circle.withdrawn_to, tree.frontier.size),
        )
        self._circles.put(after, within=within)
        self._judging.judge(
            after, turn.books.touched, now=now, within=within, fresh=turn.books.fresh()
        )
        if after.roster is not circle.roster:
            after = self._follow_roster(circle, after, within)
        return Applied(circle=after, taken=turn.taken, refusals=tuple(turn.refusals))

    def rejudge(
        self, circle: Circle, *, now: datetime, within: Transaction, limit: int = REJUDGED
    ) -> int:
        """Judge some signals anew for which it is time; how many there were."""
        now_s = int(now.timestamp())
        due = self._folds.due(circle.number, now_s, limit=limit, within=within)
        self._judging.judge(circle, dict.fromkeys(due), now=now, within=within)
        return len(due)

    def _follow_roster(self, before: Circle, after: Circle, within: Transaction) -> Circle:
        """Let what was said count as the new roster has it.

        Whoever joined in between may have spoken, and be distrusted, within the same statements.
        """
        rosters = before.roster.roster, after.roster.roster
        distrusted = newly_distrusted(*rosters)
        if distrusted:
            after = self._undo(after, distrusted, within)
        if distrusted or rejudged(*rosters):
            self._folds.make_due(after.number, within=within)
        return after

    def _undo(self, after: Circle, keys: Mapping[str, int], within: Transaction) -> Circle:
        """Let what was said before count again where a key is distrusted by now."""
        undoing = Undoing(self._circles, self._folds, after, within)
        fold = undoing.undo(keys)
        undone = msgspec.structs.replace(after, fold=fold)
        self._circles.put(undone, within=within)
        return undone

    def places(self, circle: Circle, said: AnyStatement, *, within: Transaction) -> Sequence[int]:
        """The places of all statements of the same id, from the newest back."""
        books = Books(self._circles, self._folds, circle.number, within)
        books.open(circle.fold, [said])
        return chain(self._circles, circle.number, books.before(said), within)


class _Tiles:
    """The tiles of one log, inside a transaction."""

    def __init__(self, circles: CircleStore, number: int, within: Transaction) -> None:
        self._circles = circles
        self._number = number
        self._within = within

    def tile(self, level: int, number: int) -> bytes:
        """See `nahmi.partner.merkle.tiles.HashReader`."""
        return self._circles.tile(self._number, level, number, within=self._within)


class _Turn:
    """Statements that are taken one by one."""

    def __init__(  # noqa: PLR0913, PLR0917 - the parts of one step
        self,
        circles: CircleStore,
        folds: FoldStore,
        circle: Circle,
        within: Transaction,
        verifier: Verifier,
        now: datetime,
    ) -> None:
        self.circle = circle
        self.books = Books(circles, folds, circle.number, within)
        self.last_us = circle.last_us
        self.logged: list[Logged] = []
        self.leaves: list[bytes] = []
        self.taken: dict[int, int] = {}
        self.refusals: list[Refusal] = []
        self.destroyed: list[int] = []
        self._circles = circles
        self._within = within
        self._verifier = verifier
        self._now_us = int(now.timestamp() * 1_000_000)
        self._keys: dict[tuple[str, str], PublicKey] = {}
        self._gaps = circles.gaps(circle.number, within=within)

    def take_all(
        self,
        lines: Sequence[Line],
        leaves: Sequence[bytes],
        check: Check | None,
        open_: Collection[int] | None,
    ) -> None:
        """Take statements, or note why not."""
        found = [_read(line) for line in lines]
        self.books.open(self.circle.fold, [said for said in found if isinstance(said, Statement)])
        for index, (line, leaf, said) in enumerate(zip(lines, leaves, found, strict=True)):
            if said is None:
                self._take_gap(leaf)
                continue
            try:
                if isinstance(said, NahmiError):
                    raise said
                is_open = open_ is None or index in open_
                self._check(line, leaf, said, check, is_open=is_open)
            except NahmiError as error:
                self.refusals.append(Refusal(index, error))
            else:
                self.taken[index] = self._take(line, leaf, said)

    def _check(
        self,
        line: Line,
        leaf: bytes,
        said: AnyStatement,
        check: Check | None,
        *,
        is_open: bool,
    ) -> None:
        key = self._key_of(said)
        if is_open:
            proof = read_proof(line.proof or b"")
            self._verifier.check(line.statement or b"", proof, key, leaf=leaf)
        known = self.books.known(said, has_gaps=bool(self._gaps))
        admit(said, self.circle.roster.roster, known)
        if check is not None:
            check(said, self.circle)

    def _take(self, line: Line, leaf: bytes, said: AnyStatement) -> int:
        seq = self._next()
        self.logged.append(
            Logged(
                seq=seq,
                kind=kind_of(said),
                about=short_of(said.id),
                before_seq=self.books.before(said),
                logged_us=self._moment(),
                statement=line.statement,
                proof=line.proof,
            )
        )
        self.leaves.append(leaf)
        self.books.record(said, seq)
        if isinstance(said, RosterChange):
            self.circle = msgspec.structs.replace(self.circle, roster=said.signed)
            self._keys.clear()
        if isinstance(said, Redact):
            self.destroyed += said.seqs
            self._gaps -= set(said.seqs)
            self._circles.close_gaps(self.circle.number, said.seqs, within=self._within)
        return seq

    def _take_gap(self, leaf: bytes) -> None:
        """Take a place whose statement was destroyed before it came here."""
        seq = self._next()
        self.logged.append(
            Logged(
                seq=seq,
                kind=DESTROYED,
                about=b"",
                before_seq=None,
                logged_us=self._moment(),
                statement=None,
                proof=None,
            )
        )
        self.leaves.append(leaf)
        self._gaps |= {seq}
        self._circles.open_gap(self.circle.number, seq, within=self._within)

    def _next(self) -> int:
        return self.circle.size + len(self.logged)

    def _moment(self) -> int:
        """The present moment, and later than that of the place before."""
        self.last_us = max(self.last_us + 1, self._now_us)
        return self.last_us

    def _key_of(self, said: AnyStatement) -> PublicKey:
        name = said.org, said.key
        known = self._keys.get(name)
        if known is None:
            member = self.circle.roster.roster.member(said.org)
            key = None if member is None else member.key(said.key)
            if key is None:
                raise refused("It is signed with a key that the circle does not know.")
            known = self._keys[name] = read_key(key.public)
        return known


def leaf_of(line: Line) -> bytes:
    """The leaf hash of what stands at a place."""
    return line.leaf if line.statement is None else leaf_hash(line.statement)


def _read(line: Line) -> AnyStatement | NahmiError | None:
    if line.statement is None:
        return None
    try:
        return read(line.statement)
    except NahmiError as error:
        return error
