# SPDX-License-Identifier: Apache-2.0
"""Addresses are encoded, and nobody is sent away from the console."""

import pytest

from nahmi.web.paths import is_own, to, with_query


def test_parts_are_encoded() -> None:
    assert to() == "/console"
    assert to("banks", "A/B?c") == "/console/banks/A%2FB%3Fc"
    assert to("banks", "بنك", 3) == "/console/banks/%D8%A8%D9%86%D9%83/3"


def test_a_query_leaves_out_what_is_empty() -> None:
    assert with_query("/console", {"a": "", "b": None}) == "/console"
    assert with_query("/console", {"a": "x&y", "n": 0}) == "/console?a=x%26y&n=0"


@pytest.mark.parametrize("path", ["/console", "/console/banks", "/console/matches?bank=A&after=3"])
def test_pages_of_the_console_are_our_own(path: str) -> None:
    assert is_own(path)


@pytest.mark.parametrize(
    "path",
    [
        "",
        "/",
        "//example.org/console",
        "///example.org/console",
        "https://example.org/console",
        "javascript:alert(1)",
        "/\\example.org",
        "/console/\\example.org",
        "/consolexyz",
        "/console/../api/v1/banks",
        "console/banks",
        " /console",
        "/console\n//example.org",
        "/console\u202e",
        "http:/console",
    ],
)
def test_other_addresses_are_not(path: str) -> None:
    assert not is_own(path)
