# SPDX-License-Identifier: Apache-2.0
"""Names there and here: types of content, types of signals, names of banks."""

import re
from collections.abc import Iterable
from typing import Final

from nahmi.errors import ErrorCode, InputError

SIGNAL_TYPES: Final = {
    "pdq": "pdq",
    "video_md5": "md5",
    "video_sha256": "sha256",
    "url": "url",
}
"""Their name of each signal type, and ours."""

CONTENT_TYPES: Final = {
    "photo": ("pdq",),
    "video": ("video_md5", "video_sha256"),
    "url": ("url",),
}
"""Types of content, and the signal types that are computed from each."""

DEFAULT_TYPES: Final = ("pdq", "video_md5")
"""What is computed unless the caller names types."""

_BANK_NAME = re.compile(r"[A-Z_][A-Z0-9_]*")


def ours(signal_type: str) -> str:
    """Our name of a signal type; plug-ins keep the name that they have.

    Args:
        signal_type: As the caller wrote it.
    """
    return SIGNAL_TYPES.get(signal_type, signal_type)


def wanted_types(content_type: str, types: str | None) -> tuple[str, ...]:
    """Which signal types are to be computed from content.

    Args:
        content_type: `photo` or `video`.
        types: Names, separated by commas; those that are on by default when empty.

    Raises:
        InputError: INPUT_INVALID: no such type of content, or a type that it does not have.
    """
    offered = CONTENT_TYPES.get(content_type)
    if offered is None:
        raise InputError(ErrorCode.INPUT_INVALID, f"no such content_type: '{content_type}'")
    if not types:
        return tuple(name for name in offered if name in DEFAULT_TYPES)
    chosen = tuple(name.strip() for name in types.split(",") if name.strip())
    for name in chosen:
        if name not in offered:
            raise InputError(
                ErrorCode.INPUT_INVALID, f"no such signal_type for {content_type}: '{name}'"
            )
    return chosen


def check_bank_name(name: str) -> str:
    """A bank's name in the form that both sides accept.

    Raises:
        InputError: NAME_INVALID.
    """
    if not _BANK_NAME.fullmatch(name):
        raise InputError(ErrorCode.NAME_INVALID, "Bank names must be UPPER_WITH_UNDERSCORE")
    return name


def listed(text: str | None) -> tuple[str, ...]:
    """Names that were separated by commas."""
    return tuple(part.strip() for part in (text or "").split(",") if part.strip())


def first(values: Iterable[str]) -> str:
    """The first of some values; empty when there is none."""
    return next(iter(values), "")
