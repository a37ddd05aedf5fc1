# SPDX-License-Identifier: Apache-2.0
"""What another node's packed answer may unpack to."""

import pytest
import zstandard

from nahmi.errors import ErrorCode, WireError
from nahmi.wire.circles import calling


def test_an_answer_that_unpacks_to_too_much_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(calling, "MOST_BYTES", 1_000)
    packed = zstandard.compress(bytes(1_001))
    with pytest.raises(WireError) as refusal:
        calling._unzstd(packed)
    assert refusal.value.code is ErrorCode.FETCH_TOO_LARGE


def test_an_answer_within_the_bound_unpacks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(calling, "MOST_BYTES", 1_000)
    assert calling._unzstd(zstandard.compress(bytes(1_000))) == bytes(1_000)
