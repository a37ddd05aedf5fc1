# SPDX-License-Identifier: Apache-2.0
"""What things are called."""

import pytest

from nahmi.core.bank import Category
from nahmi.partner.circles.rules import Marking
from nahmi.web.labels import Labels
from nahmi.web.words import words_of


def test_a_variant_is_put_into_words() -> None:
    shown = Labels(words_of("en")).variant("rotate90+crop:top-left:5")
    assert shown == "turned by 90° + cropped by \u20685\u2069 %, top left kept"


@pytest.mark.parametrize("variant", ["sepia", "rotate90+sepia", "crop:centre:x", "crop:up:5", ""])
def test_an_unknown_variant_stays_as_it_is(variant: str) -> None:
    shown = Labels(words_of("ar")).variant(variant)
    assert shown == f'<bdi dir="ltr" class="code">{variant}</bdi>'


def test_a_category_has_its_name_in_the_language_of_the_page() -> None:
    assert Labels(words_of("ar")).category(Category.TEST) == "<bdi>اختبار</bdi>"
    assert Labels(words_of("en")).categories([Category.TEST]) == [("test", "Test")]


def test_a_country_has_its_name_in_the_language_of_the_page() -> None:
    assert "Kenya" in Labels(words_of("en")).country("KE")
    assert "كينيا" in Labels(words_of("ar")).country("KE")
    assert Labels(words_of("en")).country("XI") == words_of("en")("country-none")
    assert Labels(words_of("en")).country("QX") == '<bdi dir="ltr" class="code">QX</bdi>'


def test_a_marking_is_written_with_what_it_means() -> None:
    [(value, written)] = Labels(words_of("en")).markings([Marking.AMBER_STRICT])
    assert value == "amber+strict"
    assert written.startswith("TLP:AMBER+STRICT ")
