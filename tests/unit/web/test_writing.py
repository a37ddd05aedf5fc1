# SPDX-License-Identifier: Apache-2.0
"""Figures as each language writes them, and as people type them."""

from datetime import UTC, date, datetime, timedelta, timezone

import pytest

from nahmi.web.words import LANGUAGES, Language
from nahmi.web.writing import Writing, western_digits, whole_number


@pytest.mark.parametrize("language", LANGUAGES)
def test_figures_have_western_digits_in_an_isolate(language: Language) -> None:
    assert Writing(language).number(1234567) == "<bdi>1,234,567</bdi>"


def test_days_and_moments_are_written_out() -> None:
    at = datetime(2026, 11, 20, 23, 5, tzinfo=UTC)
    assert Writing("en").moment_text(at) == "20 Nov 2026, 23:05"
    assert Writing("ar").day(date(2026, 11, 20)) == (
        '<time datetime="2026-11-20">20 نوفمبر 2026</time>'
    )


def test_a_moment_is_shown_in_utc_whatever_its_zone() -> None:
    at = datetime(2026, 11, 21, 3, 5, tzinfo=timezone(timedelta(hours=4)))
    assert 'datetime="2026-11-20T23:05:00+00:00"' in Writing("en").moment(at)


@pytest.mark.parametrize(
    ("size", "written"),
    [
        (0, "0 B"),
        (1023, "1,023 B"),
        (1024, "1 KiB"),
        (2_400_000, "2.3 MiB"),
        (2**60, "1,048,576 TiB"),
    ],
)
def test_sizes_have_the_unit_that_reads_best(size: int, written: str) -> None:
    assert Writing("en").size(size) == f'<bdi dir="ltr">{written}</bdi>'


@pytest.mark.parametrize(
    ("typed", "number"),
    [("31", 31), (" ٣٢ ", 32), ("۳۲", 32), ("1,000", 1000), ("٢٬٣٤٥", 2345), ("0", 0)],
)
def test_numbers_are_read_in_the_digits_of_either_language(typed: str, number: int) -> None:
    assert whole_number(typed) == number


@pytest.mark.parametrize("typed", ["", " ", "-1", "1.5", "x", "²", "1" * 19, "३१"])
def test_what_is_no_number_is_refused(typed: str) -> None:
    assert whole_number(typed) is None


def test_codes_may_be_typed_in_either_digits() -> None:
    assert western_digits("٤٢٣ ۴۵۶") == "423 456"
