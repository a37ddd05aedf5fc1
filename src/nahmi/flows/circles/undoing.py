# SPDX-License-Identifier: Apache-2.0
"""A key is distrusted from some point on: what was said before that counts again.

Each statement knows where the one before it of the same id stands. So only what the key said is
gone through, however long the log is.
"""

from collections.abc import Iterator, Mapping
from typing import Final

import msgspec

from nahmi.flows.circles.books import claim_of, share, word_of
from nahmi.partner.circles.roster import Roster
from nahmi.partner.fold.state import Claim, Word, combined
from nahmi.partner.ports.circle import Circle, Transaction
from nahmi.partner.ports.fold import FoldStore, HeldClaim, HeldWord
from nahmi.partner.ports.log import CircleStore, Logged
from nahmi.partner.statements.kinds import (
    AnyStatement,
    Assertion,
    Opinion,
    Retract,
)
from nahmi.partner.statements.text import read

_PAGE: Final = 5_000


def newly_distrusted(before: Roster, after: Roster) -> dict[str, int]:
    """Keys that a new roster distrusts, or from earlier on, with the place from which on."""
    return {
        key.kid: key.distrusted_from
        for member in after.members
        for key in member.keys
        if key.distrusted_from is not None
        and not _is_distrusted(before, key.kid, key.distrusted_from)
    }


def _is_distrusted(roster: Roster, kid: str, seq: int) -> bool:
    owner = roster.member_of_key(kid)
    return owner is not None and not owner.trusts(kid, seq)


class Undoing:
    """Takes back what keys said.

    Args:
        circles: Has the log.
        folds: Has what it leaves.
        circle: The circle, with the roster that distrusts.
        within: The transaction.
    """

    def __init__(
        self, circles: CircleStore, folds: FoldStore, circle: Circle, within: Transaction
    ) -> None:
        self._circles = circles
        self._folds = folds
        self._circle = circle
        self._within = within
        self._fold = circle.fold

    def undo(self, keys: Mapping[str, int]) -> int:
        """Take back what keys said from some places on.

        Args:
            keys: From where on, by the names of the keys.

        Returns:
            The hash of what the log leaves by now.
        """
        for kid, start in keys.items():
            for page in self._pages(start):
                about = {one.about for one in page if _is_by(one, kid)}
                self._restore_claims(about)
                self._restore_words(about)
        return self._fold

    def _pages(self, start: int) -> Iterator[list[Logged]]:
        while page := self._circles.statements(
            self._circle.number, after=start, limit=_PAGE, within=self._within
        ):
            yield list(page)
            start = page[-1].seq + 1

    def _restore_claims(self, about: set[bytes]) -> None:
        changed: dict[bytes, HeldClaim] = {}
        for name, held in self._folds.claims(
            self._circle.number, about, within=self._within
        ).items():
            if held.claim is None:
                continue
            claim = self._newest_claim(held.seq)
            self._count(name, held.claim.seq, None if claim is None else claim.seq)
            changed[name] = msgspec.structs.replace(held, claim=claim)
        self._folds.put_claims(self._circle.number, changed, within=self._within)

    def _restore_words(self, about: set[bytes]) -> None:
        changed: dict[bytes, HeldWord] = {}
        for name, held in self._folds.words(
            self._circle.number, about, within=self._within
        ).items():
            if held.word is None:
                continue
            word = self._newest_word(held.seq)
            self._count(name, held.word.seq, None if word is None else word.seq)
            changed[name] = msgspec.structs.replace(held, word=word)
        self._folds.put_words(self._circle.number, changed, within=self._within)

    def _newest_claim(self, seq: int | None) -> Claim | None:
        """The newest assertion of one id that counts, taken back or not."""
        taken_back: tuple[int, Retract] | None = None
        for place, said in self._trusted(seq):
            if isinstance(said, Retract):
                taken_back = taken_back or (place, said)
            elif isinstance(said, Assertion):
                claim = claim_of(said, place)
                if taken_back is None:
                    return claim
                after, retract = taken_back
                return msgspec.structs.replace(
                    claim, key=retract.key, seq=after, retracted=retract.reason
                )
        return None

    def _newest_word(self, seq: int | None) -> Word | None:
        for place, said in self._trusted(seq):
            if isinstance(said, Opinion):
                return word_of(said, place)
        return None

    def _trusted(self, seq: int | None) -> Iterator[tuple[int, AnyStatement]]:
        """Statements of one id from the newest back, those left out that do not count."""
        while seq is not None:
            logged = self._circles.at(self._circle.number, [seq], within=self._within)[seq]
            if logged.statement is not None:
                said = read(logged.statement)
                member = self._circle.roster.roster.member(said.org)
                # Whether the member itself still counts is asked when its signals are judged: what
                # is restored here must not hang on which of the two came first.
                if member is not None and member.trusts(said.key, seq):
                    yield seq, said
            seq = logged.before_seq

    def _count(self, name: bytes, was: int, is_: int | None) -> None:
        after = 0 if is_ is None else share(name, is_)
        self._fold = combined(self._fold, share(name, was), after)


def _is_by(one: Logged, kid: str) -> bool:
    return one.statement is not None and read(one.statement).key == kid
