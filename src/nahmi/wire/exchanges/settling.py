# SPDX-License-Identifier: Apache-2.0
"""Which of several versions of a record counts, however they are ordered, repeated or split up."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Protocol, TypeVar


class Version(Protocol):
    """A record as it was at one moment."""

    @property
    def key(self) -> str:
        """What it is known by."""
        ...

    @property
    def changed_s(self) -> float:
        """When it came to be so, seconds since 1970."""
        ...

    @property
    def is_gone(self) -> bool:
        """It says that the record was taken back."""
        ...


_Version = TypeVar("_Version", bound=Version)


def newest(
    given: Sequence[_Version],
    bodies: Callable[[Sequence[str]], Mapping[str, str]],
    read: Callable[[str, str], _Version | None],
) -> list[_Version]:
    """The version of each record that counts: the newest, and of two at one moment what is gone.

    A record that is known to be newer than what was given is returned too, so that it counts as
    brought.

    Args:
        given: As they arrived; of two at one moment that say something, the later one counts.
        bodies: What the node has under some keys.
        read: Makes a version of a key and a body; None where the body is of another form.
    """
    keys = list(dict.fromkeys(one.key for one in given))
    stored = bodies(keys)
    known = (read(key, stored[key]) for key in keys if key in stored)
    return settled([*(one for one in known if one is not None), *given])


def settled(versions: Iterable[_Version]) -> list[_Version]:
    """As `newest`, of what is given alone; in the order in which keys were met first."""
    found: dict[str, _Version] = {}
    for one in versions:
        held = found.get(one.key)
        if held is None or _rank(one) >= _rank(held):
            found[one.key] = one
    return list(found.values())


def _rank(one: Version) -> tuple[float, bool]:
    return one.changed_s, one.is_gone
