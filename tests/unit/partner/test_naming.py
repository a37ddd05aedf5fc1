# SPDX-License-Identifier: Apache-2.0
"""Names are those that any library for UUIDs computes."""

from uuid import UUID, uuid5

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nahmi.core.signal import Signal
from nahmi.partner.naming import NAMESPACE, assertion_id, name_of, short_of, signal_key


@given(parts=st.lists(st.text(st.characters(exclude_categories=["Cs", "Cc"])), max_size=4))
def test_a_name_is_a_uuid_of_version_5(parts: list[str]) -> None:
    name = name_of(*parts)
    assert name == str(uuid5(UUID(NAMESPACE), "\n".join(parts)))
    assert short_of(name) == UUID(name).bytes


def test_each_part_makes_another_name() -> None:
    names = {
        assertion_id(circle, org, Signal(kind, value))
        for circle in "ab"
        for org in "ab"
        for kind in ("md5", "sha1")
        for value in "12"
    }
    assert len(names) == 16


def test_what_stands_for_a_signal_has_16_bytes_and_is_its_own() -> None:
    keys = {signal_key(Signal(kind, value)) for kind in ("md5", "sha1") for value in "12"}
    assert len(keys) == 4
    assert {len(key) for key in keys} == {16}


def test_what_is_no_name_has_no_short_form() -> None:
    with pytest.raises(ValueError, match="hexadecimal"):
        short_of("not a name")
