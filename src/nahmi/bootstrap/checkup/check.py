# SPDX-License-Identifier: Apache-2.0
"""One thing that was looked at."""

from collections.abc import Callable
from enum import StrEnum

import msgspec

from nahmi.errors import NahmiError


class State(StrEnum):
    """How it is."""

    OK = "ok"
    NOTE = "note"
    """Nothing is wrong, but whoever runs the node may want to know."""
    BAD = "bad"


class Check(msgspec.Struct, frozen=True):
    """One thing that was looked at.

    Attributes:
        name: What.
        state: How it is.
        detail: What was seen.
        hint: What to do about it.
    """

    name: str
    state: State
    detail: str
    hint: str = ""


def tried(name: str, look: Callable[[], str]) -> Check:
    """Look at something that fails when it is not right.

    Args:
        name: What.
        look: Says what was seen.
    """
    try:
        return Check(name, State.OK, look())
    except NahmiError as error:
        return failed(name, error)


def failed(name: str, error: NahmiError) -> Check:
    """Something that is not right."""
    return Check(name, State.BAD, error.detail, error.hint)


def counted(number: int, one: str, many: str) -> str:
    """Such as `1 bank` or `2 banks`."""
    return f"{number:,} {one if number == 1 else many}"
