# SPDX-License-Identifier: Apache-2.0
"""The pure rules of access."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import msgspec
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nahmi.access import api_keys, audit, budgets, sessions, throttling, walks
from nahmi.access.identity import LOCAL, ApiKey
from nahmi.access.roles import ROLE_PERMISSIONS, Permission, Role, may_grant, permissions_of
from nahmi.errors import NahmiError

NOW = datetime(2026, 1, 2, tzinfo=UTC)


def records(count: int) -> list[audit.AuditRecord]:
    made: list[audit.AuditRecord] = []
    for number in range(count):
        event = audit.AuditEvent(
            at=NOW, member_id=1, actor="local", event="key:create", object=f"key:{number}"
        )
        made.append(audit.chain(event, made[-1] if made else None))
    return made


def test_permissions_are_in_order_and_every_role_is_known() -> None:
    values = [permission.value for permission in Permission]
    assert values == sorted(values)
    assert set(ROLE_PERMISSIONS) == set(Role)
    assert permissions_of("owner") == frozenset()
    assert permissions_of("admin") == frozenset(Permission)
    assert not may_grant(permissions_of("viewer"), {Permission.PROTECT_BANK_WRITE})
    assert not may_grant(frozenset(Permission), ())
    assert LOCAL.may(Permission.ACCESS_KEY_WRITE)


@given(st.binary(min_size=37, max_size=37))
def test_keys_are_read_back_and_only_their_own_secret_fits(random: bytes) -> None:
    key = api_keys.make_key(random)
    assert api_keys.parse_key(key.reveal()) == key
    assert api_keys.verify_key(key, key.digest())
    other = api_keys.make_key(random[:-1] + bytes([random[-1] ^ 1]))
    assert other.prefix == key.prefix
    assert not api_keys.verify_key(other, key.digest())
    assert key.secret not in repr(key)


@given(st.text())
def test_other_text_is_no_key(text: str) -> None:
    assert api_keys.parse_key(text) is None
    assert not sessions.is_csrf_token("a" * 43, text)


def test_too_little_randomness_is_refused() -> None:
    for make in (api_keys.make_key, sessions.make_token):
        with pytest.raises(NahmiError):
            make(b"short")


def test_a_key_ends_when_it_expires_or_is_revoked() -> None:
    key = ApiKey(
        key_id=1,
        member_id=1,
        label="x",
        prefix="aaaaaaaa",
        permissions=(),
        daily_budget=1,
        created_by="local",
        created_at=NOW,
        expires_at=NOW + timedelta(days=1),
    )
    assert key.is_valid(NOW)
    assert not key.is_valid(NOW + timedelta(days=1))
    assert not msgspec.structs.replace(key, revoked_at=NOW).is_valid(NOW)


def test_sessions_end_when_idle_and_at_the_latest_after_their_whole_life() -> None:
    session = sessions.Session(person_id=1, created_at=NOW, last_used_at=NOW, is_complete=True)
    assert session.is_valid(NOW)
    assert not session.is_valid(NOW + sessions.IDLE_LIFE)
    late = NOW + sessions.ABSOLUTE_LIFE
    assert not msgspec.structs.replace(session, last_used_at=late).is_valid(late)
    token = sessions.make_token(bytes(32))
    assert sessions.is_csrf_token(token, sessions.csrf_token(token))
    assert len(sessions.token_digest(token)) == 32


@given(st.integers(1, 12), st.data())
def test_whatever_happens_to_a_record_it_is_named(count: int, data: st.DataObject) -> None:
    whole = records(count)
    head = (count, whole[-1].hash)
    assert audit.verify(whole, head=head) is None
    index = data.draw(st.integers(0, count - 1))
    forged = msgspec.structs.replace(whole[index].event, object="key:x")
    changed = msgspec.structs.replace(whole[index], event=forged)
    assert audit.verify([*whole[:index], changed, *whole[index + 1 :]]) == index + 1
    dropped = [*whole[:index], *whole[index + 1 :]]
    assert audit.verify(dropped, head=head) == index + 1
    assert audit.verify(whole[:index], head=head) == index + 1


def test_events_without_a_zone_or_a_verb_are_refused() -> None:
    event = audit.AuditEvent(at=NOW, member_id=1, actor="local", event="key:create")
    for wrong in ({"at": NOW.replace(tzinfo=None)}, {"event": "key"}):
        with pytest.raises(NahmiError):
            audit.chain(msgspec.structs.replace(event, **wrong), None)


@given(st.integers(-5, 10_000), st.lists(st.integers(-5, 500), max_size=30))
def test_leases_never_exceed_the_budget(budget: int, wants: list[int]) -> None:
    used = 0
    for want in wants:
        granted = budgets.grant(budget, used, want)
        assert 0 <= granted <= max(want, 0)
        used += granted
    assert used <= max(budget, 0)
    assert budgets.grant(budget, used, 1) == int(used < budget)
    assert budgets.budget_day(NOW).day == 2


def test_wrong_passwords_cost_more_and_more() -> None:
    waits = [throttling.wait_after(count) for count in range(30)]
    assert waits == sorted(waits)
    assert waits[0] == timedelta(0)
    assert waits[-1] == throttling.LONGEST_WAIT == throttling.wait_after(-1)
    assert throttling.may_try(0, None, NOW)
    assert not throttling.may_try(1, None, NOW)
    assert not throttling.may_try(9, NOW, NOW)
    assert throttling.may_try(9, NOW, NOW + throttling.LONGEST_WAIT)


def test_a_walk_is_seen_and_memory_is_bounded() -> None:
    detector = walks.WalkDetector(principals=2, near_queries=8)
    steps = [detector.note("key:1", [(1 << bit).to_bytes(32)]) for bit in range(20)]
    assert steps == [0] * 8 + [1] * 12
    assert not detector.note("key:2", [bytes(32)])
    assert not any(detector.note("key:2", [bytes(32)]) for _ in range(100))
    detector.note("key:3", [bytes(32)])
    assert repr(detector) == "WalkDetector(2 principals)"
    assert not detector.note("key:1", [bytes(32)])
    assert not detector.note("key:1", [b"short"])


def test_threads_may_note_at_once() -> None:
    detector = walks.WalkDetector(principals=2)
    rng = np.random.default_rng(3)
    rows = [row.tobytes() for row in rng.integers(0, 256, (400, 32), dtype=np.uint8)]

    def note(number: int) -> int:
        some = rows[number * 4 : number * 4 + 4]
        return detector.note(f"key:{number % 5}", some * 5) + detector.note("key:9", some)

    with ThreadPoolExecutor(8) as pool:
        assert sum(pool.map(note, range(100))) == 0
    assert repr(detector) == "WalkDetector(2 principals)"


@pytest.mark.parametrize("sizes", [[1] * 150, [150], [1, 60, 3, 64, 1, 21], [70, 80]])
def test_walks_are_counted_alike_one_by_one_and_in_batches(sizes: list[int]) -> None:
    rng = np.random.default_rng(5)
    centre = rng.integers(0, 256, 32, dtype=np.uint8)
    flips = rng.random((150, 256)) < rng.choice([0.02, 0.2], (150, 1))
    rows = [(centre ^ np.packbits(row)).tobytes() for row in flips]
    values = [int.from_bytes(row) for row in rows]
    naive = sum(
        sum(
            (value ^ earlier).bit_count() <= walks.NEAR_BITS
            for earlier in values[max(at - 64, 0) : at]
        )
        >= walks.NEAR_QUERIES
        for at, value in enumerate(values)
    )
    detector, found, start = walks.WalkDetector(), 0, 0
    for size in sizes:
        found += detector.note("key:1", rows[start : start + size])
        start += size
    assert found == naive > 0
