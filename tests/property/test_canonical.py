# SPDX-License-Identifier: Apache-2.0
"""Canonical JSON is what an independent implementation makes of the same value."""

import json

import pytest
import rfc8785
from hypothesis import given
from hypothesis import strategies as st

from nahmi.errors import InputError
from nahmi.partner.canonical import LARGEST_INTEGER, read, write

TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=12) | st.text(
    "a\x00\x1f\x7f\ud7ff\ue000\uffff\U00010000\U0010ffff", max_size=4
)
INTEGERS = st.integers(-LARGEST_INTEGER, LARGEST_INTEGER)
VALUES = st.recursive(
    st.none() | st.booleans() | INTEGERS | TEXTS,
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(TEXTS, inner, max_size=5)
        | st.dictionaries(st.from_regex("[a-z_]{1,6}", fullmatch=True), inner, max_size=5)
    ),
    max_leaves=12,
)


@given(VALUES)
def test_it_is_what_another_implementation_writes(value: object) -> None:
    data = write(value)
    assert data == rfc8785.dumps(value)
    assert read(data) == value


@given(VALUES, st.sampled_from([None, 1]), st.sampled_from([(",", ":"), (", ", ": ")]))
def test_other_spellings_of_a_value_are_refused(
    value: object, indent: int | None, separators: tuple[str, str]
) -> None:
    other = json.dumps(value, indent=indent, separators=separators).encode()
    if other == write(value):
        assert read(other) == value
        return
    with pytest.raises(InputError):
        read(other)


@given(st.binary(max_size=40) | st.text('[]{}",:\\u0123456789-truefalsn e.', max_size=20))
def test_whatever_is_read_is_written_back_as_it_was(data: bytes | str) -> None:
    raw = data.encode() if isinstance(data, str) else data
    try:
        value = read(raw)
    except InputError:
        return
    assert write(value) == raw
