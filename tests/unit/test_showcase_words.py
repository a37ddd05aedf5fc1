# SPDX-License-Identifier: Apache-2.0
from nahmi.cli.showcase.words import IN_ARABIC
from nahmi.testing.media import ALTERATIONS


def test_every_alteration_has_arabic_words() -> None:
    assert sorted(IN_ARABIC) == sorted(ALTERATIONS)
    assert all(
        any("\u0600" <= letter <= "\u06ff" for letter in text) for text in IN_ARABIC.values()
    )
