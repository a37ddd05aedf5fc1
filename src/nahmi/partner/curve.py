# SPDX-License-Identifier: Apache-2.0
"""Which 32 bytes are a point of edwards25519 that a key may be (RFC 8032, section 5.1)."""

from typing import Final

_PRIME: Final = 2**255 - 19
_D: Final = -121665 * pow(121666, -1, _PRIME) % _PRIME
_SIGN: Final = 1 << 255

_ORDER_8: Final = 0x7A03AC9277FDC74EC6CC392CFA53202A0F67100D760B3CBA4FD84D3D706A17C7
"""The ordinate of two of the four points of order 8; that of the others is its negative."""

_SMALL: Final = {0, 1, _PRIME - 1, _ORDER_8, _PRIME - _ORDER_8}
"""Ordinates of the points of order 1, 2, 4 and 8."""


def is_sound_point(raw: bytes) -> bool:
    """Whether 32 bytes are a point, spelled in the one right way, of more than small order.

    Under a key of small order a signature can be made that fits any message, without a secret.

    Args:
        raw: 32 bytes.
    """
    ordinate = int.from_bytes(raw, "little") & ~_SIGN
    return ordinate < _PRIME and ordinate not in _SMALL and _is_on_curve(ordinate)


def _is_on_curve(ordinate: int) -> bool:
    """Whether (y² - 1) / (d·y² + 1), which would be x², has a root (Euler's criterion)."""
    square = ordinate * ordinate % _PRIME
    ratio = (square - 1) * (_D * square + 1) % _PRIME
    return pow(ratio, (_PRIME - 1) // 2, _PRIME) == 1
