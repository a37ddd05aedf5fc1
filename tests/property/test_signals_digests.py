# SPDX-License-Identifier: Apache-2.0
"""Digests: one pass gives what three passes give, however the stream is cut."""

import hashlib
import io

from hypothesis import given
from hypothesis import strategies as st

from nahmi.protect.signals.digests import DIGEST_NAMES, digest_all
from nahmi.protect.signals.hexadecimal import hex_signal


class Pieces(io.RawIOBase):
    """A stream that returns what it holds piece by piece."""

    def __init__(self, pieces: list[bytes]) -> None:
        self.left = [piece for piece in pieces if piece]

    def read(self, size: int = -1) -> bytes:
        assert size > 0
        return self.left.pop(0) if self.left else b""


@given(st.lists(st.binary(max_size=50), max_size=8))
def test_one_pass_equals_hashlib(pieces: list[bytes]) -> None:
    whole = b"".join(pieces)
    expected = [
        hashlib.new(name, whole, usedforsecurity=False).hexdigest() for name in DIGEST_NAMES
    ]
    assert [item.value for item in digest_all(Pieces(pieces))] == expected  # type: ignore[arg-type]
    assert [item.value for item in digest_all(whole)] == expected


@given(st.binary(min_size=16, max_size=16))
def test_hexadecimal_texts_in_any_case_are_one_signal(value: bytes) -> None:
    assert hex_signal("md5", f" {value.hex().upper()}\n", digits=32) == value.hex()
