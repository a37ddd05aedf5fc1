# SPDX-License-Identifier: Apache-2.0
"""What a log leaves of the ids that some statements are about, while these are applied.

It is read once for all of them, changed in memory as they are taken one by one, and written once.
"""

from collections.abc import Iterable, Sequence
from hashlib import sha256
from typing import Final

import msgspec

from nahmi.core.signal import Signal
from nahmi.partner.admission import Known
from nahmi.partner.fold.state import Claim, SignalState, Word, combined
from nahmi.partner.naming import short_of, signal_key
from nahmi.partner.ports.circle import Transaction
from nahmi.partner.ports.fold import FoldStore, HeldClaim, HeldSighting, HeldWord
from nahmi.partner.ports.log import CircleStore
from nahmi.partner.statements.kinds import (
    AnyStatement,
    Assertion,
    Opinion,
    Redact,
    Retract,
    ReviewMethod,
    Sighting,
)
from nahmi.partner.statements.text import moment

NOWHERE: Final = b""
"""Stands for the signal of an assertion whose text was destroyed before it came here."""


class Books:
    """What is held of some ids of one circle.

    Args:
        circles: Has the log.
        folds: Has what it leaves.
        number: The circle's.
        within: The transaction.
    """

    def __init__(
        self, circles: CircleStore, folds: FoldStore, number: int, within: Transaction
    ) -> None:
        self._circles = circles
        self._folds = folds
        self._number = number
        self._within = within
        self._claims: dict[bytes, HeldClaim] = {}
        self._words: dict[bytes, HeldWord] = {}
        self._sightings: dict[bytes, HeldSighting] = {}
        self._new_claims: dict[bytes, HeldClaim] = {}
        self._new_words: dict[bytes, HeldWord] = {}
        self._new_sightings: dict[bytes, HeldSighting] = {}
        self._loaded: dict[bytes, int] = {}
        self._seqs: dict[bytes, list[int]] = {}
        self._detached: dict[bytes, bytes] = {}
        self.touched: dict[bytes, Signal | None] = {}
        self._first: dict[bytes, list[Claim]] = {}
        self._more: set[bytes] = set()
        self.fold = 0

    def open(self, fold: int, statements: Iterable[AnyStatement]) -> None:
        """Read what is held of what statements are about.

        Args:
            fold: The hash of what the log leaves before them.
            statements: All that are to be applied.
        """
        self.fold = fold
        claims, words, sightings = set(), set(), set()
        for said in statements:
            match said:
                case Assertion() | Retract():
                    claims.add(short_of(said.id))
                case Opinion():
                    claims.add(short_of(said.assertion))
                    words.add(short_of(said.id))
                case Sighting():
                    claims.add(short_of(said.assertion))
                    sightings.add(short_of(said.id))
                case Redact():
                    claims.add(short_of(said.target))
                case _:
                    pass
        self._claims = self._folds.claims(self._number, claims, within=self._within)
        self._loaded = {key: held.seq for key, held in self._claims.items()}
        self._words = self._folds.words(self._number, words, within=self._within)
        self._sightings = self._folds.sightings(self._number, sightings, within=self._within)

    def known(self, said: AnyStatement, *, has_gaps: bool) -> Known:
        """What is held of what a statement is about.

        Args:
            said: The statement.
            has_gaps: Statements before it were destroyed before they came here.
        """
        match said:
            case Assertion() | Retract():
                claim = self._claims.get(short_of(said.id))
                if claim is None:
                    return Known()
                return Known(
                    rev=claim.rev,
                    is_live=claim.is_live,
                    is_closed=claim.is_closed,
                    said_by=claim.org,
                )
            case Opinion() | Sighting():
                return self._known_target(said, has_gaps=has_gaps)
            case Redact():
                target = short_of(said.target)
                claim = self._claims.get(target)
                if claim is None:
                    return Known(has_gaps=has_gaps)
                return Known(rev=int(claim.is_closed), said_by=claim.org, seqs=self._places(target))
            case _:
                return Known()

    def before(self, said: AnyStatement) -> int | None:
        """Where the statement before one of the same id stands."""
        held: HeldClaim | HeldWord | HeldSighting | None = None
        match said:
            case Assertion() | Retract():
                held = self._claims.get(short_of(said.id))
            case Opinion():
                held = self._words.get(short_of(said.id))
            case Sighting():
                held = self._sightings.get(short_of(said.id))
            case _:
                pass
        return None if held is None else held.seq

    def record(self, said: AnyStatement, seq: int) -> None:
        """Note what a statement changes.

        Args:
            said: The statement, which the circle takes.
            seq: Its place in the log.
        """
        match said:
            case Assertion():
                self._record_assertion(said, seq)
            case Retract():
                self._record_retract(said, seq)
            case Opinion():
                self._record_opinion(said, seq)
            case Sighting():
                self._record_sighting(said, seq)
            case Redact():
                self._record_redact(said, seq)
            case _:
                pass

    def fresh(self) -> dict[bytes, SignalState]:
        """What is said of signals by all statements here, if nothing was said before.

        Signals with more than first assertions are left out: whoever needs them reads them.
        """
        return {
            key: SignalState(signal=signal, claims=tuple(self._first[key]))
            for key, signal in self.touched.items()
            if signal is not None and key in self._first and key not in self._more
        }

    def close(self) -> None:
        """Write what has changed."""
        self._folds.put_claims(self._number, self._new_claims, within=self._within)
        self._folds.put_words(self._number, self._new_words, within=self._within)
        self._folds.put_sightings(self._number, self._new_sightings, within=self._within)
        for assertion, signal in self._detached.items():
            self._folds.detach(self._number, assertion, signal, within=self._within)

    def _known_target(self, said: Opinion | Sighting, *, has_gaps: bool) -> Known:
        target = self._claims.get(short_of(said.assertion))
        held = (self._words if isinstance(said, Opinion) else self._sightings).get(
            short_of(said.id)
        )
        return Known(
            rev=0 if held is None else held.rev,
            said_by="" if target is None else target.org,
            is_closed=target is not None and target.is_closed,
            has_gaps=has_gaps,
        )

    def _places(self, target: bytes) -> tuple[int, ...]:
        """Where the statements of an assertion stand, ascending."""
        written = chain(self._circles, self._number, self._loaded.get(target), self._within)
        return (*reversed(written), *self._seqs.get(target, ()))

    def _record_assertion(self, said: Assertion, seq: int) -> None:
        key = short_of(said.id)
        claim = claim_of(said, seq)
        signal = signal_key(said.signal)
        self.touched[signal] = said.signal
        self._first.setdefault(signal, []).append(claim)
        if key in self._claims:
            self._more.add(signal)
        self._put_claim(
            key,
            HeldClaim(
                signal=signal, org=said.org, rev=said.rev, seq=seq, is_live=True, claim=claim
            ),
        )

    def _record_retract(self, said: Retract, seq: int) -> None:
        key = short_of(said.id)
        held = self._claims[key]
        claim = held.claim and msgspec.structs.replace(
            held.claim, key=said.key, seq=seq, retracted=said.reason
        )
        self._touch(held.signal)
        self._put_claim(
            key, msgspec.structs.replace(held, rev=said.rev, seq=seq, is_live=False, claim=claim)
        )

    def _record_opinion(self, said: Opinion, seq: int) -> None:
        key, target = short_of(said.id), short_of(said.assertion)
        signal = self._signal_of(target)
        word = word_of(said, seq)
        before = self._words.get(key)
        self._count(key, None if before is None or before.word is None else before.seq, seq)
        self._words[key] = self._new_words[key] = HeldWord(
            signal=signal, assertion=target, org=said.org, rev=said.rev, seq=seq, word=word
        )
        self._touch(signal)

    def _record_sighting(self, said: Sighting, seq: int) -> None:
        key, target = short_of(said.id), short_of(said.assertion)
        before = self._sightings.get(key)
        self._count(key, None if before is None else before.seq, seq)
        self._sightings[key] = self._new_sightings[key] = HeldSighting(
            signal=self._signal_of(target),
            assertion=target,
            rev=said.rev,
            seq=seq,
            count=said.count,
        )

    def _record_redact(self, said: Redact, seq: int) -> None:
        """Close an id. What others said of it stays in the log, and no longer counts."""
        key = short_of(said.target)
        held = self._claims.get(key) or HeldClaim(
            signal=NOWHERE, org=said.org, rev=1, seq=seq, is_live=False, claim=None
        )
        self._touch(held.signal)
        self._detached[key] = held.signal
        self._put_claim(
            key, msgspec.structs.replace(held, is_live=False, is_closed=True, claim=None)
        )

    def _signal_of(self, target: bytes) -> bytes:
        held = self._claims.get(target)
        return NOWHERE if held is None else held.signal

    def _put_claim(self, key: bytes, held: HeldClaim) -> None:
        before = self._claims.get(key)
        was = None if before is None or before.claim is None else before.claim.seq
        self._count(key, was, None if held.claim is None else held.claim.seq)
        if not held.is_closed:
            self._seqs.setdefault(key, []).append(held.seq)
        self._claims[key] = self._new_claims[key] = held

    def _count(self, key: bytes, was: int | None, is_: int | None) -> None:
        """Let the hash of what the log leaves follow."""
        before = 0 if was is None else share(key, was)
        after = 0 if is_ is None else share(key, is_)
        self.fold = combined(self.fold, before, after)

    def _touch(self, signal: bytes) -> None:
        if signal != NOWHERE:
            self.touched.setdefault(signal, None)
            self._more.add(signal)


def claim_of(said: Assertion, seq: int) -> Claim:
    """What an assertion claims.

    Args:
        said: The assertion.
        seq: Its place in the log.
    """
    return Claim(
        org=said.org,
        key=said.key,
        seq=seq,
        at_s=int(moment(said.at).timestamp()),
        category=said.category,
        is_reviewed=said.review is ReviewMethod.HUMAN,
        quality=said.quality,
        until_s=int(moment(said.expires).timestamp()) if said.expires else None,
    )


def word_of(said: Opinion, seq: int) -> Word:
    """What an opinion says.

    Args:
        said: The opinion.
        seq: Its place in the log.
    """
    return Word(
        org=said.org,
        key=said.key,
        seq=seq,
        at_s=int(moment(said.at).timestamp()),
        value=said.value,
        basis=said.basis,
    )


def share(key: bytes, seq: int) -> int:
    """What a statement that counts adds to the hash of what its log leaves.

    Args:
        key: 16 bytes of its id.
        seq: Its place in the log, which with the log's root says what it says.
    """
    return int.from_bytes(sha256(key + seq.to_bytes(8, "big")).digest(), "big")


def chain(circles: CircleStore, number: int, seq: int | None, within: Transaction) -> Sequence[int]:
    """The places of all statements of one id, from the newest back."""
    places: list[int] = []
    while seq is not None:
        places.append(seq)
        found = circles.at(number, [seq], within=within).get(seq)
        seq = None if found is None else found.before_seq
    return places
