# SPDX-License-Identifier: Apache-2.0
"""A member always has somebody who can let people in."""

from collections.abc import Iterable

from nahmi.access.identity import Person
from nahmi.access.roles import Role


def is_administrator(person: Person) -> bool:
    """Whether someone is let in as an administrator."""
    return person.is_enabled and person.role is Role.ADMIN


def would_lock_out(people: Iterable[Person], before: Person, after: Person) -> bool:
    """Whether a change takes the last administrator from a member.

    Args:
        people: All of the member.
        before: One of them, as they are.
        after: The same one, as they are to be.
    """
    if not is_administrator(before) or is_administrator(after):
        return False
    others = (person for person in people if person.person_id != before.person_id)
    return not any(map(is_administrator, others))
