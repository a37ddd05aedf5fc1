# SPDX-License-Identifier: Apache-2.0
"""Texts of others change neither markup nor direction."""

import pytest

from nahmi.web.isolation import (
    arabic_code,
    as_moment,
    as_typed,
    code,
    in_attribute,
    isolated,
    visible,
)


@pytest.mark.parametrize(
    "character",
    [*"\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\u2028\u2029", "\x00", "\x1b", "\x9b"],
)
def test_what_steers_is_written_out(character: str) -> None:
    assert visible(f"a{character}b") == f"a[U+{ord(character):04X}]b"


@pytest.mark.parametrize("text", ["مى\u200cشود", "a\u200eb", "در\u061c", "👩\u200d🚀", "a\tb\nc"])
def test_what_languages_need_stays(text: str) -> None:
    assert visible(text) == text


def test_a_lone_surrogate_from_a_file_name_can_be_sent_to_a_browser() -> None:
    assert isolated("a\udcffb").encode() == b"<bdi>a[U+DCFF]b</bdi>"


def test_an_isolate_cannot_be_closed_from_inside() -> None:
    assert isolated("\u2069\u202egpj.exe") == "<bdi>[U+2069][U+202E]gpj.exe</bdi>"
    assert isolated("</bdi><b>") == "<bdi>&lt;/bdi&gt;&lt;b&gt;</bdi>"


def test_each_place_escapes() -> None:
    hostile = "\"'><script>"
    escaped = "&#34;&#39;&gt;&lt;script&gt;"
    assert code(hostile) == f'<bdi dir="ltr" class="code">{escaped}</bdi>'
    assert in_attribute(hostile) == as_typed(hostile) == escaped


def test_a_form_sends_back_what_was_typed() -> None:
    assert as_typed("a\u202eb") == "a\u202eb"


def test_a_lone_surrogate_in_a_form_is_replaced() -> None:
    assert as_typed("a\udcff").encode() == b"a\xef\xbf\xbd"


def test_a_field_for_a_moment_holds_a_moment_or_nothing() -> None:
    assert as_moment("2026-11-20T09:05") == "2026-11-20T09:05"
    assert as_moment("yesterday") == as_moment('2026-11-20T09:05"') == ""


def test_groups_of_arabic_digits_begin_at_the_right() -> None:
    shown = arabic_code("١٢٣٤٥ ٦٧٨٩٠\u202e")
    assert shown.startswith('<bdi dir="rtl" lang="ar"')
    assert "[U+202E]" in shown
