# SPDX-License-Identifier: Apache-2.0
"""PDQ: the 256-bit perceptual fingerprint of pictures that Meta published in 2019."""

from collections.abc import Sequence

from nahmi.core.bank import DEFAULT_LIMIT_BITS
from nahmi.errors import InputError
from nahmi.protect.signal_type import ContentType, Examples, IndexKind, SignalType
from nahmi.protect.signals.hexadecimal import all_hex_rows, all_hex_signals, hex_signal

MIN_QUALITY = 50
"""Pictures below this quality hold too little detail: unrelated ones would match.

Source: Meta's published advice, "discard quality below 50".
"""

_DIGITS = 64
_BASE = "f8f8f0cce0f4a84d06370a22038f63f0b36e2ed596621e1d33e6b39c4e9c9b22"


def is_usable(quality: int | None) -> bool:
    """Whether a fingerprint of this quality may be banked or searched.

    Args:
        quality: 0..100; None where the source did not state one, which is accepted because most
            partners share hashes without it.
    """
    return quality is None or quality >= MIN_QUALITY


class Pdq(SignalType):
    """64 hexadecimal digits; two pictures count as the same up to 31 differing bits.

    PDQ survives scaling, recompression and mild edits, not cropping or rotation: those are met by
    extra queries and extra entries (`FingerprintPlan`). Hashing needs decoded pixels and therefore
    lives with the sandboxed decoders, not here.
    """

    name = "pdq"
    content_types = (ContentType.PICTURE,)
    index_kind = IndexKind.HAMMING256
    default_limit_bits = DEFAULT_LIMIT_BITS

    def validate(self, text: str) -> str:
        """64 lower-case hexadecimal digits.

        Raises:
            InputError: SIGNAL_INVALID.
        """
        return hex_signal(self.name, text, digits=_DIGITS)

    def validate_all(self, texts: Sequence[str]) -> list[str | InputError]:
        """For each text what `validate` returns or raises."""
        return [*(all_hex_signals(texts, digits=_DIGITS) or super().validate_all(texts))]

    def rows(self, texts: Sequence[str]) -> list[bytes | InputError]:
        """For each text its 32 bytes, or what `validate` raises."""
        return [*(all_hex_rows(texts, digits=_DIGITS) or super().rows(texts))]

    def parse(self, canonical: str) -> bytes:
        """The 32 bytes in the order of the text."""
        return bytes.fromhex(canonical)

    def examples(self) -> Examples:
        """A published test vector of Meta's and neighbours of it."""
        return Examples(
            valid=((_BASE, _BASE), (f" {_BASE.upper()}\n", _BASE), ("0" * 64, "0" * 64)),
            invalid=("", _BASE[:-1], _BASE + "0", "g" + _BASE[1:], "0x" + _BASE[2:], "٣" * 64),
            similar=((_BASE, _BASE), (_BASE, _flip(31))),
            different=((_BASE, _flip(32)), (_BASE, _flip(256))),
        )


def _flip(count: int) -> str:
    """The base example with its lowest `count` bits inverted."""
    return f"{int(_BASE, 16) ^ ((1 << count) - 1):064x}"
