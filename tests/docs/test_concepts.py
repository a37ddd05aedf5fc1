# SPDX-License-Identifier: Apache-2.0
"""Each word of the vocabulary is defined once, in English and in Arabic."""

import re

from pages import DOCS, text

ROWS = re.findall(
    r"^\| ([a-z0-9 -]+) \| ([^|]+) \| ([^|]+) \|$", text(DOCS / "concepts.md"), re.MULTILINE
)

VOCABULARY = [
    "content",
    "fingerprint",
    "signal",
    "bank",
    "entry",
    "list",
    "index",
    "distance",
    "limit",
    "match",
    "verdict",
    "sighting",
    "member",
    "circle",
    "assertion",
    "opinion",
    "withdrawal",
    "flag",
    "case",
    "reveal",
    "decision",
    "appeal",
    "report",
    "authority",
    "trend",
    "forecast",
    "outlook",
    "guide",
    "helpline",
]


def test_the_vocabulary_is_complete_and_in_the_order_of_the_flow() -> None:
    words = [word for word, _, _ in ROWS if word != "word"]
    assert [word for word in words if word in VOCABULARY] == VOCABULARY


def test_each_word_is_defined_once_in_both_languages() -> None:
    rows = [row for row in ROWS if row[0] != "word"]
    for column in range(2):
        terms = [row[column] for row in rows]
        assert len(terms) == len(set(terms))
    assert all(re.fullmatch(r"[\u0600-\u06ff ]+", arabic) for _, arabic, _ in rows)
    assert all(meaning.endswith(".") for _, _, meaning in rows)
