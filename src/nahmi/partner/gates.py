# SPDX-License-Identifier: Apache-2.0
"""Gates: why a signal of a circle is held until a person looks, whatever others say of it.

A list that many fill is only as good as its worst contributor. What these gates hold back does not
match; a curator can let it through, and everybody can see why it is held.
"""

from collections.abc import Callable, Collection
from enum import StrEnum
from hashlib import md5, sha1, sha256
from typing import Final

import msgspec

from nahmi.core.signal import Signal

LEAST_QUALITY: Final = 50
"""PDQ fingerprints of lower quality are not used (Meta's published advice)."""

FEWEST_BITS: Final = 96
MOST_BITS: Final = 160
"""A PDQ fingerprint is cut at the median, so about half of its 256 bits are set. One with far fewer
or more was not computed from a picture with any detail, or was made to match many."""

_DIGEST_TYPES: Final[dict[str, Callable[[bytes], str]]] = {
    "md5": lambda data: md5(data, usedforsecurity=False).hexdigest(),
    "sha1": lambda data: sha1(data, usedforsecurity=False).hexdigest(),
    "sha256": lambda data: sha256(data).hexdigest(),
}
_COMMON_BYTES: Final = (b"", b"\0", b"\n", b"\0" * 512, b"\0" * 4096)
_COMMON_DIGESTS: Final = frozenset(
    (name, digest(data)) for name, digest in _DIGEST_TYPES.items() for data in _COMMON_BYTES
)


_ONE_IN: Final = 20


class Gate(StrEnum):
    """Why a signal is held."""

    COMMON = "common"
    """It stands for what is found everywhere, such as an empty file or a large web site."""
    LOW_QUALITY = "low_quality"
    """Its fingerprint has too little detail."""
    LOPSIDED = "lopsided"
    """It is no fingerprint that a picture with detail can have."""
    MUST_NOT_MATCH = "must_not_match"
    """It is within the limit of something that this node knows to be harmless."""
    INVALID = "invalid"
    """It is no signal of its type, or not in the type's one spelling."""
    DRIFT = "drift"
    """Of what its contributor said lately, gates held back far too much."""


class Drift(msgspec.Struct, frozen=True):
    """How a key's recent assertions fared.

    Attributes:
        made: How many are looked at.
        bad: How many of them another gate held back.
    """

    made: int = 0
    bad: int = 0

    @property
    def is_alarming(self) -> bool:
        """More than one in twenty, of at least twenty, is bad.

        An audit of a large list found one entry in 10,000 to be wrong, so one in twenty is far
        from what careful work yields; below twenty nothing can be told.
        """
        return self.made >= _ONE_IN and self.bad * _ONE_IN > self.made


NO_DRIFT: Final = Drift()


def gates_of(  # noqa: PLR0913 - each is a fact of its own
    signal: Signal,
    *,
    quality: int | None = None,
    is_valid: bool = True,
    harmless_near: int = 0,
    common_hosts: Collection[str] = (),
    drift: Drift = NO_DRIFT,
) -> tuple[Gate, ...]:
    """Why a signal is held; nothing when no gate closes.

    Args:
        signal: In canonical form.
        quality: Of its fingerprint, if it was told.
        is_valid: It is a signal of its type in its one spelling.
        harmless_near: How many signals of this node's banks of what must not match lie within
            the limit.
        common_hosts: Names of hosts that too many pages share, in lower case.
        drift: Of the key that asserts it.
    """
    if not is_valid:
        return (Gate.INVALID,)
    closed: list[Gate] = []
    if _is_common(signal, common_hosts):
        closed.append(Gate.COMMON)
    if quality is not None and quality < LEAST_QUALITY:
        closed.append(Gate.LOW_QUALITY)
    if signal.signal_type == "pdq" and not FEWEST_BITS <= _bits(signal.value) <= MOST_BITS:
        closed.append(Gate.LOPSIDED)
    if harmless_near:
        closed.append(Gate.MUST_NOT_MATCH)
    if drift.is_alarming:
        closed.append(Gate.DRIFT)
    return tuple(closed)


def _is_common(signal: Signal, common_hosts: Collection[str]) -> bool:
    if signal.signal_type == "url_host":
        return signal.value in common_hosts
    return (signal.signal_type, signal.value) in _COMMON_DIGESTS


def _bits(value: str) -> int:
    return int(value, 16).bit_count()
