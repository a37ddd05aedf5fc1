# SPDX-License-Identifier: Apache-2.0
"""A rule covers the host that it names, on its scheme and port, and nothing else."""

import pytest

from nahmi.errors import ErrorCode, InputError
from nahmi.wire.addresses import Reach
from nahmi.wire.hosts import HostRule, rule_for
from nahmi.wire.target import parse_target


@pytest.mark.parametrize(
    ("rule", "url", "covers"),
    [
        ("a.example", "https://a.example/x", True),
        ("A.Example", "https://a.example./x", True),
        ("a.example", "http://a.example/", False),
        ("a.example", "https://a.example:8443/", False),
        ("a.example:8443", "https://a.example:8443/", True),
        ("a.example:8443", "https://a.example/", False),
        ("http://a.example", "http://a.example/", True),
        ("http://a.example", "https://a.example/", False),
        ("a.example", "https://b.a.example/", False),
        ("a.example", "https://ba.example/", False),
        ("a.example", "https://a.example.b.example/", False),
        (".a.example", "https://b.a.example/", True),
        (".a.example", "https://c.b.a.example/", True),
        (".a.example", "https://a.example/", False),
        (".a.example", "https://ba.example/", False),
        ("http://127.0.0.1:80 internal", "http://127.0.0.1/", True),
        ("https://[::1] internal", "https://[0::1]/", True),
        ("\u0645\u062b\u0627\u0644.example", "https://xn--mgbh0fb.example/", True),
    ],
)
def test_what_a_rule_covers(rule: str, url: str, covers: bool) -> None:  # noqa: FBT001 - a table
    parsed = HostRule.parse(rule)
    assert parsed.covers(parse_target(url)) is covers
    assert (rule_for(parse_target(url), [parsed]) is parsed) is covers


@pytest.mark.parametrize(
    "rule",
    [
        "",
        ".",
        ".example",
        "*.a.example",
        "..a.example",
        ".127.0.0.1",
        ".[::1]",
        "a.example/path",
        "a.example?x",
        "ftp://a.example",
        "a.example private",
        "a.example internal please",
        ".a.example internal",
        "user@a.example",
        "0x7f.1 internal",
    ],
)
def test_rules_that_are_refused(rule: str) -> None:
    with pytest.raises(InputError) as caught:
        HostRule.parse(rule)
    assert caught.value.code is ErrorCode.INPUT_INVALID


def test_only_an_internal_rule_opens_internal_addresses_and_nothing_further() -> None:
    outside = HostRule.parse("a.example")
    inside = HostRule.parse("http://a.example internal")
    assert {reach for reach in Reach if outside.allows(reach)} == {Reach.PUBLIC}
    assert {reach for reach in Reach if inside.allows(reach)} == {
        Reach.PUBLIC,
        Reach.LOOPBACK,
        Reach.PRIVATE,
        Reach.SHARED,
    }
