# SPDX-License-Identifier: Apache-2.0
"""Answers of receivers, and how long a receiver is left alone."""

from datetime import UTC, datetime, timedelta

import pytest

from nahmi.operate.delivery import (
    FAILURES_UNTIL_OPEN,
    LONGEST_RETRY_AFTER,
    Breaker,
    Delivery,
    Outcome,
    judge_answer,
)

NOW = datetime(2026, 11, 25, 12, tzinfo=UTC)
FAILED = Delivery(outcome=Outcome.FAILED, error="No.")
DONE = Delivery(outcome=Outcome.DELIVERED)


@pytest.mark.parametrize(
    ("header", "seconds"),
    [
        ("", 0),
        ("120", 120),
        (" 120 ", 120),
        ("0", 0),
        ("-5", 0),
        ("1e3", 0),
        ("\u0661", 0),
        ("9" * 4000, LONGEST_RETRY_AFTER.total_seconds()),
        ("Wed, 25 Nov 2026 12:05:00 GMT", 300),
        ("Wed, 25 Nov 2026 12:05:00 -0000", 300),
        ("Wed, 25 Nov 2026 11:00:00 GMT", 0),
        ("Wed, 25 Nov 2096 11:00:00 GMT", LONGEST_RETRY_AFTER.total_seconds()),
        ("Wed, 99 Nov 2026 11:00:00 GMT", 0),
        ("soon", 0),
        ("\x00", 0),
    ],
)
@pytest.mark.parametrize("status", [429, 503])
def test_a_receiver_may_ask_to_wait(status: int, header: str, seconds: float) -> None:
    assert judge_answer(status, header, NOW).wait == timedelta(seconds=seconds)


def test_a_receiver_rests_after_failures_in_a_row() -> None:
    breaker, rests = Breaker(), []
    for _ in range(FAILURES_UNTIL_OPEN + 20):
        breaker = breaker.after(FAILED, NOW)
        rests.append(breaker.rests_until and (breaker.rests_until - NOW).total_seconds())
    assert rests[: FAILURES_UNTIL_OPEN - 1] == [None] * (FAILURES_UNTIL_OPEN - 1)
    assert rests[FAILURES_UNTIL_OPEN - 1 :][:7] == [30, 60, 120, 240, 480, 600, 600]
    assert not breaker.may_try(NOW)
    assert breaker.may_try(NOW + timedelta(seconds=600))
    assert breaker.after(DONE, NOW) == Breaker()


def test_a_wait_that_was_asked_for_is_kept_at_the_first_failure() -> None:
    asked = Delivery(outcome=Outcome.FAILED, error="No.", wait=timedelta(minutes=5))
    breaker = Breaker().after(asked, NOW)
    assert not breaker.may_try(NOW + timedelta(seconds=299))
    assert breaker.may_try(NOW + timedelta(seconds=300))
