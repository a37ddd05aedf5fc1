# SPDX-License-Identifier: Apache-2.0
"""Keys, budgets and counts: what stands between a request and the matcher."""

from collections.abc import Callable, Sequence
from datetime import UTC, date, datetime, timedelta

import pytest

from nahmi.access.api_keys import KeyText, make_key
from nahmi.access.identity import ApiKey, Principal
from nahmi.access.roles import Permission
from nahmi.core.match import Verdict
from nahmi.errors import AccessError, ErrorCode, StoreError
from nahmi.flows.authenticating import READ_ANEW_AFTER_S, REMEMBERED_S, KeyRing
from nahmi.flows.budgeting import ASKED_AGAIN_AFTER, LEASE, BudgetLeases
from nahmi.flows.record import Recorder
from nahmi.flows.tally import Tally
from nahmi.operate.outbox import NewMessage
from nahmi.protect.match_log import MatchEvent, QueryCount

Task = Callable[[], None]
NOW = datetime(2026, 11, 24, 23, 59, tzinfo=UTC)
TEXT = make_key(bytes(range(37)))
KEY = ApiKey(
    key_id=7,
    member_id=2,
    label="test",
    prefix=TEXT.prefix,
    permissions=(Permission.PROTECT_CONTENT_MATCH,),
    daily_budget=10,
    created_by="local",
    created_at=NOW,
    expires_at=NOW + timedelta(days=1),
)
WHO = Principal(
    kind="key",
    principal_id=7,
    member_id=2,
    name="key:7",
    permissions=frozenset(KEY.permissions),
    daily_budget=10,
)


class Keys:
    """A store of one key that counts how often it is asked."""

    def __init__(self) -> None:
        self.asked = 0
        self.later: list[Task] = []
        self.found: ApiKey | None = KEY
        self.moment = 0.0

    def authenticate(self, text: KeyText, *, now: datetime) -> ApiKey | None:
        assert now == NOW
        self.asked += 1
        return self.found if text == TEXT else None

    def ring(self) -> KeyRing:
        return KeyRing(
            self, later=self.later.append, clock=lambda: NOW, monotonic=lambda: self.moment
        )


def test_a_key_is_remembered_for_a_moment_only() -> None:
    keys = Keys()
    ring = keys.ring()
    header = f"Bearer {TEXT.reveal()}"
    assert ring.principal(header) == WHO
    assert ring.principal(header) == WHO
    assert keys.asked == 1
    assert ring.principal(header.replace("Bearer", "bearer")) == WHO
    assert keys.asked == 2
    keys.found = None
    keys.moment += REMEMBERED_S
    with pytest.raises(AccessError):
        ring.principal(header)


def test_a_wrong_secret_never_finds_the_remembered_key() -> None:
    keys = Keys()
    ring = keys.ring()
    ring.principal(f"Bearer {TEXT.reveal()}")
    wrong = KeyText(TEXT.prefix, "A" * 43)
    for header in (f"Bearer {wrong.reveal()}", f"Basic {TEXT.reveal()}", TEXT.reveal(), "", None):
        with pytest.raises(AccessError) as caught:
            ring.principal(header)
        assert caught.value.code == ErrorCode.CREDENTIAL_INVALID


def test_a_key_in_use_is_read_anew_before_the_moment_is_over() -> None:
    keys = Keys()
    ring, header = keys.ring(), f"Bearer {TEXT.reveal()}"
    ring.principal(header)
    for _ in range(5):  # the store is asked once for each, and never by who sends a request
        keys.moment += 1.5 * READ_ANEW_AFTER_S
        ring.principal(header)
        ring.principal(header)
        [read_anew] = keys.later
        keys.later.clear()
        before = keys.asked
        read_anew()
        assert keys.asked == before + 1
        ring.principal(header)
        assert not keys.later


def test_a_key_that_is_over_when_it_is_read_anew_is_refused_at_once() -> None:
    keys = Keys()
    ring, header = keys.ring(), f"Bearer {TEXT.reveal()}"
    ring.principal(header)
    keys.moment += READ_ANEW_AFTER_S
    ring.principal(header)
    keys.found = None
    keys.later.pop()()
    with pytest.raises(AccessError):
        ring.principal(header)


class Budget:
    """A budget in a store."""

    def __init__(self, left: int) -> None:
        self.left = left
        self.leases: list[tuple[int, date, int]] = []
        self.later: list[Task] = []

    def of_process(self) -> BudgetLeases:
        return BudgetLeases(self.take, later=self.later.append)

    def take(self, key_id: int, day: date, want: int) -> int:
        self.leases.append((key_id, day, want))
        granted = min(want, self.left)
        self.left -= granted
        return granted


def test_a_budget_is_spent_to_the_last_query_and_no_further() -> None:
    budget = Budget(10)
    leases = budget.of_process()
    leases.spend(WHO, 4, NOW)
    leases.spend(WHO, 6, NOW)
    assert budget.leases == [(7, NOW.date(), LEASE)]
    with pytest.raises(AccessError) as caught:
        leases.spend(WHO, 1, NOW)
    assert caught.value.code == ErrorCode.BUDGET_SPENT
    leases.spend(WHO, 0, NOW)


def test_a_spent_budget_is_asked_for_once_a_second_at_most() -> None:
    budget = Budget(10)
    leases = budget.of_process()
    leases.spend(WHO, 10, NOW)
    for _ in range(20):
        with pytest.raises(AccessError):
            leases.spend(WHO, 1, NOW)
    assert len(budget.leases) == 2
    budget.left = 5  # an administrator raised it
    leases.spend(WHO, 5, NOW + ASKED_AGAIN_AFTER)


def test_the_next_lease_comes_while_half_of_the_last_is_left() -> None:
    budget = Budget(3 * LEASE)
    leases = budget.of_process()
    leases.spend(WHO, LEASE // 2, NOW)
    assert not budget.later
    leases.spend(WHO, 1, NOW)
    leases.spend(WHO, 1, NOW)
    [fetch] = budget.later
    fetch()
    assert len(budget.leases) == 2
    leases.spend(WHO, LEASE + LEASE // 2 - 2, NOW)  # all of both, and the store was asked no more
    assert len(budget.leases) == 2


def test_a_lease_that_could_not_be_fetched_is_asked_for_when_it_is_needed() -> None:
    budget = Budget(LEASE)
    leases = budget.of_process()
    leases.spend(WHO, LEASE - 1, NOW)
    [fetch] = budget.later
    fetch()
    leases.spend(WHO, 1, NOW)
    budget.left = 1
    leases.spend(WHO, 1, NOW)
    with pytest.raises(AccessError):
        leases.spend(WHO, 1, NOW)


def test_a_store_that_is_away_while_the_next_lease_is_fetched_costs_nobody_anything() -> None:
    budget = Budget(LEASE)
    is_away = False

    def take(key_id: int, day: date, want: int) -> int:
        if is_away:
            raise StoreError(ErrorCode.STORE_BUSY, "away")
        return budget.take(key_id, day, want)

    leases = BudgetLeases(take, later=budget.later.append)
    leases.spend(WHO, LEASE - 1, NOW)
    is_away = True
    budget.later.pop()()
    leases.spend(WHO, 1, NOW)
    with pytest.raises(StoreError):
        leases.spend(WHO, 1, NOW)


def test_what_is_too_much_at_once_spends_nothing() -> None:
    leases = Budget(10).of_process()
    with pytest.raises(AccessError):
        leases.spend(WHO, 11, NOW)
    leases.spend(WHO, 10, NOW)


def test_a_new_day_has_its_own_budget() -> None:
    leases = Budget(10).of_process()
    leases.spend(WHO, 10, NOW)
    with pytest.raises(AccessError):
        leases.spend(WHO, 1, NOW + timedelta(minutes=1))


def test_a_store_that_is_away_lets_nobody_through() -> None:
    def away(*_: object) -> int:
        raise StoreError(ErrorCode.STORE_BUSY, "away")

    with pytest.raises(StoreError):
        BudgetLeases(away, later=[].append).spend(WHO, 1, NOW)


class Writer:
    """Takes records, or refuses them."""

    def __init__(self) -> None:
        self.counts: list[tuple[str, int]] = []
        self.is_away = False

    def record(
        self,
        events: Sequence[MatchEvent],
        counts: Sequence[QueryCount],
        messages: Sequence[NewMessage],
        *,
        now: datetime,
    ) -> None:
        assert now == NOW
        if self.is_away:
            raise StoreError(ErrorCode.STORE_BUSY, "away")
        assert not events
        assert not messages
        self.counts += [(count.verdict.value, count.count) for count in counts]


def test_queries_are_counted_by_verdict_and_written_together() -> None:
    moment = [0.0]
    writer = Writer()
    with Recorder(writer, clock=lambda: NOW) as recorder:
        tally = Tally(recorder, monotonic=lambda: moment[0])
        tally.note(WHO, Verdict.NO_MATCH, 2, NOW)
        tally.note(WHO, Verdict.NO_MATCH, 3, NOW)
        moment[0] = 1.0
        tally.note(WHO, Verdict.NO_USABLE_FINGERPRINT, 1, NOW)
        tally.flush()
    assert sorted(writer.counts) == [("no_match", 5), ("no_usable_fingerprint", 1)]


def test_counts_that_could_not_be_written_are_kept() -> None:
    writer = Writer()
    recorder = Recorder(writer, clock=lambda: NOW)
    tally = Tally(recorder, monotonic=lambda: 0.0)
    tally.note(WHO, Verdict.NO_MATCH, 2, NOW)
    writer.is_away = True
    tally.flush()
    recorder.close()
    with pytest.raises(StoreError):
        tally.flush()
    writer.is_away = False
    with Recorder(writer, clock=lambda: NOW) as another:
        tally._recorder = another
        tally.flush()
    assert writer.counts == [("no_match", 2)]
