# SPDX-License-Identifier: Apache-2.0
"""Canonical JSON: the RFC's examples, and what is refused."""

from datetime import UTC, datetime
from decimal import Decimal
from uuid import UUID

import pytest

from nahmi.errors import ErrorCode, InputError
from nahmi.partner.canonical import read, write

LARGEST = 9_007_199_254_740_991


def test_keys_are_in_the_order_of_the_rfc() -> None:
    # RFC 8785, section 3.2.3.
    names = {
        "\u20ac": "Euro Sign",
        "\r": "Carriage Return",
        "\ufb33": "Hebrew Letter Dalet With Dagesh",
        "1": "One",
        "\U0001f600": "Emoji: Grinning Face",
        "\u0080": "Control",
        "\u00f6": "Latin Small Letter O With Diaeresis",
    }
    value = read(write(names))
    assert isinstance(value, dict)
    assert list(value.values()) == [
        "Carriage Return",
        "One",
        "Control",
        "Latin Small Letter O With Diaeresis",
        "Euro Sign",
        "Emoji: Grinning Face",
        "Hebrew Letter Dalet With Dagesh",
    ]


def test_texts_are_escaped_as_the_rfc_says() -> None:
    # RFC 8785, sections 3.2.2.2 and 3.2.4, without the numbers that have fractions.
    value = {
        "string": "\u20ac$\u000f\u000aA'\u0042\u0022\u005c\\\"/",
        "literals": [None, True, False],
    }
    expected = '{"literals":[null,true,false],"string":"€$\\u000f\\nA\'B\\"\\\\\\\\\\"/"}'
    assert write(value) == expected.encode()
    expected = '"\\b\\t\\n\\f\\r\\u0000\\u001f\x7f\u0080\u2028"'
    assert write("\b\t\n\f\r\0\x1f\x7f\u0080\u2028") == expected.encode()


def test_nested_objects_are_sorted_in_utf_16_too() -> None:
    value = [{"\ufb33": {"\ufb33": 1, "\U0001f600": 2}, "\U0001f600": 3}]
    data = '[{"\U0001f600":3,"\ufb33":{"\U0001f600":2,"\ufb33":1}}]'.encode()
    assert write(value) == data
    assert read(data) == value


@pytest.mark.parametrize("number", [0, -1, LARGEST, -LARGEST])
def test_integers_that_doubles_hold_are_kept(number: int) -> None:
    assert write([number]) == b"[%d]" % number
    assert read(b"[%d]" % number) == [number]


@pytest.mark.parametrize(
    "value",
    [
        1.0,
        float("nan"),
        float("inf"),
        LARGEST + 1,
        -LARGEST - 1,
        2**70,
        Decimal(1),
        b"bytes",
        (1, 2),
        {1},
        {1: "a"},
        {None: "a"},
        "\ud800",
        {"\ud800": 1},
        datetime(2026, 1, 1, tzinfo=UTC),
        UUID(int=1),
        object(),
        [1.5],
        {"a": {"b": [LARGEST + 1]}},
    ],
)
def test_what_has_no_single_spelling_is_refused(value: object) -> None:
    with pytest.raises(InputError) as refused:
        write(value)
    assert refused.value.code is ErrorCode.DOCUMENT_INVALID


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b" 1",
        b"1\n",
        b'{"a": 1}',
        b'{"b":1,"a":2}',
        b'{"a":1,"a":1}',
        b'{"a":1,"a":2}',
        '{"\ufb33":1,"\U0001f600":2}'.encode(),
        b'"\\u0041"',
        b'"\\/"',
        b'"\\u000A"',
        b'"\\u000a"',
        b'"\\ud83d\\ude00"',
        b'"\\ud800"',
        b'"\xff"',
        b'"\xed\xa0\x80"',
        b"\xef\xbb\xbf1",
        b"-0",
        b"01",
        b"1.0",
        b"1e3",
        b"1.5",
        b"9007199254740992",
        b"-9007199254740992",
        b"123456789012345678901234567890",
        b"NaN",
        b"nul",
        b"[1,]",
        b"[1][2]",
    ],
)
def test_what_is_spelled_otherwise_is_refused(data: bytes) -> None:
    with pytest.raises(InputError) as refused:
        read(data)
    assert refused.value.code is ErrorCode.DOCUMENT_INVALID


def test_depth_is_bounded() -> None:
    value: list[object] = []
    for _ in range(100_000):
        value = [value]
    with pytest.raises(InputError):
        write(value)
    with pytest.raises(InputError):
        read(b"[" * 100_000 + b"]" * 100_000)


def test_a_text_of_digits_is_no_integer() -> None:
    value = {"a": "1" * 40, "b": [7]}
    assert read(write(value)) == value


def test_failures_say_nothing_of_what_they_met() -> None:
    with pytest.raises(InputError) as refused:
        read(b'{"secret": 1}')
    assert "secret" not in refused.value.diagnostics()
