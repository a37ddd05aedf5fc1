# SPDX-License-Identifier: Apache-2.0
# ruff: noqa: S101 - assert is how a test kit speaks
"""The contract of stores for circles and their logs, as a test class that adapters subclass."""

from abc import abstractmethod
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from datetime import timedelta
from threading import Event

import msgspec

from nahmi.errors import ErrorCode
from nahmi.partner.merkle.frontier import Frontier
from nahmi.partner.ports.circle import Standing
from nahmi.testing.circle_samples import NOW, Stores, a_circle, logged, short
from nahmi.testing.refusals import refusal_of

_WRITERS = 4
_EACH = 12


class CircleStoreContract:
    """What every store of circles must do; subclass it and say how to make empty ones."""

    @abstractmethod
    def new_stores(self) -> Stores:
        """Empty stores with the member 1, safe between threads."""

    def test_a_circle_is_remembered(self) -> None:
        """With all that is known of it, and once."""
        stores = self.new_stores()
        assert stores.circles.circles() == []
        made, other = stores.circle(), stores.circle("Other")
        assert stores.circles.circle(made.circle_id) == made
        assert made == msgspec.structs.replace(a_circle(), number=made.number)
        assert stores.circles.circles() == [made, other]
        assert stores.circles.circles(member_id=1) == [made, other]
        assert stores.circles.circles(member_id=2) == []
        assert stores.circles.genesis(made.number) == made.roster
        assert refusal_of(stores.circle) is ErrorCode.CIRCLE_EXISTS
        missing = refusal_of(lambda: stores.circles.circle("no such circle"))
        assert missing is ErrorCode.CIRCLE_MISSING

    def test_a_circle_changes_in_all_that_can_change(self) -> None:
        """And its beginning stays."""
        stores = self.new_stores()
        made = stores.circle()
        changed = msgspec.structs.replace(
            made,
            upstream="https://other.example",
            standing=Standing.STOPPED,
            tree=Frontier(3, (b"a" * 32, b"b" * 32)),
            fold=2**256 - 1,
            checkpoint="a note\n",
            believed="another \u2014 note\n",
            withdrawn_to=9,
            last_us=2**52,
            polled_at=NOW,
            heard_at=NOW + timedelta(microseconds=1),
            error="An error.",
            evidence="{}",
        )
        stores.circles.put(changed)
        assert stores.circles.circle(made.circle_id) == changed
        with stores.begin() as transaction:
            assert stores.circles.take(made.circle_id, within=transaction) == changed
        assert stores.circles.genesis(made.number) == made.roster

    def test_what_is_not_finished_was_not_done(self) -> None:
        """A transaction that fails leaves nothing."""
        stores = self.new_stores()
        made = stores.circle()

        def fail() -> None:
            with stores.begin() as transaction:
                stores.circles.append(made.number, [logged(0)], {(0, 0): b"h"}, within=transaction)
                stores.circles.open_gap(made.number, 0, within=transaction)
                raise KeyError

        with suppress(KeyError):
            fail()
        assert stores.circles.statements(made.number, after=0, limit=9) == []
        assert stores.circles.tile(made.number, 0, 0) == b""
        with stores.begin() as transaction:
            assert stores.circles.gaps(made.number, within=transaction) == set()

    def test_a_log_is_read_in_its_order(self) -> None:
        """From any place on, and no other circle's."""
        stores = self.new_stores()
        made, other = stores.circle(), stores.circle("Other")
        said = [logged(seq) for seq in range(1_200)]
        with stores.begin() as transaction:
            stores.circles.append(other.number, [logged(0)], {}, within=transaction)
            stores.circles.append(made.number, said, {(0, 0): b"one"}, within=transaction)
            stores.circles.append(
                made.number, [], {(0, 0): b"two", (1, 7): b"x"}, within=transaction
            )
            some = stores.circles.at(made.number, range(0, 1_300, 2), within=transaction)
        assert some == {one.seq: one for one in said[::2]}
        assert stores.circles.statements(made.number, after=0, limit=5_000) == said
        assert stores.circles.statements(made.number, after=1_198, limit=9) == said[1_198:]
        assert stores.circles.statements(made.number, after=3, limit=2) == said[3:5]
        tiles = [(0, 0), (1, 7), (1, 0)]
        assert [stores.circles.tile(made.number, *one) for one in tiles] == [b"two", b"x", b""]
        assert stores.circles.statements(other.number, after=0, limit=9) == [logged(0)]

    def test_no_place_is_given_twice(self) -> None:
        """What stands in a log is never replaced."""
        stores = self.new_stores()
        made = stores.circle()
        with stores.begin() as transaction:
            stores.circles.append(made.number, [logged(0)], {}, within=transaction)

        def again() -> None:
            with stores.begin() as transaction:
                stores.circles.append(made.number, [logged(0, "retract")], {}, within=transaction)

        assert refusal_of(again) is not None
        assert stores.circles.statements(made.number, after=0, limit=9) == [logged(0)]

    def test_what_was_destroyed_keeps_its_place(self) -> None:
        """And withdrawals whose text is gone are found no more."""
        stores = self.new_stores()
        made = stores.circle()
        kinds = ["assert", "retract", "opinion", "redact", "retract"]
        said = [logged(seq, kind) for seq, kind in enumerate(kinds)]
        with stores.begin() as transaction:
            stores.circles.append(made.number, said, {}, within=transaction)
            stores.circles.destroy(made.number, [0, 1], within=transaction)
            stores.circles.destroy(made.number, [], within=transaction)
        found = stores.circles.statements(made.number, after=0, limit=9)
        assert [one.seq for one in found] == list(range(5))
        assert found[1] == msgspec.structs.replace(said[1], statement=None, proof=None)
        assert stores.circles.withdrawals(made.number, after=0, limit=9) == said[3:]
        assert stores.circles.withdrawals(made.number, after=0, limit=1) == said[3:4]
        assert stores.circles.withdrawals(made.number, after=4, limit=9) == said[4:]

    def test_gaps_are_open_until_the_log_explains_them(self) -> None:
        """Each by itself."""
        stores = self.new_stores()
        made, other = stores.circle(), stores.circle("Other")
        with stores.begin() as transaction:
            for seq in (1, 5, 6):
                stores.circles.open_gap(made.number, seq, within=transaction)
            stores.circles.open_gap(other.number, 5, within=transaction)
            stores.circles.close_gaps(made.number, [1, 6, 99], within=transaction)
            assert stores.circles.gaps(made.number, within=transaction) == {5}
            assert stores.circles.gaps(other.number, within=transaction) == {5}

    def test_one_process_keeps_up_at_a_time(self) -> None:
        """Until it lets go, or is silent for too long."""
        stores = self.new_stores()
        number = stores.circle().number
        later = NOW + timedelta(seconds=10)
        assert stores.circles.lease(number, "a", now=NOW, until=later)
        assert not stores.circles.lease(number, "b", now=NOW, until=later)
        assert stores.circles.lease(number, "a", now=NOW, until=later)
        after = later + timedelta(microseconds=1)
        assert stores.circles.lease(number, "b", now=after, until=after)

    def test_of_many_at_once_one_holds_the_lease(self) -> None:
        """Whoever asks at the same moment."""
        stores = self.new_stores()
        number = stores.circle().number

        def ask(token: int) -> bool:
            until = NOW + timedelta(seconds=10)
            return stores.circles.lease(number, str(token), now=NOW, until=until)

        with ThreadPoolExecutor(_WRITERS) as workers:
            assert sum(workers.map(ask, range(_WRITERS))) == 1

    def test_writers_at_once_leave_no_gap_and_readers_see_none(self) -> None:
        """Places are given out in the order in which they are committed."""
        stores = self.new_stores()
        made = stores.circle()
        is_over = Event()

        def write(writer: int) -> None:
            for number in range(_EACH):
                with stores.begin() as transaction:
                    circle = stores.circles.take(made.circle_id, within=transaction)
                    one = logged(circle.size, about=short(f"{writer} {number}"))
                    stores.circles.append(made.number, [one], {}, within=transaction)
                    tree = circle.tree.append_all([one.about * 2])
                    grown = msgspec.structs.replace(circle, tree=tree)
                    stores.circles.put(grown, within=transaction)

        def look() -> int:
            looks = 0
            while not is_over.is_set():
                size = stores.circles.circle(made.circle_id).size
                found = stores.circles.statements(made.number, after=0, limit=5_000)
                assert [one.seq for one in found] == list(range(len(found)))
                assert len(found) >= size
                looks += 1
            return looks

        with ThreadPoolExecutor(_WRITERS + 1) as workers:
            looking = workers.submit(look)
            try:
                list(workers.map(write, range(_WRITERS)))
            finally:
                is_over.set()
            assert looking.result() > 0
        found = stores.circles.statements(made.number, after=0, limit=5_000)
        assert len({one.about for one in found}) == _WRITERS * _EACH
        assert stores.circles.circle(made.circle_id).size == _WRITERS * _EACH
