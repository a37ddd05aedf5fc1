# SPDX-License-Identifier: Apache-2.0
# ruff: noqa: S101 - assert is how a test kit speaks
"""The contract of stores for exchanges as a test class that adapters subclass."""

from abc import abstractmethod
from datetime import UTC, datetime, timedelta

from nahmi.core.opinion import Opinion, Stance
from nahmi.core.signal import Signal
from nahmi.errors import ErrorCode
from nahmi.operate.exchanges import (
    Assertion,
    Checkpoint,
    Exchange,
    ExchangeStore,
    Held,
    Record,
    Tally,
)
from nahmi.testing.refusals import refusal_of

NOW = datetime(2026, 1, 2, 3, 4, 5, 678901, tzinfo=UTC)
ONE, TWO = Signal("pdq", "0f" * 32), Signal("raw_text", "a text " * 1000)
YES = Opinion(stance=Stance.AGREES, owner="1", tags=("a", "b"))
NO = Opinion(stance=Stance.DISAGREES, is_own=True)


def _record(key: str, *signals: Signal, body: str = "{}", opinion: Opinion = YES) -> Record:
    return Record(key, body, tuple(Assertion(signal, (opinion,)) for signal in signals))


class ExchangeStoreContract:
    """What every store of exchanges must do; subclass it and say how to make an empty one."""

    @abstractmethod
    def new_store(self) -> ExchangeStore:
        """An empty store with the bank 1."""

    def _begun(self, store: ExchangeStore, by: str = "a", *, is_anew: bool = True) -> Exchange:
        known = store.exchange("x") or store.add("x", 1)
        return store.begin(known.exchange_id, by, shape="s", is_anew=is_anew)

    def test_an_exchange_is_remembered(self) -> None:
        """From being added over a fetch to being forgotten."""
        store = self.new_store()
        assert store.exchange("x") is None
        made = store.add("x", 1)
        assert (
            store.exchange("x")
            == made
            == Exchange(exchange_id=made.exchange_id, name="x", bank_id=1)
        )
        store.note_job(made.exchange_id, 7, now=NOW)
        taken = store.begin(made.exchange_id, "a", shape="s", is_anew=True)
        assert (taken.fetch, taken.is_anew, taken.job_id, taken.asked_at) == (1, True, 7, NOW)
        tally = Tally(job_id=7, records=3, unknown={"photodna": 2})
        store.reach(taken, "a", Checkpoint("{}", NOW), tally)
        store.reach(taken, "a", None, tally)
        store.complete(taken, "a", now=NOW + timedelta(1))
        [ended] = store.exchanges()
        assert (ended.is_anew, ended.checkpoint) == (False, Checkpoint("{}", NOW))
        assert (ended.completed_at, ended.tally) == (NOW + timedelta(1), tally)
        store.forget(made.exchange_id)
        assert store.exchange("x") is None
        assert store.exchanges() == []
        assert store.add("x", 1).exchange_id > made.exchange_id

    def test_a_fetch_from_nothing_has_no_checkpoint(self) -> None:
        """One that goes on keeps it."""
        store = self.new_store()
        taken = self._begun(store)
        store.reach(taken, "a", Checkpoint("1"), Tally())
        store.complete(taken, "a", now=NOW)
        assert self._begun(store, "b", is_anew=False).checkpoint == Checkpoint("1")
        again = self._begun(store, "c")
        assert (again.checkpoint, again.fetch, again.is_anew) == (None, 2, True)

    def test_who_lost_an_exchange_changes_nothing(self) -> None:
        """Whoever took it last writes."""
        store = self.new_store()
        first = self._begun(store, "a")
        second = self._begun(store, "b", is_anew=False)
        for refused in (
            lambda: store.put(first, "a", [_record("1", ONE)]),
            lambda: store.reach(first, "a", Checkpoint("1"), Tally()),
            lambda: store.complete(first, "a", now=NOW),
        ):
            assert refusal_of(refused) is ErrorCode.STORE_BUSY
        assert store.sizes(first.exchange_id) == (0, 0)
        store.put(second, "b", [_record("1", ONE)])
        store.forget(second.exchange_id)
        assert refusal_of(lambda: store.put(second, "b", [])) is ErrorCode.STORE_BUSY
        gone = refusal_of(lambda: store.begin(9_999, "a", shape="", is_anew=False))
        assert gone is ErrorCode.STORE_BUSY

    def test_records_say_which_signals_are_asserted(self) -> None:
        """A signal is gone when the last record that asserts it is."""
        store = self.new_store()
        taken = self._begun(store)
        left = store.put(taken, "a", [_record("1", ONE, TWO), _record("2", ONE, opinion=NO)])
        assert {signal: set(given) for signal, given in left.items()} == {
            ONE: {YES, NO},
            TWO: {YES},
        }
        assert store.put(taken, "a", [Record("1", None)]) == {ONE: (NO,), TWO: ()}
        assert store.put(taken, "a", [_record("2", TWO)]) == {ONE: (), TWO: (YES,)}
        assert store.put(taken, "a", [Record("3", None), Record("4", "{}")]) == {}
        assert store.sizes(taken.exchange_id) == (2, 0)
        assert store.bodies(taken.exchange_id, ["1", "2", "4"]) == {"2": "{}", "4": "{}"}

    def test_a_record_that_says_the_same_touches_nothing(self) -> None:
        """Unless its exchange is asked for something else by now."""
        store = self.new_store()
        taken = self._begun(store)
        record = _record("1", ONE)
        assert store.put(taken, "a", [record]) == {ONE: (YES,)}
        assert store.put(taken, "a", [record]) == {}
        assert store.put(taken, "a", [_record("1", ONE, body="[]")]) == {ONE: (YES,)}
        other = store.begin(taken.exchange_id, "a", shape="other", is_anew=False)
        assert store.put(other, "a", [_record("1", ONE, body="[]")]) == {ONE: (YES,)}

    def test_what_a_fetch_has_not_brought_is_known(self) -> None:
        """Seen is what was put, changed or not."""
        store = self.new_store()
        taken = self._begun(store)
        store.put(taken, "a", [_record(key, ONE) for key in "123"])
        assert store.unseen(taken) == []
        again = self._begun(store, "b")
        assert (store.has_seen(taken), store.has_seen(again)) == (True, False)
        store.put(again, "b", [_record("1", ONE), _record("2", TWO)])
        assert store.has_seen(again)
        assert store.unseen(again) == ["3"]
        store.put(again, "b", [Record("3", None)])
        assert store.unseen(again) == []

    def test_entries_stand_for_signals(self) -> None:
        """Each signal of an exchange has one at most."""
        store = self.new_store()
        number = self._begun(store).exchange_id
        store.hold(number, {ONE: Held(5, "a"), TWO: Held(6, "b")})
        store.hold(number, {TWO: Held(7, "c")})
        store.hold(number, {})
        assert store.held(number, [ONE, TWO, Signal("url", "x")]) == {
            ONE: Held(5, "a"),
            TWO: Held(7, "c"),
        }
        assert store.entry_ids(number) == [5, 7]
        store.release(number, [ONE, Signal("url", "x")])
        assert store.held(number, [ONE, TWO]) == {TWO: Held(7, "c")}
        assert store.sizes(number) == (0, 1)

    def test_a_signal_leads_to_the_records_that_assert_it(self) -> None:
        """For as long as they do."""
        store = self.new_store()
        taken = self._begun(store)
        number = taken.exchange_id
        store.put(taken, "a", [_record("1", ONE, TWO), _record("2", ONE), _record("3", TWO)])
        found = store.shared(number, ONE)
        assert {one.key for one in found} == {"1", "2"}
        assert all(one.signal == ONE and one.body == "{}" for one in found)
        first = found[0]
        assert store.shared_as(number, first.record, first.digest) == first
        assert store.shared(number + 1, ONE) == []
        store.put(taken, "a", [Record(first.key, None)])
        assert store.shared_as(number, first.record, first.digest) is None
        assert len(store.shared(number, ONE)) == 1

    def test_exchanges_do_not_mix(self) -> None:
        """Each has records and entries of its own."""
        store = self.new_store()
        taken = self._begun(store)
        other = store.begin(store.add("y", 1).exchange_id, "a", shape="s", is_anew=True)
        store.put(taken, "a", [_record("1", ONE)])
        assert store.put(other, "a", [_record("1", ONE, opinion=NO)]) == {ONE: (NO,)}
        store.hold(taken.exchange_id, {ONE: Held(5, "a")})
        assert store.held(other.exchange_id, [ONE]) == {}
        store.forget(taken.exchange_id)
        assert store.sizes(other.exchange_id) == (1, 0)
        assert [one.name for one in store.exchanges()] == ["y"]
