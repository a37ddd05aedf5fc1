# SPDX-License-Identifier: Apache-2.0
"""Our own organisation says something in a circle.

What is said is put on record, signed and handed to the circle's home. Where that is another node it
waits until the home has taken it, however often either of them stops meanwhile.
"""

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC

import msgspec

from nahmi.access.identity import Principal
from nahmi.core.signal import Signal
from nahmi.errors import ErrorCode, PartnerError
from nahmi.flows.circles.books import chain
from nahmi.flows.circles.hosting import Hosting
from nahmi.flows.circles.own_keys import OwnKeys
from nahmi.flows.ledger import Change, Ledger
from nahmi.partner.circles.missing import circle_missing
from nahmi.partner.circles.roster import SignedRoster
from nahmi.partner.fold.tiers import end_of
from nahmi.partner.keys import SigningKey
from nahmi.partner.naming import assertion_id, opinion_id, short_of, sighting_id
from nahmi.partner.pages import Line
from nahmi.partner.ports.circle import Circle, Standing, Transaction
from nahmi.partner.ports.fold import FoldStore, HeldClaim
from nahmi.partner.ports.log import CircleStore, Logged
from nahmi.partner.ports.outgoing import OutgoingStore, Pending
from nahmi.partner.statements.kinds import (
    AnyStatement,
    Assert,
    Assertion,
    Basis,
    Retract,
    RetractReason,
    Revise,
    kind_of,
)
from nahmi.partner.statements.signing import Proof, sign, sign_all
from nahmi.partner.statements.text import read, write
from nahmi.partner.upstream import Taken
from nahmi.partner.voice import AssertionDraft, Voice


class Spoken(msgspec.Struct, frozen=True, kw_only=True):
    """What came of what was said.

    Attributes:
        said: How many statements were made; what changes nothing is not said again.
        answers: What the home answered to each; none where the home is another node.
    """

    said: int
    answers: tuple[Taken, ...] = ()

    @property
    def refused(self) -> int:
        """How many the home did not take."""
        return sum(answer.seq is None for answer in self.answers)


class _Now(msgspec.Struct, frozen=True):
    """Where an id stands, with what waits counted in.

    Attributes:
        rev: Its newest revision.
        is_live: It has not been taken back.
        newest: What was said last, where that counts.
        places: Where an assertion's statements stand in the log, ascending.
        is_closed: It was redacted.
    """

    rev: int
    is_live: bool
    newest: AnyStatement | None = None
    places: tuple[int, ...] = ()
    is_closed: bool = False


class Speaking:
    """Says what members of this node have to say. Not to be shared between threads.

    Args:
        circles: Has the circles.
        folds: Has what their logs leave.
        outgoing: Keeps what waits for other homes.
        hosting: Takes what is said into logs that are kept here.
        keys: With which members speak.
        ledger: Puts what is said on record.
        random: As many random bytes as it is asked for.
        follow: Brings this process to where the store is.
    """

    def __init__(  # noqa: PLR0913 - each is a part of its own
        self,
        *,
        circles: CircleStore,
        folds: FoldStore,
        outgoing: OutgoingStore,
        hosting: Hosting,
        keys: OwnKeys,
        ledger: Ledger,
        random: Callable[[int], bytes],
        follow: Callable[[], object],
    ) -> None:
        self._circles = circles
        self._folds = folds
        self._outgoing = outgoing
        self._hosting = hosting
        self._keys = keys
        self._ledger = ledger
        self._random = random
        self._follow = follow

    def share(
        self, principal: Principal, circle_id: str, drafts: Sequence[AssertionDraft]
    ) -> Spoken:
        """Assert signals, or revise what was asserted of them.

        Raises:
            PartnerError: CIRCLE_MISSING, CIRCLE_STOPPED or CIRCLE_DENIED.
            StoreError: The store could not be changed; nothing was said.
        """
        latest = {draft.signal: draft for draft in drafts}

        def say(circle: Circle, voice: Voice, now: Mapping[bytes, _Now]) -> list[AnyStatement]:
            return [
                said
                for draft in latest.values()
                if (said := _asserted(circle, voice, draft, now)) is not None
            ]

        def about(circle: Circle) -> list[str]:
            return [assertion_id(circle.circle_id, circle.own_org, signal) for signal in latest]

        return self._say(principal, circle_id, "circle:share", about, say)

    def retract(
        self,
        principal: Principal,
        circle_id: str,
        signals: Sequence[Signal],
        reason: RetractReason,
    ) -> Spoken:
        """Take back what was asserted of signals; those that we do not assert are left out.

        Raises:
            PartnerError: As `share`.
            StoreError: As `share`.
        """

        def about(circle: Circle) -> list[str]:
            names = (assertion_id(circle.circle_id, circle.own_org, signal) for signal in signals)
            return list(dict.fromkeys(names))

        def say(circle: Circle, voice: Voice, now: Mapping[bytes, _Now]) -> list[AnyStatement]:
            return [
                voice.retracts(name, reason, rev=one.rev + 1)
                for name in about(circle)
                if (one := now[short_of(name)]).is_live
            ]

        return self._say(principal, circle_id, "circle:retract", about, say)

    def opine(  # noqa: PLR0913 - each is a part of what is thought
        self,
        principal: Principal,
        circle_id: str,
        assertions: Sequence[str],
        value: int,
        *,
        basis: Basis = Basis.HUMAN_REVIEW,
        reason: str = "",
    ) -> Spoken:
        """Say what we think of what others assert.

        Args:
            principal: Who says it.
            circle_id: In which circle.
            assertions: Ids of assertions.
            value: -100 for full disagreement to 100 for full agreement.
            basis: What it rests on.
            reason: In a few words without any personal data.

        Raises:
            PartnerError: As `share`; STATEMENT_INVALID.
            StoreError: As `share`.
        """

        def about(circle: Circle) -> list[str]:
            return [opinion_id(circle.circle_id, circle.own_org, one) for one in assertions]

        def say(circle: Circle, voice: Voice, now: Mapping[bytes, _Now]) -> list[AnyStatement]:
            return [
                voice.opines(one, value, basis, reason, rev=now[short_of(name)].rev + 1)
                for one, name in zip(assertions, about(circle), strict=True)
            ]

        return self._say(principal, circle_id, "circle:opine", about, say)

    def report_sightings(
        self, principal: Principal, circle_id: str, counts: Mapping[str, int], day: str
    ) -> Spoken:
        """Say how often we saw what assertions are about, on one day.

        Args:
            principal: Who says it.
            circle_id: In which circle.
            counts: By the ids of assertions.
            day: Such as `2026-11-27`, UTC.

        Raises:
            PartnerError: As `share`; STATEMENT_INVALID.
            StoreError: As `share`.
        """

        def about(circle: Circle) -> list[str]:
            return [sighting_id(circle.circle_id, circle.own_org, one, day) for one in counts]

        def say(circle: Circle, voice: Voice, now: Mapping[bytes, _Now]) -> list[AnyStatement]:
            return [
                voice.saw(one, day, counts[one], rev=now[short_of(name)].rev + 1)
                for one, name in zip(counts, about(circle), strict=True)
            ]

        return self._say(principal, circle_id, "circle:sight", about, say)

    def redact(
        self,
        principal: Principal,
        circle_id: str,
        assertions: Sequence[str],
        reason: RetractReason,
    ) -> Spoken:
        """Destroy all that was said under the ids of assertions; it cannot be undone.

        Those that are unknown here or were destroyed before are left out.

        Args:
            principal: Who says it.
            circle_id: In which circle.
            assertions: Ids of our own assertions; a steward may name anybody's.
            reason: Why.

        Raises:
            PartnerError: As `share`.
            StoreError: As `share`.
        """
        targets = list(dict.fromkeys(assertions))

        def say(_: Circle, voice: Voice, now: Mapping[bytes, _Now]) -> list[AnyStatement]:
            return [
                voice.redacts(target, one.places, reason)
                for target in targets
                if (one := now[short_of(target)]).places and not one.is_closed
            ]

        event = "circle:redact"
        return self._say(principal, circle_id, event, lambda _: targets, say, with_places=True)

    def change_roster(self, principal: Principal, circle_id: str, signed_: SignedRoster) -> Spoken:
        """Say that a roster, which enough stewards signed, holds from now on.

        Raises:
            PartnerError: As `share`.
            StoreError: As `share`.
        """

        def say(_: Circle, voice: Voice, __: Mapping[bytes, _Now]) -> list[AnyStatement]:
            return [voice.changes_roster(signed_)]

        return self._say(principal, circle_id, "circle:roster", lambda _: [], say)

    def _say(  # noqa: PLR0913 - the parts of one step
        self,
        principal: Principal,
        circle_id: str,
        event: str,
        about: Callable[[Circle], list[str]],
        say: Callable[[Circle, Voice, Mapping[bytes, _Now]], list[AnyStatement]],
        *,
        with_places: bool = False,
    ) -> Spoken:
        with self._ledger.change(principal, event) as change:
            circle = self._circles.take(circle_id, within=change.transaction)
            require_open(circle, principal)
            change.object = f"circle:{circle.number}"
            key = self._keys.current(circle.roster.roster, circle.own_org, circle.member_id)
            voice = Voice(
                circle=circle.circle_id,
                org=circle.own_org,
                key=key,
                at=change.now.astimezone(UTC),
                random=self._random,
            )
            names = [short_of(name) for name in about(circle)]
            now = self._now(circle, names, change, with_places=with_places)
            spoken = self._hand_over(circle, say(circle, voice, now), key, change)
            change.detail["count"] = spoken.said
        self._follow()
        return spoken

    def _hand_over(
        self, circle: Circle, said: Sequence[AnyStatement], key: SigningKey, change: Change
    ) -> Spoken:
        if not said:
            return Spoken(said=0)
        texts = [write(one) for one in said]
        proofs = signed(texts, key)
        if circle.is_home:
            lines = [
                Line(seq=0, statement=text, proof=msgspec.json.encode(proof))
                for text, proof in zip(texts, proofs, strict=True)
            ]
            answers = self._hosting.accept_within(circle, lines, within=change.transaction)
            return Spoken(said=len(said), answers=tuple(answers))
        self._outgoing.put(
            circle.number,
            [
                Pending(
                    about=short_of(one.id),
                    rev=one.rev,
                    kind=kind_of(one),
                    statement=text,
                    proof=msgspec.json.encode(proof),
                )
                for one, text, proof in zip(said, texts, proofs, strict=True)
            ],
            now=change.now,
            within=change.transaction,
        )
        return Spoken(said=len(said))

    def _now(
        self, circle: Circle, names: Sequence[bytes], change: Change, *, with_places: bool
    ) -> dict[bytes, _Now]:
        within, now_s = change.transaction, int(change.now.timestamp())
        claims = self._folds.claims(circle.number, names, within=within)
        words = self._folds.words(circle.number, names, within=within)
        sightings = self._folds.sightings(circle.number, names, within=within)
        waiting = self._outgoing.newest(circle.number, names, within=within)
        written = self._circles.at(
            circle.number, [claim.seq for claim in claims.values()], within=within
        )
        found = {}
        for name in names:
            pending = waiting.get(name)
            claim = claims.get(name)
            if pending is not None:
                newest = read(pending.statement)
                found[name] = _Now(pending.rev, not isinstance(newest, Retract), newest)
            elif claim is not None:
                found[name] = _Now(
                    rev=claim.rev,
                    is_live=claim.is_live,
                    newest=_newest(claim, written.get(claim.seq), circle, now_s),
                    places=self._places(circle, claim, within) if with_places else (),
                    is_closed=claim.is_closed,
                )
            else:
                held = words.get(name) or sightings.get(name)
                found[name] = _Now(0 if held is None else held.rev, is_live=False)
        return found

    def _places(self, circle: Circle, claim: HeldClaim, within: Transaction) -> tuple[int, ...]:
        return tuple(reversed(chain(self._circles, circle.number, claim.seq, within)))


def _newest(
    claim: HeldClaim, logged: Logged | None, circle: Circle, now_s: int
) -> AnyStatement | None:
    """What was said last of an assertion; None when it no longer counts, so it is worth saying."""
    counts = claim.claim is not None and claim.claim.seq == claim.seq
    if not counts or logged is None or logged.statement is None:
        return None
    if claim.claim is not None and now_s >= end_of(claim.claim, circle.roster.roster):
        return None
    return read(logged.statement)


def require_open(circle: Circle, principal: Principal) -> None:
    """Make sure that a principal's organisation takes part in a circle that goes on.

    Raises:
        PartnerError: CIRCLE_MISSING: it is another member's. CIRCLE_STOPPED. CIRCLE_DENIED: our
            organisation has left it.
    """
    if circle.member_id != principal.member_id:
        raise circle_missing()
    if circle.standing is Standing.STOPPED:
        raise PartnerError(
            ErrorCode.CIRCLE_STOPPED,
            "The circle's log contradicted itself, so nothing is said in it.",
            hint="`nahmi circle evidence` shows it; settle it with the other members.",
        )
    if circle.standing is Standing.LEFT:
        raise PartnerError(ErrorCode.CIRCLE_DENIED, "Our organisation has left the circle.")


def signed(texts: Sequence[bytes], key: SigningKey) -> list[Proof]:
    """Sign statements: one by itself, several over the root of a tree of them."""
    return [sign(texts[0], key)] if len(texts) == 1 else sign_all(texts, key)


def _asserted(
    circle: Circle, voice: Voice, draft: AssertionDraft, now: Mapping[bytes, _Now]
) -> Assert | Revise | None:
    """What to say of a signal; None when it would change nothing."""
    name = assertion_id(circle.circle_id, circle.own_org, draft.signal)
    one = now[short_of(name)]
    said = voice.asserts(draft, rev=one.rev + 1, is_revision=one.is_live)
    if one.is_live and isinstance(one.newest, Assertion) and _says_the_same(said, one.newest):
        return None
    return said


def _says_the_same(one: Assertion, other: Assertion) -> bool:
    facts = [
        (said.category, said.review, said.reviewers, said.quality, said.media, said.grounds)
        for said in (one, other)
    ]
    return facts[0] == facts[1] and one.expires == other.expires
