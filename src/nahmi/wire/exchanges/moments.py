# SPDX-License-Identifier: Apache-2.0
"""Moments as exchanges write them: always UTC, whatever the machine's own clock shows."""

import re
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Final

_ISO: Final = re.compile(
    r"([0-9]{4})-([0-9]{2})-([0-9]{2})T([0-9]{2}):([0-9]{2}):([0-9]{2})(?:\.[0-9]{1,9})?Z", re.ASCII
)
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_LAST_S: Final = 253_402_300_799  # 9999-12-31T23:59:59Z


def read_utc(text: str) -> int | None:
    """Whole seconds since 1970 of `2017-10-24T15:10:00Z`, with or without milliseconds.

    Args:
        text: As an exchange wrote it.

    Returns:
        None where it is written in any other way, or is no moment.
    """
    found = _ISO.fullmatch(text.strip())
    if found is None:
        return None
    try:
        moment = datetime(*map(int, found.groups()), tzinfo=UTC)  # type: ignore[arg-type,misc]  # six
    except ValueError:
        return None
    return (moment - _EPOCH) // timedelta(seconds=1)


def read_date(text: str) -> int | None:
    """Whole seconds since 1970 of a `Date` header (RFC 9110, 5.6.7); None for anything else."""
    try:
        moment = parsedate_to_datetime(text)
    except (ValueError, TypeError, IndexError):  # the library raises all of them on odd texts
        return None
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    return seconds_of(moment)


def write_utc(seconds: int) -> str:
    """`2017-10-24T15:10:00Z` of whole seconds since 1970.

    Args:
        seconds: Clipped to the years 1970 to 9999.
    """
    return f"{to_utc(seconds):%Y-%m-%dT%H:%M:%S}Z"


def to_utc(seconds: float) -> datetime:
    """The moment of seconds since 1970, clipped to what can be written."""
    return _EPOCH + timedelta(seconds=min(max(seconds, 0), _LAST_S))


def seconds_of(moment: datetime) -> int:
    """Whole seconds since 1970 of a moment, rounded down.

    Args:
        moment: With a time zone.
    """
    return (moment - _EPOCH) // timedelta(seconds=1)
