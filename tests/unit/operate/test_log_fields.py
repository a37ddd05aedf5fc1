# SPDX-License-Identifier: Apache-2.0
"""No field of a log line has room for what must not be in a log."""

import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nahmi.operate.log_fields import FIELDS, WITHHELD, allowed

PAGE = Path(__file__).parents[3] / "docs" / "reference" / "logs.md"

CANARIES = [
    "f8f8f0cee0f4a84f06370a22038f63f0b36e2ed596621e1d33e6b39c4e9c9b22",  # a PDQ signal
    "d41d8cd98f00b204e9800998ecf8427e",
    "da39a3ee5e6b4b0d3255bfef95601890afd80709",
    "abcdefabcdefabcdefabcdefabcdefab",  # a digest that looks like a word
    "DEADBEEFDEADBEEF",
    "1B2M2Y8AsgTpgAmY7PhCfg==",
    "https://example.org/page",
    "example.org/page",
    "www.example.org",
    "192.0.2.1",
    "2001:db8::1",
    "person@example.org",
    "nahmi_ab12cd_secretsecretsecretsecretsecret",
    "whsec_AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=",
    "two words",
    "مرحبا",
    "line\nbreak",
    "",
    "x" * 65,
    f"/files/{'ab' * 32}",
    "/h/some-name?url=https://example.org",
]
NESTED: list[object] = [
    b"bytes",
    ["www.example.org:443"],
    ["192.0.2.1:443"],
    ["a"],
    {"a": 1},
    [CANARIES[0]],
    float("nan"),
    1 << 60,
    object(),
]


@pytest.mark.parametrize("name", sorted(FIELDS))
def test_no_field_lets_a_canary_through(name: str) -> None:
    passed = [value for value in [*CANARIES, *NESTED] if allowed({name: value})[name] != WITHHELD]
    assert not passed


def test_the_page_names_every_field() -> None:
    page = PAGE.read_text(encoding="utf-8").partition("## Fields")[2].partition("\n## ")[0]
    rows = re.findall(r"^\| (`[^|]+`) \|", page, re.MULTILINE)
    assert [name for row in rows for name in re.findall(r"`(\w+)`", row)] == list(FIELDS)


@given(st.dictionaries(st.text(max_size=12), st.text() | st.integers(), max_size=5))
def test_names_that_are_not_on_the_list_are_counted_and_left_out(fields: dict[str, object]) -> None:
    strangers = {name: value for name, value in fields.items() if name not in FIELDS}
    expected = {"dropped": len(strangers)} if strangers else {}
    assert allowed(strangers) == expected


@given(st.binary(min_size=8, max_size=64), st.sampled_from(sorted(FIELDS)))
def test_no_digest_passes_as_a_word(digest: bytes, name: str) -> None:
    text = digest.hex()
    is_request = name == "request_id" and len(digest) == 8
    assert allowed({name: text})[name] == WITHHELD or is_request


def test_what_belongs_in_a_log_passes() -> None:
    line: dict[str, object] = {
        "at": "2026-01-01T00:00:00.123456Z",
        "level": "info",
        "event": "webhook:dead_letter",
        "request_id": "0123456789abcdef",
        "method": "POST",
        "route": "/api/v1/banks/{bank_id}",
        "status": 404,
        "duration_ms": 1.5,
        "principal": "key:7",
        "signal_type": "sha256",
        "kind": "match_block",
        "version": "0.1.0",
        "is_ready": True,
        "code": "fetch_timeout",
        "error": "WireError",
        "places": ["nahmi/wire/call:12", "__main__:3"],
    }
    assert allowed(line) == line
    assert list(allowed(dict(reversed(line.items())))) == list(line)
