# SPDX-License-Identifier: Apache-2.0
"""What is said of one signal at one point of a circle's log.

Of each organisation the newest word counts. A word that was said with a key that is distrusted by
now does not, and then the one before it counts again.
"""

from collections.abc import Mapping
from hashlib import sha256
from typing import Final

import msgspec

from nahmi.core.bank import Category
from nahmi.core.signal import Signal
from nahmi.partner.statements.kinds import Basis, RetractReason


class Claim(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What an organisation asserts of a signal.

    Attributes:
        org: Whose assertion.
        key: With which key it was signed.
        seq: Where in the log it stands.
        at_s: When it was said, Unix time in seconds.
        category: As what.
        is_reviewed: A person looked.
        quality: As in the assertion.
        until_s: From then on it does not count, Unix time in seconds; None for what the circle's
            rules say.
        retracted: Why it was taken back; None while it stands.
    """

    org: str
    key: str
    seq: int
    at_s: int
    category: Category
    is_reviewed: bool
    quality: int | None = None
    until_s: int | None = None
    retracted: RetractReason | None = None


class Word(msgspec.Struct, frozen=True, kw_only=True):
    """What an organisation thinks of an assertion.

    Attributes:
        org: Whose opinion.
        key: With which key it was signed.
        seq: Where in the log it stands.
        at_s: When it was said, Unix time in seconds.
        value: -100..100.
        basis: What it rests on.
    """

    org: str
    key: str
    seq: int
    at_s: int
    value: int
    basis: Basis


class SignalState(msgspec.Struct, frozen=True, kw_only=True):
    """What is said of one signal.

    Attributes:
        signal: The signal.
        claims: The newest assertion of each organisation that ever made one.
        words: The newest opinion of each organisation on each of these assertions.
        seen: In how many sightings.
    """

    signal: Signal
    claims: tuple[Claim, ...] = ()
    words: tuple[Word, ...] = ()
    seen: int = 0


MODULUS: Final = 1 << 256


def row_hash(name: str, *parts: str | int) -> int:
    """The share of one statement that counts in the hash of a fold."""
    text = "\n".join((name, *map(str, parts)))
    return int.from_bytes(sha256(text.encode()).digest(), "big")


def combined(fold: int, before: int, after: int) -> int:
    """The hash of a fold in which one share gave way to another.

    The hash is the sum of all shares modulo 2^256, so the order in which they came does not matter
    and one change costs the same however large the log is. Nobody who could choose shares freely is
    kept from collisions by it; it compares two honest folds, and the Merkle tree does the rest.
    """
    return (fold - before + after) % MODULUS


def by_org(claims: tuple[Claim, ...]) -> Mapping[str, Claim]:
    """Claims by the organisation that makes them."""
    return {claim.org: claim for claim in claims}
