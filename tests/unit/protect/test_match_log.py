# SPDX-License-Identifier: Apache-2.0
"""What may enter the match log."""

from datetime import UTC, datetime, timedelta

import msgspec
import pytest

from nahmi.core.bank import Action, Category
from nahmi.core.match import Verdict
from nahmi.errors import ErrorCode, InputError
from nahmi.protect.match_log import LoggedHit, MatchEvent, QueryCount, check_count, check_event

NOW = datetime(2026, 1, 2, 3, tzinfo=UTC)
HIT = LoggedHit(
    bank_id=1,
    category=Category.TEST,
    entry_id=1,
    signal_type="pdq",
    distance=3,
    limit_bits=31,
    variant="original",
    frame=0,
)
EVENT = MatchEvent(
    at=NOW,
    member_id=1,
    principal="key:1",
    reference="مرجع-1",
    channel="api",
    action=Action.REVIEW,
    hits=(HIT,),
)
COUNT = QueryCount(hour=NOW, member_id=1, principal="key:1", verdict=Verdict.NO_MATCH)


@pytest.mark.parametrize(
    "changes",
    [
        {"at": NOW.replace(tzinfo=None)},
        {"reference": "x" * 201},
        {"reference": "a\nb"},
        {"reference": "a\0b"},
        {"reference": "\ud800"},
        {"channel": "x" * 65},
        {"channel": "\x1b[0m"},
        {"hits": ()},
        {"hits": (HIT, HIT)},
        {"hits": tuple(msgspec.structs.replace(HIT, entry_id=n) for n in range(51))},
    ],
)
def test_events_that_cannot_be_kept_are_refused(changes: dict[str, object]) -> None:
    assert check_event(EVENT) is EVENT
    with pytest.raises(InputError) as caught:
        check_event(msgspec.structs.replace(EVENT, **changes))
    assert caught.value.code is ErrorCode.INPUT_INVALID


@pytest.mark.parametrize(
    "changes",
    [
        {"count": 0},
        {"hour": NOW + timedelta(minutes=1)},
        {"hour": NOW.replace(tzinfo=None)},
        {"verdict": Verdict.MATCH},
    ],
)
def test_counts_are_of_whole_hours_and_of_no_matches(changes: dict[str, object]) -> None:
    assert check_count(COUNT) is COUNT
    with pytest.raises(InputError):
        check_count(msgspec.structs.replace(COUNT, **changes))
