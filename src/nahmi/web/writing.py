# SPDX-License-Identifier: Apache-2.0
"""Numbers, dates and sizes as each language writes them, and numbers as people type them.

Both languages write Western digits, which is the usage of `ar` in the Unicode locale data and
spares readers two kinds of digits beside each other: identifiers, addresses and codes have Western
ones anyway. What is typed may have Arabic-Indic or Persian digits. All times are UTC and say so.
"""

from datetime import UTC, date, datetime
from typing import Final

from babel.dates import format_date, format_datetime
from babel.numbers import format_compact_decimal, format_decimal, format_percent
from markupsafe import Markup

from nahmi.web.words import Language

_UNITS: Final = ("B", "KiB", "MiB", "GiB", "TiB")
_DIGITS: Final = str.maketrans("٠١٢٣٤٥٦٧٨٩۰۱۲۳۴۵۶۷۸۹", "0123456789" * 2)


class Writing:
    """How one language writes figures.

    Args:
        language: Which.
    """

    def __init__(self, language: Language) -> None:
        self._locale = language

    def number(self, value: float) -> Markup:
        """A number with separators, isolated."""
        return _figure(format_decimal(value, locale=self._locale))

    def short(self, value: int) -> Markup:
        """A large number in few characters, such as 12K, isolated."""
        return _figure(format_compact_decimal(value, locale=self._locale, fraction_digits=1))

    def percent(self, share: float) -> Markup:
        """A share of 1 in percent, isolated."""
        return _figure(format_percent(share, locale=self._locale, format="#,##0.#%"))

    def size(self, size_bytes: int) -> Markup:
        """Bytes in the unit that reads best, isolated."""
        value, unit = float(size_bytes), 0
        while value >= 1024 and unit + 1 < len(_UNITS):  # noqa: PLR2004 - bytes in a kibibyte
            value, unit = value / 1024, unit + 1
        written = format_decimal(round(value, 1), locale=self._locale)
        return Markup('<bdi dir="ltr">{} {}</bdi>').format(written, _UNITS[unit])

    def day_text(self, day: date) -> str:
        """A day as plain text."""
        return str(format_date(day, "d MMM y", locale=self._locale))

    def moment_text(self, at: datetime) -> str:
        """A moment to the minute, UTC, as plain text."""
        return str(format_datetime(at.astimezone(UTC), "d MMM y, HH:mm", locale=self._locale))

    def day(self, day: date) -> Markup:
        """A day for people and machines."""
        return Markup('<time datetime="{}">{}</time>').format(day.isoformat(), self.day_text(day))

    def moment(self, at: datetime) -> Markup:
        """A moment to the minute, UTC, for people and machines."""
        exact = at.astimezone(UTC).isoformat(timespec="seconds")
        return Markup('<time datetime="{}">{}</time> <abbr>UTC</abbr>').format(
            exact, self.moment_text(at)
        )


def _figure(text: str) -> Markup:
    return Markup("<bdi>{}</bdi>").format(text)


def whole_number(typed: str) -> int | None:
    """The number that somebody typed, in any of the digits that the languages use.

    Args:
        typed: Separators and blanks are allowed; anything else makes it no number.
    """
    plain = typed.strip().translate(_DIGITS)
    for separator in (",", "٬", "\u00a0", " "):
        plain = plain.replace(separator, "")
    return int(plain) if plain.isascii() and plain.isdigit() and len(plain) <= 18 else None  # noqa: PLR2004 - what 64 bits hold


def western_digits(typed: str) -> str:
    """A code as it was typed, with Western digits."""
    return typed.translate(_DIGITS)
