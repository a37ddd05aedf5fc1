# SPDX-License-Identifier: Apache-2.0
# ruff: noqa: S101 - assert is how a test kit speaks
"""The contract of stores for what circles' logs leave, as a test class that adapters subclass."""

from abc import abstractmethod
from collections.abc import Mapping

import msgspec

from nahmi.core.bank import Category
from nahmi.core.signal import Signal
from nahmi.partner.fold.state import Claim, SignalState, Word
from nahmi.partner.fold.tiers import Judged, Tier
from nahmi.partner.gates import Gate
from nahmi.partner.ports.fold import HeldClaim, HeldSighting, HeldSignal, HeldWord
from nahmi.partner.statements.kinds import Basis, RetractReason
from nahmi.testing.circle_samples import Stores, short

ONE, TWO = Signal("pdq", "0f" * 32), Signal("url", "https://example.test/" + "a" * 500)
FIRST, SECOND = short("one"), short("two")


def claim(org: str, seq: int) -> Claim:
    """Something that an organisation asserts."""
    return Claim(
        org=org,
        key="key",
        seq=seq,
        at_s=100,
        category=Category.TEST,
        is_reviewed=True,
        quality=90,
        until_s=2_000,
        retracted=RetractReason.COURT if seq % 2 else None,
    )


def held_claim(org: str, seq: int, signal: bytes = FIRST) -> HeldClaim:
    """The same as it is held."""
    return HeldClaim(signal=signal, org=org, rev=seq, seq=seq, is_live=True, claim=claim(org, seq))


def word(org: str, seq: int) -> Word:
    """What an organisation thinks."""
    return Word(org=org, key="key", seq=seq, at_s=100, value=-100, basis=Basis.APPEAL)


def held_word(org: str, seq: int, assertion: bytes = FIRST) -> HeldWord:
    """The same as it is held."""
    return HeldWord(signal=FIRST, assertion=assertion, org=org, rev=1, seq=seq, word=word(org, seq))


def held_sighting(seq: int, count: int, assertion: bytes = FIRST) -> HeldSighting:
    """How often a signal was seen."""
    return HeldSighting(signal=FIRST, assertion=assertion, rev=1, seq=seq, count=count)


def held_signal(signal: Signal, until_s: int | None = None, tier: Tier = Tier.REVIEW) -> HeldSignal:
    """Where a signal stands."""
    judged = Judged(tier=tier, category=Category.TEST, organisations=1, score=0.5, until_s=until_s)
    return HeldSignal(signal=signal, judged=judged)


def _unnumbered(found: Mapping[bytes, HeldSignal]) -> dict[bytes, HeldSignal]:
    """Signals without the numbers that the store gives them."""
    return {key: msgspec.structs.replace(one, record=0) for key, one in found.items()}


class FoldStoreContract:
    """What every such store must do; subclass it and say how to make empty ones."""

    @abstractmethod
    def new_stores(self) -> Stores:
        """Empty stores with the member 1, which keep values of `pdq` as 32 bytes."""

    def test_what_is_held_takes_the_place_of_what_was(self) -> None:
        """Of one circle, by ids."""
        stores = self.new_stores()
        number, other = stores.circle().number, stores.circle("Other").number
        claims = {short(f"{place}"): held_claim("org", place) for place in range(1_500)}
        words = {short(f"word {place}"): held_word("org", place) for place in range(3)}
        sightings = {short(f"seen {place}"): held_sighting(place, 2) for place in range(3)}
        gone = msgspec.structs.replace(
            held_claim("org", 7), is_live=False, is_closed=True, claim=None
        )
        silent = msgspec.structs.replace(held_word("org", 9), word=None)
        with stores.begin() as within:
            folds = stores.folds
            folds.put_claims(number, claims, within=within)
            folds.put_words(number, words, within=within)
            folds.put_sightings(number, sightings, within=within)
            folds.put_claims(number, {short("0"): gone}, within=within)
            folds.put_words(number, {short("word 0"): silent}, within=within)
            folds.put_sightings(number, {short("seen 0"): held_sighting(9, 5)}, within=within)
            folds.put_claims(number, {}, within=within)
        claims[short("0")], words[short("word 0")] = gone, silent
        sightings[short("seen 0")] = held_sighting(9, 5)
        with stores.begin() as within:
            unknown = short("unknown")
            assert folds.claims(number, [*claims, unknown], within=within) == claims
            assert folds.words(number, [*words, unknown], within=within) == words
            assert folds.sightings(number, [*sightings, unknown], within=within) == sightings
            assert folds.claims(number, [], within=within) == {}
            assert folds.claims(other, claims, within=within) == {}

    def test_all_that_counts_of_a_signal_is_found_in_its_order(self) -> None:
        """And nothing that does not."""
        stores = self.new_stores()
        number = stores.circle().number
        silent = msgspec.structs.replace(held_claim("d", 8), claim=None)
        with stores.begin() as within:
            folds = stores.folds
            folds.put_claims(
                number,
                {
                    short("a"): held_claim("a", 5),
                    short("b"): held_claim("b", 2),
                    short("c"): held_claim("c", 3, SECOND),
                    short("d"): silent,
                },
                within=within,
            )
            folds.put_words(
                number,
                {short("x"): held_word("x", 7), short("y"): held_word("y", 6)},
                within=within,
            )
            counts = {short("s"): held_sighting(9, 2), short("t"): held_sighting(10, 3)}
            folds.put_sightings(number, counts, within=within)
            found = folds.states(
                number, {FIRST: ONE, SECOND: TWO, short("new"): ONE}, within=within
            )
        assert found[FIRST] == SignalState(
            signal=ONE,
            claims=(claim("b", 2), claim("a", 5)),
            words=(word("y", 6), word("x", 7)),
            seen=5,
        )
        assert found[SECOND] == SignalState(signal=TWO, claims=(claim("c", 3),))
        assert found[short("new")] == SignalState(signal=ONE)

    def test_what_was_said_of_a_redacted_assertion_counts_no_longer(self) -> None:
        """What was said of others of the same signal does."""
        stores = self.new_stores()
        number = stores.circle().number
        with stores.begin() as within:
            folds = stores.folds
            words = {short("x"): held_word("x", 7), short("y"): held_word("y", 6, SECOND)}
            folds.put_words(number, words, within=within)
            seen = {short("s"): held_sighting(9, 2), short("t"): held_sighting(10, 3, SECOND)}
            folds.put_sightings(number, seen, within=within)
            folds.detach(number, SECOND, FIRST, within=within)
            [found] = folds.states(number, {FIRST: ONE}, within=within).values()
            left = folds.words(number, [short("y")], within=within)
        assert (found.words, found.seen) == ((word("x", 7),), 2)
        assert left[short("y")].signal == b""

    def test_signals_come_back_as_they_were(self) -> None:
        """Whatever their type, and whatever a gate says."""
        stores = self.new_stores()
        number = stores.circle().number
        held = msgspec.structs.replace(
            held_signal(TWO, 5, Tier.HELD),
            held=(Gate.COMMON, Gate.MUST_NOT_MATCH),
            is_let_through=True,
            entry_id=7,
        )
        nobody = HeldSignal(signal=ONE, judged=Judged(tier=Tier.WITHDRAWN))
        with stores.begin() as within:
            folds = stores.folds
            folds.put_signals(number, {FIRST: held_signal(ONE), SECOND: held}, within=within)
            keys = [FIRST, SECOND, short("unknown")]
            found = folds.signals(number, keys, within=within)
            assert _unnumbered(found) == {FIRST: held_signal(ONE), SECOND: held}
            assert len({one.record for one in found.values()} - {0}) == len(found)
            folds.put_signals(number, {FIRST: nobody}, within=within)
            found = folds.signals(number, keys, within=within)
            assert _unnumbered(found) == {FIRST: nobody, SECOND: held}

    def test_signals_are_due_when_their_time_has_come(self) -> None:
        """Or when all are made due."""
        stores = self.new_stores()
        number, other = stores.circle().number, stores.circle("Other").number
        with stores.begin() as within:
            folds = stores.folds
            signals = {FIRST: held_signal(ONE, 100), SECOND: held_signal(TWO, 200)}
            folds.put_signals(number, signals, within=within)
            folds.put_signals(other, signals, within=within)
            assert folds.due(number, 99, limit=9, within=within) == set()
            assert folds.due(number, 100, limit=9, within=within) == {FIRST}
            assert len(folds.due(number, 200, limit=1, within=within)) == 1
            folds.put_signals(number, {FIRST: held_signal(ONE)}, within=within)
            assert folds.due(number, 10**12, limit=9, within=within) == {SECOND}
            folds.make_due(number, within=within)
            assert folds.due(number, 0, limit=9, within=within) == {FIRST, SECOND}
            assert folds.due(other, 0, limit=9, within=within) == set()

    def test_signals_of_which_all_was_redacted_are_forgotten(self) -> None:
        """Others are not."""
        stores = self.new_stores()
        number = stores.circle().number
        closed = msgspec.structs.replace(held_claim("a", 1), is_closed=True, claim=None)
        with stores.begin() as within:
            folds = stores.folds
            folds.put_signals(
                number, {FIRST: held_signal(ONE), SECOND: held_signal(TWO)}, within=within
            )
            claims = {short("a"): closed, short("b"): held_claim("b", 2, SECOND)}
            folds.put_claims(number, claims, within=within)
            folds.drop_signals(number, [], within=within)
            folds.drop_signals(number, [FIRST, SECOND], within=within)
            assert set(folds.signals(number, [FIRST, SECOND], within=within)) == {SECOND}

    def test_early_withdrawals_are_known_until_their_place_is_read(self) -> None:
        """The newest of an assertion counts."""
        stores = self.new_stores()
        number = stores.circle().number
        with stores.begin() as within:
            folds = stores.folds
            folds.put_early(number, {FIRST: (5, "a"), SECOND: (9, "")}, within=within)
            folds.put_early(number, {FIRST: (7, "b")}, within=within)
            keys = [FIRST, SECOND, short("unknown")]
            assert folds.early(number, keys, within=within) == {FIRST: "b", SECOND: ""}
            folds.drop_early(number, before=7, within=within)
            assert set(folds.early(number, keys, within=within)) == {FIRST, SECOND}
            folds.drop_early(number, before=8, within=within)
            assert set(folds.early(number, keys, within=within)) == {SECOND}

    def test_banks_are_known_by_tier_and_category(self) -> None:
        """Of one circle."""
        stores = self.new_stores()
        number, other = stores.circle().number, stores.circle("Other").number
        with stores.begin() as within:
            folds = stores.folds
            folds.put_bank(number, Tier.REVIEW, Category.TEST, 3, within=within)
            folds.put_bank(number, Tier.ACTIONABLE, Category.TEST, 4, within=within)
            assert folds.banks(number, within=within) == {
                (Tier.REVIEW, Category.TEST): 3,
                (Tier.ACTIONABLE, Category.TEST): 4,
            }
            assert folds.banks(other, within=within) == {}
