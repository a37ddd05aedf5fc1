# SPDX-License-Identifier: Apache-2.0
"""The last administrator of a member stays one."""

from datetime import UTC, datetime

import msgspec
import pytest

from nahmi.access.administrators import would_lock_out
from nahmi.access.identity import Person
from nahmi.access.roles import Role

ADMIN = Person(
    person_id=1,
    member_id=1,
    email="a@x.example",
    name="A",
    role=Role.ADMIN,
    language="en",
    is_enabled=True,
    has_totp=False,
    totp_version=0,
    must_change_password=False,
    created_at=datetime(2026, 1, 1, tzinfo=UTC),
)
DISABLED = msgspec.structs.replace(ADMIN, is_enabled=False)
VIEWER = msgspec.structs.replace(ADMIN, role=Role.VIEWER)


def other(person: Person) -> Person:
    return msgspec.structs.replace(person, person_id=2)


@pytest.mark.parametrize("after", [DISABLED, VIEWER])
@pytest.mark.parametrize(
    ("others", "expected"),
    [
        ([], True),
        ([VIEWER], True),
        ([DISABLED], True),
        ([ADMIN], False),
        ([VIEWER, ADMIN], False),
    ],
)
def test_only_the_last_one_stays(after: Person, others: list[Person], *, expected: bool) -> None:
    people = [ADMIN, *map(other, others)]
    assert would_lock_out(people, ADMIN, after) is expected


def test_other_changes_are_free() -> None:
    assert not would_lock_out([ADMIN], ADMIN, ADMIN)
    assert not would_lock_out([VIEWER], VIEWER, msgspec.structs.replace(VIEWER, is_enabled=False))
    assert not would_lock_out([DISABLED], DISABLED, VIEWER)
    assert not would_lock_out([VIEWER], VIEWER, ADMIN)
