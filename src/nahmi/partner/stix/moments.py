# SPDX-License-Identifier: Apache-2.0
"""Moments as STIX and TAXII write them: UTC, with milliseconds there and microseconds here."""

import re
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Final

MILLISECOND_US: Final = 1_000

_SECOND_US: Final = 1_000_000
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND: Final = timedelta(microseconds=1)
_MOMENT: Final = re.compile(
    r"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(?:\.(\d{1,9}))?Z", re.ASCII | re.IGNORECASE
)


def us_of(moment: datetime) -> int:
    """Microseconds since 1970.

    Args:
        moment: With a time zone.
    """
    return (moment - _EPOCH) // _MICROSECOND


def moment_of(us: int) -> datetime:
    """A moment in UTC.

    Args:
        us: Microseconds since 1970.
    """
    return _EPOCH + us * _MICROSECOND


def stix_moment(us: int) -> str:
    """Such as `2026-11-27T17:00:00.000Z`; what is finer than a millisecond is cut off.

    Args:
        us: Microseconds since 1970.
    """
    return f"{_whole(us // _SECOND_US)}.{us // MILLISECOND_US % 1000:03d}Z"


def taxii_moment(us: int) -> str:
    """Such as `2026-11-27T17:00:00.000000Z`.

    Args:
        us: Microseconds since 1970.
    """
    return f"{_whole(us // _SECOND_US)}.{us % _SECOND_US:06d}Z"


@lru_cache(maxsize=256)
def _whole(seconds: int) -> str:
    # What is said at once has one second, and a page writes it thousands of times.
    return f"{moment_of(seconds * _SECOND_US):%Y-%m-%dT%H:%M:%S}"


def read_moment(text: str) -> int | None:
    """Microseconds since 1970 of a moment in UTC with any number of digits behind the point.

    Args:
        text: As RFC 3339 has it, ending with `Z`. Digits beyond microseconds are cut off.

    Returns:
        None for anything else, such as a date alone or another time zone.
    """
    found = _MOMENT.fullmatch(text)
    if found is None:
        return None
    try:
        whole = datetime.fromisoformat(found[1].upper()).replace(tzinfo=UTC)
    except ValueError:
        return None
    return us_of(whole) + int((found[2] or "").ljust(6, "0")[:6])
