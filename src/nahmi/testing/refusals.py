# SPDX-License-Identifier: Apache-2.0
"""How a test kit asks whether, and with which code, something is refused."""

from collections.abc import Callable

from nahmi.errors import ErrorCode, NahmiError


def refusal_of(act: Callable[[], object]) -> ErrorCode | None:
    """The code with which an act is refused; None when it is not."""
    try:
        act()
    except NahmiError as error:
        return error.code
    return None
